-- Readers that follow the events and notices need an order in which nothing appears behind them. SQLite has one
-- writer, and ids grow in the order of commits: txn is 0 in every row.

ALTER TABLE event ADD COLUMN txn {int} NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN txn {int} NOT NULL DEFAULT 0;
CREATE INDEX event_tenant ON event (tenant_id, txn, id);

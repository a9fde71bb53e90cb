-- Readers that follow the events and notices need an order in which nothing appears behind them. Ids are drawn
-- before the commit; the number of the transaction tells what may still be under way: rows whose txn is below the
-- oldest running transaction (pg_snapshot_xmin) are all there.

ALTER TABLE event ADD COLUMN txn {int} NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN txn {int} NOT NULL DEFAULT 0;
ALTER TABLE event ALTER COLUMN txn SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
ALTER TABLE notice ALTER COLUMN txn SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
CREATE INDEX event_tenant ON event (tenant_id, txn, id);
CREATE INDEX event_order ON event (txn, id);
CREATE INDEX notice_order ON notice (account_id, txn, id);
CREATE INDEX notice_txn ON notice (txn, id);

-- Readers that follow the events and notices need an order in which nothing appears behind them. Ids are drawn
-- before the commit; the number of the transaction tells what may still be under way: rows whose txn is below the
-- oldest running transaction of this database (commit_horizon) are all there.

ALTER TABLE event ADD COLUMN txn {int} NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN txn {int} NOT NULL DEFAULT 0;
ALTER TABLE event ALTER COLUMN txn SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
ALTER TABLE notice ALTER COLUMN txn SET DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
CREATE INDEX event_tenant ON event (tenant_id, txn, id);
CREATE INDEX event_order ON event (txn, id);
CREATE INDEX notice_order ON notice (account_id, txn, id);
CREATE INDEX notice_txn ON notice (txn, id);

-- The oldest transaction that the statement's snapshot does not see the end of, those left out that are found to
-- be at work in another database of the cluster (docs/decisions/0014-commit-order.md). pg_stat_activity stays the
-- same for a whole transaction, but hides the sessions of others; of those the locks tell.
CREATE OR REPLACE FUNCTION commit_horizon() RETURNS BIGINT LANGUAGE SQL STABLE AS $$
  SELECT COALESCE(
    (SELECT MIN(CAST(CAST(running.txn AS TEXT) AS BIGINT))
     FROM pg_snapshot_xip(pg_current_snapshot()) AS running (txn)
     WHERE NOT EXISTS (
       SELECT 1 FROM pg_stat_activity session
       WHERE session.datname <> current_database()
         AND (session.backend_xid = CAST(running.txn AS xid)
           OR (session.backend_xid IS NULL AND session.pid IN (
             SELECT held.pid FROM pg_locks held
             WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted
               AND held.transactionid = CAST(running.txn AS xid)))))),
    CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT))
$$;

-- Blocks by ids alone told only of days how many tickets are scheduled then, so that a page far behind had to sort
-- them all. Now they tell it of each time and part of the ids, too (desk/ticket/ticket_block.c).
DROP TABLE ticket_block;
CREATE TABLE ticket_block (
  tenant_id {int} NOT NULL,
  kind {int} NOT NULL,
  parent {int} NOT NULL, -- the larger block whose part it is, where it is looked for as such; else 0
  time {int} NOT NULL, -- of the schedule: a day of the tenant's time zone, or 16 of them; else 0
  block {int} NOT NULL,
  slot {int} NOT NULL,
  tickets {int} NOT NULL, -- the sum of all cells
  cells {blob} NOT NULL,
  PRIMARY KEY (tenant_id, kind, parent, time, block, slot)
) {strict_rowless};
INSERT INTO ticket_sums_missing (tenant_id)
  SELECT t.id FROM tenant t
  WHERE EXISTS (SELECT 1 FROM ticket k WHERE k.tenant_id = t.id)
    AND NOT EXISTS (SELECT 1 FROM ticket_sums_missing m WHERE m.tenant_id = t.id);

-- What a walk narrows by stands in the index itself; removed_at, always NULL there, is what SQLite would look at
-- each row for.
DROP INDEX ticket_tenant;
CREATE INDEX ticket_tenant ON ticket (tenant_id, id, status, priority, work_type, category, created_at)
  WHERE removed_at IS NULL;
DROP INDEX ticket_status;
CREATE INDEX ticket_status ON ticket (tenant_id, status, id, priority, work_type, category, created_at)
  WHERE removed_at IS NULL;
DROP INDEX ticket_scheduled;
CREATE INDEX ticket_scheduled
  ON ticket (tenant_id, scheduled_at, id, status, priority, work_type, category, created_at, removed_at)
  WHERE removed_at IS NULL AND scheduled_at IS NOT NULL;
-- The same by id.
CREATE INDEX ticket_planned
  ON ticket (tenant_id, id, scheduled_at, status, priority, work_type, category, created_at, removed_at)
  WHERE removed_at IS NULL AND scheduled_at IS NOT NULL;

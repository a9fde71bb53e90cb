-- Tenants that had tickets before there were blocks and days of them: ticket_sums_repair makes these at the next
-- start, and takes the tenant out of here in the same transaction.
CREATE TABLE ticket_sums_missing (
  tenant_id {int} NOT NULL,
  PRIMARY KEY (tenant_id)
) {strict};
INSERT INTO ticket_sums_missing (tenant_id)
  SELECT t.id FROM tenant t WHERE EXISTS (SELECT 1 FROM ticket k WHERE k.tenant_id = t.id);

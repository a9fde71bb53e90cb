-- The numbers of deleted accounts are free again, and no longer known: from now on deleting sees to it.
UPDATE customer SET nik = NULL
  WHERE nik IS NOT NULL AND account_id IN (SELECT id FROM account WHERE deleted_at IS NOT NULL);
UPDATE technician SET employee_id = NULL
  WHERE employee_id IS NOT NULL AND account_id IN (SELECT id FROM account WHERE deleted_at IS NOT NULL);

-- Who of a tenant shows a portrait, so that the sweep of uploads looks at nobody else.
CREATE INDEX account_portrait ON account (tenant_id, id) WHERE avatar IS NOT NULL;

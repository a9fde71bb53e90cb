-- A second wall between the tenants, which PostgreSQL keeps: the variant of this step. SQLite has nothing like it.

-- Is, or once was, staff of the operator.
ALTER TABLE account ADD COLUMN acts_anywhere {bool} NOT NULL DEFAULT FALSE;
UPDATE account SET acts_anywhere = TRUE WHERE tenant_id = 1 AND role > 1;

-- A second wall between the tenants, under the program's own checks (docs/decisions/0016-walls.md): whatever a
-- statement says, PostgreSQL shows and takes only rows of the tenant that the transaction was told.

-- For whom the transaction runs: a tenant's number, 0 the system, -1 a caller not known yet; NULL and all else nobody.
CREATE FUNCTION acting_tenant() RETURNS BIGINT LANGUAGE SQL STABLE AS $$
  SELECT CAST(NULLIF(current_setting('sigap.tenant', TRUE), '') AS BIGINT)
$$;
-- The tenant of the caller's own account, where they act in another one.
CREATE FUNCTION home_tenant() RETURNS BIGINT LANGUAGE SQL STABLE AS $$
  SELECT CAST(NULLIF(current_setting('sigap.home', TRUE), '') AS BIGINT)
$$;

-- Puts the wall around a table: for every table with a tenant_id, also of later steps (tests/store/test_walls.c).
-- What own rows are compared with stands in a sub-select, which is evaluated once a statement; the rest, once a row,
-- comes after it, because each further sub-select would cost every statement more than most have rows.
CREATE FUNCTION wall_put(walled REGCLASS, tenant_column TEXT DEFAULT 'tenant_id') RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
  EXECUTE format('CREATE POLICY wall ON %s USING (%2$I = (SELECT acting_tenant()) OR %2$I = home_tenant()'
    ' OR acting_tenant() = 0)', walled, tenant_column);
END $$;

SELECT wall_put('tenant', 'id');
DO $$ DECLARE walled REGCLASS; BEGIN
  FOR walled IN SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = CAST(current_schema() AS REGNAMESPACE) AND c.relkind = 'r' AND a.attname = 'tenant_id'
  LOOP
    PERFORM wall_put(walled);
  END LOOP;
END $$;

-- What has no tenant of its own follows the row it belongs to.
ALTER TABLE assignment_serial ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_serial FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON assignment_serial USING (
  acting_tenant() = 0 OR EXISTS (SELECT 1 FROM assignment a WHERE a.id = assignment_id));
ALTER TABLE password_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_link FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON password_link USING (
  acting_tenant() = 0 OR EXISTS (SELECT 1 FROM account a WHERE a.id = account_id));

-- Until the caller is known: whose token it is, and which tenant it is about.
CREATE POLICY stranger ON session FOR SELECT USING (acting_tenant() = -1);
CREATE POLICY stranger ON account FOR SELECT USING (acting_tenant() = -1);
CREATE POLICY stranger ON tenant FOR SELECT USING (acting_tenant() = -1);

-- The operator's staff act in every tenant, and their names stand there under what they wrote: also of those who are
-- no staff any more.
ALTER TABLE account ADD COLUMN acts_anywhere {bool} NOT NULL DEFAULT FALSE;
UPDATE account SET acts_anywhere = TRUE WHERE tenant_id = 1 AND role > 1;
CREATE POLICY operator_staff ON account FOR SELECT USING (acts_anywhere AND acting_tenant() > 0);

-- Teams: the units of an organisation, each with at most one account.

CREATE TABLE team (
  id {id},
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  uuid {blob} NOT NULL,
  name {text} NOT NULL,
  name_folded {text} NOT NULL,
  code {text} NOT NULL,
  code_folded {text} NOT NULL,
  is_active {bool} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX team_uuid ON team (uuid);
CREATE UNIQUE INDEX team_code ON team (tenant_id, code_folded);
CREATE UNIQUE INDEX team_name ON team (tenant_id, name_folded);
CREATE INDEX team_list ON team (tenant_id, id);

-- Whose team it is. The row goes with its account's deletion.
CREATE TABLE team_member (
  tenant_id {int} NOT NULL REFERENCES tenant (id),
  account_id {int} NOT NULL REFERENCES account (id),
  team_id {int} NOT NULL REFERENCES team (id),
  PRIMARY KEY (tenant_id, account_id)
) {strict_rowless};
CREATE UNIQUE INDEX team_member_team ON team_member (team_id);

-- Who still has the password that somebody else chose for them: a handful, looked for by the doctor.
CREATE INDEX account_must_change ON account (id) WHERE must_change_password = TRUE AND deleted_at IS NULL;

// `sigap user` and `sigap tenant`, beside a running server and without one, on the same data directory.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { engines, start, UUID } from '../contract/harness.mjs';
import { folder, sigap } from './sigap.mjs';

const PASSWORD = 'Password123';

/** The same commands where no server runs, and beside one. */
function places() {
  const list = [{ name: 'without a server', engine: 'sqlite', server: false }];
  for (const engine of engines()) {
    list.push({ name: `beside a server on ${engine}`, engine, server: true });
  }
  return list;
}

/** Where commands run in this place: {where, server}. */
async function place(t, { engine, server }) {
  if (!server) {
    return { where: ['--data', path.join(folder(t), 'deep', 'data')] };
  }
  const running = await start({ engine });
  t.after(() => running.stop());
  return { where: running.where(), server: running };
}

function add(where, email, more = [], input = `${PASSWORD}\n`) {
  const words = ['user', 'add', '--email', email, '--name', 'Ani Müller', '--role', 'customer', '--password-stdin'];
  return sigap([...words, ...more, ...where], { input });
}

for (const at of places()) {
  describe(at.name, () => {
    test('user add prints one JSON object with id and uuid, user list tells the account', async (t) => {
      const { where } = await place(t, at);
      const made = await add(where, 'Ani@Example.com');
      assert.equal(made.code, 0, made.err);
      assert.match(made.out, /^\{.*\}\n$/);
      const account = JSON.parse(made.out);
      assert.deepEqual(Object.keys(account), ['id', 'uuid']);
      assert.ok(Number.isSafeInteger(account.id) && account.id > 0);
      assert.match(account.uuid, UUID);
      const list = await sigap(['user', 'list', ...where]);
      assert.equal(list.code, 0);
      const lines = list.out.trimEnd().split('\n').map((line) => line.split('\t'));
      assert.deepEqual(lines[0], ['id', 'role', 'active', 'email', 'name']);
      assert.deepEqual(lines.slice(1), [[String(account.id), 'customer', 'yes', 'Ani@Example.com', 'Ani Müller']]);
    });

    test('what can not be is refused with a sentence and exit 1', async (t) => {
      const { where } = await place(t, at);
      assert.equal((await add(where, 'ani@example.com')).code, 0);
      for (const [what, answer, said] of [
        ['twice', await add(where, 'ANI@example.com'), /already\. `sigap user passwd` /],
        ['a weak password', await add(where, 'b@example.com', [], 'short\n'), /password/i],
        ['no password', await add(where, 'b@example.com', [], ''), /password/i],
        ['no address', await add(where, 'not an address'), /email/],
        ['a foreign tenant', await add(where, 'b@example.com', ['--tenant', '4711']), /no such tenant\. `sigap tenant list` /],
        ['nobody', await sigap(['user', 'disable', '--email', 'nobody@example.com', ...where]), /no such account\. `sigap user list --tenant ID` /],
      ]) {
        assert.equal(answer.code, 1, `${what}: ${answer.err}`);
        assert.equal(answer.out, '', what);
        assert.match(answer.err, /^sigap: [A-Z].*\.\n/, what);
        assert.match(answer.err, said, what);
      }
      const role = await add(where, 'b@example.com', ['--role', 'king']);
      assert.equal(role.code, 2);
      assert.match(role.err, /--role is one of super_admin/);
      const list = await sigap(['user', 'list', ...where]);
      assert.equal(list.out.trimEnd().split('\n').length, 2, 'nothing but the first account was made');
    });

    test('tenants are added, listed, disabled', async (t) => {
      const { where } = await place(t, at);
      const made = await sigap(['tenant', 'add', '--name', 'Second desk', '--domain', 'Second.example.com', '--kind', 'school', '--timezone', 'Asia/Jakarta', ...where]);
      assert.equal(made.code, 0, made.err);
      const { id } = JSON.parse(made.out);
      assert.deepEqual(Object.keys(JSON.parse(made.out)), ['id']);
      assert.equal(id, 2);
      const twice = await sigap(['tenant', 'add', '--name', 'Third', '--domain', 'second.EXAMPLE.com', ...where]);
      assert.equal(twice.code, 1);
      assert.match(twice.err, /domain/i);
      assert.equal((await add(where, 'ani@example.com', ['--tenant', String(id)])).code, 0);
      assert.equal((await add(where, 'ani@example.com')).code, 0, 'an address is unique in its tenant only');
      const disabled = await sigap(['tenant', 'disable', '--id', String(id), ...where]);
      assert.equal(disabled.code, 0, disabled.err);
      const list = await sigap(['tenant', 'list', ...where]);
      const rows = list.out.trimEnd().split('\n').map((line) => line.split('\t'));
      assert.deepEqual(rows[0], ['id', 'active', 'kind', 'timezone', 'domain', 'name']);
      assert.equal(rows[1][0], '1');
      assert.deepEqual(rows[2], ['2', 'no', 'school', 'Asia/Jakarta', 'second.example.com', 'Second desk']);
      const own = await sigap(['tenant', 'disable', '--id', '1', ...where]);
      assert.equal(own.code, 1, 'the operator can not be disabled');
      const nothing = await sigap(['tenant', 'disable', '--id', '99', ...where]);
      assert.equal(nothing.code, 1);
    });

    test('flags may come from the environment, and begin with dashes', async (t) => {
      const { where } = await place(t, at);
      const words = ['user', 'add', '--role', 'customer', '--password-stdin', '--name=--dashes', ...where];
      const made = await sigap(words, { input: PASSWORD, env: { SIGAP_EMAIL: 'env@example.com' } });
      assert.equal(made.code, 0, made.err);
      const list = await sigap(['user', 'list', ...where]);
      assert.match(list.out, /\tenv@example.com\t--dashes\n/);
    });
  });
}

test('without a server a second command waits for nobody and says who holds the directory', async (t) => {
  const dir = path.join(folder(t), 'data');
  const made = await Promise.all(Array.from({ length: 6 }, (_, i) => add(['--data', dir], `same${i}@example.com`)));
  for (const one of made) {
    assert.ok(one.code === 0 || /Another sigap \(process \d+\) is using/.test(one.err), `${one.code} ${one.err}`);
  }
  const list = await sigap(['user', 'list', '--data', dir]);
  assert.equal(list.out.trimEnd().split('\n').length - 1, made.filter((one) => one.code === 0).length);
});

test('a list of more than one step comes whole', async (t) => {
  const server = await start({ args: ['--rate-limit', 'off'] });
  t.after(() => server.stop());
  const first = await server.seed('super_admin');
  await server.down();
  // Made behind the commands' back: five hundred hashes take long.
  const { execFileSync } = await import('node:child_process');
  const script = `import sqlite3,sys,os
db=sqlite3.connect(sys.argv[1])
columns=[c[1] for c in db.execute("PRAGMA table_info(account)") if c[1]!="id"]
row=dict(zip(columns,db.execute("SELECT "+",".join(columns)+" FROM account WHERE id=${first.id}").fetchone()))
for i in range(1200):
    row["uuid"]=os.urandom(16); row["email"]=row["email_folded"]=f"list{i}@example.com"
    db.execute("INSERT INTO account ("+",".join(columns)+") VALUES ("+",".join("?"*len(columns))+")",[row[c] for c in columns])
db.commit()`;
  execFileSync('python3', ['-c', script, path.join(server.data, 'sigap.db')]);
  await server.up();
  for (let round = 0; round < 2; round++) {
    const list = await sigap(['user', 'list', ...server.where()]);
    assert.equal(list.code, 0, list.err);
    assert.equal(list.out.trimEnd().split('\n').length, 1202);
    if (round === 0) {
      await server.restart();
    }
  }
});

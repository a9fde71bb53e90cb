// What only a PostgreSQL desk can meet: connections that are cut, a database that is away, several servers on one.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually, start } from '../contract/harness.mjs';
import { create, enter, load, names, people, total } from './desk.mjs';

const run = promisify(execFile);
const SECRET = 'one secret of more than thirty-two bytes for all';
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function psql(statement) {
  const { stdout } = await run('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--dbname', process.env.SIGAP_TEST_POSTGRES, '--command', statement]);
  return stdout.trim();
}
const databaseOf = (server) => /\/([^/?]+)(\?|$)/.exec(server.database.url.replace(/^postgres(ql)?:\/\//, ''))[1];
const cut = (server) => psql(`SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${databaseOf(server)}'`);

describe('a desk on PostgreSQL', { skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, () => {
  test('all its connections are cut: it heals by itself', async (t) => {
    const server = await start({ engine: 'pgsql' });
    t.after(() => server.stop());
    const { writes, reads } = await people(server);
    for (let round = 0; round < 3; round++) {
      assert.ok(Number(await cut(server)) > 5, 'there were connections to cut');
      // Each of its connections may fail once; then all must be well.
      const answers = [];
      await eventually(async () => {
        const some = await Promise.all(Array.from({ length: 40 }, (_, i) => create(server, writes, `cut${round}-${answers.length}-${i}`)));
        answers.push(...some);
        return some.every((answer) => answer.status === 200);
      }, 10);
      for (const answer of answers.filter((one) => one.status !== 200)) {
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.body.status, false);
        assert.ok(Number(answer.headers['retry-after']) >= 1);
      }
      await eventually(async () => (await server.raw('GET', '/readyz', {})).status === 200, 5);
      assert.equal(await enter(server, (await server.seed('customer')).email).then(() => 'in'), 'in', 'the hash lane healed too');
    }
    await total(server, reads);
  });

  test('connections are cut under load: acknowledged is kept', async (t) => {
    const server = await start({ engine: 'pgsql' });
    t.after(() => server.stop());
    const { writes, reads } = await people(server);
    const creating = load(server, writes, { width: 24 });
    for (let i = 0; i < 6; i++) {
      await wait(200);
      await cut(server);
    }
    await wait(300);
    const before = creating.acknowledged.length;
    await eventually(() => creating.acknowledged.length > before, 10);
    await creating.stop();
    for (const answer of creating.other) {
      assert.equal(answer.status, 503, answer.text);
    }
    const found = await eventually(() => names(server, reads).catch(() => null), 5);
    assert.deepEqual(creating.acknowledged.filter((name) => !found.includes(name)), []);
    assert.equal(new Set(found).size, found.length);
    assert.equal(await total(server, reads), found.length);
  });

  test('the database is away: 503 in the dialect\'s envelope, not ready, alive; then it is back', async (t) => {
    const server = await start({ engine: 'pgsql' });
    t.after(() => server.stop());
    const { writes, reads } = await people(server);
    const name = databaseOf(server);
    await psql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
    try {
      await cut(server);
      await eventually(async () => (await server.raw('GET', '/readyz', {})).status === 503, 5);
      assert.equal((await server.raw('GET', '/livez', {})).status, 200);
      assert.equal((await server.raw('GET', '/metrics', {})).status, 200);
      for (let i = 0; i < 40; i++) {
        const answer = await create(server, writes, `away-${i}`);
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.body.status, false);
        assert.ok(Number(answer.headers['retry-after']) >= 1);
      }
      const login = await server.as('tiket')('POST', '/auth/login', { body: { email: 'a@example.com', password: server.password } });
      assert.equal(login.status, 503, login.text);
    } finally {
      await psql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
    }
    await eventually(async () => (await server.raw('GET', '/readyz', {})).status === 200, 5);
    await eventually(async () => (await create(server, writes, 'back')).status === 200, 5);
    assert.deepEqual((await names(server, reads)).filter((one) => one.startsWith('away')), []);
  });

  test('SIGTERM while the database is away ends well', async (t) => {
    const server = await start({ engine: 'pgsql' });
    t.after(() => server.stop());
    const name = databaseOf(server);
    await psql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
    await cut(server);
    await wait(1500);
    const began = Date.now();
    const how = await server.down();
    await psql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
    assert.deepEqual(how, { code: 0, signal: null }, server.log);
    assert.ok(Date.now() - began < 10000);
    await server.up();
  });

  test('two servers on one database with one secret take each other\'s tokens, and each other\'s word', async (t) => {
    const args = ['--jwt-secret', SECRET];
    const first = await start({ engine: 'pgsql', args });
    const second = await start({ engine: 'pgsql', args });
    const own = second.database;
    await second.down();
    second.database = { url: first.database.url, drop: () => own.drop() };
    await second.up();
    t.after(() => first.stop());
    t.after(() => second.stop());
    const { writer, writes, reads } = await people(first);
    assert.equal((await create(second, writes, 'by the second')).status, 200);
    assert.equal(await total(first, reads), 1);
    assert.equal(await total(second, reads), 1);
    const alive = async (server, token) => (await server.as('tiket')('GET', '/api/ticket?skip=0&limit=1', { token })).status;
    const other = await enter(second, writer.email);
    assert.equal(await alive(first, other), 200);
    assert.equal((await first.as('tiket')('POST', '/auth/logout', { token: other })).status, 200);
    assert.equal(await alive(second, other), 401, 'signed out there is signed out here');
    await second.command(['user', 'disable', '--email', writer.email]);
    assert.equal(await alive(first, writes), 401);
    assert.equal(await alive(second, writes), 401);
    // Both write at once: numbers and counts stay true.
    const third = await first.seed('customer');
    const token = await enter(first, third.email);
    const [a, b] = [load(first, token, { width: 8, prefix: 'a' }), load(second, token, { width: 8, prefix: 'b' })];
    await wait(800);
    await Promise.all([a.stop(), b.stop()]);
    assert.deepEqual([...a.other, ...b.other].map((answer) => answer.text), []);
    assert.equal(await total(first, reads), 1 + a.acknowledged.length + b.acknowledged.length);
    // With another secret, tokens are strangers'.
    second.args = ['--jwt-secret', `${SECRET} but not this one`];
    await second.restart();
    assert.equal(await alive(second, token), 401);
    assert.equal(await alive(first, token), 200);
  });
});

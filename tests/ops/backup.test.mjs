// `sigap backup`, `sigap restore` and `sigap copy`: under full load, back again, between the two databases; and what is refused.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { binary, engines, eventually, start } from '../contract/harness.mjs';
import { data as isp, person } from '../contract/isp.mjs';
import { ticketOf } from '../contract/isp_desk.mjs';
import { create, enter, load, names, people, total } from './desk.mjs';

const run = promisify(execFile);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** {code, out, err} of a command. */
function sigap(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said.err += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

const psql = async (url, statement) =>
  (await run('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--dbname', url, '--command', statement])).stdout.trim();

/** An empty database of the cluster: its address. */
async function emptyDatabase(t) {
  const name = `sigap_copy_${randomBytes(6).toString('hex')}`;
  const [, server, , query = ''] = /^(postgres(?:ql)?:\/\/[^/?]*)(\/[^?]*)?(\?.*)?$/.exec(process.env.SIGAP_TEST_POSTGRES);
  await psql(process.env.SIGAP_TEST_POSTGRES, `CREATE DATABASE ${name}`);
  t.after(() => psql(process.env.SIGAP_TEST_POSTGRES, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return `${server}/${name}${query}`;
}

/** Gone when the test has ended. Made after the servers, so that they are stopped before. */
function folder(t) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sigap-backup-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The same desk at another place: server.data and server.database are moved there. */
async function at(server, { data = server.data, url } = {}) {
  await server.down();
  server.data = data;
  if (url !== undefined) {
    const own = server.database;
    server.database = url === null ? null : { url, drop: () => own?.drop() };
  }
  await server.up();
}

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
/** A picture that no other is like: bytes behind the end of a PNG are kept. */
const picture = (n) => ({ image_name: `${n}.png`, image_type: 'image/png', image_content: Buffer.concat([PNG, Buffer.from(`picture ${n}`)]).toString('base64') });

/** Name → size of all entries of a tar file, read by a reader of its own. */
function entries(file) {
  const bytes = readFileSync(file);
  const found = new Map();
  for (let at = 0; bytes[at] !== 0; ) {
    const name = bytes.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
    found.set(name, { at: at + 512, size, bytes: bytes.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

/** Somebody who is told of new tickets: their titles, as they come. */
async function receiver(t) {
  const heard = [];
  const listening = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    heard.push(JSON.parse(Buffer.concat(chunks)).data.ticket.title);
    response.writeHead(204).end();
  });
  await new Promise((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => (listening.closeAllConnections(), listening.close()));
  return { heard, url: `http://127.0.0.1:${listening.address().port}/` };
}

/** The rows of every table, from the database itself. */
const SCHEMA_TABLES = ['ticket', 'account', 'activity', 'event', 'notice', 'file', 'mail', 'session', 'ticket_count', 'ticket_block'];

for (const engine of engines()) {
  describe(`backups of a desk on ${engine}`, { timeout: 240000 }, () => {
    test('at full load: all that was acknowledged before it began is in it, and it is one state', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const { writes, reads } = await people(server);
      for (let i = 0; i < 3; i++) {
        const made = await create(server, writes, `with picture ${i}`, { tickes_images: [picture(i)] });
        assert.equal(made.status, 200, made.text);
      }
      const writing = load(server, writes, { width: 8, prefix: 'during' });
      await eventually(() => writing.acknowledged.length > 50, 30);
      const before = [...writing.acknowledged];
      const file = path.join(dir, 'desk.tar');
      const made = await sigap('backup', file, ...server.where());
      const after = writing.acknowledged.length;
      await writing.stop();
      assert.equal(made.code, 0, made.err);
      assert.match(made.out, /^Backed up into .*: \d+ rows of \d+ tables, \d+ files of \d+ bytes\.\n$/);
      assert.doesNotMatch(made.err, /warn|error/);
      assert.deepEqual(writing.other.map((answer) => answer.text), [], 'nobody was refused meanwhile');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(dir), ['desk.tar'], 'nothing else is left');
      t.diagnostic(`${before.length} before, ${after} when it ended`);

      const restored = path.join(dir, 'restored');
      const url = engine === 'pgsql' ? await emptyDatabase(t) : undefined;
      const back = await sigap('restore', file, '--data', restored, ...(url ? ['--database', url] : []));
      assert.equal(back.code, 0, back.err);
      assert.match(back.out, /all is as the backup says/);
      assert.ok(!existsSync(path.join(restored, 'restore.new')));
      const originals = server.data;
      await at(server, { data: restored, url });
      const there = await names(server, reads);
      assert.deepEqual(before.filter((name) => !there.includes(name)), [], 'acknowledged before it began');
      assert.equal(new Set(there).size, there.length);
      assert.equal(await total(server, reads), there.length, 'counters and rows are of one state');
      const doctor = await sigap('doctor', '--json', ...server.where());
      assert.equal(doctor.code, 0, doctor.out);
      for (const kept of readdirSync(path.join(originals, 'files'), { recursive: true }).filter((name) => statSync(path.join(originals, 'files', name)).isFile())) {
        const bytes = readFileSync(path.join(restored, 'files', kept));
        assert.equal(createHash('sha256').update(bytes).digest('hex'), kept.replace('/', ''));
      }
      // It works on: new rows get new ids, tokens of before are good.
      assert.equal((await create(server, writes, 'afterwards')).status, 200);
      assert.ok((await names(server, reads)).includes('afterwards'));
      rmSync(originals, { recursive: true, force: true });
    });

    test('what is there already is not touched', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const file = path.join(dir, 'desk.tar');
      assert.equal((await sigap('backup', file, ...server.where())).code, 0);
      const bytes = readFileSync(file);
      const again = await sigap('backup', file, ...server.where());
      assert.equal(again.code, 1);
      assert.match(again.err, /is there already: name a new file\.\n$/);
      assert.ok(readFileSync(file).equals(bytes));
      const running = await sigap('restore', file, ...server.where());
      assert.equal(running.code, 1);
      assert.match(running.err, /Another sigap \(process \d+\) is using the data directory/);
      await server.down();
      const onto = await sigap('restore', file, ...server.where());
      assert.equal(onto.code, 1);
      assert.match(onto.err, /restore into an empty/);
      if (engine === 'pgsql') {
        const elsewhere = await sigap('restore', file, '--data', path.join(dir, 'new'), '--database', server.database.url);
        assert.equal(elsewhere.code, 1);
        assert.match(elsewhere.err, /There is something in the database: restore into an empty one\.\n$/);
        assert.deepEqual(readdirSync(path.join(dir, 'new')).filter((name) => name !== 'lock'), []);
      }
      await server.up();
      const nowhere = await sigap('backup', path.join(dir, 'no such', 'desk.tar'), ...server.where());
      assert.equal(nowhere.code, 1);
      assert.match(nowhere.err, /no such.*No such file or directory/);
      assert.equal((await sigap('backup', ...server.where())).code, 2);
      assert.equal((await sigap('restore', ...server.where())).code, 2);
    });

    test('of several under one name at once one is made, and it is whole', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const file = path.join(dir, 'desk.tar');
      const all = await Promise.all(Array.from({ length: 4 }, () => sigap('backup', file, ...server.where())));
      const [made, ...refused] = all.sort((a, b) => a.code - b.code);
      assert.equal(made.code, 0, made.err);
      for (const one of refused) {
        assert.equal(one.code, 1, one.out);
        assert.match(one.err, /^sigap: (Another backup into .*desk\.tar is under way|.*desk\.tar is there already: name a new file)\.\n$/);
      }
      assert.deepEqual(readdirSync(dir), ['desk.tar'], 'nothing else is left');
      const back = await sigap('restore', file, '--data', path.join(dir, 'restored'));
      assert.equal(back.code, 0, back.err);
    });

    test('a backup that is cut short or changed anywhere is refused, and leaves nothing', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const { writes } = await people(server);
      await create(server, writes, 'one', { tickes_images: [picture(7)] });
      const file = path.join(dir, 'desk.tar');
      const made = await sigap('backup', file, ...server.where());
      assert.equal(made.code, 0, made.err);
      const bytes = readFileSync(file);
      const inside = entries(file);
      const database = inside.get('sigap.db');
      const manifest = inside.get('manifest.json');
      const content = [...inside].find(([name]) => name.startsWith('files/'))[1];
      const flip = (where) => {
        const other = Buffer.from(bytes);
        other[where] ^= 1;
        return other;
      };
      const rows = manifest.bytes.toString().indexOf('"rows":') + 7;
      const cases = {
        'nothing at all': Buffer.alloc(0),
        'half of it': bytes.subarray(0, bytes.length >> 1),
        'all but its end': bytes.subarray(0, bytes.length - 1024),
        'all but its last byte': bytes.subarray(0, bytes.length - 1),
        'without the list of contents': Buffer.concat([bytes.subarray(0, manifest.at - 512), Buffer.alloc(1024)]),
        'a bit of the database': flip(database.at + (database.size >> 1)),
        'a bit of a file': flip(content.at + content.size - 1),
        'a bit of a head': flip(database.at - 512 + 124),
        'a count in the list': flip(manifest.at + rows),
        'another name for a file': Buffer.from(bytes.toString('latin1').replace('files/', '../../'), 'latin1'),
        'something else': randomBytes(20000),
      };
      for (const [what, damaged] of Object.entries(cases)) {
        const broken = path.join(dir, 'broken.tar');
        writeFileSync(broken, damaged);
        const target = path.join(dir, 'target');
        const back = await sigap('restore', broken, '--data', target);
        assert.equal(back.code, 1, `${what}: ${back.out}`);
        assert.match(back.err, /The backup is damaged.* Use another one\.\n/, what);
        assert.deepEqual(readdirSync(target).filter((name) => name !== 'lock'), [], what);
      }
      assert.equal((await sigap('restore', file, '--data', path.join(dir, 'target'))).code, 0, 'the whole one is taken');
    });

    test('is taken over by the other kind of database', { skip: !process.env.SIGAP_TEST_POSTGRES && 'no PostgreSQL' }, async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const { writes, reads } = await people(server);
      for (let i = 0; i < 5; i++) {
        await create(server, writes, `ticket ${i}`);
      }
      const before = await names(server, reads);
      const file = path.join(dir, 'desk.tar');
      assert.equal((await sigap('backup', file, ...server.where())).code, 0);
      const data = path.join(dir, 'other');
      const url = engine === 'pgsql' ? null : await emptyDatabase(t);
      const back = await sigap('restore', file, '--data', data, ...(url ? ['--database', url] : []));
      assert.equal(back.code, 0, back.err);
      await at(server, { data, url });
      assert.deepEqual(await names(server, reads), before);
      assert.equal((await create(server, writes, 'new here')).status, 200);
      assert.equal(await total(server, reads), before.length + 1);
    });

    for (const other of engines()) {
      test(`webhooks go on in ${other} with what was not told before, and with nothing that was`, async (t) => {
        const server = await start({ engine, args: ['--webhook-private', 'on'] });
        t.after(() => server.stop());
        const { heard, url: hook } = await receiver(t);
        const dir = folder(t);
        const [manager, customer] = [await person(server, 'manager'), await person(server, 'customer')];
        const made = await server.as('isp')('POST', '/api/webhooks', { body: { url: hook, types: ['ticket.created'] }, token: manager.token });
        isp(made, 201);
        await ticketOf(server, customer, { title: 'first' });
        await ticketOf(server, customer, { title: 'second' });
        await eventually(() => heard.length === 2, 20);
        await server.down();
        const expected = ['first', 'second'];
        if (engine === 'pgsql') {
          // In a cluster that has counted far, one more, which nobody took yet.
          await psql(server.database.url, 'UPDATE event SET txn = txn + 500000; UPDATE webhook SET at_txn = at_txn + 500000;'
            + ' INSERT INTO event (tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at, txn)'
            + ' SELECT tenant_id, kind, ticket_id, account_id, old_value, new_value, created_at, txn + 10000 FROM event WHERE kind = 1 ORDER BY id DESC LIMIT 1');
          expected.push('second');
        }
        const file = path.join(dir, 'desk.tar');
        const backup = await sigap('backup', file, ...server.where());
        assert.equal(backup.code, 0, backup.err);
        const [data, url] = [path.join(dir, 'other'), other === 'pgsql' ? await emptyDatabase(t) : null];
        const back = await sigap('restore', file, '--data', data, ...(url ? ['--database', url] : []));
        assert.equal(back.code, 0, back.err);
        await at(server, { data, url });
        await eventually(() => heard.length === expected.length, 20);
        await ticketOf(server, customer, { title: 'there' });
        await eventually(() => heard.includes('there'), 20);
        assert.deepEqual(heard, [...expected, 'there']);
      });
    }

    test('a form of backup that only a newer program knows is refused', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const dir = folder(t);
      const file = path.join(dir, 'desk.tar');
      assert.equal((await sigap('backup', file, ...server.where())).code, 0);
      const bytes = readFileSync(file);
      const { at: where } = entries(file).get('manifest.json');
      const newer = path.join(dir, 'newer.tar');
      const format = bytes.indexOf('"format":1', where) + 9;
      const changed = Buffer.from(bytes);
      changed[format] = '2'.charCodeAt(0);
      writeFileSync(newer, changed);
      const back = await sigap('restore', newer, '--data', path.join(dir, 'new'));
      assert.equal(back.code, 1);
      assert.match(back.err, /of a newer program/);
    });
  });
}

describe('copies between the databases', { timeout: 240000, skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, () => {
  test('from SQLite to PostgreSQL and back: every table is the same', async (t) => {
    const server = await start({ engine: 'sqlite' });
    t.after(() => server.stop());
    const dir = folder(t);
    const { writes, reads } = await people(server);
    for (let i = 0; i < 20; i++) {
      const made = await create(server, writes, `kopi ☕ ${i}`, i % 5 ? {} : { tickes_images: [picture(i)] });
      assert.equal(made.status, 200, made.text);
    }
    const before = await names(server, reads);
    const first = `sqlite:${path.join(server.data, 'sigap.db')}`;
    const url = await emptyDatabase(t);
    const there = await sigap('copy', '--from', first, '--to', url);
    assert.equal(there.code, 0, there.err);
    assert.match(there.out, /counts and sums are the same on both sides\.\n$/);
    const second = `sqlite:${path.join(dir, 'back.db')}`;
    const back = await sigap('copy', '--from', url, '--to', second);
    assert.equal(back.code, 0, back.err);
    assert.equal(back.out, there.out, 'each table has as many rows');
    const dump = async (file) => (await run('sqlite3', [file.replace('sqlite:', ''), ...SCHEMA_TABLES.map((table) => `SELECT '${table}', * FROM ${table} ORDER BY 1, 2, 3, 4, 5, 6, 7`)], { maxBuffer: 1 << 26 })).stdout;
    if (await run('sqlite3', ['--version']).then(() => true, () => false)) {
      assert.equal(await dump(second), await dump(first), 'value by value');
    }
    // Numbers of another cluster's transactions would be ahead of this one's.
    assert.equal(await psql(url, 'SELECT (SELECT COUNT(*) FROM event WHERE txn <> 0) + (SELECT COUNT(*) FROM notice WHERE txn <> 0)'), '0');
    assert.notEqual(await psql(url, "SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f'"), '0', 'the foreign keys are back');
    await at(server, { url });
    assert.deepEqual(await names(server, reads), before);
    assert.equal((await create(server, writes, 'the next id')).status, 200);
    assert.equal(await total(server, reads), before.length + 1);
    await at(server, { url: null });
  });

  test('while somebody writes: one state, and into an empty place alone', async (t) => {
    const server = await start({ engine: 'pgsql' });
    t.after(() => server.stop());
    const dir = folder(t);
    const { writes } = await people(server);
    const writing = load(server, writes, { width: 8, prefix: 'while' });
    await eventually(() => writing.acknowledged.length > 20, 30);
    const before = [...writing.acknowledged];
    const to = `sqlite:${path.join(dir, 'copy', 'sigap.db')}`;
    const made = await sigap('copy', '--from', server.database.url, '--to', to);
    await writing.stop();
    assert.equal(made.code, 0, made.err);
    const again = await sigap('copy', '--from', server.database.url, '--to', to);
    assert.equal(again.code, 1);
    assert.match(again.err, /There is something in the database to copy into: name an empty one\.\n$/);
    const onto = await sigap('copy', '--from', to, '--to', server.database.url);
    assert.equal(onto.code, 1);
    const copied = await start({ engine: 'sqlite', args: [] });
    t.after(() => copied.stop());
    await copied.down();
    rmSync(copied.data, { recursive: true, force: true });
    mkdirSync(copied.data);
    assert.equal((await sigap('copy', '--from', to, '--to', `sqlite:${path.join(copied.data, 'sigap.db')}`)).code, 0, 'from SQLite to SQLite');
    await copied.up();
    const master = await copied.seed('super_admin');
    const reads = await enter(copied, master.email);
    const there = await names(copied, reads);
    assert.deepEqual(before.filter((name) => !there.includes(name)), []);
    assert.equal(await total(copied, reads), there.length);
    const wrong = await sigap('copy', '--from', 'mysql://x', '--to', to);
    assert.equal(wrong.code, 1);
    assert.equal((await sigap('copy', '--from', to)).code, 2);
  });
});

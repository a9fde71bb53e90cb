// `sigap doctor` and `sigap migrate`: what they find, what they advise, how they exit.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import path from 'node:path';
import { engines, start } from '../contract/harness.mjs';
import { folder, sigap } from './sigap.mjs';

/** {exit code, check → {verdict, found, advice}} */
async function examine(where, more = []) {
  const { code, out, err } = await sigap(['doctor', '--json', ...where, ...more]);
  const report = JSON.parse(out);
  assert.equal(report.broken, code === 1, err);
  assert.equal(report.broken, report.findings.some((finding) => finding.verdict === 'broken'));
  for (const finding of report.findings) {
    assert.ok(['ok', 'warning', 'broken'].includes(finding.verdict));
    assert.equal(typeof finding.found, 'string');
    assert.equal(finding.verdict === 'ok', finding.advice === null, `${finding.check} gives advice where it finds fault`);
  }
  return { code, checks: Object.fromEntries(report.findings.map((finding) => [finding.check, finding])) };
}

async function desk(t) {
  const dir = path.join(folder(t), 'data');
  const where = ['--data', dir];
  const made = await sigap(['user', 'add', '--email', 'a@example.com', '--name', 'Ani', '--role', 'super_admin', '--password-stdin', ...where], { input: 'Password123\n' });
  assert.equal(made.code, 0, made.err);
  return { dir, where, file: path.join(dir, 'sigap.db') };
}

test('a sound desk is sound, in words and in JSON', async (t) => {
  const { where } = await desk(t);
  const text = await sigap(['doctor', ...where]);
  assert.equal(text.code, 0, text.out);
  assert.match(text.out, /^ok {7}database: /m);
  assert.match(text.out, /^ok {7}administrators: /m);
  assert.doesNotMatch(text.out, /BROKEN/);
  const { code, checks } = await examine(where);
  assert.equal(code, 0);
  for (const name of ['clock', 'data directory', 'server', 'disk', 'token key', 'database', 'administrators', 'outbox']) {
    assert.ok(checks[name], `${name} was not looked at`);
  }
});

for (const engine of engines()) {
  test(`beside a running server on ${engine} it finds it, and disturbs nothing`, async (t) => {
    const server = await start({ engine });
    t.after(() => server.stop());
    const { code, checks } = await examine(server.where());
    assert.equal(code, 0);
    assert.equal(checks.server.found, 'running');
    assert.equal(checks.database.verdict, 'ok');
    assert.equal(checks.administrators.verdict, 'warning', 'nobody is there yet');
    assert.match(checks.administrators.advice, /sigap user add/);
    assert.equal((await server.as('hcall')('GET', '/readyz')).status, 200);
    await server.down();
    assert.equal((await examine(server.where())).checks.server.found, 'not running on this data directory');
    await server.up();
  });
}

test('where nothing is, it says so and makes nothing', async (t) => {
  const dir = path.join(folder(t), 'nowhere');
  const { code, checks } = await examine(['--data', dir]);
  assert.equal(code, 1);
  assert.match(checks['data directory'].found, /No such file or directory/);
  assert.ok(!existsSync(dir));
});

test('a file that is no database is broken', async (t) => {
  const { where, file } = await desk(t);
  writeFileSync(file, 'my diary, not a database. '.repeat(400));
  const { code, checks } = await examine(where);
  assert.equal(code, 1);
  assert.equal(checks.database.verdict, 'broken');
  assert.match(checks.database.advice, /backup/);
});

test('damaged pages are found', async (t) => {
  const { where, file } = await desk(t);
  const fd = openSync(file, 'r+');
  const size = statSync(file).size;
  for (let at = 3 * 4096 + 512; at < size; at += 2 * 4096) {
    writeSync(fd, Buffer.alloc(2048, 0xa5), 0, 2048, at);
  }
  closeSync(fd);
  const text = await sigap(['doctor', ...where]);
  assert.equal(text.code, 1, text.out);
  assert.match(text.out, /^BROKEN {3}database: [^\n]+\n {9}→ /m);
  assert.equal((await examine(where)).checks.database.verdict, 'broken');
});

test('a missing database, or an old one, is broken and stays as it is', async (t) => {
  const { where, file } = await desk(t);
  rmSync(file);
  for (const suffix of ['-wal', '-shm']) {
    rmSync(file + suffix, { force: true });
  }
  const { code, checks } = await examine(where);
  assert.equal(code, 1);
  assert.equal(checks.database.verdict, 'broken');
  assert.match(checks.database.found + checks.database.advice, /migrate/);
  assert.ok(!existsSync(file), 'a doctor makes no database');
});

test('a key that others can read is broken; one that is too short, too', async (t) => {
  const { dir, where } = await desk(t);
  const key = path.join(dir, 'jwt.key');
  assert.equal((await examine(where)).checks['token key'].verdict, 'warning', 'not made yet');
  writeFileSync(key, `${'k'.repeat(64)}\n`, { mode: 0o600 });
  assert.equal((await examine(where)).checks['token key'].verdict, 'ok');
  chmodSync(key, 0o644);
  const { code, checks } = await examine(where);
  assert.equal(code, 1);
  assert.equal(checks['token key'].verdict, 'broken');
  assert.match(checks['token key'].advice, /chmod 600/);
  assert.equal((await examine(where, ['--jwt-secret', 'x'.repeat(32)])).checks['token key'].verdict, 'ok', 'the file is not used then');
  chmodSync(key, 0o600);
  writeFileSync(key, 'short\n');
  assert.equal((await examine(where)).checks['token key'].verdict, 'broken');
});

test('a directory open to others is a warning, not broken', async (t) => {
  const { dir, where } = await desk(t);
  chmodSync(dir, 0o755);
  const { code, checks } = await examine(where);
  assert.equal(code, 0);
  assert.equal(checks['data directory'].verdict, 'warning');
  assert.match(checks['data directory'].advice, /chmod 700/);
});

test('a configuration is judged before it is served', async (t) => {
  const { where } = await desk(t);
  const { code, err } = await sigap(['doctor', ...where, '--smtp', 'gopher://mail.example.com']);
  assert.equal(code, 2);
  assert.match(err, /smtp/);
  assert.equal((await examine(where, ['--smtp', 'smtp://mail.example.com:587?tls=required'])).code, 0);
});

describe('migrate', () => {
  test('makes the schema once', async (t) => {
    const where = ['--data', path.join(folder(t), 'deep', 'data')];
    const first = await sigap(['migrate', ...where]);
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /^The database is up to date: \d+ steps? done\.\n$/);
    const second = await sigap(['migrate', ...where]);
    assert.equal(second.code, 0);
    assert.equal(second.out, 'The database is up to date.\n');
  });

  test('two at once do it once', async (t) => {
    const dir = path.join(folder(t), 'data');
    const both = await Promise.all([sigap(['migrate', '--data', dir]), sigap(['migrate', '--data', dir])]);
    const done = both.filter((one) => one.code === 0 && one.out.includes('step'));
    assert.equal(done.length, 1, JSON.stringify(both));
    for (const other of both.filter((one) => one !== done[0])) {
      assert.ok(other.code === 0 || /Another sigap/.test(other.err), other.err);
    }
  });
});

const LOST = '0'.repeat(62); // in the folder of its first byte
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

test('what a sync costs and how long the write-ahead log is are told', async (t) => {
  const { where } = await desk(t);
  const { checks } = await examine(where);
  assert.match(checks.sync.found, /^\d+\.\d\d ms to put a page on the disk$/);
  assert.match(checks['write-ahead log'].found, /^\d+ MiB$/);
  assert.equal(checks['write-ahead log'].verdict, 'ok');
});

for (const engine of engines()) {
  test(`a content that is missing is told as broken, one that belongs to nothing as a warning [${engine}]`, async (t) => {
    const server = await start({ engine });
    t.after(() => server.stop());
    const user = await server.seed('customer');
    const hcall = server.as('hcall');
    const token = (await hcall('POST', '/api/auth/enter', { body: { user_email: user.email, user_password: server.password } })).body.jwt_token;
    const made = await hcall('POST', '/api/ticket/create', { token, body: { ticket_name: 'A picture', ticket_explain: 'It shows the router.',
      tickes_images: [{ image_name: 'a.png', image_ype: 'image/png', image_content: PNG }] } });
    assert.ok(made.status < 300, made.text);
    assert.match((await examine(server.where())).checks.files.found, /^1, all there$/);

    const folder = path.join(server.data, 'files', 'ab');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, LOST), 'nobody asked for this');
    assert.equal((await examine(server.where())).checks.files.verdict, 'ok', 'what is young may still get its row');
    utimesSync(path.join(folder, LOST), 1e9, 1e9);
    const orphan = (await examine(server.where())).checks.files;
    assert.equal(orphan.verdict, 'warning');
    assert.match(orphan.found, /^1, all there; 1 more \(0 KiB\) belong to nothing$/);

    const kept = readdirSync(path.join(server.data, 'files'), { recursive: true }).map(String).find((name) => name.length > 60 && !name.endsWith(LOST));
    rmSync(path.join(server.data, 'files', kept));
    const { code, checks } = await examine(server.where());
    assert.equal(code, 1);
    assert.equal(checks.files.verdict, 'broken');
    assert.ok(checks.files.found.includes(path.basename(kept)), checks.files.found);
  });
}

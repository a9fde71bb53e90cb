// How `sigap serve` starts, where its settings come from, and how it refuses to start.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { engines, start } from '../contract/harness.mjs';
import { folder, serve, sigap } from './sigap.mjs';

const QUIET = ['--listen', '127.0.0.1:0', '--log-level', 'warn'];
const SECRET = 'a secret of more than thirty-two bytes, for tests';

function get(url, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(url, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    }).on('error', reject);
  });
}

/** A refusal to start: exit 1 and one sentence for people. */
function refused(answer, said) {
  assert.equal(answer.code, 1, answer.err);
  assert.equal(answer.out, '');
  assert.match(answer.err, said);
  const told = answer.err.split('\n').filter((line) => line.startsWith('sigap: '));
  assert.equal(told.length, 1, answer.err);
  assert.match(told[0], /\.$/);
}

test('port 0 picks a free port, prints it first, and serves there', async (t) => {
  const data = path.join(folder(t), 'a', 'b', 'data');
  const server = await serve(t, ['--data', data, ...QUIET]);
  assert.match(server.out, /^Sigap \S+ serves on http:\/\/127\.0\.0\.1:[1-9]\d*\n/);
  assert.equal((await get(`${server.url}/readyz`)).status, 200);
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
});

test('an IPv6 address is served and printed in brackets', async (t) => {
  const server = await serve(t, ['--data', folder(t), '--listen', '[::1]:0', '--log-level', 'warn']);
  assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await get(`${server.url}/livez`)).status, 200);
});

test('where it listens on all addresses, the pages it names are ones that a browser can open', async (t) => {
  for (const all of ['0.0.0.0', '[::]']) {
    const server = await serve(t, ['--data', folder(t), '--listen', `${all}:0`, '--log-level', 'warn']);
    const port = new URL(server.url).port;
    assert.equal(server.url, `http://${all}:${port}`);
    const docs = /Documentation: (\S+)/.exec(server.out)[1];
    assert.equal(docs, `http://localhost:${port}/docs`);
    assert.equal((await fetch(docs)).status, 200);
    assert.ok(server.out.includes(`sign in with that address and password at ${docs}.`), server.out);
  }
});

test('the first start tells how to make the first administrator, the next ones do not', async (t) => {
  const data = folder(t);
  const first = await serve(t, ['--data', data, ...QUIET]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const command = /echo '([^']+)' \| \S*sigap\S* (user add --data (\S+) [^\n]*\\\n[^\n]*)/.exec(first.out);
  assert.ok(command, first.out);
  // What it tells must work as it stands.
  const words = command[2].replaceAll('\\\n', ' ').match(/'[^']*'|\S+/g).map((word) => word.replaceAll("'", ''));
  const made = await sigap(words, { input: `${command[1]}\n` });
  assert.equal(made.code, 0, made.err);
  // Its password opens every API: ruang judges it before it looks anybody up, hcall wants a digit.
  assert.match(command[1], /\d/);
  const login = await fetch(`${first.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'you@example.com', kata_sandi: command[1] }),
  });
  assert.equal(login.status, 200, await login.text());
  assert.ok(first.out.includes(`${first.url}/docs.\n`), first.out);
  await first.end();
  const second = await serve(t, ['--data', data, ...QUIET]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.doesNotMatch(second.out, /administer/);
});

test('key, lock, database and socket are their owner\'s alone', async (t) => {
  const data = path.join(folder(t), 'data');
  const server = await serve(t, ['--data', data, ...QUIET]);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  for (const name of ['jwt.key', 'lock', 'admin.sock']) {
    assert.equal(statSync(path.join(data, name)).mode & 0o777, 0o600, name);
  }
  await server.end();
  assert.ok(!existsSync(path.join(data, 'admin.sock')), 'the socket goes with the server');
});

test('a second server on the same data directory is refused, the first one serves on', async (t) => {
  const data = folder(t);
  const first = await serve(t, ['--data', data, ...QUIET]);
  const second = await sigap(['serve', '--data', data, ...QUIET]);
  refused(second, new RegExp(`Another sigap \\(process ${first.child.pid}\\) is using the data directory`));
  refused(await sigap(['migrate', '--data', data]), /Another sigap/);
  assert.equal((await get(`${first.url}/readyz`)).status, 200);
  assert.equal((await sigap(['user', 'list', '--data', data])).code, 0, 'the socket is still the first one\'s');
});

test('after a kill the next start takes over', async (t) => {
  const data = folder(t);
  const first = await serve(t, ['--data', data, ...QUIET]);
  await first.end('SIGKILL');
  assert.ok(existsSync(path.join(data, 'admin.sock')));
  const second = await serve(t, ['--data', data, ...QUIET]);
  assert.equal((await sigap(['user', 'list', '--data', data])).code, 0);
  assert.deepEqual(await second.end('SIGINT'), { code: 0, signal: null }, second.err);
});

test('a port in use is told, and nothing is left behind', async (t) => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const { port } = taken.address();
  const data = folder(t);
  refused(await sigap(['serve', '--data', data, '--listen', `127.0.0.1:${port}`]), new RegExp(`Can't listen on 127\\.0\\.0\\.1 port ${port}: .*in use\\. Choose another --listen`, 'i'));
  assert.ok(!existsSync(path.join(data, 'admin.sock')));
  const server = await serve(t, ['--data', data, ...QUIET]);
  assert.deepEqual(await server.end(), { code: 0, signal: null });
});

test('an address that is none of this machine is told', async (t) => {
  refused(await sigap(['serve', '--data', folder(t), '--listen', '192.0.2.1:0']), /Can't listen on 192\.0\.2\.1/);
});

test('a data directory that can not be is told', async (t) => {
  const dir = folder(t);
  writeFileSync(path.join(dir, 'file'), '');
  refused(await sigap(['serve', '--data', path.join(dir, 'file'), ...QUIET]), /Not a directory/);
  refused(await sigap(['serve', '--data', path.join(dir, 'file', 'data'), ...QUIET]), /Not a directory/);
  const long = path.join(dir, 'x'.repeat(120));
  refused(await sigap(['serve', '--data', long, ...QUIET]), /too long/);
});

test('a file that is no database is told, and stays as it is', async (t) => {
  const data = folder(t);
  const file = path.join(data, 'sigap.db');
  writeFileSync(file, 'my diary, not a database. '.repeat(400));
  refused(await sigap(['serve', '--data', data, ...QUIET]), /Can't use the database .*sigap\.db: file is not a database/);
  assert.match(readFileSync(file, 'utf8'), /^my diary/);
});

test('a PostgreSQL that does not answer is told without its password', async (t) => {
  const answer = await sigap(['serve', '--data', folder(t), ...QUIET, '--database', 'postgresql://someone:geheim77@127.0.0.1:1/desk']);
  refused(answer, /Can't use the database: .*127\.0\.0\.1/);
  assert.doesNotMatch(answer.err, /geheim77/);
});

test('a short secret is refused wherever it comes from', async (t) => {
  const data = folder(t);
  const short = 'only thirty-one bytes are here!';
  assert.equal(short.length, 31);
  const file = path.join(data, 'secret');
  writeFileSync(file, `${short}\n`);
  for (const [words, env] of [[['--jwt-secret', short], {}], [[], { SIGAP_JWT_SECRET: short }], [[], { SIGAP_JWT_SECRET_FILE: file }]]) {
    const { code, err } = await sigap(['serve', '--data', data, ...QUIET, ...words], { env });
    assert.equal(code, 2, err);
    assert.match(err, /^sigap: .*32 bytes/);
    assert.ok(!err.includes(short), 'a secret is never told back');
  }
  writeFileSync(path.join(data, 'jwt.key'), 'short\n');
  refused(await sigap(['serve', '--data', data, ...QUIET]), /jwt\.key holds less than 32 bytes/);
});

async function token(server, email) {
  const answer = await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: email, user_password: server.password } });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.jwt_token;
}
async function alive(server, sent) {
  return (await server.as('hcall')('GET', '/api/ticket/count', { token: sent })).status === 200;
}

test('the key outlives a restart; a secret from a file signs instead and is the same as the flag', async (t) => {
  const server = await start({});
  t.after(() => server.stop());
  const who = await server.seed('technician');
  const first = await token(server, who.email);
  await server.restart();
  assert.ok(await alive(server, first));
  const file = path.join(server.dir, 'secret');
  writeFileSync(file, `${SECRET}\n`);
  process.env.SIGAP_JWT_SECRET_FILE = file;
  try {
    await server.restart();
  } finally {
    delete process.env.SIGAP_JWT_SECRET_FILE;
  }
  assert.ok(!(await alive(server, first)), 'another key signs now');
  const second = await token(server, who.email);
  server.args = ['--jwt-secret', SECRET];
  await server.restart();
  assert.ok(await alive(server, second));
  assert.equal(JSON.parse(Buffer.from(second.split('.')[0], 'base64url')).alg, 'HS256');
});

test('flags win over the environment, the environment over the file', async (t) => {
  const dir = folder(t);
  const file = path.join(dir, 'sigap.conf');
  writeFileSync(file, ['listen = 127.0.0.3:0', 'cors-origins = https://file.example', 'rate-limit = 3', `data = ${path.join(dir, 'from-file')}`, 'log-level = error', ''].join('\n'));
  const seen = async (server) => {
    const origin = async (name) => (await get(`${server.url}/livez`, { Origin: name })).headers['access-control-allow-origin'] ?? '-';
    return [new URL(server.url).hostname, await origin('https://file.example'), await origin('https://env.example'), await origin('https://flag.example')];
  };
  const byFile = await serve(t, ['--config', file]);
  assert.deepEqual(await seen(byFile), ['127.0.0.3', 'https://file.example', '-', '-']);
  assert.ok(existsSync(path.join(dir, 'from-file', 'sigap.db')));
  await byFile.end();
  const env = { SIGAP_CONFIG: file, SIGAP_LISTEN: '127.0.0.2:0', SIGAP_CORS_ORIGINS: 'https://env.example', SIGAP_DATA: path.join(dir, 'from-env') };
  const byEnv = await serve(t, [], { env });
  assert.deepEqual(await seen(byEnv), ['127.0.0.2', '-', 'https://env.example', '-']);
  assert.ok(existsSync(path.join(dir, 'from-env', 'sigap.db')));
  await byEnv.end();
  const byFlag = await serve(t, ['--listen', '127.0.0.1:0', '--cors-origins', 'https://flag.example'], { env });
  assert.deepEqual(await seen(byFlag), ['127.0.0.1', '-', '-', 'https://flag.example']);
});

test('the default data directory is ./var', async (t) => {
  const cwd = folder(t);
  const server = await serve(t, QUIET, { cwd });
  assert.ok(existsSync(path.join(cwd, 'var', 'sigap.db')));
  assert.equal((await sigap(['user', 'list'], { cwd })).code, 0);
  assert.deepEqual(await server.end(), { code: 0, signal: null });
});

test('a database elsewhere is used there', async (t) => {
  const dir = folder(t);
  mkdirSync(path.join(dir, 'disk'));
  const where = ['--data', path.join(dir, 'data'), '--database', `sqlite:${path.join(dir, 'disk', 'desk.db')}`];
  const server = await serve(t, [...where, ...QUIET]);
  assert.ok(existsSync(path.join(dir, 'disk', 'desk.db')));
  assert.ok(!existsSync(path.join(dir, 'data', 'sigap.db')));
  assert.equal((await sigap(['user', 'list', ...where])).code, 0);
  await server.end();
});

test('many threads are fine', async (t) => {
  const server = await serve(t, ['--data', folder(t), ...QUIET, '--threads', '100']);
  const answers = await Promise.all(Array.from({ length: 300 }, () => get(`${server.url}/api/ticket/count`)));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [401]);
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
});

test('what a server left is up to date for migrate', async (t) => {
  for (const engine of engines()) {
    const server = await start({ engine });
    t.after(() => server.stop());
    await server.down();
    const before = await sigap(['migrate', ...server.where()]);
    assert.equal(before.code, 0, before.err);
    assert.equal(before.out, 'The database is up to date.\n');
    await server.up();
  }
});

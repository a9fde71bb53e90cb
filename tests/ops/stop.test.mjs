// Ends: a stop that finishes what runs, and a kill that loses nothing acknowledged.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { engines, eventually, start } from '../contract/harness.mjs';
import { create, load, look, names, people, total } from './desk.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** SIGTERM, as an operator sends it: the clients' connections stay as they are. Resolves with how it ended, and when. */
async function terminate(server) {
  const { child } = server;
  const began = Date.now();
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  child.kill('SIGTERM');
  const how = await ended;
  const took = Date.now() - began;
  assert.deepEqual(how, { code: 0, signal: null }, server.log);
  assert.ok(took < 10000, `it took ${took} ms`);
  await server.down();
  return took;
}

/** How many sign-ins and creations the server has taken so far, answered or not. */
async function taken(server) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const sum = (pattern) => [...text.matchAll(pattern)].reduce((all, [, number]) => all + Number(number), 0);
  const answered = sum(/^sigap_http_requests_total\{[^}]*(?:auth\/enter|ticket\/create)[^}]*\} (\d+)/gm);
  return answered + sum(/^sigap_http_in_flight (\d+)/gm) - 1;
}

function connection(server) {
  const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.seen = '';
  socket.setEncoding('utf8').on('data', (text) => (socket.seen += text));
  socket.on('error', () => {});
  socket.gone = new Promise((resolve) => socket.once('close', resolve));
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

for (const engine of engines()) {
  describe(`on ${engine}`, () => {
    test('SIGTERM while requests run: they are answered, and the exit code is 0', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const { writer, writes } = await people(server);
      const hcall = server.as('hcall');
      const asked = [];
      const before = await taken(server);
      // Passwords are checked one by one: these take a while. Writes are among them.
      for (let i = 0; i < 24; i++) {
        asked.push(hcall('POST', '/api/auth/enter', { body: { user_email: writer.email, user_password: server.password } }));
        asked.push(create(server, writes, `stop-${i}`));
      }
      await eventually(async () => (await taken(server)) >= before + asked.length);
      const [, ...answers] = await Promise.all([terminate(server), ...asked.map((one) => one.then((answer) => answer.status, (error) => error.code))]);
      assert.deepEqual([...new Set(answers)], [200], answers.join(' '));
      await server.up();
    });

    test('what was acknowledged before SIGTERM is there afterwards, and nothing twice', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const { writes, reads } = await people(server);
      const creating = load(server, writes);
      await wait(700);
      await terminate(server);
      await creating.stop();
      assert.ok(creating.acknowledged.length > 20, `${creating.acknowledged.length} acknowledged`);
      await server.up();
      const found = await names(server, reads);
      assert.equal(new Set(found).size, found.length, 'no ticket twice');
      const missing = creating.acknowledged.filter((name) => !found.includes(name));
      assert.deepEqual(missing, []);
      assert.equal(await total(server, reads), found.length);
      for (const answer of creating.other) {
        assert.equal(answer.status, 503, answer.text);
      }
    });
  });
}

test('SIGTERM: the port is closed at once, idle connections too, a request under way is told to close', async (t) => {
  const server = await start({});
  t.after(() => server.stop());
  const { writer } = await people(server);
  const idle = await connection(server);
  idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  while (!idle.seen.includes('ok\n')) {
    await wait(10);
  }
  const busy = Array.from({ length: 12 }, () => new Promise((resolve, reject) => {
    const body = JSON.stringify({ user_email: writer.email, user_password: server.password });
    const request = http.request(`${server.url}/api/auth/enter`, { method: 'POST', agent: false, headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, Connection: 'keep-alive' } }, (response) => {
      response.resume().on('end', () => resolve(response));
    });
    request.on('error', reject).end(body);
  }));
  await wait(100);
  const down = terminate(server);
  await idle.gone;
  await wait(50);
  const late = await new Promise((resolve) => {
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.once('connect', () => resolve('connected')).once('error', (error) => resolve(error.code));
  });
  assert.equal(late, 'ECONNREFUSED');
  const answers = await Promise.all(busy);
  assert.deepEqual([...new Set(answers.map((answer) => answer.statusCode))], [200]);
  assert.ok(answers.some((answer) => answer.headers.connection === 'close'));
  await down;
  await server.up();
});

describe('SIGTERM is not held up', { concurrency: true }, () => {
  test('by clients that never finish', async (t) => {
    const server = await start({});
    t.after(() => server.stop());
    const half = await connection(server);
    half.write('POST /api/auth/enter HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"user');
    const head = await connection(server);
    head.write('GET /livez HTTP/1.1\r\nHos');
    await wait(100);
    await terminate(server);
    await server.up();
  });

  test('by a long queue of sign-ins', async (t) => {
    const server = await start({ args: ['--threads', '2'] });
    t.after(() => server.stop());
    const who = await server.seed('customer');
    const body = JSON.stringify({ user_email: who.email, user_password: server.password });
    const seen = { answered: 0, gone: 0 };
    for (let i = 0; i < 1500; i++) {
      const request = http.request(`${server.url}/api/auth/enter`, { method: 'POST', agent: false, headers: { 'Content-Type': 'application/json', 'Content-Length': body.length } }, (response) => {
        seen.answered += response.statusCode === 200;
        response.resume();
      });
      request.on('error', () => (seen.gone += 1)).end(body);
    }
    await eventually(async () => (await look(server)).get('sigap_lane_queued{lane="hash"}') > 1000, 10);
    await terminate(server);
    await eventually(() => seen.answered + seen.gone === 1500);
    assert.ok(seen.answered > 0 && seen.gone > 0, JSON.stringify(seen));
    await server.up();
  });

  test('by a command that hangs at the socket', async (t) => {
    const server = await start({});
    t.after(() => server.stop());
    const socket = net.connect(`${server.data}/admin.sock`);
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    await wait(200);
    await terminate(server);
    socket.destroy();
    await server.up();
  });
});

// What an operator watches: health, metrics, request ids; and who may call from where, how often.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { engines, eventually, start } from '../contract/harness.mjs';
import { create, enter, look, metrics, people } from './desk.mjs';

for (const engine of engines()) {
  describe(`health and metrics on ${engine}`, () => {
    test('livez and readyz answer without a token, and with a wrong one', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      for (const [path, text] of [['/livez', 'ok\n'], ['/readyz', 'ready\n']]) {
        for (const headers of [{}, { Authorization: 'Bearer nonsense' }, { Accept: 'application/json' }]) {
          const answer = await server.raw('GET', path, headers);
          assert.equal(answer.status, 200);
          assert.equal(answer.text, text);
          assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
        }
        assert.equal((await server.raw('HEAD', path, {})).status, 200);
        const wrong = await server.raw('POST', path, { 'Content-Length': 0 });
        assert.equal(wrong.status, 405);
        assert.equal(wrong.headers.allow, 'OPTIONS, GET, HEAD');
        assert.equal(wrong.body.error.code, 'method_not_allowed');
      }
      const nothing = await server.raw('GET', '/nothing', {});
      assert.equal(nothing.status, 404);
      assert.equal(nothing.body.error.code, 'no_such_path');
    });

    test('metrics keep the format, and count what is asked', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const { writes, reads } = await people(server);
      const before = await look(server);
      const counted = (values, dialect, method, route, status) =>
        values.get(`sigap_http_requests_total{dialect="${dialect}",method="${method}",route="${route}",status="${status}"}`) ?? 0;
      for (let i = 0; i < 5; i++) {
        assert.equal((await create(server, writes, `Ticket ${i}`)).status, 200);
      }
      assert.equal((await create(server, writes, '')).status, 400);
      assert.equal((await server.as('hcall')('GET', '/api/ticket/count', { token: reads })).status, 200);
      assert.equal((await server.as('hcall')('GET', '/api/ticket/count', {})).status, 401);
      assert.equal((await server.raw('GET', '/no/such/path', {})).status, 404);
      const after = await look(server);
      const grew = (...what) => counted(after, ...what) - counted(before, ...what);
      assert.equal(grew('hcall', 'POST', '/api/ticket/create', '2xx'), 5);
      assert.equal(grew('hcall', 'POST', '/api/ticket/create', '4xx'), 1);
      assert.equal(grew('hcall', 'GET', '/api/ticket/count', '2xx'), 1);
      assert.equal(grew('hcall', 'GET', '/api/ticket/count', '4xx'), 1);
      assert.equal(grew('', '', '', '4xx'), 1);
      assert.equal(grew('system', 'GET', '/metrics', '2xx'), 1);
      const count = 'sigap_http_request_duration_seconds_count{dialect="hcall",method="POST",route="/api/ticket/create"}';
      assert.equal(after.get(count) - (before.get(count) ?? 0), 6);
      assert.equal(after.get('sigap_ready'), 1);
      assert.equal(after.get('sigap_http_in_flight'), 1, 'the one that asks');
      assert.ok(after.get('process_resident_memory_bytes') > 1e6);
      assert.ok(Math.abs(after.get('process_start_time_seconds') - Date.now() / 1000) < 60);
      assert.ok(after.get('sigap_sent_bytes_total') > before.get('sigap_sent_bytes_total'));
      if (engine === 'sqlite') {
        assert.ok(after.get('sigap_commits_total') > before.get('sigap_commits_total'));
        assert.ok(after.get('sigap_commands_total{result="done"}') >= 5);
      }
      await eventually(async () => {
        const now = await look(server);
        return now.get('sigap_mails_total{result="sent"}') >= 5 && now.get('sigap_mails{state="waiting"}') === 0;
      });
      const texts = await server.raw('GET', '/metrics', {});
      assert.doesNotMatch(texts.text, /@example\.com|Ticket \d/, 'counters name no person and no ticket');
    });
  });
}

test('the strict reader of metrics can fail', () => {
  for (const wrong of ['a 1', 'a 1\n', '# TYPE a counter\na -1\n', '# TYPE a counter\na{b="c" 1\n', '# TYPE a counter\na 1\na 2\n',
    '# TYPE a counter\na 1\n# TYPE b gauge\nb 1\na{x="y"} 1\n', '# TYPE a counter\n# TYPE a counter\na 1\n', '# TYPE a counter\na one\n',
    '# TYPE a histogram\na_bucket{x="y",le="1"} 2\na_bucket{x="y",le="+Inf"} 1\na_sum{x="y"} 1\na_count{x="y"} 1\n']) {
    assert.throws(() => metrics(wrong), wrong);
  }
});

test('a client that leaves in the middle of its body does not stay in the counters', async (t) => {
  const server = await start({});
  t.after(() => server.stop());
  const { port } = new URL(server.url);
  await Promise.all(Array.from({ length: 20 }, () => new Promise((resolve) => {
    const socket = net.connect(Number(port), '127.0.0.1', () => {
      socket.write('POST /api/auth/enter HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"user');
      setTimeout(() => socket.destroy(), 100);
    });
    socket.on('close', resolve);
  })));
  await eventually(async () => {
    const now = await look(server);
    return now.get('sigap_http_in_flight') === 1 && now.get('sigap_connections') <= 2;
  }, 5);
});

test('a request id goes in and out; a strange one is replaced', async (t) => {
  const server = await start({});
  t.after(() => server.stop());
  for (const id of ['a', 'abc-DEF_1.2', '0'.repeat(36)]) {
    assert.equal((await server.raw('GET', '/livez', { 'X-Request-ID': id })).headers['x-request-id'], id);
    assert.equal((await server.raw('GET', '/nothing', { 'X-Request-ID': id })).headers['x-request-id'], id);
  }
  const seen = new Set();
  for (const id of [undefined, '0'.repeat(37), 'with space', 'ä', '<script>', '']) {
    const answer = await server.raw('GET', '/livez', id === undefined ? {} : { 'X-Request-ID': Buffer.from(id, 'utf8').toString('latin1') });
    const got = answer.headers['x-request-id'];
    assert.match(got, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    seen.add(got);
  }
  assert.equal(seen.size, 6);
});

test('specifications are served', async (t) => {
  const server = await start({ args: ['--public-url', 'https://desk.example.com/'] });
  t.after(() => server.stop());
  for (const name of ['hcall', 'tiket']) {
    const answer = await server.raw('GET', `/openapi/${name}.json`, {});
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(answer.body.servers, [{ url: 'https://desk.example.com' }]);
  }
  for (const path of ['/openapi/hcall', '/openapi/nothing.json', '/openapi/system.json', '/openapi/.json']) {
    assert.equal((await server.raw('GET', path, {})).status, 404, path);
  }
});

describe('origins', () => {
  const ORIGIN = 'https://app.example.com';
  test('a named origin may call, in every kind of answer; another may not', async (t) => {
    const server = await start({ args: ['--cors-origins', `https://other.example.com, ${ORIGIN}`] });
    t.after(() => server.stop());
    const who = await server.seed('technician');
    const token = await enter(server, who.email);
    const calls = [
      ['GET', '/api/ticket/count', { Authorization: `Bearer ${token}` }, 200],
      ['GET', '/api/ticket/count', {}, 401],
      ['GET', '/nothing', {}, 404],
      ['DELETE', '/api/ticket/count', {}, 405],
      ['GET', '/livez', {}, 200],
    ];
    for (const [method, path, headers, status] of calls) {
      const answer = await server.raw(method, path, { ...headers, Origin: ORIGIN });
      assert.equal(answer.status, status);
      assert.equal(answer.headers['access-control-allow-origin'], ORIGIN, `${method} ${path}`);
      assert.match(answer.headers['access-control-expose-headers'], /X-Request-ID/);
      assert.equal(answer.headers.vary, 'Origin');
      for (const foreign of ['https://app.example.com.evil.org', 'http://app.example.com', 'null']) {
        const refused = await server.raw(method, path, { ...headers, Origin: foreign });
        assert.equal(refused.headers['access-control-allow-origin'], undefined, foreign);
        assert.equal(refused.headers.vary, 'Origin', 'a cache must tell origins apart');
      }
    }
  });

  test('a preflight names methods and headers, needs no token, and is not for others', async (t) => {
    const server = await start({ args: ['--cors-origins', ORIGIN] });
    t.after(() => server.stop());
    const ask = (path, method, origin = ORIGIN) => server.raw('OPTIONS', path, {
      Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'authorization,content-type',
    });
    const answer = await ask('/api/ticket/create', 'POST');
    assert.equal(answer.status, 204);
    assert.equal(answer.text, '');
    assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
    assert.match(answer.headers['access-control-allow-methods'], /\bPOST\b/);
    assert.match(answer.headers['access-control-allow-headers'], /Authorization.*Content-Type/);
    assert.ok(Number(answer.headers['access-control-max-age']) > 0);
    const foreign = await ask('/api/ticket/create', 'POST', 'https://evil.example.org');
    assert.equal(foreign.status, 204);
    assert.equal(foreign.headers['access-control-allow-origin'], undefined);
    assert.equal(foreign.headers['access-control-allow-methods'], undefined);
    assert.equal((await ask('/nothing', 'GET')).status, 404);
  });

  test('a star lets everybody call; without the setting nobody hears of it', async (t) => {
    const open = await start({ args: ['--cors-origins', '*'] });
    t.after(() => open.stop());
    const any = await open.raw('GET', '/livez', { Origin: 'https://anywhere.example' });
    assert.ok(['*', 'https://anywhere.example'].includes(any.headers['access-control-allow-origin']));
    assert.equal(any.headers['access-control-allow-credentials'], undefined);
    const shut = await start({});
    t.after(() => shut.stop());
    const none = await shut.raw('GET', '/livez', { Origin: 'https://anywhere.example' });
    assert.equal(none.headers['access-control-allow-origin'], undefined);
    const plain = await shut.raw('OPTIONS', '/api/ticket/create', {});
    assert.equal(plain.status, 204);
    assert.equal(plain.headers.allow, 'OPTIONS, POST');
  });
});

describe('the rate limit', () => {
  test('over it the answer is 429 in the dialect\'s envelope, with Retry-After; health is exempt', async (t) => {
    const server = await start({ clock: 0, args: ['--rate-limit', '10'] });
    t.after(() => server.stop());
    const first = await server.seed('technician');
    const second = await server.seed('technician');
    // The clock stands in the first half of a minute, so that no minute ends on the way.
    const seconds = Math.floor(Date.now() / 1000) % 60;
    server.setClock(seconds > 30 ? 60 - seconds : 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [one, two] = [await enter(server, first.email), await enter(server, second.email)];
    const as = server.as('hcall');
    const calls = async (token, n) => {
      const got = [];
      for (let i = 0; i < n; i++) {
        got.push(await as('GET', '/api/ticket/count', { token }));
      }
      return got;
    };
    const mine = await calls(one, 12);
    assert.deepEqual(mine.map((answer) => answer.status), [...Array(10).fill(200), 429, 429]);
    const refused = mine.at(-1);
    assert.equal(refused.body.status, false);
    assert.equal(typeof refused.body.message, 'string');
    const wait = Number(refused.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 60, String(wait));
    assert.equal((await calls(two, 1))[0].status, 200, 'each account has its own');
    const tiket = await server.as('tiket')('GET', '/api/ticket?skip=0&limit=1', { token: one });
    assert.equal(tiket.status, 429, 'one account, whichever dialect');
    assert.equal(tiket.body.status, 429);
    // Two sign-ins stand against the address already.
    const strangers = [];
    for (let i = 0; i < 10; i++) {
      strangers.push((await as('GET', '/api/ticket/count', { token: 'guess' })).status);
    }
    assert.deepEqual(strangers, [...Array(8).fill(401), 429, 429]);
    for (let i = 0; i < 15; i++) {
      assert.equal((await server.raw('GET', ['/livez', '/readyz', '/metrics'][i % 3], {})).status, 200);
    }
    server.setClock((seconds > 30 ? 60 - seconds : 0) + wait);
    await eventually(async () => (await as('GET', '/api/ticket/count', { token: one })).status === 200, 5);
  });
});

// The log: every line parses, requests are found by their id, and nothing of a person stands in it.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { engines, eventually, start } from '../contract/harness.mjs';

const secret = (name) => `${name}${randomBytes(6).toString('hex')}`;

function lines(server) {
  return server.log.trimEnd().split('\n').map((line) => {
    const entry = JSON.parse(line);
    assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, line);
    assert.ok(['debug', 'info', 'warn', 'error'].includes(entry.level), line);
    assert.equal(typeof entry.event, 'string', line);
    return entry;
  });
}

for (const engine of engines()) {
  describe(`the log on ${engine}`, () => {
    test('each line is JSON; requests are found by id; nothing planted is told', async (t) => {
      const server = await start({ engine, args: ['--log-level', 'debug', '--log-format', 'json', '--login-throttle', 'on', '--jwt-secret', secret('jwtsecret-of-at-least-32-bytes-')] });
      let stopped = false;
      t.after(() => stopped || server.stop());
      const planted = {
        email: `${secret('mail')}@example.com`, password: `Pw1${secret('pass')}`, wrong: `Pw1${secret('wrong')}`, name: secret('Name'),
        title: secret('Title'), text: secret('Text'), query: secret('query'), path: secret('path'), host: secret('host'), agent: secret('agent'),
        weak: secret('weak'), foreign: `${secret('foreign')}@example.com`, reply: secret('reply'), garbled: secret('garbled'), username: secret('user'),
        master: `${secret('master')}@example.com`,
      };
      const hcall = server.as('hcall');
      const tiket = server.as('tiket');
      const id = (name) => ({ 'X-Request-ID': name, 'User-Agent': planted.agent });
      const registered = await hcall('POST', '/api/auth/register', { headers: id('register'), body: { user_name: planted.name, user_email: planted.email, user_password: planted.password } });
      assert.equal(registered.status, 200, registered.text);
      const token = registered.body.jwt_token;
      assert.equal((await hcall('POST', '/api/master/create', { body: { master_email: planted.master, master_password: planted.password } })).status, 200);
      const master = (await hcall('POST', '/api/auth/enter', { body: { user_email: planted.master, user_password: planted.password } })).body.jwt_token;
      for (let i = 0; i < 7; i++) { // until the throttle speaks
        await hcall('POST', '/api/auth/enter', { headers: id(`wrong-${i}`), body: { user_email: planted.email, user_password: planted.wrong } });
      }
      await hcall('POST', '/api/auth/enter', { body: { user_email: planted.foreign, user_password: planted.wrong } });
      await hcall('POST', '/api/auth/register', { body: { user_name: planted.name, user_email: planted.foreign, user_password: planted.weak } });
      assert.equal((await hcall('POST', '/api/ticket/create', { token, headers: id('create-1'), body: { ticket_name: planted.title, ticket_explain: planted.text } })).status, 200);
      await hcall('POST', '/api/ticket/create', { token, headers: id('create-bad'), body: { ticket_name: planted.title, ticket_explain: planted.text, tickes_images: [{ image_name: planted.title, image_ype: 'image/png', image_content: planted.garbled }] } });
      await hcall('POST', '/api/ticket/create', { token, text: `{"ticket_name":"${planted.title}",${planted.garbled}` });
      await hcall('GET', `/api/ticket/fetch?author=${planted.query}&user_email=${encodeURIComponent(planted.email)}`, { token: master, headers: id('fetch') });
      const list = (await hcall('GET', '/api/ticket/fetch', { token: master })).body;
      const ticket = list[Object.keys(list).find((key) => Array.isArray(list[key]))][0];
      await hcall('POST', '/api/ticket/update', { token: master, body: { ticket_id: ticket.ticket_id, ticket_return: planted.reply } });
      await hcall('POST', '/api/ticket/edit', { token: master, body: { ticket_id: ticket.ticket_id, ticket_status: 'doing' } });
      await tiket('POST', '/auth/register', { form: { username: planted.username, email: planted.foreign, password: planted.password } });
      await tiket('GET', `/api/responTeknis/?skip=0&limit=5&username=${planted.query}`, { token: master });
      await server.raw('GET', `/${planted.path}?${planted.query}`, { Host: planted.host, Cookie: planted.query });
      await server.raw('GET', '/api/ticket/count', { Authorization: `Bearer ${token}x` });
      await server.raw('GET', '/api/ticket/count', { Authorization: `Basic ${Buffer.from(planted.email).toString('base64')}` });
      await new Promise((resolve) => { // not HTTP at all
        const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(`GET /${planted.path} HTTP/1.1\r\nHost: ${planted.host}\r\nBad ${planted.garbled}\r\n\r\n`));
        socket.on('data', () => {});
        socket.on('error', resolve);
        socket.on('close', resolve);
      });
      await server.command(['user', 'passwd', '--email', planted.email, '--password-stdin'], `${planted.wrong}\n`);
      await eventually(() => server.log.includes('"create-1"'));
      await new Promise((resolve) => setTimeout(resolve, 500)); // mails go out
      await server.stop();
      stopped = true;
      for (const [what, value] of Object.entries({ ...planted, token, master_token: master, signature: token.split('.')[2], key: server.args.at(-1) })) {
        assert.ok(!server.log.includes(value), `the log tells the ${what}:\n${server.log.split('\n').find((line) => line.includes(value))}`);
        assert.ok(!server.log.includes(encodeURIComponent(value)), `the log tells the ${what} in percents`);
      }
      const all = lines(server);
      const answered = all.filter((entry) => entry.event === 'Answered a request.');
      const one = answered.filter((entry) => entry.request_id === 'create-1');
      assert.equal(one.length, 1);
      assert.equal(one[0].status, 200);
      assert.equal(one[0].route, 'hcallTicketCreate');
      assert.ok(one[0].account > 0 && one[0].took_us >= 0);
      assert.ok(answered.some((entry) => entry.request_id === 'create-bad' && entry.status === 400));
      assert.ok(answered.every((entry) => typeof entry.request_id === 'string' && entry.request_id.length > 0));
      assert.ok(all.some((entry) => entry.event.startsWith('Stopping')));
      assert.equal(all.at(-1).event, 'Stopped.');
    });
  });
}

test('at the usual level a request is no news, and a good day has no warnings', async (t) => {
  const server = await start({ args: ['--log-level', 'info', '--log-format', 'json'] });
  const who = await server.seed('technician');
  await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: who.email, user_password: server.password } });
  await server.stop();
  for (const entry of lines(server)) {
    assert.equal(entry.level, 'info');
    assert.notEqual(entry.event, 'Answered a request.');
  }
});

test('text lines begin with time and level', async (t) => {
  const server = await start({ args: ['--log-level', 'debug'] });
  await server.raw('GET', '/livez', { 'X-Request-ID': 'my-own' });
  await server.stop();
  for (const line of server.log.trimEnd().split('\n')) {
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z (debug|info|warn|error) \S/);
  }
  assert.match(server.log, /Answered a request\. route=livez request_id=my-own status=200 /);
});

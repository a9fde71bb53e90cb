// The examples of packaging/proxy as they stand there, but for addresses and certificates: TLS, who called, large
// bodies, and sockets on both transports.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { eventually, start } from '../contract/harness.mjs';
import { people, ticketOf } from '../contract/isp_desk.mjs';

const NAME = 'desk.example.com';
const LIMIT = 100;
const root = path.resolve(import.meta.dirname, '../..');

const freePort = () => new Promise((resolve, reject) => {
  const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** The example with each text replaced; one that is not there is an example that changed. */
function example(name, changes) {
  let text = readFileSync(path.join(root, 'packaging/proxy', name), 'utf8');
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `${name} says ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const proxies = {
  nginx(folder, port, [backend, other]) {
    const several = other ? [['# hash $remote_addr', 'hash $remote_addr'], ['# server 10.0.0.2:8080', `server ${other}`]] : [];
    const site = example('nginx.conf', [...several, ['127.0.0.1:8080', backend], ['443', `127.0.0.1:${port}`],
      [`/etc/letsencrypt/live/${NAME}/fullchain.pem`, `${folder}/cert.pem`], [`/etc/letsencrypt/live/${NAME}/privkey.pem`, `${folder}/key.pem`]]);
    const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
    writeFileSync(`${folder}/nginx.conf`, `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; user root;
events {}
http { access_log off;
${scratch}
${site}
}
`);
    return spawn('/usr/sbin/nginx', ['-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`], { stdio: 'ignore' });
  },
  caddy(folder, port, [backend, other]) {
    const several = other ? [['# to 10.0.0.2:8080', `to ${other}`], ...['lb_policy', 'lb_try_duration', 'fail_duration'].map((word) => [`# ${word}`, word]), ['# health_uri', 'health_uri'], ['# health_interval', 'health_interval']] : [];
    const site = example('Caddyfile', [...several, ['127.0.0.1:8080', backend], [`${NAME} {`, `https://${NAME}:${port} {\n\ttls ${folder}/cert.pem ${folder}/key.pem`]]);
    writeFileSync(`${folder}/Caddyfile`, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    return spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
      { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
  },
};

/** The name means this machine, for whoever asks in whichever way. */
const lookup = (name, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));

/** The proxy in front of these servers, with ways to reach it: {url, agent(from), call(method, target, {from, …})}. */
async function inFront(t, name, ...servers) {
  const folder = mkdtempSync(path.join(tmpdir(), `sigap-${name}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`, '-days', '2',
    '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`], { stdio: 'ignore' });
  const port = await freePort();
  const child = proxies[name](folder, port, servers.map((server) => new URL(server.url).host));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  t.after(() => {
    child.kill('SIGTERM');
    return gone;
  });
  const ca = readFileSync(`${folder}/cert.pem`);
  const agent = (from) => {
    const made = new https.Agent({ ca, lookup, localAddress: from, keepAlive: true });
    t.after(() => made.destroy());
    return made;
  };
  const call = (method, target, { headers = {}, body, from = '127.0.0.1' } = {}) => new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const request = https.request({ method, path: target, host: NAME, port, servername: NAME, ca, lookup, localAddress: from, agent: false,
      headers: { ...headers, ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) } }, (answer) => {
      let got = '';
      answer.setEncoding('utf8').on('data', (piece) => (got += piece)).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: got }));
    });
    request.once('error', reject);
    request.end(text);
  });
  await eventually(() => call('GET', '/livez').then((answer) => answer.status === 200, () => false), 20);
  return { url: `https://${NAME}:${port}`, agent, call };
}

/** An open socket through the proxy, and the tickets that it heard of. */
async function listen(t, proxy, token, transport, from = '127.0.0.1') {
  const socket = io(proxy.url, { transports: [transport], agent: proxy.agent(from), forceNew: true, reconnection: false, auth: { token: `Bearer ${token}` } });
  t.after(() => socket.disconnect());
  const heard = [];
  socket.on('ticket:created', (told) => heard.push(told.ticket.id));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return heard;
}

for (const name of Object.keys(proxies)) {
  test(`behind ${name}, as its example says`, { timeout: 120000 }, async (t) => {
    const server = await start({ args: ['--trusted-proxies', '127.0.0.1', '--rate-limit', String(LIMIT)] });
    t.after(() => server.stop());
    const proxy = await inFront(t, name, server);

    const left = async (from, headers) => Number(/;r=(\d+)/.exec((await proxy.call('GET', '/api/tickets', { from, headers })).headers.ratelimit)[1]);
    assert.deepEqual([await left('127.0.0.2'), await left('127.0.0.2'), await left('127.0.0.3')], [LIMIT - 1, LIMIT - 2, LIMIT - 1], 'each caller is known by an own address');
    assert.equal(await left('127.0.0.2', { 'x-forwarded-for': '203.0.113.9' }), LIMIT - 3, 'and no claim of the caller counts');

    const who = await people(server, ['manager', 'customer']);
    const picture = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(5 * 1024 * 1024 - 8)]).toString('base64');
    const images = Array.from({ length: 10 }, (_, n) => ({ image_name: `${n}.png`, image_type: 'image/png', image_content: picture }));
    const large = await proxy.call('POST', '/api/ticket/create', { headers: { authorization: `Bearer ${who.customer.token}` },
      body: { ticket_name: 'Ten pictures', ticket_explain: 'As large as they may be.', tickes_images: images } });
    assert.equal(large.status, 200, large.text);

    for (const transport of ['websocket', 'polling']) {
      const heard = await listen(t, proxy, who.manager.token, transport);
      const ticket = await ticketOf(server, who.customer);
      await eventually(() => heard.includes(ticket.id));
    }
  });

  test(`two servers behind ${name}: sockets stay with theirs, and what one does not answer the other does`,
    { timeout: 120000, skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, async (t) => {
      const secret = ['--jwt-secret', 'one secret of more than thirty-two bytes for all', '--trusted-proxies', '127.0.0.1'];
      const first = await start({ engine: 'pgsql', args: secret });
      t.after(() => first.stop());
      const second = await start({ engine: 'pgsql', args: secret });
      t.after(() => second.stop());
      await second.down();
      const unused = second.database;
      second.database = { url: first.database.url, drop: () => unused.drop() };
      await second.up();
      const proxy = await inFront(t, name, first, second);
      const who = await people(first, ['manager', 'customer']);
      const callers = Array.from({ length: 12 }, (_, n) => `127.0.0.${n + 2}`);
      const ears = [];
      for (const from of callers) ears.push(await listen(t, proxy, who.manager.token, 'polling', from));
      const open = async (server) => Number(/^sigap_sockets (\d+)$/m.exec((await server.raw('GET', '/metrics', {})).text)[1]);
      const [here, there] = [await open(first), await open(second)];
      assert.ok(here > 0 && there > 0 && here + there === callers.length, `${here} and ${there} sockets`);
      const ticket = await ticketOf(first, who.customer);
      await eventually(() => ears.every((heard) => heard.includes(ticket.id)));
      await second.down();
      for (const from of callers) {
        const answer = await proxy.call('GET', `/api/tickets/${ticket.id}`, { from, headers: { authorization: `Bearer ${who.manager.token}` } });
        assert.equal(answer.status, 200, answer.text);
      }
    });
}

// Secrets and what belongs to a person stay where they belong: planted everywhere a client, an operator, a mail server or a receiver of
// webhooks can put them, they are found in no log line, metric, diagnosis or command line of a process.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { io } from 'socket.io-client';
import { engines, eventually, start } from '../contract/harness.mjs';
import { tokenOf } from '../contract/isp.mjs';
import { folder, serve, sigap } from '../cli/sigap.mjs';

// ---- what is planted ----

/** Values that nobody would write by chance; each is known by its mark. */
class Plants {
  marks = new Map(); // mark → what it is
  secrets = new Set(); // of these, what not even the answer of an error may repeat

  mark(what, mark = `zq${randomBytes(8).toString('hex')}`) {
    this.marks.set(mark, what);
    return mark;
  }

  secret(what, around = (mark) => `Pw1!${mark}`) {
    const mark = this.mark(what);
    this.secrets.add(mark);
    return around(mark);
  }

  /** A secret that the server made. */
  told(what, value) {
    assert.ok(value?.length > 15, `the ${what} is missing`);
    this.secrets.add(this.mark(what, value));
    return value;
  }

  email = (what) => `${this.mark(what)}@example.com`;
  phone = (what) => `+628${this.mark(what, String(randomInt(1e9, 9.9e9)))}`;
  text = (what) => `Some ${this.mark(what)} words`;

  /** What of it stands in a text, plain or in base64: sentences. */
  foundIn(text, marks = this.marks.keys()) {
    return [...marks].filter((mark) => text.includes(mark) || text.includes(Buffer.from(mark).toString('base64').slice(0, -4)))
      .map((mark) => `the ${this.marks.get(mark)}: ${text.split('\n').find((line) => line.includes(mark)) ?? 'in base64'}`);
  }
}

// ---- those outside who hear and answer ----

/** A mail server that repeats what it is told in its refusals; keeps what it took. */
async function mailServer(t, isRefused) {
  const mails = [];
  const server = net.createServer((socket) => {
    let rest = '';
    let data = null;
    let asked = false; // for user and password
    const answer = (line) => {
      if (data !== null) {
        data = line === '.' ? mails.push(data) && null : `${data}${line}\r\n`;
        return data === null ? '250 taken' : null;
      }
      const verb = asked ? 'PASS' : line.slice(0, 4).toUpperCase();
      asked = verb === 'AUTH';
      if (verb === 'EHLO') {
        return '250-desk.test\r\n250 AUTH PLAIN';
      }
      if (verb === 'AUTH' || verb === 'PASS') {
        return asked ? '334 ' : '235 welcome';
      }
      if (verb === 'RCPT' && isRefused(line)) {
        return `550 5.1.1 unknown: ${line}`;
      }
      data = verb === 'DATA' ? '' : null;
      return verb === 'DATA' ? '354 go on' : verb === 'QUIT' ? '221 bye' : `250 ${line}`;
    };
    socket.write('220 desk.test\r\n');
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        const said = answer(line);
        if (said) {
          socket.write(`${said}\r\n`);
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: server.address().port, mails };
}

/** A receiver of webhooks that repeats what it was sent in a refusal. */
async function receiver(t) {
  const heard = [];
  const server = http.createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text) => {
      heard.push(text);
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`no: ${request.url} ${text}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, heard };
}

/** The smallest picture. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const unquoted = (mail) => mail.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

// ---- people at work, through each dialect ----

function good(answer, ...statuses) {
  assert.ok((statuses.length > 0 ? statuses : [200, 201]).includes(answer.status), `${answer.status} ${answer.text}`);
  return answer.body;
}

async function hcallDay({ server, plants }) {
  const api = server.as('hcall');
  const [email, password] = [plants.email('address of a hcall user'), plants.secret('password of a hcall user')];
  const token = plants.told('token of hcall', good(await api('POST', '/api/auth/register', { body: { user_name: plants.text('name of a hcall user'), user_email: email, user_password: password } })).jwt_token);
  good(await api('POST', '/api/auth/enter', { body: { user_email: email, user_password: plants.secret('wrong password of hcall') } }), 400, 401, 403, 404);
  const pictures = (content) => [{ image_name: `${plants.mark('name of a picture')}.png`, image_ype: 'image/png', image_content: content }];
  const ticket = { ticket_name: plants.text('name of a hcall ticket'), ticket_explain: plants.text('text of a hcall ticket') };
  good(await api('POST', '/api/ticket/create', { token, body: { ...ticket, tickes_images: pictures(PNG.toString('base64')) }, headers: { 'Idempotency-Key': plants.mark('key of a repeat') } }));
  good(await api('POST', '/api/ticket/create', { token, body: { ...ticket, tickes_images: pictures(plants.mark('broken picture')) } }), 400);
  good(await api('POST', '/api/ticket/create', { token, text: `{"ticket_name": "${plants.mark('text of a broken body')}", ` }), 400);
}

async function tiketDay({ server, plants }) {
  const api = server.as('tiket');
  const form = { username: plants.mark('name of a tiket user'), email: plants.email('address of a tiket user'), password: plants.secret('password of a tiket user') };
  good(await api('POST', '/auth/register', { form }));
  const token = plants.told('token of tiket', good(await api('POST', '/auth/login', { form: { email: form.email, password: form.password } })).token);
  good(await api('POST', '/auth/login', { form: { email: form.email, password: plants.secret('wrong password of tiket') } }), 400, 401);
  good(await api('POST', '/api/ticket', { token, body: { deskripsi: plants.text('text of a tiket ticket'), jenis_permintaan: 'Masalah Teknis', prioritas: 'Tinggi' } }));
  good(await api('GET', `/api/responTeknis/?skip=0&limit=5&username=${plants.mark('name that was searched')}`, { token }));
}

async function webhooks({ plants, receiver: { port, heard } }, api, token) {
  const path = `/${plants.mark('path of a webhook')}?key=${plants.mark('key in a webhook\'s address')}`;
  const body = { url: `http://127.0.0.1:${port}${path}`, description: plants.text('description of a webhook') };
  const made = good(await api('POST', '/api/webhooks', { token, body })).data;
  plants.told('secret of a webhook', made.secret ?? made.webhook.secret);
  const user = plants.secret('password in a webhook\'s address', (mark) => mark);
  await api('POST', '/api/webhooks', { token, body: { url: `http://someone:${user}@127.0.0.1:${port}/` } });
  await api('POST', '/api/webhooks', { token, body: { url: `http://${plants.mark('host of a webhook')}.invalid/` } });
  good(await api('POST', `/api/webhooks/${made.webhook.id}/test`, { token }), 200, 201, 202);
  await eventually(() => heard.length > 0);
  return made.webhook.id;
}

async function resets({ server, plants, mails }, api, email) {
  good(await api('POST', '/api/auth/forgot-password', { body: { email } }));
  const links = () => mails.map(unquoted).filter((text) => text.includes(`<${email}>`) && /token=|Code:/.test(text));
  await eventually(() => links().length === 2); // the invitation, which the other one ends
  const [first, token] = links().map(tokenOf);
  plants.told('token of an invitation', first);
  plants.told('token that sets a password', token);
  const password = plants.secret('password that was set by a link');
  const set = (shown) => api('POST', '/api/auth/reset-password', { body: { token: shown, password, password_confirmation: password } });
  good(await set(plants.secret('wrong token of a link', (mark) => mark)), 400, 401, 422);
  good(await set(token));
  return server.as('isp')('POST', '/api/auth/login', { body: { email, password } });
}

async function uploads({ plants }, api, token) {
  const upload = (content) => api('POST', '/api/mobile/upload', {
    token, headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    text: Buffer.concat([
      `--x\r\nContent-Disposition: form-data; name="type"\r\n\r\nphoto\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="${plants.mark('name of an upload')}.png"\r\n\r\n`,
      content, '\r\n--x--\r\n'].map((piece) => Buffer.from(piece))),
  });
  good(await upload(PNG), 201);
  good(await upload(plants.mark('content of an upload')), 422);
}

/** Colleagues and what they carry. */
async function staff({ plants }, api, token, ticket) {
  const profile = {
    full_name: plants.text('name of a technician'), phone: plants.phone('telephone of a technician'), employee_id: plants.mark('number of an employee'),
    skills: [plants.text('skill')], service_areas: [plants.text('area of a technician')],
  };
  const person = { email: plants.email('address of a technician'), password: plants.secret('password of a technician'), role: 'technician', profile };
  const { id } = good(await api('POST', '/api/users', { token, body: person })).data.user;
  const item = { name: plants.text('name of an item'), category: plants.text('category of an item'), sku: plants.mark('number of an item'), description: plants.text('text of an item'), unit_price: 1, stock_quantity: 5, min_stock_level: 1 };
  const made = good(await api('POST', '/api/inventory/items', { token, body: item })).data.item;
  good(await api('POST', `/api/tickets/${ticket.id}/assign`, { token, body: { technician_id: id, notes: plants.text('note on an assignment') } }));
  good(await api('POST', '/api/inventory/assignments', { token, body: { technician_id: id, ticket_id: ticket.id, item_id: made.id, quantity: 1, notes: plants.text('note on an item') } }), 201);
}

async function ispDay(desk) {
  const { server, plants, manager } = desk;
  const api = server.as('isp');
  const email = plants.email('address of a customer');
  const place = { lat: -6.2088, lng: 106.8456, address: plants.text('place of a ticket') };
  const signed = plants.told('token of isp', good(await api('POST', '/api/auth/login', { body: { email: manager.email, password: server.password } })).data.tokens.access_token);
  const person = {
    full_name: plants.text('name of a customer'), phone: plants.phone('telephone of a customer'), email, nik: plants.mark('identity number'),
    address: plants.text('address where a customer lives'), coordinates: place, service_area: plants.text('area of a customer'),
  };
  const { id } = good(await api('POST', '/api/customers', { token: signed, body: person })).data.customer;
  const ticket = { customer_id: id, type: 'repair', priority: 'high', title: plants.text('title of an isp ticket'), description: plants.text('text of an isp ticket'), location: place };
  const made = good(await api('POST', '/api/tickets', { token: signed, body: ticket })).data.ticket;
  good(await api('POST', `/api/tickets/${made.id}/comments`, { token: signed, body: { comment: plants.text('comment') } }));
  good(await api('PUT', `/api/tickets/${made.id}`, { token: signed, body: { title: plants.text('new title') }, headers: { 'If-Match': `"${plants.mark('tag of a condition')}"` } }), 412);
  good(await api('GET', `/api/customers?search=${plants.mark('word that was searched')}&token=${plants.secret('token in a query', (mark) => mark)}`, { token: signed }), 200, 400, 422);
  good(await api('POST', '/api/auth/login', { body: { email: plants.email('address that nobody has'), password: plants.secret('wrong password of isp') } }), 401);
  good(await api('POST', '/api/auth/refresh', { body: { refresh_token: plants.secret('wrong refresh token', (mark) => mark) } }), 401, 422);
  await uploads(desk, api, signed);
  await staff(desk, api, signed, made);
  const hook = await webhooks(desk, api, signed);
  good(await api('POST', '/api/mobile/sync', { token: signed, body: { device_info: { device_id: plants.mark('name of a device') } } }), 200, 422);
  plants.told('refresh token', good(await resets(desk, api, email)).data.tokens.refresh_token);
  good(await api('DELETE', `/api/webhooks/${hook}`, { token: signed }), 200, 204);
}

async function tenantDay({ server, plants }) {
  const api = server.as('tenant');
  const domain = `${plants.mark('domain of a tenant')}.example`;
  const { id } = JSON.parse(await server.command(['tenant', 'add', '--name', plants.text('name of a tenant'), '--domain', domain]));
  const address = plants.email('address of a tenant\'s manager');
  await server.seed('manager', { tenant: id, address, name: plants.text('name of a tenant\'s manager') });
  const headers = { 'X-Tenant-ID': String(id) };
  const login = (password) => api('POST', '/api/auth/login', { body: { email: address, password }, headers });
  const token = plants.told('token of tenant', good(await login(server.password)).data.access_token);
  good(await login(plants.secret('wrong password of tenant')), 401);
  const body = { title: plants.text('title of a tenant\'s ticket'), description: plants.text('text of a tenant\'s ticket'), category: 'technical', priority: 'high' };
  const ticket = good(await api('POST', '/tickets', { token, headers, body })).data;
  good(await api('POST', `/tickets/${ticket.id}/replies`, { token, headers, body: { message: plants.text('reply') } }));
  good(await api('GET', `/api/tenant/by-domain?domain=${plants.mark('domain that was searched')}.example`, { headers: {} }), 200, 404);
  good(await api('GET', '/tickets', { token, headers: { 'X-Tenant-ID': plants.mark('name in X-Tenant-ID') } }), 400, 403, 404);
}

async function ruangDay({ server, plants }) {
  const api = server.as('ruang');
  const root = await server.seed('super_admin');
  const { token } = good(await server.as('tiket')('POST', '/auth/login', { body: { email: root.email, password: server.password } }));
  const team = good(await api('POST', '/api/v1/tim-kerja', { token, body: { nama_tim_kerja: plants.text('name of a team'), code: plants.mark('code of a team').slice(0, 18) } })).data;
  const email = plants.email('address of a ruang user');
  const body = { nama_lengkap: plants.text('name of a ruang user'), email, role: 'PEMINJAM', kontak: plants.phone('telephone of a ruang user'), tim_kerja_id: team.id };
  good(await api('POST', '/api/v1/register', { token, body }));
  const login = (kata_sandi) => api('POST', '/api/v1/login', { body: { email, kata_sandi } });
  good(await login(plants.secret('wrong password of ruang')), 400, 401);
  const mine = plants.told('token of ruang', good(await login(server.firstPassword)).data.token);
  const own = plants.secret('password of a ruang user', (mark) => `Pw1!${mark}`);
  good(await api('PATCH', '/api/v1/me/kata-sandi', { token: mine, body: { kata_sandi_lama: server.firstPassword, kata_sandi_baru: own } }));
}

/** Sockets with good and bad tokens and odd claims of what they heard. */
async function sockets({ server, plants, manager }) {
  const { tokens } = good(await server.as('isp')('POST', '/api/auth/login', { body: { email: manager.email, password: server.password } })).data;
  plants.told('token of a socket', tokens.access_token);
  const bad = plants.secret('wrong token of a socket', (mark) => mark);
  const inQuery = plants.secret('token in a socket\'s address', (mark) => mark);
  const ways = [
    { auth: { token: tokens.access_token, offset: plants.mark('place of a socket'), pid: plants.mark('name of a socket') } },
    { auth: { token: bad } }, { auth: { token: `Bearer ${bad}` } }, { query: { token: inQuery, sid: inQuery } },
  ];
  await Promise.all(ways.map(async (way) => {
    const socket = io(server.url, { transports: ['websocket'], reconnection: false, forceNew: true, ...way });
    await Promise.race(['connect', 'connect_error', 'disconnect'].map((event) => once(socket, event).catch(() => {})));
    socket.emit(plants.mark('event of a socket'), plants.mark('message of a socket'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.disconnect();
  }));
}

/** What an operator types and pipes. */
async function operator({ server, plants }) {
  const email = plants.email('address that an operator typed');
  const named = ['--email', email, '--password-stdin'];
  await server.command(['user', 'add', ...named, '--name', plants.text('name that an operator typed'), '--role', 'customer', '--phone', plants.phone('telephone that an operator typed')],
    `${plants.secret('password that an operator piped')}\n`);
  await server.command(['user', 'passwd', ...named], `${plants.secret('new password that an operator piped')}\n`);
  const again = await sigap(['user', 'add', ...named, '--name', 'Twice', '--role', 'customer', ...server.where()], { input: `${plants.secret('password of an account that is there')}\n` });
  assert.equal(again.code, 1);
  assert.deepEqual(plants.foundIn(again.err), []);
}

// ---- every route, told nonsense ----

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** A value of the schema: its documented words and numbers, and a plant in every text; or, where it is all to be wrong, plants alone. */
function filled(plants, document, schema, where, wrong, depth = 0) {
  const found = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : (schema.anyOf?.[0] ?? schema);
  if (found !== schema) {
    return filled(plants, document, found, where, wrong, depth);
  }
  const types = [found.type].flat();
  if (found.properties && depth < 4) {
    return Object.fromEntries(Object.entries(found.properties).map(([name, inner]) => [name, filled(plants, document, inner, `${where} ${name}`, wrong, depth + 1)]));
  }
  if (types.includes('array')) {
    return [filled(plants, document, found.items ?? {}, where, wrong, depth + 1)];
  }
  if (!wrong && (found.enum || !types.includes('string'))) {
    return found.enum?.[0] ?? found.examples?.[0] ?? 1;
  }
  const secret = /password|kata_sandi|token|secret/.test(where);
  const name = `text at ${where}`;
  return secret ? plants.secret(name) : /email/.test(where) ? plants.email(name) : plants.text(name);
}

function headersOf(plants, where, wrong) {
  const of = (name) => plants.mark(`${name} of ${where}`);
  return {
    'User-Agent': of('User-Agent'), Cookie: `session=${of('Cookie')}`, Referer: `http://x.example/?${of('Referer')}`, tracestate: `x=${of('tracestate')}`, 'Accept-Language': of('language'),
    'X-Request-ID': `${of('X-Request-ID')}@example.com`, traceparent: `00-${of('traceparent')}`, 'Idempotency-Key': of('Idempotency-Key'), 'If-Match': `"${of('If-Match')}"`,
    'X-Forwarded-For': of('X-Forwarded-For'), Forwarded: `for=${of('Forwarded')}`, Origin: `http://${of('Origin')}.example`,
    ...(wrong ? { Host: `${of('Host')}.example`, 'X-Tenant-ID': of('X-Tenant-ID') } : {}),
  };
}

async function call({ server, plants, answers }, method, target, token, headers, text, type) {
  const sent = { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }) };
  const answer = await server.raw(method.toUpperCase(), target, sent, text);
  answers.push({ what: `${method} ${target.slice(0, 60)}`, ...answer });
  const shown = answer.status >= 400 ? plants.foundIn(answer.text, plants.secrets) : [];
  assert.deepEqual(shown, [], `${method} ${target} repeats a secret`);
}

async function nonsense(desk, dialect) {
  const { server, plants } = desk;
  const document = JSON.parse((await sigap(['openapi', dialect])).out);
  const root = await server.seed('super_admin');
  const login = async () => good(await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: root.email, user_password: server.password } })).jwt_token;
  for (const [template, item] of Object.entries(document.paths)) {
    const token = await login(); // the last call may have ended it
    for (const method of METHODS.filter((one) => item[one])) {
      for (const wrong of [false, true]) {
        const where = `${method} ${template}`;
        const parameters = [...(item.parameters ?? []), ...(item[method].parameters ?? [])];
        const query = new URLSearchParams(parameters.filter((one) => one.in === 'query').map((one) => [one.name, plants.mark(`query ${one.name} of ${where}`)]));
        query.set(plants.mark(`odd query of ${where}`), plants.mark(`odd query's value of ${where}`));
        const target = `${template.replace(/\{(\w+)\}/g, () => (wrong ? plants.mark(`path of ${where}`) : randomUUID()))}?${query}`;
        const content = item[method].requestBody?.content;
        const [type, media] = Object.entries(content ?? {})[0] ?? [];
        const text = media === undefined ? undefined : JSON.stringify(filled(plants, document, media.schema, where, wrong));
        const headers = headersOf(plants, where, wrong);
        await call(desk, method, target, token, headers, text, type === 'multipart/form-data' ? 'application/json' : type);
        await call(desk, method, template.replace(/\{\w+\}/g, () => randomUUID()), wrong ? plants.secret(`wrong token of ${where}`, (mark) => mark) : token, {},
          text && `${text.slice(0, -2)}${plants.mark(`broken end of ${where}`)}`, wrong ? 'application/x-www-form-urlencoded' : 'application/json');
      }
    }
  }
}

// ---- the tests ----

/** A server whose own secrets are planted, too. */
async function planted(t, engine, format) {
  const plants = new Plants();
  const refused = new Set();
  const mail = await mailServer(t, (line) => [...refused].some((address) => line.includes(address)));
  const own = {
    SIGAP_SMTP: `smtp://${plants.mark('user of the mail server')}:${plants.secret('password of the mail server', (mark) => mark)}@127.0.0.1:${mail.port}?tls=off`,
    SIGAP_JWT_SECRET: plants.secret('key of the tokens', (mark) => `${mark}${'-'.repeat(32)}`),
    SIGAP_RUANG_DEFAULT_PASSWORD: plants.secret('first password', (mark) => `Pw1!${mark}`),
  };
  const before = process.env.SIGAP_TEST_POSTGRES;
  if (engine === 'pgsql') {
    process.env.SIGAP_TEST_POSTGRES = `${before}${before.includes('?') ? '&' : '?'}password=${plants.secret('password of the database', (mark) => mark)}`;
  }
  Object.assign(process.env, own);
  const server = await start({ engine, args: ['--log-level', 'debug', '--log-format', format, '--webhook-private', 'on'] }).finally(() => {
    for (const name of Object.keys(own)) {
      delete process.env[name];
    }
    if (engine === 'pgsql') {
      process.env.SIGAP_TEST_POSTGRES = before;
    }
  });
  server.firstPassword = own.SIGAP_RUANG_DEFAULT_PASSWORD;
  const manager = await server.seed('manager', { address: plants.email('address of a manager'), name: plants.text('name of a manager') });
  const customer = await server.seed('customer', { address: plants.email('address that the mail server refuses') });
  refused.add(customer.email);
  return { server, plants, manager, customer, mails: mail.mails, receiver: await receiver(t), answers: [] };
}

for (const [engine, format] of [...engines().map((one) => [one, 'json']), ['sqlite', 'text']]) {
  describe(`on ${engine}, with a log of ${format}`, () => {
    test('nothing that is secret or of a person is told by log, metrics or doctor', { timeout: 240000 }, async (t) => {
      const desk = await planted(t, engine, format);
      const { server, plants } = desk;
      let stopped = false;
      t.after(() => stopped || server.stop());
      for (const day of [hcallDay, tiketDay, ispDay, tenantDay, ruangDay, sockets, operator]) {
        await day(desk);
      }
      await server.as('isp')('POST', '/api/auth/forgot-password', { body: { email: desk.customer.email } });
      await eventually(() => server.log.includes('was given up')); // by the mail server that repeats the address
      for (const dialect of ['hcall', 'tiket', 'isp', 'tenant', 'ruang']) {
        await nonsense(desk, dialect);
      }
      assert.deepEqual(desk.answers.filter((one) => one.status >= 500).map((one) => `${one.status} ${one.what}`), []);
      const known = `known-${randomBytes(8).toString('hex')}`; // the one thing of a client's that is logged
      const metrics = await server.raw('GET', '/metrics', { 'X-Request-ID': known });
      const doctor = await sigap(['doctor', '--json', ...server.where()]);
      const logged = server.log.split('\n').filter((line) => line.includes('Answered a request.')).length;
      assert.ok(logged >= desk.answers.length, `only ${logged} of ${desk.answers.length} requests were logged`);
      assert.ok(server.log.includes(known));
      await server.stop();
      stopped = true;
      for (const [what, text] of Object.entries({ log: server.log, 'standard output': server.out, metrics: metrics.text, doctor: doctor.out + doctor.err })) {
        assert.ok(text.length > 0, `there is no ${what}`);
        assert.deepEqual(plants.foundIn(text), [], `the ${what} tells`);
      }
    });
  });
}

test('what came from a file stands in no command line and no environment of the process', async (t) => {
  const dir = folder(t);
  const plants = new Plants();
  const env = {};
  const secrets = {
    SMTP: `smtp://someone:${plants.secret('password of the mail server', (mark) => mark)}@127.0.0.1:1`, JWT_SECRET: plants.secret('key of the tokens', (mark) => `${mark}${'-'.repeat(32)}`),
    RUANG_DEFAULT_PASSWORD: plants.secret('first password'), DATABASE: `sqlite:${dir}/${plants.mark('name of the database')}.db`,
  };
  for (const [name, value] of Object.entries(secrets)) {
    env[`SIGAP_${name}_FILE`] = path.join(dir, name);
    writeFileSync(env[`SIGAP_${name}_FILE`], `${value}\n`, { mode: 0o600 });
  }
  const server = await serve(t, ['--data', path.join(dir, 'data'), '--listen', '127.0.0.1:0'], { env });
  assert.ok(readdirSync(dir).some((name) => name.startsWith('zq')), 'the database is made where the file says');
  for (const what of ['cmdline', 'environ', 'status']) {
    assert.deepEqual(plants.foundIn(readFileSync(`/proc/${server.child.pid}/${what}`, 'latin1')), [], what);
  }
  await server.end();
  assert.deepEqual(plants.foundIn(server.out + server.err), []);
});

test('a setting that can\'t be used is refused without its secret', async (t) => {
  const dir = folder(t);
  const plants = new Plants();
  const password = (around) => plants.secret(`password like ${around('…')}`, around);
  const databases = ['pa%ss', 'ab/', 'ab@', 'ab?', 'ab#', 'ab[', 'ab ', '12/', 'ab&', 'ab:', '@/'].flatMap((start) => [
    `postgresql://sigap:${password((mark) => `${start}${mark}`)}@127.0.0.1:1/desk`, `postgresql://sigap:${password((mark) => `${mark}${start}`)}@127.0.0.1:1/desk`,
    `postgresql://127.0.0.1:1/desk?password=${password((mark) => `${start}${mark}`)}`,
  ]);
  const mailServers = ['@', '/', '%', ' ', '#', '?'].map((start) => `smtp://someone:${password((mark) => `a${start}${mark}`)}@127.0.0.1:1`);
  const said = await Promise.all([
    ...databases.map((url) => sigap(['migrate', '--data', dir, '--database', url])),
    ...databases.slice(0, 6).map((url) => sigap(['copy', '--from', `sqlite:${dir}/none.db`, '--to', url])),
    ...databases.slice(0, 6).map((url) => sigap(['doctor', '--data', dir, '--database', url, '--json'])),
    ...mailServers.map((url) => sigap(['doctor', '--data', dir, '--smtp', url, '--json'])),
    sigap(['serve', '--data', dir, '--jwt-secret', plants.secret('short key', (mark) => mark)]),
    sigap(['serve', '--data', dir, '--jwt-secrte', plants.secret('key of a misspelt flag')]),
    sigap(['serve', '--data', dir, `--smpt=${plants.secret('address of a misspelt flag')}`]),
    sigap(['migrate', '--data', dir], { env: { SIGAP_JWT_SECRETT: plants.secret('key of a misspelt variable') } }),
  ]);
  for (const { out, err, code } of said) {
    assert.notEqual(code, null);
    assert.deepEqual(plants.foundIn(out + err), [], err);
  }
  for (const start of ['pa%ss', 'ab/', 'ab@', '12/']) {
    const { code, err } = await sigap(['migrate', '--data', dir, '--database', `postgresql://sigap:${start}cd@127.0.0.1:1/desk`]);
    assert.equal(code, 1);
    assert.match(err, /^sigap: .*must look like postgresql:\/\/.* are written as %XX\.\n$/, 'what is told instead says what to do, to its end');
  }
  writeFileSync(path.join(dir, 'conf'), `smpt = ${plants.secret('value of a misspelt line')}\n`);
  const { code, err } = await sigap(['serve', '--data', dir, '--config', path.join(dir, 'conf')]);
  assert.equal(code, 2);
  assert.deepEqual(plants.foundIn(err), []);
});

// Paths, methods and what the server itself refuses: which dialect answers, and how.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, says, start } from './harness.mjs';

const UNKNOWN = '123e4567-e89b-12d3-a456-426614174000';
/** Each dialect's error in its envelope. */
const hcall = (message) => ({ message, status: false });
const tiket = (status, message) => ({ status, message });
const isp = (code, message) => ({ success: false, error: { code, message } });
const ruang = (message) => ({ error: true, message });
const root = (code, message) => ({ error: { code, message } });

for (const engine of engines()) {
  describe(`paths on ${engine}`, () => {
    let server;
    let token;
    const call = (method, path, options) => server.as('paths')(method, path, options);
    before(async () => {
      server = await start({ engine, args: ['--cors-origins', 'https://desk.example'] });
      const { email: address } = await server.seed('super_admin');
      token = (await call('POST', '/auth/login', { body: { email: address, password: PASSWORD } })).body.token;
    });
    after(() => server?.stop());

    /** Bytes as they are, and the whole answer until the server closes. */
    const bytes = (text) =>
      new Promise((resolve, reject) => {
        const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
        let out = '';
        socket.setEncoding('utf8').on('data', (part) => (out += part));
        socket.on('error', reject);
        socket.on('close', () => {
          const [head, body] = out.split('\r\n\r\n');
          resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, text: body, body: body && JSON.parse(body) });
        });
        socket.setTimeout(10000, () => socket.destroy(new Error(`no answer to ${text.slice(0, 100)}`)));
      });

    it('tells an unknown path in the envelope of whose it would be, and by whole segments', async () => {
      for (const path of ['/api/user', '/api/user/', '/api/user/none', '/api/user/fetch/more', '/api/master', '/api/master/none',
        '/api/ticket/create/more/x', '/api/auth/enter/x', '/API/User/fetch']) {
        says(await call('GET', path, { token }), 404, hcall('Not found'));
      }
      for (const path of ['/auth', '/auth/none', '/AUTH/none', '/auth/login/x', '/api/ticket/a/b', '/api/ticket/a/restore/b', '/api/responTeknis/a/b']) {
        says(await call('GET', path, { token }), 404, tiket(404, 'Not found'));
      }
      const nothing = 'Nothing is served at this path.';
      for (const path of ['/api', '/api/', '/api/none', '/api/ticketx', '/api/masters', '/api/responTeknisx', '/api//user/fetch', '/API/users',
        '/api/users/a/b', '/v1', '/v1/api', '/v1/api/none', '/v1/none', '/v1/auth/login', '/v1/api/user/fetch', '/v1/v1/api/users']) {
        says(await call('GET', path, { token }), 404, isp('RESOURCE_NOT_FOUND', nothing));
      }
      for (const path of ['/api/v1', '/api/v1/', '/api/v1/none', '/api/v1/login/x', '/api/v1/users', '/api/v1/tim-kerja/a/b', '/api/v1/Login']) {
        says(await call('GET', path, { token }), 404, ruang('Not found'));
      }
      for (const path of ['/nothing', '/apix', '/v1x', '/v2/api/users', '/authx', '//auth/login', '/%61pi/none']) {
        says(await call('GET', path, { token }), 404, root('no_such_path', nothing));
      }
    });

    it('leaves hcall’s verbs to hcall, whatever the method', async () => {
      for (const verb of ['fetch', 'count', 'info']) {
        for (const path of [`/api/ticket/${verb}`, `/api/ticket/${verb}/`]) {
          const answer = await call('POST', path, { body: {}, token });
          says(answer, 405, hcall('Method not allowed'));
          assert.equal(answer.headers.allow, 'OPTIONS, GET, HEAD');
        }
      }
      for (const verb of ['create', 'edit', 'update', 'remove']) {
        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
          const answer = await call(method, `/api/ticket/${verb}`, { token });
          assert.equal(answer.status, 405);
          assert.equal(answer.headers.allow, 'OPTIONS, POST');
        }
      }
      // In another letter case, or longer, it is an id of tiket's that names nothing.
      for (const id of ['FETCH', 'Create', 'fetchx', 'creat']) {
        says(await call('POST', `/api/ticket/${id}`, { token }), 404, tiket(404, 'Ticket not found'));
      }
      says(await call('POST', '/api/ticket/fetch/restore', { token }), 404, tiket(404, 'Ticket not found'));
    });

    it('leaves every dialect its own paths beside each other', async () => {
      // One word apart: hcall's and tiket's tickets, isp's.
      assert.ok('tickets_total' in (await call('GET', '/api/ticket/count', { token })).body);
      assert.ok('total' in (await call('GET', '/api/ticket?skip=0&limit=1', { token })).body);
      assert.deepEqual((await call('GET', '/api/tickets', { token })).body.data.tickets, []);
      assert.deepEqual((await call('GET', '/v1/api/tickets', { token })).body.data.tickets, []);
      for (const [method, path, allow] of [
        ['DELETE', '/api/users', 'OPTIONS, GET, HEAD, POST'],
        ['PATCH', `/v1/api/users/${UNKNOWN}`, 'OPTIONS, GET, HEAD, PUT, DELETE'],
        ['POST', '/api/notifications/mark-all-read', 'OPTIONS, PUT'],
        ['GET', '/v1/api/auth/login', 'OPTIONS, POST'],
      ]) {
        const answer = await call(method, path, { token });
        says(answer, 405, isp('METHOD_NOT_ALLOWED', 'This path does not take this method.'));
        assert.equal(answer.headers.allow, allow);
      }
    });

    it('takes OPTIONS and HEAD wherever there is something', async () => {
      for (const [path, allowed] of [
        ['/api/ticket', 'OPTIONS, GET, HEAD, POST'],
        ['/api/ticket/', 'OPTIONS, GET, HEAD, POST'],
        ['/api/ticket/count', 'OPTIONS, GET, HEAD'],
        [`/api/ticket/${UNKNOWN}`, 'OPTIONS, POST'],
        ['/api/responTeknis', 'OPTIONS, GET, HEAD'],
        [`/api/responteknis/${UNKNOWN}`, 'OPTIONS, PUT'],
        ['/AUTH/Login/', 'OPTIONS, POST'],
        ['/api/master/create', 'OPTIONS, POST'],
        ['/api/tickets', 'OPTIONS, GET, HEAD, POST'],
        [`/v1/api/tickets/${UNKNOWN}`, 'OPTIONS, GET, HEAD, PUT, DELETE'],
      ]) {
        const answer = await call('OPTIONS', path);
        assert.equal(answer.status, 204, path);
        assert.equal(answer.text, '');
        assert.equal(answer.headers.allow, allowed);
      }
      assert.equal((await call('OPTIONS', '/api/none')).status, 404);
      for (const path of ['/api/ticket/count', '/api/user/fetch', '/api/ticket?skip=0&limit=1', '/api/responTeknis/?skip=0&limit=1', '/API/ticket/?skip=0&limit=1',
        '/api/tickets?limit=1', '/v1/api/tickets/?limit=1']) {
        const [head, get] = [await call('HEAD', path, { token }), await call('GET', path, { token })];
        assert.equal(head.status, 200, path);
        assert.equal(head.text, '');
        assert.equal(head.headers['content-length'], String(Buffer.byteLength(get.text)));
        assert.equal((await call('HEAD', path)).status, 401);
      }
    });

    it('refuses in the envelope that the path tells', async () => {
      const long = 'x'.repeat(100000);
      for (const [status, request, body] of [
        [400, 'GET /api/user/fetch HTTP/1.1\r\n\r\n', hcall('The request is not valid HTTP.')],
        [400, 'GET /api/ticket HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', tiket(400, 'The request is not valid HTTP.')],
        [400, 'POST /api/ticket/edit HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n', hcall('The request is not valid HTTP.')],
        [400, 'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n', tiket(400, 'The request is not valid HTTP.')],
        [400, 'POST /auth/register HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', tiket(400, 'The request is not valid HTTP.')],
        [413, 'POST /api/auth/enter HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', hcall('This is larger than allowed.')],
        [413, 'POST /auth/register HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', tiket(413, 'This is larger than allowed.')],
        [417, 'POST /api/master/create HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\n{}', hcall('Expectation Failed')],
        [431, `GET /api/ticket/count HTTP/1.1\r\nHost: a\r\nX: ${long}\r\n\r\n`, hcall('Request Header Fields Too Large')],
        [431, `GET /api/responTeknis HTTP/1.1\r\nHost: a\r\nX: ${long}\r\n\r\n`, tiket(431, 'Request Header Fields Too Large')],
        [501, 'POST /api/user/create HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', hcall('Not Implemented')],
        [400, 'GET /api/tickets HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', isp('BAD_REQUEST', 'The request is not valid HTTP.')],
        [400, 'GET /api/v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', ruang('The request is not valid HTTP.')],
        [413, 'POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', ruang('This is larger than allowed.')],
        [413, 'POST /v1/api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', isp('PAYLOAD_TOO_LARGE', 'This is larger than allowed.')],
        [431, `GET /api/users HTTP/1.1\r\nHost: a\r\nX: ${long}\r\n\r\n`, isp('BAD_REQUEST', 'Request Header Fields Too Large')],
        [400, '\x16\x03\x01\x02\r\n\r\n', root('bad_request', 'The request is not valid HTTP.')],
      ]) {
        const answer = await bytes(request);
        assert.equal(answer.status, status, `${request.slice(0, 120)}: ${answer.head}`);
        assert.deepEqual(answer.body, body);
        assert.match(answer.head, /^Connection: close\r?$/m);
        assert.match(answer.head, /^X-Content-Type-Options: nosniff\r?$/m);
        assert.doesNotMatch(answer.head, /^(Server|X-Powered-By):/im);
      }
      assert.equal((await call('GET', '/api/ticket/count', { token })).status, 200);
    });

    it('lets a page of a named origin read a refusal, too', async () => {
      const answer = await bytes('POST /api/auth/enter HTTP/1.1\r\nHost: a\r\nOrigin: https://desk.example\r\nContent-Length: 99999999\r\n\r\n');
      assert.equal(answer.status, 413);
      assert.match(answer.head, /^Access-Control-Allow-Origin: https:\/\/desk\.example\r?$/m);
      assert.match(answer.head, /^Vary: Origin\r?$/m);
    });

    it('knows the ways a token is written, and takes no two', async () => {
      const count = (value) => call('GET', '/api/ticket/count', { headers: { Authorization: value } });
      const list = (value) => call('GET', '/api/ticket?skip=0&limit=1', { headers: { Authorization: value } });
      for (const word of ['Bearer ', 'bearer ', 'BEARER ', 'Bearer   ']) {
        assert.equal((await count(word + token)).status, 200, word);
        assert.equal((await list(word + token)).status, 200, word);
      }
      says(await count(token), 401, hcall('Unauthorized')); // bare is tiket's way
      assert.equal((await list(token)).status, 200);
      for (const value of ['', 'Bearer', 'Bearer ', `Token ${token}`, `Basic ${token}`, `Bearer${token}`, `Bearer "${token}"`, `Bearer ${token},`,
        `Bearer ${token} x`, `x Bearer ${token}`, [`Bearer ${token}`, `Bearer ${token}`]]) {
        says(await count(value), 401, hcall('Unauthorized'));
        says(await list(value), 401, tiket(401, 'Unauthorized'));
      }
    });
  });

  describe(`tenants by host on ${engine}`, () => {
    let server;
    let call;
    let tenant;
    const boss = 'boss@one.example';
    const enter = (host, address = boss) =>
      call('POST', '/api/auth/enter', { body: { user_email: address, user_password: PASSWORD }, headers: host ? { Host: host } : {} });
    before(async () => {
      server = await start({ engine });
      call = server.as('hcall');
      tenant = await server.seedTenant('one.example');
      await server.seed('super_admin', { tenant: tenant.id, address: boss });
    });
    after(() => server?.stop());

    it('finds the tenant by the host’s name in any spelling of it, else the operator', async () => {
      for (const host of ['one.example', 'ONE.Example', 'one.example:8080', 'one.example.', 'one.example.:443']) {
        assert.equal((await enter(host)).status, 200, host);
      }
      for (const host of [null, 'two.example', 'one.example.evil', 'www.one.example', '127.0.0.1', '[::1]:80', 'localhost']) {
        says(await enter(host), 400, hcall("Email aren't registered"));
      }
    });

    it('keeps ids, lists, filters and people of another tenant out of reach', async () => {
      const { jwt_token: token } = (await enter('one.example')).body;
      const here = await server.seed('customer');
      const mine = (await enter(null, here.email)).body.jwt_token;
      const made = { jenis_permintaan: 'keluhan', prioritas: 'rendah', deskripsi: 'Milik operator' };
      const api = server.as('tiket');
      const { _id: id } = (await api('POST', '/api/ticket', { body: made, token: mine })).body;
      for (const query of ['', `&userId=${here.uuid}`, `&userId=${here.id}`, `&email=${here.email}`, '&username=a', '&prioritas=rendah']) {
        assert.deepEqual((await api('GET', `/api/responTeknis?skip=0&limit=100${query}`, { token })).body, { total: 0, data: [] });
      }
      for (const path of [`/api/ticket/${id}`, `/api/ticket/${id}/restore`]) {
        says(await api('POST', path, { token }), 404, tiket(404, 'Ticket not found'));
      }
      says(await api('PUT', `/api/responTeknis/${id}`, { body: { status: 'telah selesai', respons: 'x' }, token }), 404, { message: 'Ticket not found' });
      const ticket_id = `ticket_${id}`;
      for (const [path, body] of [
        ['/api/ticket/edit', { ticket_id, ticket_status: 'doing' }],
        ['/api/ticket/update', { ticket_id, ticket_return: 'x' }],
        ['/api/ticket/remove', { ticket_id }],
      ]) {
        says(await call('POST', path, { body, token }), 404, hcall("Ticket hasn't found"));
      }
      says(await call('GET', `/api/ticket/fetch?author=${here.email}`, { token }), 404, hcall("Author don't have tickets"));
      says(await call('GET', `/api/ticket/fetch?before=${ticket_id}`, { token }), 404, hcall("Ticket hasn't found"));
      says(await call('GET', `/api/user/fetch?email=${here.email}`, { token }), 404, hcall("Email aren't registered"));
      says(await call('GET', `/api/user/fetch?after=${here.uuid}`, { token }), 404, hcall("Email aren't registered"));
      assert.deepEqual((await call('GET', '/api/user/fetch', { token })).body.users.map((user) => user.user_email), [boss]);
      assert.equal((await call('GET', '/api/ticket/count', { token })).body.tickets_total, 0);
      // What the token's own tenant decides, no host changes: also not who is registered by whom.
      const body = { username: 'Budi', email: email('staff'), password: PASSWORD, role: 'admin' };
      assert.equal((await api('POST', '/auth/register', { body, token, headers: { Host: 'two.example' } })).status, 200);
      assert.equal((await enter('one.example', body.email)).status, 200);
      assert.equal((await enter(null, body.email)).status, 400);
    });

    it('lets nobody in at a tenant that is not active', async () => {
      const { jwt_token: token } = (await enter('one.example')).body;
      await server.command(['tenant', 'disable', '--id', String(tenant.id)]);
      const gone = 'This tenant is not active.';
      says(await call('GET', '/api/ticket/count', { token }), 401, hcall('Unauthorized'));
      const headers = { Host: 'one.example' };
      says(await enter('one.example'), 403, hcall(gone));
      const person = { user_name: 'A', user_email: email(), user_password: PASSWORD };
      says(await call('POST', '/api/auth/register', { body: person, headers }), 403, hcall(gone));
      says(await call('POST', '/api/master/create', { body: { master_email: email(), master_password: PASSWORD }, headers }), 403, hcall(gone));
      says(await call('POST', '/api/master/delete', { body: { user_email: boss, user_password: PASSWORD }, headers }), 403, hcall(gone));
      const api = server.as('tiket');
      says(await api('POST', '/auth/login', { body: { email: boss, password: PASSWORD }, headers }), 403, tiket(403, gone));
      const user = { username: 'Budi', email: email(), password: PASSWORD };
      says(await api('POST', '/auth/register', { body: user, headers }), 403, tiket(403, gone));
    });
  });
}

// isp: what holds on every one of its paths: the envelope and its codes, both mounts, tokens, methods, bodies, limits.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { email, engines, eventually, start } from './harness.mjs';
import { operationsOf, resolve, specification } from './hostile.mjs';
import { data, login, person, refuses } from './isp.mjs';
import { multipart } from './isp_matrix.mjs';

const UNKNOWN = '0190163d-8694-739b-aea5-966c26f8ad91';
const MIB = 1024 * 1024;
const document = specification('isp');
const { paths, components } = document;
const operations = operationsOf(document).map((one) => ({ ...one, template: one.path, path: one.path.replaceAll(/{\w+}/g, UNKNOWN) }));
const signedIn = operations.filter(({ operation }) => operation.responses[401] && operation.security === undefined);
const withBody = operations.filter(({ operation }) => operation.requestBody?.content['application/json']);

for (const engine of engines()) {
  describe(`isp rules on ${engine}`, () => {
    let server;
    let api;
    let boss;
    let clock = 0;
    before(async () => {
      server = await start({ engine, clock });
      api = server.as('isp');
      boss = await person(server, 'super_admin');
    });
    after(() => server?.stop());
    const later = async (seconds) => {
      server.setClock((clock += seconds));
      await eventually(async () => Date.parse((await api('GET', '/api/auth/me')).headers.date) / 1000 >= Date.now() / 1000 + clock - 2);
    };

    it('looks at every route there is', () => {
      assert.ok(operations.length >= 50 && signedIn.length >= 45 && withBody.length >= 20);
      assert.deepEqual(Object.keys(components.schemas.IspError.properties), ['success', 'error']);
    });

    it('serves every route under both mounts, with and without a slash at its end', async () => {
      for (const { method, path } of signedIn) {
        for (const target of [path, `/v1${path}`, `${path}/`, `/v1${path}/`]) {
          refuses(await api(method, target), 401, 'UNAUTHORIZED');
        }
      }
      const again = data(await api('GET', '/api/users', { token: boss.token }));
      assert.deepEqual(data(await api('GET', '/v1/api/users/?page=1', { token: boss.token })), again);
    });

    it('tells of an id of nothing as not found, and of what is no id, on every path that has one', async () => {
      const withId = signedIn.filter(({ template }) => template.includes('{id}'));
      assert.ok(withId.length >= 20);
      for (const { method, path, template, operation } of withId) {
        const content = operation.requestBody?.content['application/json'];
        const good = content && structuredClone(content.example);
        // What a body names must be there, too; it does not matter for what is looked for first.
        const answer = await api(method, path, { body: good, token: boss.token });
        assert.ok([404, 403, 422].includes(answer.status), `${method} ${template}: ${answer.status} ${answer.text}`);
        if (answer.status === 404) {
          refuses(answer, 404, 'RESOURCE_NOT_FOUND');
        }
        for (const id of ['7', 'x', `${UNKNOWN}0`, '%27%20OR%201=1', '..%2f..%2fetc', '%00']) {
          const wrong = await api(method, path.replace(UNKNOWN, id), { body: good, token: boss.token });
          assert.ok([400, 404].includes(wrong.status), `${method} ${template} of ${id}: ${wrong.status} ${wrong.text}`);
          assert.equal(wrong.body.success, false);
        }
      }
    });

    it('answers unknown paths and methods in its envelope', async () => {
      for (const path of ['/api', '/api/none', '/api/users/a/b', '/api/auth', '/api/auth/none', '/api/inventory', '/v1', '/v1/api',
        '/v1/api/none', '/v1/none']) {
        for (const token of [undefined, boss.token]) {
          refuses(await api('GET', path, { token }), 404, 'RESOURCE_NOT_FOUND');
          refuses(await api('POST', path, { token, body: {} }), 404, 'RESOURCE_NOT_FOUND');
        }
      }
      for (const template of Object.keys(paths)) {
        const takes = Object.keys(paths[template]).map((word) => word.toUpperCase());
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((word) => !takes.includes(word))) {
          // "/api/notifications/mark-all-read" is no notification's id, "/api/auth/me" nothing else.
          const answer = await api(method, template.replaceAll(/{\w+}/g, UNKNOWN), { token: boss.token });
          refuses(answer, 405, 'METHOD_NOT_ALLOWED');
          const allowed = answer.headers.allow.split(', ').filter((word) => word !== 'OPTIONS' && word !== 'HEAD');
          assert.deepEqual(allowed.sort(), takes.sort(), `${method} ${template}`);
        }
      }
    });

    it('answers HEAD like GET, without the body', async () => {
      for (const target of ['/api/users', '/v1/api/tickets/', '/api/auth/me', '/api/reports/dashboard', '/api/inventory/items', '/api/notifications']) {
        const [head, get] = [await api('HEAD', target, { token: boss.token }), await api('GET', target, { token: boss.token })];
        assert.equal(head.status, 200, target);
        assert.equal(head.text, '');
        assert.equal(head.headers['content-length'], String(Buffer.byteLength(get.text)), target);
        assert.equal(head.headers['content-type'], get.headers['content-type']);
        assert.equal((await api('HEAD', target)).status, 401);
      }
    });

    it('serves a file as what its bytes are, under both mounts', async () => {
      const png = Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
      const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080010001001011100ffd9', 'hex');
      const pdf = Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n');
      for (const [bytes, type, media] of [[png, 'photo', 'image/png'], [jpeg, 'photo', 'image/jpeg'], [pdf, 'document', 'application/pdf']]) {
        const form = multipart('a', bytes, { type });
        const { file } = data(await api('POST', '/v1/api/mobile/upload', { ...form, token: boss.token }), 201);
        for (const mount of ['', '/v1']) {
          const answer = await api('GET', mount + file.url, { token: boss.token });
          assert.equal(answer.status, 200);
          assert.equal(answer.headers['content-type'], media);
          assert.match(answer.headers['content-disposition'], /^attachment; filename=/);
          assert.ok(answer.bytes.equals(bytes));
        }
        const head = await api('HEAD', file.url, { token: boss.token });
        assert.equal(head.status, 200);
        assert.equal(head.headers['content-length'], String(bytes.length));
      }
    });

    it('takes a token only as the document shows it', async () => {
      const me = (value) => api('GET', '/api/auth/me', { headers: { Authorization: value } });
      for (const value of [`Bearer ${boss.token}`, `bearer ${boss.token}`]) {
        assert.equal((await me(value)).status, 200);
      }
      const [head, claims] = boss.token.split('.');
      for (const value of [boss.token, `Token ${boss.token}`, 'Bearer', 'Bearer x', `Bearer ${boss.refresh}`,
        [`Bearer ${boss.token}`, `Bearer ${boss.token}`]]) {
        refuses(await me(value), 401, 'UNAUTHORIZED');
      }
      // Signed by another key: as after the key was changed, the refresh token has to tell.
      refuses(await me(`Bearer ${head}.${claims}.${'A'.repeat(43)}`), 401, 'TOKEN_EXPIRED');
    });

    it('refuses a body of another type, none at all, a broken one and one that is too large, on every route', async () => {
      for (const { method, path, template, operation } of withBody) {
        const token = operation.security === undefined ? boss.token : undefined;
        const send = (options) => api(method, path, { token, ...options });
        const text = JSON.stringify(operation.requestBody.content['application/json'].example);
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml']) {
          refuses(await send({ text, headers: { 'Content-Type': type } }), 415, 'UNSUPPORTED_MEDIA_TYPE');
        }
        for (const wrong of ['', '{', '[]', 'null', '{"a":1,"a":2}', `${text} x`, '{"a":1e999}', '{"a":"\\ud800"}']) {
          const answer = await send({ text: wrong });
          assert.equal(answer.status, 400, `${method} ${template} with ${wrong}: ${answer.text}`);
          assert.equal(answer.body.error.code, 'BAD_REQUEST');
        }
      }
      for (const size of [MIB + 1, 8 * MIB]) {
        refuses(await api('POST', `/api/tickets/${UNKNOWN}/comments`, { announced: size, token: boss.token }), 413, 'PAYLOAD_TOO_LARGE');
      }
    });

    it('tells every required field that is missing, at once', async () => {
      for (const { method, path, template, operation } of withBody) {
        const token = operation.security === undefined ? boss.token : undefined;
        const schema = resolve(document, operation.requestBody.content['application/json'].schema);
        if (!schema.required?.length || template.includes('{id}')) {
          continue;
        }
        const answer = await api(method, path, { body: {}, token });
        assert.equal(answer.status, 422, `${method} ${template}: ${answer.text}`);
        for (const name of schema.required) {
          assert.ok(Object.keys(answer.body.error.details).some((key) => key === name || key.startsWith(`${name}.`)), `${template}: ${name}: ${answer.text}`);
        }
      }
    });

    it('says TOKEN_EXPIRED on every route 900 seconds after the token was made, and not before', async () => {
      const somebody = await person(server, 'super_admin');
      await later(880);
      assert.equal((await api('GET', '/api/auth/me', { token: somebody.token })).status, 200);
      await later(21);
      for (const { method, path } of signedIn) {
        refuses(await api(method, path, { token: somebody.token }), 401, 'TOKEN_EXPIRED');
      }
      const next = data(await api('POST', '/api/auth/refresh', { body: { refresh_token: somebody.refresh } }));
      assert.equal(next.tokens.expires_in, 900);
      assert.equal((await api('GET', '/api/auth/me', { token: next.tokens.access_token })).status, 200);
      // A session that was ended is no expired one.
      data(await api('POST', '/api/auth/logout', { token: next.tokens.access_token }));
      refuses(await api('GET', '/api/auth/me', { token: next.tokens.access_token }), 401, 'UNAUTHORIZED');
    });
  });

  describe(`isp rate limit on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine, args: ['--rate-limit', '20'] });
      api = server.as('isp');
    });
    after(() => server?.stop());

    it('counts each caller by themself, tells how much is left, and refuses with Retry-After', async () => {
      const [one, two] = [await server.seed('customer'), await server.seed('customer')];
      const tokens = [];
      for (const account of [one, two]) {
        tokens.push((await login(server, account.email)).tokens.access_token);
      }
      let refused;
      let allowed = 0;
      for (let i = 0; i < 40 && !refused; i++) {
        const answer = await api('GET', i % 2 ? '/api/tickets' : '/v1/api/tickets', { token: tokens[0] });
        if (answer.status === 429) {
          refused = answer;
        } else {
          assert.equal(answer.status, 200);
          assert.equal(answer.headers['ratelimit-policy'], '"default";q=20;w=60');
          assert.match(answer.headers.ratelimit, /^"default";r=\d+;t=\d+$/);
          allowed += 1;
        }
      }
      assert.ok(allowed >= 20 && allowed <= 22, `${allowed} were allowed`);
      refuses(refused, 429, 'RATE_LIMIT_EXCEEDED');
      assert.match(refused.headers.ratelimit, /^"default";r=0;t=\d+$/);
      assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 60);
      assert.equal((await api('GET', '/api/tickets', { token: tokens[1] })).status, 200);
    });

    it('counts who has no token by address', async () => {
      let refused;
      for (let i = 0; i < 60 && !refused; i++) {
        const answer = await api('POST', '/api/auth/login', { body: { email: email('nobody') } });
        refused = answer.status === 429 ? answer : undefined;
      }
      refuses(refused, 429, 'RATE_LIMIT_EXCEEDED');
      refuses(await api('POST', '/v1/api/auth/forgot-password', { body: { email: email('nobody') } }), 429, 'RATE_LIMIT_EXCEEDED');
    });
  });
}

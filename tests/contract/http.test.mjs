// What HTTP asks of every dialect beside its document: HEAD, OPTIONS, cross-origin calls, request ids, traces.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, UUID, engines, eventually, start } from './harness.mjs';
import { people, ticketOf } from './isp_desk.mjs';

const ORIGIN = 'https://app.example.com';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const list = (header) => (header ?? '').split(',').map((name) => name.trim().toLowerCase());

for (const engine of engines()) {
  describe(`HTTP on ${engine}`, () => {
    let server;
    let who;
    before(async () => {
      server = await start({ engine, args: ['--cors-origins', ORIGIN, '--log-level', 'debug', '--log-format', 'json'] });
      who = await people(server, ['manager', 'customer']);
    });
    after(() => server?.stop());

    const call = (method, path, headers = {}) => server.raw(method, path, { Authorization: `Bearer ${who.manager.token}`, ...headers });

    it('HEAD answers what GET would, without its body', async () => {
      const { id } = await ticketOf(server, who.customer);
      for (const path of ['/api/tickets', `/api/tickets/${id}`, '/api/nothing', '/api/responTeknis?skip=0&limit=5', '/api/ticket/count', '/livez', '/openapi/isp.yaml']) {
        const [head, get] = [await call('HEAD', path), await call('GET', path)];
        assert.equal(head.status, get.status, path);
        assert.equal(head.bytes.length, 0);
        for (const name of ['content-type', 'content-length', 'etag', 'cache-control', 'vary', 'allow', 'x-content-type-options']) {
          assert.equal(head.headers[name], get.headers[name], `${path} ${name}`);
        }
      }
    });

    it('OPTIONS tells the methods, to anybody', async () => {
      for (const [path, allow] of [
        ['/api/tickets', 'OPTIONS, GET, HEAD, POST'], ['/api/auth/login', 'OPTIONS, POST'], ['/openapi/isp.json', 'OPTIONS, GET, HEAD'],
      ]) {
        const answer = await server.raw('OPTIONS', path, {});
        assert.equal(answer.status, 204);
        assert.equal(answer.headers.allow, allow);
        assert.equal(answer.bytes.length, 0);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
      assert.equal((await server.raw('OPTIONS', '/api/nothing', {})).status, 404);
    });

    it('a preflight lets through every header that we take', async () => {
      const asked = ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'x-tenant-id', 'x-request-id', 'traceparent', 'tracestate'];
      const answer = await server.raw('OPTIONS', '/api/tickets/1', {
        Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': asked.join(', '),
      });
      assert.equal(answer.status, 204);
      assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
      assert.ok(list(answer.headers['access-control-allow-methods']).includes('put'));
      const taken = list(answer.headers['access-control-allow-headers']);
      assert.deepEqual(asked.filter((name) => !taken.includes(name)), []);
      assert.ok(list(answer.headers.vary).includes('origin'));
      const stranger = await server.raw('OPTIONS', '/api/tickets', { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'PUT' });
      assert.equal(stranger.headers['access-control-allow-origin'], undefined);
      assert.equal(stranger.headers['access-control-allow-headers'], undefined);
    });

    it('a page may read every header that we answer', async () => {
      const { id } = await ticketOf(server, who.customer);
      const answer = await call('GET', `/api/tickets/${id}`, { Origin: ORIGIN });
      assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
      const exposed = list(answer.headers['access-control-expose-headers']);
      for (const name of ['etag', 'idempotency-replayed', 'x-request-id', 'retry-after', 'link', 'location', 'content-disposition', 'ratelimit', 'ratelimit-policy']) {
        assert.ok(exposed.includes(name), name);
      }
      for (const refusal of [await call('GET', '/api/nothing', { Origin: ORIGIN }), await call('PATCH', '/api/tickets', { Origin: ORIGIN })]) {
        assert.equal(refusal.headers['access-control-allow-origin'], ORIGIN);
      }
    });

    it('a request has the id that it brought, where that is fit for a log', async () => {
      for (const id of ['a', 'A-1._b', 'x'.repeat(36)]) {
        assert.equal((await call('GET', '/api/auth/me', { 'X-Request-ID': id })).headers['x-request-id'], id);
      }
      for (const id of ['', 'x'.repeat(37), 'a b', 'a"b', '\u00e9', '{}']) {
        const given = (await call('GET', '/api/auth/me', { 'X-Request-ID': id })).headers['x-request-id'];
        assert.match(given, UUID, JSON.stringify(id));
      }
    });

    it('the log tells the trace that a request belongs to', async () => {
      await call('GET', '/api/tickets', { 'X-Request-ID': 'traced', traceparent: TRACEPARENT });
      await call('GET', '/api/tickets', { 'X-Request-ID': 'untraced', traceparent: TRACEPARENT.toUpperCase() });
      const line = (id) => eventually(() => {
        const found = server.log.split('\n').find((one) => one.includes('Answered a request') && one.includes(`"${id}"`));
        return found && JSON.parse(found);
      });
      assert.equal((await line('traced')).trace_id, TRACE);
      assert.equal('trace_id' in (await line('untraced')), false);
    });

    it('a stranger has at most 64 KiB to say', async () => {
      const body = (bytes) => JSON.stringify({ email: 'a@example.com', password: PASSWORD, more: 'x'.repeat(bytes) });
      for (const [bytes, status] of [[60000, 401], [66000, 413]]) {
        const answer = await server.raw('POST', '/api/auth/login', { 'Content-Type': 'application/json' }, body(bytes));
        assert.equal(answer.status, status, answer.text);
      }
    });

    it('a token that was answered is not kept by anybody', async () => {
      for (const [dialect, path, body] of [
        ['tiket', '/auth/login', { email: who.manager.email, password: PASSWORD }],
        ['hcall', '/api/auth/enter', { user_email: who.manager.email, user_password: PASSWORD }],
        ['isp', '/api/auth/login', { email: who.manager.email, password: PASSWORD }],
      ]) {
        const answer = await server.as(dialect)('POST', path, { body });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['cache-control'], 'no-store');
      }
    });
  });
}

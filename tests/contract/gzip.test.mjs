// Answers in fewer bytes (RFC 9110, 12.5.3): for clients that take gzip, where it is worth it, and the same text to the byte.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { PASSWORD, engines, start } from './harness.mjs';
import { people, ticketOf } from './isp_desk.mjs';

const GZIP = { 'Accept-Encoding': 'gzip, deflate, br' };
const names = (header) => (header ?? '').split(',').map((name) => name.trim().toLowerCase());

for (const engine of engines()) {
  describe(`compressed answers on ${engine}`, () => {
    let server;
    let api;
    let who;
    let token;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      who = await people(server, ['super_admin', 'manager', 'customer']);
      token = who.manager.token;
      for (let n = 0; n < 12; n++) {
        await ticketOf(server, who.customer, { title: `No internet ${n}` });
      }
    });
    after(() => server?.stop());

    // server.raw: the harness parses what is compressed as text.
    const get = (path, headers = {}, method = 'GET') => server.raw(method, path, { Authorization: `Bearer ${token}`, ...headers });
    /** The plain and the compressed form of one answer: they say the same. */
    const both = async (path) => {
      const [plain, packed] = [await get(path), await get(path, GZIP)];
      assert.equal(plain.headers['content-encoding'], undefined);
      assert.equal(packed.headers['content-encoding'], 'gzip', path);
      assert.equal(packed.status, plain.status);
      assert.equal(packed.headers['content-type'], plain.headers['content-type']);
      for (const answer of [plain, packed]) {
        assert.ok(names(answer.headers.vary).includes('accept-encoding'), path);
      }
      assert.deepEqual(gunzipSync(packed.bytes).toString(), plain.text);
      assert.ok(packed.bytes.length < plain.bytes.length / 2, `${packed.bytes.length} of ${plain.bytes.length}`);
      return { plain, packed };
    };

    it('a list is a fifth of its size, and its length is told', async () => {
      const { packed } = await both('/api/tickets');
      assert.equal(Number(packed.headers['content-length']), packed.bytes.length);
    });

    it('what is short stays as it is', async () => {
      const answer = await get('/api/auth/me', GZIP);
      assert.ok(answer.bytes.length < 1024);
      assert.equal(answer.headers['content-encoding'], undefined);
      assert.ok(!names(answer.headers.vary).includes('accept-encoding'));
    });

    it('the client decides, by quality values', async () => {
      const taken = async (value) => (await get('/api/tickets', { 'Accept-Encoding': value })).headers['content-encoding'] === 'gzip';
      for (const value of ['gzip', 'GZIP', 'x-gzip', 'br;q=1, gzip;q=0.8', 'gzip;q=0.001', '*', 'deflate, *;q=0.5', 'gzip; q=1.000', 'identity;q=0.5, gzip', 'identity;q=0, gzip;q=0.1']) {
        assert.equal(await taken(value), true, value);
      }
      for (const value of ['', 'br', 'identity', 'gzip;q=0', 'gzip;q=0.000', '*;q=0', 'gzip;q=0, *', 'identity, gzip;q=0.5', 'gzip;q=x', 'gzip;level=9', 'gzipped', ';', ',,']) {
        assert.equal(await taken(value), false, value);
      }
    });

    it('HEAD tells what GET would, in either form', async () => {
      for (const headers of [{}, GZIP]) {
        const [head, whole] = [await get('/api/tickets', headers, 'HEAD'), await get('/api/tickets', headers)];
        assert.equal(head.bytes.length, 0);
        for (const name of ['content-length', 'content-encoding', 'content-type', 'vary', 'cache-control']) {
          assert.equal(head.headers[name], whole.headers[name], name);
        }
      }
    });

    it('each form has its own tag, and either stands for the object', async () => {
      const { id } = await ticketOf(server, who.customer, { description: 'Long. '.repeat(400) });
      const { plain, packed } = await both(`/api/tickets/${id}`);
      assert.match(plain.headers.etag, /^"[0-9a-f]{32}"$/);
      assert.equal(packed.headers.etag, plain.headers.etag.replace(/"$/, '-gzip"'));
      for (const headers of [{}, GZIP]) {
        for (const { etag } of [plain.headers, packed.headers]) {
          const answer = await get(`/api/tickets/${id}`, { ...headers, 'If-None-Match': etag });
          assert.equal(answer.status, 304);
          assert.equal(answer.headers.etag, headers === GZIP ? packed.headers.etag : plain.headers.etag);
          assert.ok(names(answer.headers.vary).includes('accept-encoding'));
          assert.equal(answer.headers['content-encoding'], undefined);
        }
      }
    });

    it('a long answer is compressed off the threads that serve others', async () => {
      const hcall = server.as('hcall');
      const entered = await hcall('POST', '/api/auth/enter', { body: { user_email: who.super_admin.email, user_password: PASSWORD } });
      const png = Buffer.concat([Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ', 'base64'), Buffer.alloc(300 * 1024, 'picture ')]);
      const tickes_images = [{ image_name: 'a.png', image_content: png.toString('base64'), image_type: 'image/png' }];
      const body = { ticket_name: 'Pictures', ticket_explain: 'See them.', tickes_images };
      assert.equal((await hcall('POST', '/api/ticket/create', { body, token: who.customer.token })).status, 200);
      const [{ ticket_id: id }] = (await hcall('GET', '/api/ticket/fetch', { token: entered.body.jwt_token })).body.tickets;
      await both(`/api/ticket/info?ticket_id=${id}`);
      await Promise.all(Array.from({ length: 4 }, (_, n) => ticketOf(server, who.customer, { description: `${n} long. `.repeat(5000) })));
      const { plain } = await both('/api/tickets?limit=100');
      assert.ok(plain.bytes.length > 128 * 1024);
    });

    it('specifications, in both forms', async () => {
      for (const path of ['/openapi/isp.json', '/openapi/isp.yaml']) {
        const { plain, packed } = await both(path);
        assert.equal(packed.headers.etag, plain.headers.etag.replace(/"$/, '-gzip"'));
      }
    });

    it('a refusal, where it is long', async () => {
      const body = Object.fromEntries(['type', 'priority', 'title', 'description', 'scheduled_at', 'location'].map((name) => [name, 'x'.repeat(300)]));
      const text = JSON.stringify({ ...body, attachments: Array(10).fill(17) });
      const headers = { Authorization: `Bearer ${who.customer.token}`, 'Content-Type': 'application/json', 'Content-Length': text.length };
      const plain = await server.raw('POST', '/api/tickets', headers, text);
      const packed = await server.raw('POST', '/api/tickets', { ...headers, ...GZIP }, text);
      assert.equal(plain.status, 422, plain.text);
      if (plain.bytes.length > 1024) {
        assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
      }
      assert.equal(packed.status, 422);
    });

    it('a repeat of a call is the same in the form that is taken now', async () => {
      const text = JSON.stringify({ type: 'repair', priority: 'normal', title: 'a', description: 'Long. '.repeat(400), location: { lat: 1, lng: 2 } });
      const headers = { Authorization: `Bearer ${who.customer.token}`, 'Content-Type': 'application/json', 'Content-Length': text.length, 'Idempotency-Key': 'packed' };
      const first = await server.raw('POST', '/api/tickets', { ...headers, ...GZIP }, text);
      const again = await server.raw('POST', '/api/tickets', headers, text);
      assert.equal(first.headers['content-encoding'], 'gzip');
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal(again.headers['content-encoding'], undefined);
      assert.equal(gunzipSync(first.bytes).toString(), again.text);
    });

    it('a PDF file is sent as it is', async () => {
      const answer = await get('/api/reports/tickets?format=pdf&date_from=2026-01-01&date_to=2026-12-31', GZIP);
      assert.equal(answer.status, 200, answer.text.slice(0, 200));
      assert.equal(answer.headers['content-type'], 'application/pdf');
      assert.equal(answer.headers['content-encoding'], undefined);
      assert.ok(!names(answer.headers.vary).includes('accept-encoding'));
    });

    it('a short export is compressed whole', async () => {
      await both('/api/reports/tickets?format=csv&date_from=2026-01-01&date_to=2026-12-31');
    });
  });
}

describe('a long export', () => {
  it('is compressed while it is made, and complete', async (t) => {
    const server = await start({});
    t.after(() => server.stop());
    const who = await people(server, ['manager', 'customer']);
    for (let n = 0; n < 30; n++) {
      await Promise.all(Array.from({ length: 50 }, (_, k) => ticketOf(server, who.customer, { title: `${randomUUID()} ${n} ${k}` })));
    }
    const path = '/api/reports/tickets?format=csv&date_from=2026-01-01&date_to=2026-12-31';
    const headers = { Authorization: `Bearer ${who.manager.token}` };
    const plain = await server.raw('GET', path, headers);
    const packed = await server.raw('GET', path, { ...headers, ...GZIP });
    assert.equal(packed.status, 200);
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(packed.headers['transfer-encoding'], 'chunked');
    assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
    assert.ok(plain.text.split('\n').length > 1500);
    const head = await server.raw('HEAD', path, { ...headers, ...GZIP });
    assert.equal(head.headers['content-encoding'], 'gzip');
    assert.equal(head.headers['transfer-encoding'], 'chunked');
  });
});

// ETag, If-None-Match and If-Match (RFC 9110, 8.8.3 and 13): what is asked again is not sent again, and no change overwrites one that its
// author has not seen. And who may keep an answer (Cache-Control).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, start } from './harness.mjs';
import { data, person } from './isp.mjs';
import { people, ticketOf } from './isp_desk.mjs';

const STRONG = /^"[0-9a-f]{32}"$/;
const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

for (const engine of engines()) {
  describe(`conditional requests on ${engine}`, () => {
    let server;
    let api;
    let who;
    let token;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      who = await people(server, ['super_admin', 'manager', 'technician', 'customer']);
      token = who.manager.token;
    });
    after(() => server?.stop());

    const get = (path, headers = {}, by = token) => api('GET', path, { token: by, headers });
    const put = (path, body, headers = {}, by = token) => api('PUT', path, { token: by, body, headers });
    const ticket = async () => {
      const { id } = await ticketOf(server, who.customer);
      const path = `/api/tickets/${id}`;
      return { id, path, tag: (await get(path)).headers.etag };
    };
    const refused = (answer) => {
      assert.equal(answer.status, 412, answer.text);
      assert.equal(answer.body.success, false);
      assert.match(answer.text, /If-Match/);
      assert.equal(answer.headers.etag, undefined);
    };

    it('a single object has a strong tag that stays while it does', async () => {
      const { path, tag } = await ticket();
      assert.match(tag, STRONG);
      assert.equal((await get(path)).headers.etag, tag);
      assert.equal((await api('HEAD', path, { token })).headers.etag, tag);
      assert.equal((await put(path, { title: 'Another title' })).status, 200);
      const later = (await get(path)).headers.etag;
      assert.match(later, STRONG);
      assert.notEqual(later, tag);
      for (const one of [`/api/users/${who.customer.uuid}`, `/v1${path}`]) {
        assert.match((await get(one)).headers.etag, STRONG);
      }
    });

    it('what the client has is not sent again', async () => {
      const { path, tag } = await ticket();
      for (const list of [tag, `W/${tag}`, '*', `"x", ${tag}`, `"x",W/"y" ,\t${tag},`, tag.replace(/"$/, '-gzip"')]) {
        const answer = await get(path, { 'If-None-Match': list });
        assert.equal(answer.status, 304, list);
        assert.equal(answer.bytes.length, 0);
        assert.equal(answer.headers.etag, tag);
        assert.equal(answer.headers['cache-control'], 'private, no-cache');
        assert.equal((await api('HEAD', path, { token, headers: { 'If-None-Match': list } })).status, 304);
      }
      for (const list of ['"x"', tag.slice(0, -1), tag.slice(1, -1), '', `"${tag}"`, 'W/']) {
        assert.equal((await get(path, { 'If-None-Match': list })).status, 200, list);
      }
      assert.equal((await put(path, { title: 'Another title' })).status, 200);
      assert.equal((await get(path, { 'If-None-Match': tag })).status, 200);
    });

    it('a change of what was changed meanwhile is 412, and changes nothing', async () => {
      const { path, tag } = await ticket();
      assert.equal((await put(path, { title: 'Mine' }, { 'If-Match': tag })).status, 200);
      refused(await put(path, { title: 'Too late' }, { 'If-Match': tag }));
      assert.equal(data(await get(path)).ticket.title, 'Mine');
      const { etag } = (await get(path)).headers;
      assert.equal((await put(path, { title: 'Again' }, { 'If-Match': `"x", ${etag}` })).status, 200);
    });

    it('a weak tag is none here, and a star is any', async () => {
      const { path, tag } = await ticket();
      refused(await put(path, { title: 'Weak' }, { 'If-Match': `W/${tag}` }));
      refused(await put(path, { title: 'Nothing' }, { 'If-Match': '' }));
      assert.equal((await put(path, { title: 'Any' }, { 'If-Match': '*' })).status, 200);
      const { etag } = (await get(path)).headers;
      assert.equal((await put(path, { title: 'Packed' }, { 'If-Match': etag.replace(/"$/, '-gzip"') })).status, 200);
      refused(await put(path, { title: 'There' }, { 'If-None-Match': '*' }));
    });

    it('what is done to an object under its path takes its tag', async () => {
      const { path, tag } = await ticket();
      const assign = (tagged) =>
        api('POST', `${path}/assign`, { token, body: { technician_id: who.technician.uuid }, headers: { 'If-Match': tagged } });
      refused(await assign('"x"'));
      assert.equal((await assign(tag)).status, 200);
      refused(await put(`${path}/status`, { status: 'in_progress' }, { 'If-Match': tag }));
      const { etag } = (await get(path)).headers;
      assert.equal((await put(`${path}/status`, { status: 'in_progress' }, { 'If-Match': etag })).status, 200);
      refused(await api('DELETE', path, { token, headers: { 'If-Match': etag } }));
      const now = (await get(path)).headers.etag;
      assert.equal((await api('DELETE', path, { token, headers: { 'If-Match': now } })).status, 200);
    });

    it('tenant: the tag stands for the ticket, not for what the answer says of itself', async () => {
      const tenant = server.as('tenant');
      const body = { title: 'Tidak bisa login', category: 'technical', priority: 'high', description: 'Muncul pesan galat.' };
      const made = await tenant('POST', '/tickets', { body, token: who.customer.token });
      const path = `/tickets/${made.body.data.id}`;
      const read = (headers = {}) => tenant('GET', path, { token, headers });
      const [one, other] = [await read(), await read()];
      assert.notEqual(one.body.meta.request_id, other.body.meta.request_id);
      assert.match(one.headers.etag, STRONG);
      assert.equal(other.headers.etag, one.headers.etag);
      assert.equal((await read({ 'If-None-Match': one.headers.etag })).status, 304);
      const change = (status, tag) => tenant('PATCH', path, { token, body: { status }, headers: { 'If-Match': tag } });
      assert.equal((await change('in_progress', one.headers.etag)).status, 200);
      assert.equal((await change('resolved', one.headers.etag)).status, 412);
      assert.equal((await read()).body.data.status, 'in_progress');
    });

    it("tenant: the operator's staff change a ticket of another tenant under its tag", async () => {
      const { id: tenantId } = await server.seedTenant('satu.example.com');
      const tenant = server.as('tenant');
      const theirs = await server.seed('customer', { tenant: tenantId });
      const entered = await tenant('POST', '/api/auth/login', { body: { email: theirs.email, password: PASSWORD }, headers: { 'X-Tenant-ID': tenantId } });
      assert.equal(entered.status, 200, entered.text);
      const body = { title: 'Tidak bisa login', category: 'technical', priority: 'high', description: 'Muncul pesan galat.' };
      const made = await tenant('POST', '/tickets', { body, token: entered.body.data.access_token });
      assert.equal(made.status, 201, made.text);
      const path = `/tickets/${made.body.data.id}`;
      const { etag } = (await tenant('GET', path, { token })).headers;
      assert.match(etag, STRONG);
      const change = () => tenant('PATCH', path, { token, body: { status: 'in_progress' }, headers: { 'If-Match': etag, 'Idempotency-Key': 'elsewhere' } });
      const first = await change();
      assert.equal(first.status, 200, first.text);
      assert.equal((await change()).headers['idempotency-replayed'], 'true');
      const late = { token, body: { status: 'resolved' }, headers: { 'If-Match': etag } };
      assert.equal((await tenant('PATCH', path, late)).status, 412);
    });

    it('ruang: a team is changed under its tag', async () => {
      const ruang = server.as('ruang');
      const by = who.super_admin.token;
      const made = await ruang('POST', '/api/v1/tim-kerja', { token: by, body: { nama_tim_kerja: 'Tim Satu', code: 'T1', is_aktif: true } });
      const path = `/api/v1/tim-kerja/${made.body.data.id}`;
      const { etag } = (await ruang('GET', path, { token: by })).headers;
      const change = (name) => ruang('PATCH', path, { token: by, body: { nama_tim_kerja: name }, headers: { 'If-Match': etag } });
      assert.equal((await change('Tim Dua')).status, 200);
      assert.equal((await change('Tim Tiga')).status, 412);
    });

    it('what is not there, or not to be seen, is 404 and not 412', async () => {
      assert.equal((await put(`/api/tickets/${NOBODY}`, { title: 'x' }, { 'If-Match': '"x"' })).status, 404);
      const other = await person(server, 'customer');
      const { path, tag } = await ticket();
      assert.equal((await put(path, { title: 'x' }, { 'If-Match': tag }, other.token)).status, 404);
    });

    it('where there is no object to compare with, If-Match is 412', async () => {
      const body = { type: 'repair', priority: 'normal', title: 'a', description: 'b', location: { lat: 1, lng: 2 } };
      refused(await api('POST', '/api/tickets', { token: who.customer.token, body, headers: { 'If-Match': '"x"' } }));
    });

    it('a long body, which is read in the pool, meets its condition, too', async () => {
      const { path, tag } = await ticket();
      const text = `{"description":"${'\\u0041'.repeat(15000)}"}`;
      const send = (tagged) => api('PUT', path, { token, text, headers: { 'If-Match': tagged } });
      refused(await send('"x"'));
      assert.notEqual(data(await get(path)).ticket.description[0], 'A');
      assert.equal((await send(tag)).status, 200);
      refused(await send(tag));
    });

    it('of many changes at once that saw the same state one is done', async () => {
      for (let round = 0; round < 3; round++) {
        const { path, tag } = await ticket();
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, n) => put(path, { title: `Title ${n}` }, { 'If-Match': tag })),
        );
        const done = answers.map((one) => one.status).filter((status) => status === 200);
        assert.equal(done.length, 1, answers.map((one) => one.status).join());
        for (const one of answers.filter((answer) => answer.status !== 200)) {
          assert.ok(one.status === 412 || one.status === 503, one.text);
        }
        const [winner] = answers.filter((one) => one.status === 200);
        assert.equal(data(await get(path)).ticket.title, winner.body.data.ticket.title);
      }
    });

    it('a repeat under its key is answered as the first time, whatever the object is now', async () => {
      const { path, tag } = await ticket();
      const send = () => put(path, { title: 'Once' }, { 'If-Match': tag, 'Idempotency-Key': 'conditional' });
      const first = await send();
      assert.equal(first.status, 200);
      const again = await send();
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.deepEqual(again.bytes, first.bytes);
    });

    it('reading under If-Match answers 412 once the object has changed', async () => {
      const { path, tag } = await ticket();
      assert.equal((await get(path, { 'If-Match': tag })).status, 200);
      refused(await get(path, { 'If-Match': '"x"' }));
    });

    it('a file has the tag of its content, and never changes', async () => {
      const boundary = 'x';
      const part = (name, more, text) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`;
      const body = Buffer.concat([
        Buffer.from(part('type', '', 'photo') + part('file', '; filename="a.png"\r\nContent-Type: image/png', '').slice(0, -2)),
        PNG, Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
      const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
      const by = who.technician.token;
      const { file } = data(await api('POST', '/api/mobile/upload', { token: by, text: body, headers }), 201);
      const path = `/api/files/${file.id}`;
      const answer = await get(path, {}, by);
      assert.deepEqual(answer.bytes, PNG);
      assert.match(answer.headers.etag, STRONG);
      assert.equal(answer.headers['cache-control'], 'private, max-age=31536000, immutable');
      const again = await get(path, { 'If-None-Match': answer.headers.etag }, by);
      assert.equal(again.status, 304);
      assert.equal(again.bytes.length, 0);
    });

    it('Cache-Control says who may keep what', async () => {
      const { path } = await ticket();
      const kept = async (answer) => (await answer).headers['cache-control'];
      assert.equal(await kept(get(path)), 'private, no-cache');
      const login = { body: { email: who.manager.email, password: PASSWORD } };
      for (const answer of [
        get('/api/tickets'), get('/api/auth/me'), get('/api/reports/dashboard'), get(`/api/tickets/${NOBODY}`),
        api('GET', path), api('GET', '/api/nothing'), api('POST', '/api/auth/login', login), put(path, { title: 'x' }),
        server.raw('GET', '/livez', {}), server.raw('GET', '/metrics', {}), server.raw('GET', '/openapi/nothing.json', {}),
      ]) {
        assert.equal(await kept(answer), 'no-store', (await answer).text.slice(0, 80));
        assert.equal((await answer).headers.etag, undefined);
      }
      const document = await server.raw('GET', '/openapi/isp.json', {});
      assert.equal(document.headers['cache-control'], 'public, max-age=3600');
      const again = await server.raw('GET', '/openapi/isp.json', { 'If-None-Match': document.headers.etag });
      assert.equal(again.status, 304);
    });
  });
}

describe('two servers on one database', { skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, () => {
  it('of many changes at once that saw the same state one is done, wherever they come in', async (t) => {
    const secret = 'one secret of more than thirty-two bytes for all';
    const first = await start({ engine: 'pgsql', args: ['--jwt-secret', secret] });
    t.after(() => first.stop());
    const second = await start({ engine: 'sqlite', args: ['--jwt-secret', secret, '--database', first.database.url] });
    t.after(() => second.stop());
    const who = await people(first, ['manager', 'technician', 'customer']);
    const { token } = who.manager;
    for (let round = 0; round < 5; round++) {
      const one = await ticketOf(first, who.customer);
      const path = `/api/tickets/${one.id}`;
      const tag = (await first.as('isp')('GET', path, { token })).headers.etag;
      assert.equal((await second.as('isp')('GET', path, { token })).headers.etag, tag);
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          (n % 2 ? first : second).as('isp')('PUT', path, { token, body: { title: `Title ${n}` }, headers: { 'If-Match': tag } })),
      );
      assert.equal(answers.filter((answer) => answer.status === 200).length, 1, answers.map((answer) => answer.status).join());
    }
  });
});

// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): whatever is sent again under its key is done once, in every dialect.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, eventually, start } from './harness.mjs';
import { person } from './isp.mjs';

const DAY = 24 * 3600;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PROBLEM = { jenis_permintaan: 'keluhan', prioritas: 'rendah', deskripsi: 'Lambat sekali' };
const REPAIR = {
  type: 'repair', priority: 'normal', title: 'No internet', description: 'The router blinks red.', location: { lat: -6.2, lng: 106.8 },
};

/** multipart/form-data with a boundary of its own, as each try of a client has it. */
function form(content, type) {
  const boundary = `----again${randomBytes(8).toString('hex')}`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\n${type}\r\n--${boundary}\r\n`;
  const file = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';
  const text = Buffer.concat([Buffer.from(head + file), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { text, headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } };
}

/** The same call under the same key, twice and once more: one answer, byte for byte. */
async function repeats(api, method, target, options, status) {
  const key = randomUUID();
  const call = () => {
    const one = typeof options === 'function' ? options() : options;
    return api(method, target, { ...one, headers: { ...one.headers, 'Idempotency-Key': key } });
  };
  const first = await call();
  assert.equal(first.status, status, first.text);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  for (let time = 0; time < 2; time++) {
    const again = await call();
    assert.equal(again.headers['idempotency-replayed'], 'true', again.text);
    assert.equal(again.status, first.status);
    assert.deepEqual(again.bytes, first.bytes);
    for (const name of ['content-type', 'content-length', 'link', 'location', 'cache-control']) {
      assert.equal(again.headers[name], first.headers[name], name);
    }
    assert.notEqual(again.headers['x-request-id'], first.headers['x-request-id']);
  }
  return first;
}

for (const engine of engines()) {
  describe(`repeated calls on ${engine}`, () => {
    let server;
    const who = {};
    const api = {};
    const keyed = (key, more = {}) => ({ ...more, headers: { ...more.headers, 'Idempotency-Key': key } });
    const count = async () => (await api.hcall('GET', '/api/ticket/count', { token: who.super_admin.token })).body.tickets_total;
    const submit = (key, more = {}) => api.tiket('POST', '/api/ticket', keyed(key, { body: PROBLEM, token: who.customer.token, ...more }));

    before(async () => {
      server = await start({ engine, clock: 0, args: ['--login-throttle', 'on'] });
      for (const dialect of ['tiket', 'hcall', 'isp', 'tenant', 'ruang']) {
        api[dialect] = server.as(dialect);
      }
      for (const role of ['super_admin', 'manager', 'technician', 'customer']) {
        who[role] = await person(server, role);
      }
    });
    after(() => server?.stop());

    it('tiket: a ticket is submitted once', async () => {
      const before = await count();
      await repeats(api.tiket, 'POST', '/api/ticket', { body: PROBLEM, token: who.customer.token }, 201);
      assert.equal(await count(), before + 1);
    });

    it('tiket: a form is read alike, and an answer changes the status once', async () => {
      const { body } = await repeats(api.tiket, 'POST', '/api/ticket', { form: PROBLEM, token: who.customer.token }, 201);
      const answer = { status: 'telah selesai', respons: 'Selesai' };
      await repeats(api.tiket, 'PUT', `/api/responTeknis/${body._id}`, { body: answer, token: who.manager.token }, 200);
      const { data } = (await api.tiket('GET', '/api/responTeknis?skip=0&limit=100', { token: who.manager.token })).body;
      const [ticket] = data.map((one) => one.data).flat().filter((one) => one._id === body._id);
      assert.equal(ticket.responTeknis.length, 1);
      await repeats(api.tiket, 'POST', `/api/ticket/${body._id}`, { token: who.customer.token }, 200);
      await repeats(api.tiket, 'POST', `/api/ticket/${body._id}/restore`, { token: who.customer.token }, 200);
    });

    it('hcall: a ticket, also one with pictures that is read in the pool', async () => {
      const before = await count();
      const body = { ticket_name: 'Printer', ticket_explain: 'It smokes.' };
      await repeats(api.hcall, 'POST', '/api/ticket/create', { body, token: who.customer.token }, 200);
      const large = Buffer.concat([PNG.subarray(0, 8), randomBytes(200 * 1024)]).toString('base64');
      const tickes_images = [{ image_name: 'a.png', image_content: large, image_type: 'image/png' }];
      await repeats(api.hcall, 'POST', '/api/ticket/create', { body: { ...body, tickes_images }, token: who.customer.token }, 200);
      assert.equal(await count(), before + 2);
    });

    it('hcall: an account whose password is hashed is made once, and the second call does not find its address taken', async () => {
      const body = { user_name: 'Rini', user_email: email('rini'), user_password: PASSWORD, user_role: 'user' };
      await repeats(api.hcall, 'POST', '/api/user/create', { body, token: who.super_admin.token }, 200);
      await repeats(api.hcall, 'POST', '/api/user/delete', { body: { user_email: body.user_email }, token: who.super_admin.token }, 200);
    });

    it('isp: POST, PUT and DELETE', async () => {
      const token = who.manager.token;
      const made = await repeats(api.isp, 'POST', '/api/tickets', { body: REPAIR, token: who.customer.token }, 201);
      const target = `/api/tickets/${made.body.data.ticket.id}`;
      await repeats(api.isp, 'PUT', target, { body: { title: 'No internet at all' }, token }, 200);
      await repeats(api.isp, 'POST', `${target}/comments`, { body: { comment: 'On my way.' }, token }, 201);
      const { ticket } = (await api.isp('GET', target, { token })).body.data;
      assert.equal(ticket.comments.length, 1);
      await repeats(api.isp, 'DELETE', target, { token }, 200);
      assert.equal((await api.isp('GET', target, { token })).status, 404);
    });

    it('isp: a file is uploaded once, though each try has another boundary', async () => {
      const send = () => ({ ...form(PNG, 'photo'), token: who.technician.token });
      const first = await repeats(api.isp, 'POST', '/api/mobile/upload', send, 201);
      const other = await api.isp('POST', '/api/mobile/upload', send());
      assert.notEqual(other.body.data.file.id, first.body.data.file.id);
    });

    it('isp: another file under the key of the first is refused', async () => {
      const key = randomUUID();
      const send = (content) => {
        const { text, headers } = form(content, 'photo');
        return api.isp('POST', '/api/mobile/upload', keyed(key, { text, headers, token: who.technician.token }));
      };
      assert.equal((await send(PNG)).status, 201);
      assert.equal((await send(Buffer.concat([PNG, Buffer.from('x')]))).status, 422);
    });

    it('isp: a password is changed once', async () => {
      const one = await person(server, 'customer');
      const body = { current_password: PASSWORD, password: 'Other123', password_confirmation: 'Other123' };
      await repeats(api.isp, 'PUT', '/api/auth/password', { body, token: one.token }, 200);
    });

    it('tenant: a ticket, an answer to it and its change', async () => {
      const body = { title: 'Tidak bisa login', category: 'technical', priority: 'high', description: 'Muncul pesan galat.' };
      const made = await repeats(api.tenant, 'POST', '/tickets', { body, token: who.customer.token }, 201);
      const target = `/tickets/${made.body.data.id}`;
      await repeats(api.tenant, 'POST', `${target}/replies`, { body: { message: 'Kami periksa.' }, token: who.manager.token }, 201);
      await repeats(api.tenant, 'PATCH', target, { body: { status: 'in_progress' }, token: who.manager.token }, 200);
      const shown = (await api.tenant('GET', target, { token: who.manager.token })).body.data;
      assert.equal(shown.replies.length, 1);
    });

    it('ruang: a team and its account', async () => {
      const token = who.super_admin.token;
      const team = { nama_tim_kerja: 'Tim Satu', code: 'T1', is_aktif: true };
      const made = await repeats(api.ruang, 'POST', '/api/v1/tim-kerja', { body: team, token }, 201);
      const body = { nama_lengkap: 'Pengguna', email: email('pengguna'), role: 'PEMINJAM', kontak: '+628123456789', tim_kerja_id: made.body.data.id };
      const account = await repeats(api.ruang, 'POST', '/api/v1/register', { body, token }, 201);
      assert.equal(account.body.status, true, account.text);
      await repeats(api.ruang, 'PATCH', `/api/v1/tim-kerja/${made.body.data.id}`, { body: { nama_tim_kerja: 'Tim Dua' }, token }, 200);
    });

    it('another body, path or query under the same key is 422, and changes nothing', async () => {
      const key = randomUUID();
      const before = await count();
      assert.equal((await submit(key)).status, 201);
      const refusals = [
        await submit(key, { body: { ...PROBLEM, prioritas: 'tinggi' } }),
        await submit(key, { body: undefined, form: PROBLEM }),
        await api.tiket('POST', '/api/ticket?x=1', keyed(key, { body: PROBLEM, token: who.customer.token })),
        await api.isp('POST', '/api/tickets', keyed(key, { body: REPAIR, token: who.customer.token })),
        await api.hcall('POST', '/api/ticket/create', keyed(key, { body: { ticket_name: 'a', ticket_explain: 'b' }, token: who.customer.token })),
      ];
      for (const refusal of refusals) {
        assert.equal(refusal.status, 422, refusal.text);
        assert.match(refusal.text, /Idempotency-Key/);
        assert.equal(refusal.headers['idempotency-replayed'], undefined);
      }
      assert.equal(await count(), before + 1);
      assert.equal((await submit(key)).headers['idempotency-replayed'], 'true');
    });

    it("another account's key is another key", async () => {
      const key = randomUUID();
      const mine = await submit(key);
      const theirs = await submit(key, { token: who.manager.token });
      assert.equal(theirs.status, 201);
      assert.equal(theirs.headers['idempotency-replayed'], undefined);
      assert.notEqual(theirs.body._id, mine.body._id);
    });

    it('a key that is none is 400 and names itself', async () => {
      for (const key of ['', '""', 'k'.repeat(256), 'a\tb', 'kunci-\u00e9']) {
        for (const answer of [
          await submit(key),
          await api.hcall('POST', '/api/ticket/create', keyed(key, { body: { ticket_name: 'a', ticket_explain: 'b' }, token: who.customer.token })),
          await api.isp('POST', '/api/tickets', keyed(key, { body: REPAIR, token: who.customer.token })),
        ]) {
          assert.equal(answer.status, 400, `${JSON.stringify(key)}: ${answer.text}`);
          assert.match(answer.text, /Idempotency-Key/);
        }
      }
      assert.equal((await submit('k'.repeat(255))).status, 201);
    });

    it('a key in quotes, as the draft writes it, is the same key', async () => {
      const key = randomUUID();
      const first = await submit(`"${key}"`);
      const again = await submit(key);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.deepEqual(again.bytes, first.bytes);
    });

    it('what failed wrote nothing and is tried anew', async () => {
      const { ticket } = (await api.isp('POST', '/api/tickets', { body: REPAIR, token: who.customer.token })).body.data;
      const rate = () =>
        api.isp('POST', `/api/tickets/${ticket.id}/rating`, keyed('rate', { body: { rating: 5 }, token: who.customer.token }));
      const user_email = email('taken');
      const body = { user_name: 'Rini', user_email, user_password: PASSWORD, user_role: 'user' };
      const create = (key) => api.hcall('POST', '/api/user/create', keyed(key, { body, token: who.super_admin.token }));
      assert.equal((await create('first')).status, 200);
      for (const failed of [await rate(), await create('second')]) {
        assert.ok(failed.status >= 400, failed.text);
      }
      const resolved = { body: { status: 'resolved' }, token: who.manager.token };
      assert.equal((await api.isp('PUT', `/api/tickets/${ticket.id}/status`, resolved)).status, 200);
      assert.equal((await api.hcall('POST', '/api/user/delete', { body: { user_email }, token: who.super_admin.token })).status, 200);
      for (const again of [rate, () => create('second')]) {
        const done = await again();
        assert.equal(done.status, 200, done.text);
        assert.equal(done.headers['idempotency-replayed'], undefined);
        assert.equal((await again()).headers['idempotency-replayed'], 'true');
      }
    });

    it('a wrong password counts under a key, too', async () => {
      const one = await person(server, 'customer');
      const body = { current_password: 'Wrong123', password: 'Other123', password_confirmation: 'Other123' };
      const tries = [];
      for (let time = 0; time < 6; time++) {
        tries.push((await api.isp('PUT', '/api/auth/password', keyed(`wrong-${time}`, { body, token: one.token }))).status);
      }
      assert.deepEqual(tries, [422, 422, 422, 422, 422, 429]);
    });

    it('signing in takes no key: each call gets a token of its own', async () => {
      const key = randomUUID();
      const enter = () => api.hcall('POST', '/api/auth/enter', keyed(key, { body: { user_email: who.manager.email, user_password: PASSWORD } }));
      const [one, other] = [await enter(), await enter()];
      assert.equal(other.status, 200);
      assert.notEqual(other.body.jwt_token, one.body.jwt_token);
      assert.equal(other.headers['idempotency-replayed'], undefined);
    });

    it('reading takes no key', async () => {
      const answer = await api.hcall('GET', '/api/ticket/count', keyed('', { token: who.super_admin.token }));
      assert.equal(answer.status, 200);
    });

    for (const [name, target, dialect, body, made] of [
      ['a ticket', '/api/ticket', 'tiket', PROBLEM, 201],
      ['an account', '/api/user/create', 'hcall', { user_name: 'Once', user_password: PASSWORD, user_role: 'user' }, 200],
    ]) {
      it(`of 100 calls at once with one key exactly one makes ${name}`, async () => {
        const key = randomUUID();
        const before = await count();
        const sent = dialect === 'hcall' ? { ...body, user_email: email('once') } : body;
        const token = dialect === 'hcall' ? who.super_admin.token : who.customer.token;
        const answers = await Promise.all(Array.from({ length: 100 }, () => api[dialect]('POST', target, keyed(key, { body: sent, token }))));
        const done = answers.filter((one) => one.status === made);
        const first = done.filter((one) => one.headers['idempotency-replayed'] === undefined);
        assert.equal(first.length, 1);
        for (const one of answers) {
          assert.ok(one.status === made || one.status === 409, one.text);
          assert.equal(one.text, one.status === made ? first[0].text : one.text);
        }
        assert.equal(await count(), before + (dialect === 'tiket' ? 1 : 0));
        const late = await api[dialect]('POST', target, keyed(key, { body: sent, token }));
        assert.equal(late.text, first[0].text);
      });
    }

    it('kill -9 in the middle: whoever repeats finds each call done once', async () => {
      const before = await count();
      const keys = Array.from({ length: 40 }, () => randomUUID());
      const answers = new Map();
      const sending = Promise.all(keys.map(async (key) => {
        try {
          answers.set(key, (await submit(key)).text);
        } catch {
          // the connection went with the server
        }
      }));
      await eventually(() => answers.size > 3);
      const gone = new Promise((resolve) => server.child.once('exit', resolve));
      server.child.kill('SIGKILL');
      await gone;
      await sending;
      await server.down();
      await server.up();
      for (const key of keys) {
        const again = await submit(key);
        assert.equal(again.status, 201, again.text);
        assert.equal(again.text, answers.get(key) ?? again.text);
      }
      assert.equal(await count(), before + keys.length);
    });

    it('after a day a key is free again', async () => {
      const key = randomUUID();
      const before = await count();
      const first = await submit(key);
      server.setClock(DAY - 60);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const login = async (one) => {
        const answer = await api.isp('POST', '/api/auth/login', { body: { email: one.email, password: PASSWORD } });
        one.token = answer.body.data.tokens.access_token;
      };
      await login(who.customer);
      assert.deepEqual((await submit(key)).bytes, first.bytes);
      server.setClock(DAY + 60);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await login(who.customer);
      await login(who.super_admin);
      const later = await submit(key);
      assert.equal(later.status, 201);
      assert.equal(later.headers['idempotency-replayed'], undefined);
      assert.notEqual(later.body._id, first.body._id);
      assert.equal(await count(), before + 2);
    });
  });
}

describe('two servers on one database', { skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, () => {
  it('of 100 calls at once with one key exactly one is done, wherever they come in', async (t) => {
    const secret = 'one secret of more than thirty-two bytes for all';
    const first = await start({ engine: 'pgsql', args: ['--jwt-secret', secret] });
    t.after(() => first.stop());
    const second = await start({ engine: 'sqlite', args: ['--jwt-secret', secret, '--database', first.database.url] });
    t.after(() => second.stop());
    const one = await person(first, 'customer');
    const key = randomUUID();
    const call = (server) =>
      server.as('tiket')('POST', '/api/ticket', { body: PROBLEM, token: one.token, headers: { 'Idempotency-Key': key } });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => call(n % 2 ? first : second)));
    const made = answers.filter((answer) => answer.status === 201);
    assert.equal(made.filter((answer) => answer.headers['idempotency-replayed'] === undefined).length, 1);
    assert.deepEqual([...new Set(made.map((answer) => answer.text))].length, 1);
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))].filter((status) => ![201, 409].includes(status)), []);
    assert.equal((await call(second)).text, made[0].text);
    assert.equal((await first.as('tiket')('GET', '/api/ticket?skip=0&limit=10', { token: one.token })).body.total, 1);
  });
});

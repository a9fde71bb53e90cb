// tiket: submitting, following, removing, restoring and answering tickets.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, TIME, UUID, email, engines, says, start } from './harness.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician'];
const PROBLEM = { jenis_permintaan: 'masalah teknis', prioritas: 'tinggi', deskripsi: 'Internet mati sejak pagi' };
const UNAUTHORIZED = { status: 401, message: 'Unauthorized' };
const PAGE_FAULT = { message: 'Skip and limit are required and must be numbers' };
const TICKET_KEYS = [
  '_id', 'id_pengguna', 'nomor_tiket', 'jenis_permintaan', 'prioritas', 'deskripsi', 'status', 'tanggal_pengajuan',
  'tanggal_perubahan_status', 'isDelete', 'isAktif', 'createdAt', 'updatedAt',
];
const UNKNOWN = '123e4567-e89b-12d3-a456-426614174000';

async function desk(options) {
  const server = await start(options);
  const api = server.as('tiket');
  const d = { server, api, account: {}, token: {} };
  d.login = async (address, password = PASSWORD) =>
    (await api('POST', '/auth/login', { body: { email: address, password } })).body.token;
  for (const role of ROLES) {
    d.account[role] = await server.seed(role);
    d.token[role] = await d.login(d.account[role].email);
  }
  /** Somebody new: {_id, email, username, token}. */
  d.user = async (username = 'Budi Santoso') => {
    const body = { username, email: email('budi'), password: PASSWORD };
    const { data } = (await api('POST', '/auth/register', { body })).body;
    return { ...data, token: await d.login(data.email) };
  };
  d.submit = async (who, more = {}) => {
    const answer = await api('POST', '/api/ticket', { body: { ...PROBLEM, ...more }, token: who.token });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  d.list = (token, query = 'skip=0&limit=20') => api('GET', `/api/ticket?${query}`, { token });
  d.report = (token, query = 'skip=0&limit=20') => api('GET', `/api/responTeknis/?${query}`, { token });
  d.respond = (id, status, respons, token = d.token.customer_service) =>
    api('PUT', `/api/responTeknis/${id}`, { body: { status, respons }, token });
  return d;
}

for (const engine of engines()) {
  describe(`tiket tickets on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('submits a ticket and shows it bare', async () => {
      const user = await d.user();
      const ticket = await d.submit(user, { id_pengguna: d.account.manager.uuid });
      assert.deepEqual(Object.keys(ticket).sort(), [...TICKET_KEYS].sort());
      assert.match(ticket._id, UUID);
      assert.equal(ticket.id_pengguna, user._id); // the token's owner, whatever was sent
      const day = ticket.createdAt.slice(0, 10).replaceAll('-', '');
      assert.match(ticket.nomor_tiket, new RegExp(`^TK${day}\\d{6,}$`));
      assert.equal(ticket.jenis_permintaan, 'masalah teknis');
      assert.equal(ticket.prioritas, 'tinggi');
      assert.equal(ticket.deskripsi, 'Internet mati sejak pagi');
      assert.equal(ticket.status, 'menunggu tindakan');
      assert.equal(ticket.isDelete, false);
      assert.equal(ticket.isAktif, true);
      for (const key of ['tanggal_pengajuan', 'tanggal_perubahan_status', 'createdAt', 'updatedAt']) {
        assert.match(ticket[key], TIME);
      }
    });

    it('takes every kind and urgency, as JSON and as a form, in any letter case', async () => {
      const user = await d.user();
      const numbers = new Set();
      for (const jenis_permintaan of ['permintaan', 'keluhan', 'masalah teknis']) {
        for (const prioritas of ['rendah', 'sedang', 'tinggi']) {
          const form = { jenis_permintaan, prioritas, deskripsi: `Öffnen & schließen = 100% + "${prioritas}"` };
          const answer = await d.api('POST', '/API/Ticket/', { form, token: user.token });
          assert.equal(answer.status, 201, answer.text);
          assert.equal(answer.body.jenis_permintaan, jenis_permintaan);
          assert.equal(answer.body.prioritas, prioritas);
          assert.equal(answer.body.deskripsi, form.deskripsi);
          numbers.add(answer.body.nomor_tiket);
        }
      }
      assert.equal(numbers.size, 9);
      const ticket = await d.submit(user, { jenis_permintaan: 'Masalah Teknis', prioritas: 'TINGGI' });
      assert.equal(ticket.jenis_permintaan, 'masalah teknis');
    });

    it('lets staff submit tickets, too', async () => {
      for (const role of ROLES) {
        const ticket = await d.submit({ token: d.token[role] });
        assert.equal(ticket.id_pengguna, d.account[role].uuid);
      }
    });

    it('refuses a ticket that is not whole', async () => {
      const user = await d.user();
      for (const [fault, ...fields] of [
        [{ jenis_permintaan: undefined }, 'jenis_permintaan'],
        [{ prioritas: 'mendesak' }, 'prioritas'],
        [{ deskripsi: '' }, 'deskripsi'],
        [{ deskripsi: ' \n ' }, 'deskripsi'],
        [{ deskripsi: 'x'.repeat(64 * 1024 + 1) }, 'deskripsi'],
        [{ deskripsi: 'a\u0007b' }, 'deskripsi'],
        [{ deskripsi: 5, prioritas: 1 }, 'deskripsi', 'prioritas'],
      ]) {
        const answer = await d.api('POST', '/api/ticket', { body: { ...PROBLEM, ...fault }, token: user.token });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(typeof answer.body.message, 'string');
        assert.deepEqual(Object.keys(answer.body.errors).sort(), fields);
      }
      for (const text of ['', '{', '[]', JSON.stringify({ ...PROBLEM, deskripsi: 'a\u0000b' })]) {
        const answer = await d.api('POST', '/api/ticket', { text, token: user.token });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(typeof answer.body.message, 'string');
      }
      says(await d.api('POST', '/api/ticket', { body: PROBLEM }), 401, UNAUTHORIZED);
      assert.deepEqual((await d.list(user.token)).body, { total: 0, data: [] });
    });

    it('lists one element a ticket with its owner, newest first, and only one’s own', async () => {
      const [user, other] = [await d.user('Budi Santoso'), await d.user('Ani')];
      const first = await d.submit(user);
      await d.submit(other);
      const second = await d.submit(user, { prioritas: 'rendah' });
      await d.respond(first._id, 'sedang direspon', 'Kami periksa');
      await d.respond(first._id, 'sedang dalam proses', 'Teknisi berangkat');

      for (const list of [d.list, d.report]) {
        const answer = await list(user.token);
        assert.equal(answer.status, 200);
        assert.deepEqual(Object.keys(answer.body).sort(), ['data', 'total']);
        assert.equal(answer.body.total, 2);
        assert.equal(answer.body.data.length, 2);
        for (const group of answer.body.data) {
          assert.deepEqual(Object.keys(group).sort(), ['_id', 'data', 'email', 'username']);
          assert.deepEqual([group._id, group.email, group.username], [user._id, user.email, 'Budi Santoso']);
          assert.equal(group.data.length, 1);
          assert.deepEqual(Object.keys(group.data[0]).sort(), [...TICKET_KEYS, 'responTeknis', 'user'].sort());
          assert.deepEqual(group.data[0].user, { _id: user._id, username: 'Budi Santoso', email: user.email });
        }
        const [newer, older] = answer.body.data.map((group) => group.data[0]);
        assert.equal(newer._id, second._id);
        assert.deepEqual(newer.responTeknis, []);
        assert.equal(older._id, first._id);
        assert.equal(older.status, 'sedang dalam proses');
        assert.deepEqual(
          older.responTeknis.map((entry) => entry.respons),
          ['Kami periksa', 'Teknisi berangkat'],
        );
        for (const entry of older.responTeknis) {
          assert.deepEqual(
            Object.keys(entry).sort(),
            ['_id', 'createdAt', 'id_tiket', 'respons', 'tanggal_respon', 'updatedAt'],
          );
          assert.match(entry._id, UUID);
          assert.equal(entry.id_tiket, first._id);
          assert.match(entry.tanggal_respon, TIME);
        }
      }
      // Nobody reads foreign tickets by naming their owner.
      assert.deepEqual((await d.report(user.token, `skip=0&limit=20&userId=${other._id}`)).body, { total: 0, data: [] });
      assert.deepEqual((await d.report(user.token, `skip=0&limit=20&email=${other.email}`)).body, { total: 0, data: [] });
    });

    it('demands skip and limit', async () => {
      const token = d.token.manager;
      for (const list of [d.list, d.report]) {
        for (const query of ['', 'skip=0', 'limit=20', 'skip=a&limit=20', 'skip=0&limit=b', 'skip=&limit=', 'skip=0&limit=1.5',
          'skip=0&limit=20&limit=20', 'skip=0&limit=99999999999999999999']) {
          says(await list(token, query), 400, PAGE_FAULT);
        }
        for (const query of ['skip=-1&limit=20', 'skip=0&limit=0', 'skip=0&limit=101', 'skip=0&limit=-5']) {
          const answer = await list(token, query);
          assert.equal(answer.status, 400);
          assert.deepEqual(Object.keys(answer.body), ['message']);
        }
        assert.equal((await list(token, 'skip=0&limit=100')).status, 200);
        says(await list(undefined, 'skip=0&limit=20'), 401, UNAUTHORIZED);
        says(await list(undefined, ''), 401, UNAUTHORIZED);
      }
    });

    it('removes softly and restores', async () => {
      const [user, other] = [await d.user(), await d.user()];
      const ticket = await d.submit(user);
      const path = `/api/ticket/${ticket._id}`;
      assert.equal((await d.api('POST', path, { token: other.token })).status, 404);
      says(await d.api('POST', path), 401, UNAUTHORIZED);

      const REMOVED = { status: 'success', message: `Successfully Remove Ticket ${ticket.nomor_tiket}` };
      says(await d.api('POST', path, { token: user.token }), 200, REMOVED);
      assert.equal((await d.api('POST', path, { token: user.token })).status, 404); // a second removal
      assert.equal((await d.api('POST', path, { token: d.token.manager })).status, 404);
      assert.deepEqual((await d.list(user.token)).body, { total: 0, data: [] });
      assert.equal((await d.respond(ticket._id, 'telah selesai', 'x')).status, 404);

      const RESTORED = { status: 'success', message: `Successfully Restore Ticket ${ticket.nomor_tiket}` };
      assert.equal((await d.api('POST', `${path}/restore`, { token: other.token })).status, 404);
      says(await d.api('POST', `${path}/restore/`, { token: user.token }), 200, RESTORED);
      assert.equal((await d.list(user.token)).body.total, 1);

      // What a manager removed, the owner can't restore; a manager restores anything.
      says(await d.api('POST', path, { token: d.token.manager }), 200, REMOVED);
      const refused = await d.api('POST', `${path}/restore`, { token: user.token });
      assert.equal(refused.status, 403);
      assert.equal(refused.body.status, 403);
      says(await d.api('POST', `${path}/restore`, { token: d.token.super_admin }), 200, RESTORED);
      assert.equal((await d.list(user.token)).body.data[0].data[0]._id, ticket._id);
    });

    it('lets supervisors, customer service and technicians remove nothing', async () => {
      const ticket = await d.submit(await d.user());
      for (const role of ['supervisor', 'customer_service', 'technician']) {
        for (const path of [`/api/ticket/${ticket._id}`, `/api/ticket/${ticket._id}/restore`]) {
          const answer = await d.api('POST', path, { token: d.token[role] });
          assert.equal(answer.status, 403);
          assert.deepEqual(Object.keys(answer.body).sort(), ['message', 'status']);
        }
      }
    });

    it('answers 404 for an id of nothing', async () => {
      for (const id of [UNKNOWN, 'nonsense', '1', 'TK20240614000001', "';--"]) {
        const path = `/api/ticket/${encodeURIComponent(id)}`;
        assert.equal((await d.api('POST', path, { token: d.token.manager })).status, 404);
        assert.equal((await d.api('POST', `${path}/restore`, { token: d.token.manager })).status, 404);
        const answer = await d.respond(encodeURIComponent(id), 'telah selesai', 'x');
        assert.equal(answer.status, 404);
        assert.deepEqual(Object.keys(answer.body), ['message']);
      }
    });

    it('answers a ticket: status and text, both or nothing', async () => {
      const user = await d.user();
      const ticket = await d.submit(user);
      for (const status of ['sedang direspon', 'sedang dalam proses', 'telah selesai', 'menunggu tindakan', 'telah selesai']) {
        says(await d.respond(ticket._id, status, `Kini ${status}`), 200, {
          status: `Status tiket berhasil diubah menjadi ${status}`,
        });
        assert.equal((await d.list(user.token)).body.data[0].data[0].status, status);
      }
      const before = (await d.list(user.token)).body;
      for (const body of [
        {},
        { status: 'telah selesai' },
        { respons: 'x' },
        { status: 'selesai', respons: 'x' },
        { status: 'telah selesai', respons: '' },
        { status: 'telah selesai', respons: '  ' },
        { status: 'telah selesai', respons: 'a', respon: 'b' },
        { status: 3, respons: 'x' },
      ]) {
        const answer = await d.api('PUT', `/api/responTeknis/${ticket._id}`, { body, token: d.token.manager });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(typeof answer.body.message, 'string');
        assert.equal(answer.body.status, undefined);
      }
      assert.deepEqual((await d.list(user.token)).body, before);

      // The other spelling, forms and any letter case of the path.
      const form = { status: 'sedang dalam proses', respon: 'Lewat formulir' };
      says(await d.api('PUT', `/API/respontekNIS/${ticket._id}/`, { form, token: d.token.manager }), 200, {
        status: 'Status tiket berhasil diubah menjadi sedang dalam proses',
      });
      const answers = (await d.list(user.token)).body.data[0].data[0].responTeknis;
      assert.equal(answers.at(-1).respons, 'Lewat formulir');
    });

    it('lets only the team answer', async () => {
      const user = await d.user();
      const ticket = await d.submit(user);
      const refused = await d.respond(ticket._id, 'telah selesai', 'x', user.token);
      assert.equal(refused.status, 403);
      assert.deepEqual(Object.keys(refused.body).sort(), ['message', 'status']);
      says(await d.api('PUT', `/api/responTeknis/${ticket._id}`, { body: {} }), 401, UNAUTHORIZED);
      for (const role of ['super_admin', 'manager', 'supervisor', 'customer_service']) {
        assert.equal((await d.respond(ticket._id, 'sedang direspon', role, d.token[role])).status, 200);
      }
    });

    it('gives a technician the ticket they answer first', async () => {
      const user = await d.user();
      const ticket = await d.submit(user);
      const other = await d.login((await d.server.seed('technician')).email);
      const sees = async (token) => (await d.report(token, `skip=0&limit=1&userId=${user._id}`)).body.total;
      assert.equal(await sees(d.token.technician), 1);
      assert.equal(await sees(other), 1);
      assert.equal((await d.respond(ticket._id, 'sedang dalam proses', 'Saya kerjakan', d.token.technician)).status, 200);
      assert.equal(await sees(d.token.technician), 1);
      assert.equal(await sees(other), 0);
      assert.equal((await d.respond(ticket._id, 'telah selesai', 'x', other)).status, 404);
    });
  });

  describe(`tiket reports on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    const ids = (answer) => {
      assert.equal(answer.status, 200, answer.text);
      return answer.body.data.map((group) => group.data[0]._id);
    };

    it('filters by urgency, address, name and account', async () => {
      const budi = await d.user('Budi SANTOSO');
      const ani = await d.user('Ani 100%_Wijaya');
      const low = await d.submit(budi, { prioritas: 'rendah' });
      const high = await d.submit(budi, { prioritas: 'tinggi' });
      const medium = await d.submit(ani, { prioritas: 'sedang' });
      const report = (query) => d.report(d.token.customer_service, `skip=0&limit=20&${query}`);

      assert.deepEqual(ids(await report('')), [medium._id, high._id, low._id]);
      assert.deepEqual(ids(await report('prioritas=rendah')), [low._id]);
      assert.deepEqual(ids(await report('prioritas=sedang')), [medium._id]);
      assert.deepEqual(ids(await report('prioritas=tinggi')), [high._id]);
      assert.deepEqual(ids(await report('prioritas=')), [medium._id, high._id, low._id]);
      const unknown = await report('prioritas=darurat');
      assert.equal(unknown.status, 400);
      assert.equal(typeof unknown.body.message, 'string');

      assert.deepEqual(ids(await report(`email=${budi.email}`)), [high._id, low._id]);
      assert.deepEqual(ids(await report(`email=${budi.email.slice(0, -4).toUpperCase()}`)), [high._id, low._id]);
      assert.deepEqual(ids(await report('email=nobody')), []);
      assert.deepEqual(ids(await report('username=santoso')), [high._id, low._id]);
      assert.deepEqual(ids(await report('username=SANTO')), [high._id, low._id]);
      // % and _ are letters like any other.
      assert.deepEqual(ids(await report('username=100%25_w')), [medium._id]);
      assert.deepEqual(ids(await report('username=%25')), [medium._id]);
      assert.deepEqual(ids(await report('username=_')), [medium._id]);

      assert.deepEqual(ids(await report(`userId=${ani._id}`)), [medium._id]);
      assert.deepEqual(ids(await report(`userId=${ani._id.toUpperCase()}`)), [medium._id]);
      const { id: number } = await d.server.seed('customer');
      assert.deepEqual(ids(await report(`userId=${number}`)), []);
      for (const nobody of [UNKNOWN, 'nonsense', '0', '-1', '999999999', '99999999999999999999']) {
        const answer = await report(`userId=${nobody}`);
        assert.deepEqual(answer.body, { total: 0, data: [] });
      }
      assert.deepEqual(ids(await report(`userId=${budi._id}&prioritas=tinggi&username=budi&email=budi`)), [high._id]);
      assert.deepEqual(ids(await report(`userId=${budi._id}&username=ani`)), []);
      assert.equal((await report(`userId=${budi._id}&prioritas=tinggi`)).body.total, 1);
    });

    it("filters by whoever a ticket shows: the operator's staff in another tenant, and removed accounts", async () => {
      const { id: tenant } = await d.server.seedTenant('filters.example');
      const there = { 'X-Tenant-ID': String(tenant) };
      const signIn = async (address) =>
        (await d.server.as('tenant')('POST', '/api/auth/login', { body: { email: address, password: PASSWORD }, headers: there })).body.data
          .access_token;
      const manager = await signIn((await d.server.seed('manager', { tenant })).email);
      const customer = await d.server.seed('customer', { tenant, name: 'Soon Gone' });
      const own = await d.submit({ token: await signIn(customer.email) });
      const agent = await d.server.seed('customer_service', { name: 'Olga Operator' });
      const idle = await d.server.seed('customer_service', { name: 'Olga Idle' });
      const made = await d.api('POST', '/api/ticket', { body: PROBLEM, token: await d.login(agent.email), headers: there });
      assert.equal(made.status, 201, made.text);
      const report = (query) => d.report(manager, `skip=0&limit=20&${query}`);
      for (const query of ['username=olga', `email=${agent.email}`, `userId=${agent.uuid}`, `userId=${agent.id}`, `userId=${agent.uuid}&username=olga`]) {
        const answer = await report(query);
        assert.deepEqual(ids(answer), [made.body._id], query);
        assert.equal(answer.body.total, 1, query);
      }
      assert.deepEqual((await report(`userId=${idle.uuid}`)).body, { total: 0, data: [] });
      const gone = await d.server.as('hcall')('POST', '/api/user/delete', { body: { user_email: customer.email }, token: manager });
      assert.equal(gone.status, 200, gone.text);
      for (const query of ['username=soon', `userId=${customer.uuid}`, `userId=${customer.id}`]) {
        const answer = await report(query);
        assert.deepEqual(ids(answer), [own._id], query);
        assert.equal(answer.body.total, 1, query);
      }
    });

    it('takes an account’s number for userId', async () => {
      const seeded = await d.server.seed('customer', { name: 'Numbered' });
      const ticket = await d.submit({ token: await d.login(seeded.email) });
      const answer = await d.report(d.token.manager, `skip=0&limit=20&userId=${seeded.id}`);
      assert.deepEqual(ids(answer), [ticket._id]);
      assert.equal(answer.body.data[0]._id, seeded.uuid);
    });

    it('pages', async () => {
      const user = await d.user('Pager');
      const made = [];
      for (let i = 0; i < 7; i++) {
        made.unshift((await d.submit(user))._id);
      }
      const page = (skip, limit) => d.list(user.token, `skip=${skip}&limit=${limit}`);
      for (const [skip, limit] of [[0, 3], [3, 3], [6, 3], [0, 100], [7, 3], [100000, 1]]) {
        const answer = await page(skip, limit);
        assert.deepEqual(ids(answer), made.slice(skip, skip + limit));
        assert.equal(answer.body.total, 7);
      }
    });

    it('tells a page of long texts', async () => {
      const user = await d.user('Long');
      const deskripsi = 'ы'.repeat(32 * 1024 - 1);
      for (let i = 0; i < 100; i += 10) {
        await Promise.all(Array.from({ length: 10 }, () => d.submit(user, { deskripsi })));
      }
      const answer = await d.list(user.token, 'skip=0&limit=100');
      assert.equal(ids(answer).length, 100);
      assert.ok(answer.body.data.every((group) => group.data[0].deskripsi === deskripsi));
    });

    it('shows one ticket in the words of both dialects', async () => {
      const hcall = d.server.as('hcall');
      const user = await d.user('Both');
      const token = d.token.manager;
      const ticket = await d.submit(user, { deskripsi: 'Baris pertama\nBaris kedua' });
      const info = async () => (await hcall('GET', `/api/ticket/info?ticket_id=ticket_${ticket._id}`, { token })).body;
      const shown = await info();
      assert.equal(shown.ticket_name, 'Baris pertama'); // it has no title: its first line
      assert.equal(shown.ticket_explain, 'Baris pertama\nBaris kedua');
      const words = [
        ['sedang direspon', 'pending'],
        ['sedang dalam proses', 'doing'],
        ['telah selesai', 'conclued'],
        ['menunggu tindakan', 'pending'],
      ];
      for (const [tiket, other] of words) {
        await d.respond(ticket._id, tiket, tiket);
        assert.equal((await info()).ticket_status, other);
      }
      assert.deepEqual(
        (await info()).ticket_history.map((entry) => entry.ticket_return),
        words.map(([tiket]) => tiket),
      );
      // Writing hcall's word for what it reads as already changes nothing.
      await d.respond(ticket._id, 'sedang direspon', 'x');
      const edit = { ticket_id: `ticket_${ticket._id}`, ticket_status: 'pending' };
      assert.equal((await hcall('POST', '/api/ticket/edit', { body: edit, token })).status, 200);
      assert.equal((await d.list(user.token)).body.data[0].data[0].status, 'sedang direspon');

      // And the other way round: hcall's technical, normal ticket.
      const made = { ticket_name: 'Router Problem', ticket_explain: 'Need to configure the router' };
      await hcall('POST', '/api/ticket/create', { body: made, token: user.token });
      const item = (await d.list(user.token, 'skip=0&limit=1')).body.data[0].data[0];
      assert.equal(item.jenis_permintaan, 'masalah teknis');
      assert.equal(item.prioritas, 'sedang');
      assert.equal(item.deskripsi, 'Need to configure the router');
      assert.equal(item.status, 'menunggu tindakan');
      assert.match(item.nomor_tiket, /^TK\d{14,}$/);
    });

    it('cuts a title from a long first line at a word', async () => {
      const hcall = d.server.as('hcall');
      const ticket = await d.submit(await d.user(), { deskripsi: `${'kata '.repeat(40)}\nlagi` });
      const { body } = await hcall('GET', `/api/ticket/info?ticket_id=ticket_${ticket._id}`, { token: d.token.manager });
      assert.equal(body.ticket_name, 'kata '.repeat(24).trim());
    });
  });

  describe(`tiket bad paths on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine });
      api = server.as('tiket');
    });
    after(() => server?.stop());

    it('answers unknown paths with 404 and wrong methods with 405 and Allow, in this dialect’s envelope', async () => {
      for (const path of ['/auth/nothing', '/auth', '/api/responTeknis/a/b', '/api/ticket/a/b', '/api/ticket/a/restore/b']) {
        says(await api('GET', path), 404, { status: 404, message: 'Not found' });
      }
      for (const [method, path, allowed] of [
        ['GET', '/auth/login', 'POST'],
        ['DELETE', '/api/ticket', 'GET'],
        ['GET', `/api/ticket/${UNKNOWN}`, 'POST'],
        ['POST', '/api/responTeknis', 'GET'],
        ['GET', `/api/responTeknis/${UNKNOWN}`, 'PUT'],
      ]) {
        const answer = await api(method, path);
        says(answer, 405, { status: 405, message: 'Method not allowed' });
        assert.ok(answer.headers.allow.split(', ').includes(allowed), answer.headers.allow);
      }
    });

    it('takes JSON and forms, and nothing else', async () => {
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml']) {
        const answer = await api('POST', '/auth/login', { text: 'email=a&password=b', headers: { 'Content-Type': type } });
        assert.equal(answer.status, 415);
        assert.equal(answer.body.status, 415);
      }
      for (const text of ['email=%zz&password=b', 'email=%00&password=b', 'email=a&email=b&password=c', 'email=%ff&password=b']) {
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
        assert.equal((await api('POST', '/auth/login', { text, headers })).status, 400);
      }
    });

    it('leaves hcall’s verbs to hcall', async () => {
      const body = { ticket_name: 'a', ticket_explain: 'b' };
      const hcall = server.as('hcall');
      for (const path of ['/api/ticket/create', '/api/ticket/create/', '/api/ticket/edit', '/api/ticket/remove']) {
        says(await hcall('POST', path, { body }), 401, { message: 'Unauthorized', status: false });
      }
      says(await api('POST', '/api/ticket/CREATE', { body }), 401, UNAUTHORIZED);
    });
  });
}

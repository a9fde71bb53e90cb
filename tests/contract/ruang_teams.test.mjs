// ruang: teams.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { UUID, engines, says } from './harness.mjs';
import { Desk, FORBIDDEN, LOGIN_FIRST, NO_TEAM, UNKNOWN, error, saysFaults } from './ruang.mjs';

const CODE_TAKEN = error('Kode Tim Kerja Sudah Digunakan');
const NAME_TAKEN = error('Nama Tim Kerja Sudah Digunakan');
const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];

for (const engine of engines()) {
  describe(`ruang teams on ${engine}`, () => {
    let desk;
    let api;
    before(async () => {
      desk = await Desk.start({ engine });
      api = desk.api;
    });
    after(() => desk?.stop());

    const create = (body, token = desk.super.token) => api('POST', '/api/v1/tim-kerja', { body, token });
    const read = (id, token = desk.super.token) => api('GET', `/api/v1/tim-kerja/${id}`, { token });
    const change = (id, body, token = desk.super.token) => api('PATCH', `/api/v1/tim-kerja/${id}`, { body, token });
    const remove = (id, token = desk.super.token) => api('DELETE', `/api/v1/tim-kerja/${id}`, { token });

    it('are made, read, changed and deleted', async () => {
      const made = await create({ nama_tim_kerja: 'Tim Baru', code: 'TB01', is_aktif: 'true' });
      const { id } = made.body.data;
      assert.match(id, UUID);
      const team = { id, nama_tim_kerja: 'Tim Baru', code: 'TB01', is_aktif: true };
      says(made, 201, { status: true, message: 'TimKerja created successfully', data: team });
      says(await read(id), 200, { status: true, message: 'Get divisi successful', data: team });
      const after = { id, nama_tim_kerja: 'Tim Diperbarui', code: 'TD01', is_aktif: false };
      says(await change(id, { nama_tim_kerja: 'Tim Diperbarui', code: 'TD01', is_aktif: 'false' }), 200, {
        status: true, message: 'TimKerja updated successfully', data: after,
      });
      says(await change(id, {}), 200, { status: true, message: 'TimKerja updated successfully', data: after });
      says(await change(id, { is_aktif: true }), 200, { status: true, message: 'TimKerja updated successfully', data: { ...after, is_aktif: true } });
      says(await remove(id), 200, { status: true, message: 'Data deleted successfully' });
      says(await read(id), 404, NO_TEAM);
    });

    it('take is_aktif as a truth or its text, and are active where it is unsaid', async () => {
      for (const [is_aktif, shown] of [[true, true], [false, false], ['true', true], ['false', false], [undefined, true], [null, true]]) {
        assert.equal((await desk.team({ is_aktif })).is_aktif, shown, `${is_aktif}`);
      }
      for (const is_aktif of ['ya', 'tidak', '', 2, [], {}]) {
        saysFaults(await create({ nama_tim_kerja: 'x', code: 'x', is_aktif }), 'is_aktif');
      }
    });

    it('have a code and a name of their own, in any letter case', async () => {
      const one = await desk.team({ nama_tim_kerja: 'Keuangan', code: 'KEU' });
      const two = await desk.team({ nama_tim_kerja: 'Umum', code: 'UMU' });
      says(await create({ nama_tim_kerja: 'Lain', code: 'keu' }), 400, CODE_TAKEN);
      says(await create({ nama_tim_kerja: ' KEUANGAN', code: 'LAI' }), 400, NAME_TAKEN);
      says(await change(two.id, { code: 'Keu' }), 400, CODE_TAKEN);
      says(await change(two.id, { nama_tim_kerja: 'keuangan' }), 400, NAME_TAKEN);
      assert.equal((await change(one.id, { nama_tim_kerja: 'KEUANGAN', code: 'keu' })).status, 200); // its own
      assert.deepEqual((await read(two.id)).body.data, two);
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => create({ nama_tim_kerja: `Bersama ${i}`, code: 'BRS' })));
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        says(answer, 400, CODE_TAKEN);
      }
    });

    it('say which fields are wrong, all at once', async () => {
      saysFaults(await create({}), 'nama_tim_kerja', 'code');
      saysFaults(await create({ nama_tim_kerja: ' ', code: '', is_aktif: 'x' }), 'nama_tim_kerja', 'code', 'is_aktif');
      saysFaults(await create({ nama_tim_kerja: 'x'.repeat(256), code: 'x'.repeat(256) }), 'nama_tim_kerja', 'code');
      const team = await desk.team();
      saysFaults(await change(team.id, { nama_tim_kerja: '', code: ' ', is_aktif: 7 }), 'nama_tim_kerja', 'code', 'is_aktif');
      assert.deepEqual((await read(team.id)).body.data, team);
      const long = await desk.team({ nama_tim_kerja: '漢'.repeat(255), code: '🙂'.repeat(255) });
      assert.deepEqual((await read(long.id)).body.data, long);
    });

    it('are read by everybody signed in, and written by SUPERADMIN alone', async () => {
      const team = await desk.team();
      for (const role of ROLES) {
        const { token } = role === 'super_admin' ? desk.super : await desk.seeded(role);
        assert.deepEqual((await read(team.id, token)).body.data, team, role);
        assert.equal((await api('GET', '/api/v1/tim-kerja', { token })).status, 200);
        if (role !== 'super_admin') {
          says(await create({ nama_tim_kerja: 'x', code: 'x' }, token), 403, FORBIDDEN);
          says(await create({}, token), 403, FORBIDDEN);
          says(await change(team.id, { code: 'x' }, token), 403, FORBIDDEN);
          says(await remove(team.id, token), 403, FORBIDDEN);
        }
      }
      for (const [method, path] of [['GET', ''], ['POST', ''], ['GET', `/${team.id}`], ['PATCH', `/${team.id}`], ['DELETE', `/${team.id}`]]) {
        says(await api(method, `/api/v1/tim-kerja${path}`), 401, LOGIN_FIRST);
      }
      assert.deepEqual((await read(team.id)).body.data, team);
    });

    it('that are not there, or another tenant’s, are not found', async () => {
      for (const id of [UNKNOWN, 'x', '1', `${UNKNOWN}0`]) {
        says(await read(id), 404, NO_TEAM);
        says(await change(id, { code: 'x' }), 404, NO_TEAM);
        says(await remove(id), 404, NO_TEAM);
      }
      const tenant = await desk.server.seedTenant('tim.example');
      const headers = { 'X-Tenant-ID': String(tenant.id) };
      const made = await api('POST', '/api/v1/tim-kerja', { body: { nama_tim_kerja: 'Di sana', code: 'DS' }, token: desk.super.token, headers });
      assert.equal(made.status, 201, made.text);
      says(await read(made.body.data.id), 404, NO_TEAM);
      const there = await api('GET', '/api/v1/tim-kerja', { token: desk.super.token, headers });
      assert.deepEqual(there.body.data, [made.body.data]);
    });

    it('with an account can’t be deleted until it is gone', async () => {
      const borrower = await desk.borrower();
      says(await remove(borrower.team.id), 400, error('Cannot delete timKerja with active users'));
      assert.equal((await api('DELETE', `/api/v1/users/${borrower.id}`, { token: desk.super.token })).status, 200);
      assert.equal((await remove(borrower.team.id)).status, 200);
      // A registration and a deletion at once: one of them comes first.
      for (let round = 0; round < 10; round++) {
        const team = await desk.team();
        const [registered, deleted] = await Promise.all([desk.register({ tim_kerja_id: team.id }), remove(team.id)]);
        assert.deepEqual([registered.status, deleted.status].sort(), registered.status === 201 ? [201, 400] : [200, 400]);
      }
    });

    it('are told again only where they changed, and changed only as they were read', async () => {
      const team = await desk.team();
      const target = `/api/v1/tim-kerja/${team.id}`;
      const { token } = desk.super;
      const { etag } = (await api('GET', target, { token })).headers;
      assert.equal((await api('GET', target, { token, headers: { 'If-None-Match': etag } })).status, 304);
      const rename = (nama_tim_kerja, tag) => api('PATCH', target, { body: { nama_tim_kerja }, token, headers: { 'If-Match': tag } });
      assert.equal((await rename(`${team.nama_tim_kerja} satu`, etag)).status, 200);
      const late = await rename(`${team.nama_tim_kerja} dua`, etag);
      assert.equal(late.status, 412, late.text);
      assert.equal(late.body.error, true);
      assert.equal((await api('GET', target, { token, headers: { 'If-None-Match': etag } })).body.data.nama_tim_kerja, `${team.nama_tim_kerja} satu`);
    });

    it('are made once where the same call is repeated under one key', async () => {
      const headers = { 'Idempotency-Key': `tim-${process.pid}-${engine}` };
      const body = { nama_tim_kerja: 'Sekali', code: 'SKL' };
      const { token } = desk.super;
      const first = await api('POST', '/api/v1/tim-kerja', { body, token, headers });
      const again = await api('POST', '/api/v1/tim-kerja', { body, token, headers });
      says(again, 201, first.body);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      const other = await api('POST', '/api/v1/tim-kerja', { body: { ...body, code: 'LAIN' }, token, headers });
      assert.equal(other.status, 422, other.text);
      assert.equal(other.body.error, true);
    });

    it('are listed newest first with their true number', async () => {
      const fresh = await Desk.start({ engine });
      try {
        const list = (query = '') => fresh.api('GET', `/api/v1/tim-kerja${query}`, { token: fresh.super.token });
        says(await list(), 200, {
          status: true, message: 'Get all divisi successful', data: [], pagination: { page: 1, size: 10, total_rows: 0, total_pages: 0 },
        });
        const teams = [];
        for (let i = 0; i < 11; i++) {
          teams.unshift(await fresh.team());
        }
        says(await list(), 200, {
          status: true, message: 'Get all divisi successful', data: teams.slice(0, 10), pagination: { page: 1, size: 10, total_rows: 11, total_pages: 2 },
        });
        assert.deepEqual((await list('?page=2')).body.data, teams.slice(10));
        assert.deepEqual((await list('?page=3&size=4')).body.data, teams.slice(8));
        assert.deepEqual((await list('?page=7')).body.data, []);
        for (const query of ['?page=0', '?page=x']) {
          saysFaults(await list(query), 'page');
        }
        for (const query of ['?size=0', '?size=101']) {
          saysFaults(await list(query), 'size');
        }
      } finally {
        await fresh.stop();
      }
    });
  });
}

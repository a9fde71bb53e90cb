// ruang: the staff screen's people, and the first passwords of new accounts.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { email, engines, eventually, says, start } from './harness.mjs';
import { Desk, FIRST, FORBIDDEN, LOGIN_AGAIN, LOGIN_FIRST, NO_USER, SECRET, UNKNOWN, error, occupied, saysFaults, tally, times } from './ruang.mjs';

for (const engine of engines()) {
  describe(`ruang: the staff screen on ${engine}`, () => {
    let desk;
    let api;
    before(async () => {
      desk = await Desk.start({ engine });
      api = desk.api;
    });
    after(() => desk?.stop());

    const list = (query = '', token = desk.super.token) => api('GET', `/api/v1/pengguna${query}`, { token });

    it('lists people newest first, a page at a time, with their true number and without SUPERADMIN', async () => {
      says(await list(), 200, {
        status: true, message: 'Users data retrieved successfully', data: [], pagination: { page: 1, size: 10, total_rows: 0, total_pages: 0 },
      });
      const people = [];
      for (let i = 0; i < 12; i++) {
        people.unshift(await desk.borrower({ nama_lengkap: `Orang ${i}` }));
      }
      const technician = await desk.seeded('technician');
      const first = await list();
      assert.deepEqual(first.body.pagination, { page: 1, size: 10, total_rows: 13, total_pages: 2 });
      assert.deepEqual(first.body.data.map((one) => one.email), [technician.email, ...people.slice(0, 9).map((one) => one.email)]);
      assert.deepEqual(first.body.data[0], {
        id: technician.uuid, nama_lengkap: technician.name, email: technician.email, role: 'PEMINJAM',
        detail: { kontak: null, tim_kerja_id: null, tim_kerja: null },
      });
      assert.deepEqual(first.body.data[1], {
        id: people[0].id, nama_lengkap: 'Orang 11', email: people[0].email, role: 'PEMINJAM',
        detail: { kontak: '+628123456789', tim_kerja_id: people[0].team.id, tim_kerja: people[0].team.nama_tim_kerja },
      });
      const second = (await list('?page=2')).body;
      assert.deepEqual(second.data.map((one) => one.email), people.slice(9).map((one) => one.email));
      assert.deepEqual(second.pagination, { page: 2, size: 10, total_rows: 13, total_pages: 2 });
      assert.deepEqual((await list('?page=3&size=5')).body.data.map((one) => one.email), people.slice(9).map((one) => one.email));
      assert.deepEqual((await list('?page=9')).body, {
        status: true, message: 'Users data retrieved successfully', data: [], pagination: { page: 9, size: 10, total_rows: 13, total_pages: 2 },
      });
      assert.equal((await list('?size=100')).body.data.length, 13);
      assert.ok(!(await list('?size=100')).text.includes(desk.super.email));
      await api('DELETE', `/api/v1/users/${people[0].id}`, { token: desk.super.token });
      assert.equal((await list()).body.pagination.total_rows, 12);
    });

    it('refuses pages that can’t be', async () => {
      for (const query of ['?page=0', '?page=-1', '?page=x', '?page=1.5', '?page=99999999999999999999']) {
        saysFaults(await list(query), 'page');
      }
      for (const query of ['?size=0', '?size=101', '?size=-5', '?size=all']) {
        saysFaults(await list(query), 'size');
      }
      saysFaults(await list('?page=0&size=0'), 'page', 'size');
      assert.equal((await list('?page=1000000000&size=100')).status, 200);
    });

    it('lists for those who may list people', async () => {
      for (const [role, status] of [['supervisor', 200], ['manager', 200], ['customer_service', 403], ['technician', 403], ['customer', 403]]) {
        const { token } = await desk.seeded(role);
        const answer = await list('', token);
        assert.equal(answer.status, status, role);
        if (status === 403) {
          says(answer, 403, FORBIDDEN);
        }
      }
      says(await api('GET', '/api/v1/pengguna'), 401, LOGIN_FIRST);
    });

    const patch = (id, body, token = desk.super.token) => api('PATCH', `/api/v1/users/${id}`, { body, token });

    it('changes what is named, and leaves what is not', async () => {
      const borrower = await desk.borrower();
      const address = email('baru');
      says(await patch(borrower.id, { nama_lengkap: 'Nama Diperbarui', email: address, role: 'PEMINJAM', kontak: '+628987654321' }), 200, {
        status: true,
        message: 'User updated successfully',
        data: { id: borrower.id, nama_lengkap: 'Nama Diperbarui', email: address, role: 'PEMINJAM' },
      });
      for (const body of [{}, { tim_kerja_id: '' }, { tim_kerja_id: null }, { tim_kerja_id: borrower.team.id }]) {
        assert.equal((await patch(borrower.id, body)).status, 200);
      }
      const { data } = (await desk.login(address)).body;
      assert.equal(data.nama_lengkap, 'Nama Diperbarui');
      assert.deepEqual(data.detail_pengguna, { id: borrower.id, kontak: '+628987654321', tim_kerja: borrower.team });
      // The session goes on: neither role nor activity changed.
      assert.equal((await api('GET', '/api/v1/me', { token: borrower.token })).status, 200);
    });

    it('moves people between teams that are free', async () => {
      const [one, two] = [await desk.borrower(), await desk.borrower()];
      const free = await desk.team();
      says(await patch(one.id, { tim_kerja_id: two.team.id }), 400, occupied(two.email));
      saysFaults(await patch(one.id, { tim_kerja_id: UNKNOWN }), 'tim_kerja_id');
      assert.equal((await patch(one.id, { tim_kerja_id: free.id })).status, 200);
      assert.equal((await patch(two.id, { tim_kerja_id: one.team.id })).status, 200);
      const shown = Object.fromEntries((await list('?size=100')).body.data.map((person) => [person.id, person.detail.tim_kerja_id]));
      assert.equal(shown[one.id], free.id);
      assert.equal(shown[two.id], one.team.id);
      const answers = await times(20, (i) => patch(i % 2 ? one.id : two.id, { tim_kerja_id: two.team.id }));
      assert.deepEqual(tally(answers), { 200: 10, 400: 10 });
    });

    it('keeps one admin, and ends the sessions of who gets another role', async () => {
      const fresh = await Desk.start({ engine });
      try {
        const change = (id, body) => fresh.api('PATCH', `/api/v1/users/${id}`, { body, token: fresh.super.token });
        const [one, two] = [await fresh.borrower(), await fresh.borrower()];
        const made = await change(one.id, { role: 'ADMIN' });
        assert.equal(made.body.data.role, 'ADMIN', made.text);
        says(await fresh.api('GET', '/api/v1/me', { token: one.token }), 401, LOGIN_AGAIN);
        says(await change(two.id, { role: 'ADMIN', nama_lengkap: 'Tidak' }), 400, error('Another user with role ADMIN already exists'));
        says(await change(two.id, { role: 'SUPERADMIN' }), 400, error('Another user with role SUPERADMIN already exists'));
        assert.equal((await change(one.id, { role: 'ADMIN', nama_lengkap: 'Ya' })).status, 200); // as it is
        assert.equal((await change(one.id, { role: 'PEMINJAM' })).status, 200);
        const both = await Promise.all([change(one.id, { role: 'ADMIN' }), change(two.id, { role: 'ADMIN' })]);
        assert.deepEqual(tally(both), { 200: 1, 400: 1 });
        // A technician reads as PEMINJAM: a form that sends the role along makes no borrower of it.
        const technician = await fresh.seeded('technician');
        assert.equal((await change(technician.uuid, { role: 'PEMINJAM', nama_lengkap: 'Teknisi' })).status, 200);
        const isp = await fresh.server.as('isp')('GET', `/api/users/${technician.uuid}`, { token: fresh.super.token });
        assert.equal(isp.body.data.user.role, 'technician');
        // Of two things that are wrong the role is told first.
        const supervisor = await fresh.seeded('supervisor');
        says(await change(supervisor.uuid, { role: 'ADMIN' }), 400, error('Another user with role ADMIN already exists'));
        const { data } = (await fresh.api('GET', '/api/v1/pengguna?size=100', { token: fresh.super.token })).body;
        const admin = data.find((person) => person.role === 'ADMIN');
        assert.equal((await fresh.api('DELETE', `/api/v1/users/${admin.id}`, { token: fresh.super.token })).status, 200);
        saysFaults(await change(supervisor.uuid, { role: 'ADMIN' }), 'tim_kerja_id');
      } finally {
        await fresh.stop();
      }
    });

    it('says what is wrong with a change, and changes nothing then', async () => {
      const borrower = await desk.borrower();
      const other = await desk.borrower();
      const before = (await list('?size=100')).body;
      says(await patch(borrower.id, { email: other.email.toUpperCase(), nama_lengkap: 'x' }), 400, error('Email already registered'));
      saysFaults(await patch(borrower.id, { nama_lengkap: ' ', email: 'x', role: 'x', kontak: 'x', tim_kerja_id: 'x' }),
        'nama_lengkap', 'email', 'role', 'kontak', 'tim_kerja_id');
      for (const id of [UNKNOWN, 'x', '1', `${UNKNOWN}0`]) {
        says(await patch(id, { nama_lengkap: 'x' }), 404, NO_USER);
        says(await api('DELETE', `/api/v1/users/${id}`, { token: desk.super.token }), 404, NO_USER);
      }
      for (const role of ['manager', 'customer']) {
        const { token } = await desk.seeded(role);
        says(await patch(borrower.id, { nama_lengkap: 'x' }, token), 403, FORBIDDEN);
        says(await api('DELETE', `/api/v1/users/${borrower.id}`, { token }), 403, FORBIDDEN);
      }
      says(await patch(borrower.id, { nama_lengkap: 'x' }, null), 401, LOGIN_FIRST);
      says(await patch(desk.super.uuid, { role: 'PEMINJAM' }), 403, FORBIDDEN); // not oneself
      const after = (await list('?size=100')).body;
      assert.deepEqual(after.data.filter((one) => before.data.some((old) => old.id === one.id)), before.data);
    });

    it('deletes people but SUPERADMIN: their address and their team are free again', async () => {
      const borrower = await desk.borrower();
      says(await api('DELETE', `/api/v1/users/${borrower.id}`, { token: desk.super.token }), 200, { status: true, message: 'User successfully deleted' });
      says(await api('GET', '/api/v1/me', { token: borrower.token }), 401, LOGIN_AGAIN);
      says(await desk.login(borrower.email), 404, NO_USER);
      says(await api('DELETE', `/api/v1/users/${borrower.id}`, { token: desk.super.token }), 404, NO_USER);
      assert.equal((await desk.register({ email: borrower.email, tim_kerja_id: borrower.team.id })).status, 201);
      says(await api('DELETE', `/api/v1/users/${desk.super.uuid}`, { token: desk.super.token }), 400, error('Cannot delete SUPERADMIN account'));
      const second = await desk.seeded('super_admin');
      says(await api('DELETE', `/api/v1/users/${second.uuid}`, { token: desk.super.token }), 400, error('Cannot delete SUPERADMIN account'));
      // A deactivated account may come back: it keeps its team.
      const other = await desk.borrower();
      await desk.server.command(['user', 'disable', '--email', other.email]);
      says(await desk.register({ tim_kerja_id: other.team.id }), 400, occupied(other.email));
    });
  });

  describe(`ruang: first passwords on ${engine}`, () => {
    const inTheMailOf = (server, address) => {
      const folder = path.join(server.data, 'mail');
      const mails = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
      return mails.find((mail) => mail.includes(`To:`) && mail.includes(address));
    };

    it('are the one that was set, and the doctor warns until it is changed', async () => {
      const desk = await Desk.start({ engine, args: ['--ruang-default-password', 'Selamat-Datang'] });
      try {
        const examine = async () => JSON.parse(await desk.server.command(['doctor', '--json'])).findings.find((one) => one.check === 'first passwords');
        assert.equal((await examine()).verdict, 'ok');
        const team = await desk.team();
        const made = (await desk.register({ tim_kerja_id: team.id })).body.data;
        says(await desk.login(made.email, FIRST), 401, error('Wrong password'));
        const { data } = (await desk.login(made.email, 'Selamat-Datang')).body;
        assert.equal(data.harus_ganti_kata_sandi, true);
        const finding = await examine();
        assert.equal(finding.verdict, 'warning');
        assert.match(finding.found, /^1 /);
        assert.ok(finding.found.includes(made.email));
        const body = { kata_sandi_lama: 'Selamat-Datang', kata_sandi_baru: SECRET };
        assert.equal((await desk.api('PATCH', '/api/v1/me/kata-sandi', { body, token: data.token })).status, 200);
        assert.equal((await examine()).verdict, 'ok');
      } finally {
        await desk.stop();
      }
    });

    it('are none where it is empty: a mail in Indonesian invites to set one', async () => {
      const desk = await Desk.start({ engine, args: ['--ruang-default-password', '', '--public-url', 'https://desk.example'] });
      try {
        const team = await desk.team();
        const made = (await desk.register({ tim_kerja_id: team.id })).body.data;
        says(await desk.login(made.email, FIRST), 401, error('Wrong password'));
        const mail = await eventually(() => inTheMailOf(desk.server, made.email));
        const text = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=');
        const token = /reset-password\?token=([\w-]+)/.exec(text)?.[1];
        assert.ok(token, mail);
        assert.match(text, /kata sandi/i);
        const isp = desk.server.as('isp');
        const body = { token, password: SECRET, password_confirmation: SECRET };
        assert.equal((await isp('POST', '/api/auth/reset-password', { body })).status, 200);
        const { data } = (await desk.login(made.email, SECRET)).body;
        assert.ok(!('harus_ganti_kata_sandi' in data));
      } finally {
        await desk.stop();
      }
    });

    it('that this dialect would not take itself stop the start', async () => {
      await assert.rejects(start({ engine, args: ['--ruang-default-password', 'Password123'] }), /--ruang-default-password must have at least 8 characters/);
    });
  });
}

// ruang: signing in and out, registering, one's own account.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { JWT, PASSWORD, UUID, email, engines, eventually, says } from './harness.mjs';
import {
  BAD_TOKEN, Desk, FIRST, FORBIDDEN, LOGIN_AGAIN, LOGIN_FIRST, NO_USER, SECRET, UNKNOWN, error, occupied, saysFaults, tally, times,
} from './ruang.mjs';

for (const engine of engines()) {
  describe(`ruang: the document's examples on ${engine}`, () => {
    let desk;
    let api;
    before(async () => {
      desk = await Desk.start({ engine });
      api = desk.api;
    });
    after(() => desk?.stop());

    it('registers a borrower', async () => {
      const team = await desk.team({ nama_tim_kerja: 'Nama Tim', code: 'TM01' });
      const body = {
        nama_lengkap: 'Pengguna Baru', email: 'penggunabaru@example.com', role: 'PEMINJAM', kontak: '+628123456789', tim_kerja_id: team.id,
      };
      const answer = await api('POST', '/api/v1/register', { body, token: desk.super.token });
      assert.match(answer.body.data?.id, UUID);
      says(answer, 201, {
        status: true,
        message: 'User registered successfully',
        data: { id: answer.body.data.id, nama_lengkap: 'Pengguna Baru', email: 'penggunabaru@example.com', role: 'PEMINJAM' },
      });
      says(await api('POST', '/api/v1/register', { body, token: desk.super.token }), 400, error('Email already registered'));
      const second = { ...body, email: 'user@example.com' };
      says(await api('POST', '/api/v1/register', { body: second, token: desk.super.token }), 400, occupied('penggunabaru@example.com'));
      says(await api('POST', '/api/v1/register', { body: second, token: (await desk.seeded('customer')).token }), 403, FORBIDDEN);
    });

    it('logs in with the password that the document tells, and says that it should be changed', async () => {
      const team = await desk.team({ nama_tim_kerja: 'Nama Tim Lain', code: 'TM02' });
      await desk.register({ nama_lengkap: 'Nama Pengguna', email: 'user@example.com', tim_kerja_id: team.id });
      const answer = await desk.login('user@example.com');
      const { id, token } = answer.body.data;
      says(answer, 200, {
        status: true,
        message: 'Login successful',
        data: {
          id,
          nama_lengkap: 'Nama Pengguna',
          email: 'user@example.com',
          role: 'PEMINJAM',
          detail_pengguna: {
            id: answer.body.data.detail_pengguna.id,
            kontak: '+628123456789',
            tim_kerja: { id: team.id, nama_tim_kerja: 'Nama Tim Lain', code: 'TM02', is_aktif: true },
          },
          token,
          harus_ganti_kata_sandi: true,
        },
      });
      assert.match(id, UUID);
      assert.match(answer.body.data.detail_pengguna.id, UUID);
      assert.match(token, JWT);
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
      assert.equal(claims.exp - claims.iat, 86400);
      // The mark stops nothing; once the password is one's own, the answer is the document's to the letter.
      const body = { kata_sandi_lama: FIRST, kata_sandi_baru: SECRET };
      says(await api('PATCH', '/api/v1/me/kata-sandi', { body, token }), 200, { status: true, message: 'Password changed successfully' });
      const again = await desk.login('user@example.com', SECRET);
      const { harus_ganti_kata_sandi: mark, token: first, ...same } = answer.body.data;
      assert.equal(mark, true);
      says(again, 200, { status: true, message: 'Login successful', data: { ...same, token: again.body.data.token } });
      assert.notEqual(again.body.data.token, first);
    });

    it('refuses a wrong password and an unknown address as documented', async () => {
      says(await desk.login('user@example.com', 'Password123?'), 401, error('Wrong password'));
      says(await desk.login('nobody@example.com', 'Password123!'), 404, NO_USER);
    });

    it('logs out', async () => {
      const { token } = (await desk.login('user@example.com', SECRET)).body.data;
      says(await api('POST', '/api/v1/logout', { token }), 200, { status: true, message: 'Logout successful' });
      says(await api('POST', '/api/v1/logout', { token }), 401, LOGIN_AGAIN);
      says(await api('POST', '/api/v1/logout'), 401, LOGIN_FIRST);
    });
  });

  describe(`ruang accounts on ${engine}`, () => {
    let desk;
    let api;
    before(async () => {
      desk = await Desk.start({ engine });
      api = desk.api;
    });
    after(() => desk?.stop());

    // ---- tokens ----

    it('has three words for a token that opens nothing', async () => {
      const me = (options) => api('GET', '/api/v1/me', options);
      const { token } = desk.super;
      const [head, claims, signature] = token.split('.');
      for (const headers of [{}, { Authorization: token }, { Authorization: 'Bearer' }, { Authorization: `Basic ${token}` }, { Authorization: 'Bearer x.y' }, { Authorization: 'Bearer x.y.z' }]) {
        says(await me({ headers }), 401, LOGIN_FIRST);
      }
      // "past its time, or signed by somebody else: `Invalid or expired token`", whatever that one's header and length
      const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const foreign = `${part({ typ: 'JWT', alg: 'HS256' })}.${claims}.${signature}`;
      const long = `${part({ alg: 'RS256', typ: 'JWT', kid: 'theirs' })}.${part({ sub: 'x'.repeat(400) })}.${'A'.repeat(342)}`;
      for (const bad of [`${head}.${claims}.${'A'.repeat(43)}`, `${head}.${claims}.${signature.slice(0, -4)}AAAA`, foreign, long]) {
        says(await me({ token: bad }), 401, BAD_TOKEN);
      }
      const borrower = await desk.borrower();
      await api('POST', '/api/v1/logout', { token: borrower.token });
      says(await me({ token: borrower.token }), 401, LOGIN_AGAIN);
    });

    it('is good for 24 hours', async () => {
      const fresh = await Desk.start({ engine, clock: 0 });
      try {
        const { token } = await fresh.borrower();
        const status = async () => (await fresh.api('GET', '/api/v1/me', { token })).status;
        fresh.server.setClock(86400 - 600);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        assert.equal(await status(), 200);
        fresh.server.setClock(86400 + 60);
        await eventually(async () => (await status()) === 401);
        says(await fresh.api('GET', '/api/v1/me', { token }), 401, BAD_TOKEN);
      } finally {
        await fresh.stop();
      }
    });

    it('takes tokens of every dialect, and gives tokens to them', async () => {
      const borrower = await desk.borrower();
      const isp = desk.server.as('isp');
      const answer = await isp('GET', '/api/auth/me', { token: borrower.token });
      assert.equal(answer.body.data.user.role, 'customer', answer.text);
      const technician = await desk.seeded('technician');
      const { data } = (await api('GET', '/api/v1/me', { token: technician.token })).body;
      assert.equal(data.role, 'PEMINJAM');
    });

    // ---- signing in ----

    it('judges the form of a sign-in before it looks anybody up', async () => {
      const borrower = await desk.borrower();
      const try_ = (body) => api('POST', '/api/v1/login', { body });
      for (const weak of ['Pendek!', 'tanpabesar!', 'TANPAKECIL!', 'TanpaKhusus1', '', 'Dengan Spasi']) {
        saysFaults(await try_({ email: borrower.email, kata_sandi: weak }), 'kata_sandi');
        saysFaults(await try_({ email: 'nobody@example.com', kata_sandi: weak }), 'kata_sandi');
      }
      for (const wrong of ['', 'user', 'user@', '@example.com', 'a b@example.com', 'user@example..com']) {
        saysFaults(await try_({ email: wrong, kata_sandi: SECRET }), 'email');
      }
      saysFaults(await try_({}), 'email', 'kata_sandi');
      saysFaults(await try_({ email: 'user', kata_sandi: 'x' }), 'email', 'kata_sandi');
      saysFaults(await try_({ email: 7, kata_sandi: null }), 'email', 'kata_sandi');
      const malformed = await api('POST', '/api/v1/login', { text: '{' });
      assert.equal(malformed.status, 400);
      assert.equal(malformed.body.error, true);
      assert.equal((await desk.login(borrower.email.toUpperCase())).status, 200);
    });

    it('shows people of other dialects in the document’s form, without a team', async () => {
      const address = email('budi');
      const made = { username: 'Budi', email: address, password: 'Rahasia123!' };
      assert.equal((await desk.server.as('tiket')('POST', '/auth/register', { body: made })).status, 200);
      const { data } = (await desk.login(address, 'Rahasia123!')).body;
      assert.deepEqual(data, {
        id: data.id, nama_lengkap: 'Budi', email: address, role: 'PEMINJAM',
        detail_pengguna: { id: data.detail_pengguna.id, kontak: null, tim_kerja: null }, token: data.token,
      });
    });

    it('takes nobody in who is deactivated or of another tenant', async () => {
      const borrower = await desk.borrower();
      await desk.server.command(['user', 'disable', '--email', borrower.email]);
      says(await desk.login(borrower.email), 404, NO_USER);
      says(await api('GET', '/api/v1/me', { token: borrower.token }), 401, LOGIN_AGAIN);
      await desk.server.seedTenant('ruang-two.example');
      const other = await desk.borrower();
      says(await desk.login(other.email, FIRST, { headers: { Host: 'ruang-two.example' } }), 404, NO_USER);
      const { id } = await desk.server.seedTenant('ruang-gone.example');
      await desk.server.command(['tenant', 'disable', '--id', String(id)]);
      says(await desk.login(other.email, FIRST, { headers: { Host: 'ruang-gone.example' } }), 403, error('This tenant is not active.'));
    });

    it('slows down guessing, on the sign-in and on the change of a password', async () => {
      const strict = await Desk.start({ engine, args: ['--login-throttle', 'on'] });
      try {
        const borrower = await strict.borrower();
        for (let i = 0; i < 5; i++) {
          says(await strict.login(borrower.email, 'Salah123!'), 401, error('Wrong password'));
        }
        const answer = await strict.login(borrower.email);
        says(answer, 429, error('Too many failed logins, please try again later'));
        assert.ok(Number(answer.headers['retry-after']) > 0);
        const body = { kata_sandi_lama: FIRST, kata_sandi_baru: SECRET };
        assert.equal((await strict.api('PATCH', '/api/v1/me/kata-sandi', { body, token: borrower.token })).status, 429);
      } finally {
        await strict.stop();
      }
    });

    // ---- registering ----

    it('says which fields of a registration are wrong, all at once', async () => {
      const { token } = desk.super;
      saysFaults(await api('POST', '/api/v1/register', { body: {}, token }), 'nama_lengkap', 'email', 'role', 'kontak');
      saysFaults(await api('POST', '/api/v1/register', { body: { role: 'ADMIN' }, token }), 'nama_lengkap', 'email', 'kontak', 'tim_kerja_id');
      const team = await desk.team();
      for (const kontak of ['628123456789', '+628123456', '+628123456789012', '+62 8123456789', '+6281234567x', '08123456789', '+638123456789', '', 7]) {
        saysFaults(await desk.register({ kontak, tim_kerja_id: team.id }), 'kontak');
      }
      for (const role of ['peminjam', 'USER', 'manager', '', 1]) {
        saysFaults(await desk.register({ role, tim_kerja_id: team.id }), 'role');
      }
      for (const nama_lengkap of ['', '   ', 'x'.repeat(256), 'a\u0001b', 7]) {
        saysFaults(await desk.register({ nama_lengkap, tim_kerja_id: team.id }), 'nama_lengkap');
      }
      for (const tim_kerja_id of [undefined, null, '', 'TM01', '7', UNKNOWN, '00000000-0000-0000-0000-000000000000']) {
        saysFaults(await desk.register({ tim_kerja_id }), 'tim_kerja_id');
      }
      // The shortest and the longest number.
      for (const kontak of ['+6281234567', '+62812345678901']) {
        const { id } = await desk.team();
        assert.equal((await desk.register({ kontak, tim_kerja_id: id })).status, 201, kontak);
      }
    });

    it('needs no team for a super administrator, of whom there is one', async () => {
      says(await desk.register({ role: 'SUPERADMIN' }), 400, error('User with role SUPERADMIN already exists'));
      says(await desk.register({ role: 'SUPERADMIN', email: desk.super.email }), 400, error('Email already registered'));
    });

    it('lets nobody register but a super administrator', async () => {
      const team = await desk.team();
      for (const role of ['manager', 'supervisor', 'customer_service', 'technician', 'customer']) {
        const other = await desk.seeded(role);
        says(await desk.register({ tim_kerja_id: team.id }, other.token), 403, FORBIDDEN);
        // Also before anything of the body is looked at.
        says(await api('POST', '/api/v1/register', { body: {}, token: other.token }), 403, FORBIDDEN);
        await desk.server.command(['user', 'disable', '--email', other.email]);
      }
      says(await api('POST', '/api/v1/register', { body: desk.person({ tim_kerja_id: team.id }) }), 401, LOGIN_FIRST);
    });

    it('makes one account of fifty registrations at once for one team', async () => {
      const team = await desk.team();
      const answers = await times(50, () => desk.register({ tim_kerja_id: team.id }));
      assert.deepEqual(tally(answers), { 201: 1, 400: 49 });
      const winner = answers.find(({ status }) => status === 201).body.data.email;
      for (const answer of answers.filter(({ status }) => status === 400)) {
        says(answer, 400, occupied(winner));
      }
    });

    it('makes one account of fifty registrations at once of one address, and one admin of fifty', async () => {
      const fresh = await Desk.start({ engine });
      try {
        const teams = await times(50, () => fresh.team());
        const address = email('same');
        const same = await times(50, (i) => fresh.register({ email: i % 2 ? address : address.toUpperCase(), tim_kerja_id: teams[i].id }));
        assert.deepEqual(tally(same), { 201: 1, 400: 49 });
        for (const answer of same.filter(({ status }) => status === 400)) {
          says(answer, 400, error('Email already registered'));
        }
        const free = await times(50, () => fresh.team());
        const admins = await times(50, (i) => fresh.register({ role: 'ADMIN', tim_kerja_id: free[i].id }));
        assert.deepEqual(tally(admins), { 201: 1, 400: 49 });
        for (const answer of admins.filter(({ status }) => status === 400)) {
          says(answer, 400, error('User with role ADMIN already exists'));
        }
        const { pagination } = (await fresh.api('GET', '/api/v1/pengguna', { token: fresh.super.token })).body;
        assert.equal(pagination.total_rows, 2);
      } finally {
        await fresh.stop();
      }
    });

    it('looks at address, role and team in this order', async () => {
      const fresh = await Desk.start({ engine });
      try {
        const team = await fresh.team();
        const manager = await fresh.seeded('manager'); // whichever way it came
        const wrong = { email: manager.email, role: 'ADMIN', tim_kerja_id: team.id };
        await fresh.register({ email: 'user@example.com', tim_kerja_id: team.id });
        says(await fresh.register(wrong), 400, error('Email already registered'));
        says(await fresh.register({ ...wrong, email: email() }), 400, error('User with role ADMIN already exists'));
        says(await fresh.register({ ...wrong, email: email(), role: 'PEMINJAM' }), 400, occupied('user@example.com'));
        await fresh.server.as('hcall')('POST', '/api/user/delete', { body: { user_email: manager.email }, token: fresh.super.token });
        const other = await fresh.team();
        const answer = await fresh.register({ ...wrong, tim_kerja_id: other.id });
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.body.data.role, 'ADMIN');
      } finally {
        await fresh.stop();
      }
    });

    it('keeps tenants apart', async () => {
      const team = await desk.team();
      const tenant = await desk.server.seedTenant('ruang-three.example');
      const foreign = await desk.server.seed('super_admin', { tenant: tenant.id });
      const headers = { Host: 'ruang-three.example' };
      const tiket = await desk.server.as('tiket')('POST', '/auth/login', { body: { email: foreign.email, password: PASSWORD }, headers });
      const { token } = tiket.body;
      saysFaults(await desk.register({ tim_kerja_id: team.id }, token), 'tim_kerja_id');
      const borrower = await desk.borrower();
      says(await api('PATCH', `/api/v1/users/${borrower.id}`, { body: { nama_lengkap: 'x' }, token }), 404, NO_USER);
      says(await api('DELETE', `/api/v1/users/${borrower.id}`, { token }), 404, NO_USER);
      says(await api('GET', '/api/v1/pengguna', { token }), 200, {
        status: true, message: 'Users data retrieved successfully', data: [], pagination: { page: 1, size: 10, total_rows: 0, total_pages: 0 },
      });
      // One admin, and one owner of an address, a tenant.
      const own = await desk.team({ code: team.code, nama_tim_kerja: team.nama_tim_kerja }, token);
      const made = await desk.register({ email: borrower.email, tim_kerja_id: own.id, role: 'ADMIN' }, token);
      assert.equal(made.status, 201, made.text);
      assert.equal((await desk.login(borrower.email, FIRST, { headers })).body.data.role, 'ADMIN');
      // The operator's staff may act there.
      const there = await api('GET', '/api/v1/pengguna', { token: desk.super.token, headers: { 'X-Tenant-ID': String(tenant.id) } });
      assert.equal(there.body.pagination.total_rows, 1, there.text);
      says(await api('GET', '/api/v1/pengguna', { token, headers: { 'X-Tenant-ID': '1' } }), 403, error('You may not act in this tenant.'));
    });

    // ---- oneself ----

    it('tells everybody who they are', async () => {
      const borrower = await desk.borrower();
      says(await api('GET', '/api/v1/me', { token: borrower.token }), 200, {
        status: true,
        message: 'Current user data retrieved successfully',
        data: {
          id: borrower.id, nama_lengkap: 'Pengguna Baru', email: borrower.email, role: 'PEMINJAM',
          detail_pengguna: { id: borrower.id, kontak: '+628123456789', tim_kerja: borrower.team },
        },
      });
      const { data } = (await api('GET', '/api/v1/me', { token: desk.super.token })).body;
      assert.equal(data.role, 'SUPERADMIN');
      assert.deepEqual(data.detail_pengguna, { id: data.id, kontak: null, tim_kerja: null });
    });

    it('changes one’s own password, ends the other sessions and keeps this one', async () => {
      const borrower = await desk.borrower();
      const other = (await desk.login(borrower.email)).body.data.token;
      const change = (kata_sandi_lama, kata_sandi_baru) =>
        api('PATCH', '/api/v1/me/kata-sandi', { body: { kata_sandi_lama, kata_sandi_baru }, token: borrower.token });
      saysFaults(await change('Salah123!', SECRET), 'kata_sandi_lama'); // never a 401: it throws the client out
      for (const weak of ['Pendek!', 'tanpabesar!', 'TANPAKECIL!', 'TanpaKhusus1']) {
        saysFaults(await change(FIRST, weak), 'kata_sandi_baru');
      }
      saysFaults(await api('PATCH', '/api/v1/me/kata-sandi', { body: {}, token: borrower.token }), 'kata_sandi_lama', 'kata_sandi_baru');
      says(await change(FIRST, SECRET), 200, { status: true, message: 'Password changed successfully' });
      says(await api('GET', '/api/v1/me', { token: other }), 401, LOGIN_AGAIN);
      assert.equal((await api('GET', '/api/v1/me', { token: borrower.token })).status, 200);
      says(await desk.login(borrower.email, FIRST), 401, error('Wrong password'));
      assert.equal((await desk.login(borrower.email, SECRET)).status, 200);
      says(await api('PATCH', '/api/v1/me/kata-sandi', { body: { kata_sandi_lama: FIRST, kata_sandi_baru: SECRET } }), 401, LOGIN_FIRST);
      // An old password need not fit the rule of this dialect.
      const technician = await desk.seeded('technician');
      const body = { kata_sandi_lama: PASSWORD, kata_sandi_baru: SECRET };
      assert.equal((await api('PATCH', '/api/v1/me/kata-sandi', { body, token: technician.token })).status, 200);
      assert.equal((await desk.login(technician.email, SECRET)).status, 200);
    });
  });
}

// isp: accounts, as managers see them and as everybody sees themself. Every answer that the document shows stands here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, TIME, UUID, email, engines, start } from './harness.mjs';
import { data, login, person, refuses } from './isp.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];

for (const engine of engines()) {
  describe(`isp users on ${engine}`, () => {
    let server;
    let api;
    let people;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      people = {};
      for (const role of ROLES) {
        people[role] = await person(server, role);
      }
    });
    after(() => server?.stop());

    const as = (role) => people[role].token;
    const wanted = (role, more = {}) => ({
      email: email('wanted'),
      password: 'password123',
      role,
      profile: { full_name: 'Budi Santoso', phone: '+62 812', ...more },
    });
    const create = (body, token = as('super_admin')) => api('POST', '/api/users', { body, token });
    const get = (id, token = as('super_admin')) => api('GET', `/api/users/${id}`, { token });
    const put = (id, body, token = as('super_admin')) => api('PUT', `/api/users/${id}`, { body, token });
    const remove = (id, token = as('super_admin')) => api('DELETE', `/api/users/${id}`, { token });
    const made = async (role, more) => data(await create(wanted(role, more)), 201).user;

    it('makes an account in the shape of the lists, and reads it again', async () => {
      const body = wanted('customer_service', { avatar: 'https://example.com/budi.png' });
      const { user } = data(await create(body), 201);
      assert.deepEqual(Object.keys(user), ['id', 'email', 'role', 'is_active', 'profile', 'created_at', 'updated_at']);
      assert.match(user.id, UUID);
      assert.equal(user.email, body.email);
      assert.equal(user.role, 'customer_service');
      assert.equal(user.is_active, true);
      assert.deepEqual(user.profile, {
        full_name: 'Budi Santoso',
        phone: '+62 812',
        avatar: 'https://example.com/budi.png',
        customer_id: null,
        technician_id: null,
      });
      assert.match(user.created_at, TIME);
      assert.match(user.updated_at, TIME);
      assert.deepEqual(data(await get(user.id)).user, user);
      await login(server, body.email, 'password123');
    });

    it('makes a technician with number, skills and areas', async () => {
      const body = wanted('technician', { employee_id: 'EMP-1', skills: ['Fiber', 'router', 'FIBER'], service_areas: ['Bogor'] });
      const { user } = data(await create(body), 201);
      assert.equal(user.profile.technician_id, user.id);
      const { technician } = data(await api('GET', `/api/technicians/${user.id}`, { token: as('manager') }));
      assert.equal(technician.employee_id, 'EMP-1');
      assert.deepEqual(technician.skills, ['Fiber', 'router']);
      assert.deepEqual(technician.service_areas, ['Bogor']);
      const again = wanted('technician', { employee_id: 'EMP-1' });
      refuses(await create(again), 409, 'DUPLICATE_ENTRY');
      refuses(await api('POST', '/api/auth/login', { body: { email: again.email, password: 'password123' } }), 401, 'INVALID_CREDENTIALS');
      refuses(await create(wanted('customer', { employee_id: 'E', skills: ['a'], service_areas: ['b'] })), 422, 'VALIDATION_ERROR', [
        'profile.employee_id',
        'profile.skills',
        'profile.service_areas',
      ]);
      refuses(await create({ ...wanted('customer', { employee_id: 'E', avatar: 'x' }), email: 'x' }), 422, 'VALIDATION_ERROR', [
        'email',
        'profile.avatar',
        'profile.employee_id',
      ]);
      data(await create(wanted('customer', { skills: [], service_areas: [] })), 201);
      refuses(await create(wanted('technician', { skills: ['ok', ' ', 'x'.repeat(101)], service_areas: Array(51).fill('a') })), 422, 'VALIDATION_ERROR', [
        'profile.service_areas',
      ]);
      refuses(await create(wanted('technician', { skills: ['ok', ' ', 'x'.repeat(101)] })), 422, 'VALIDATION_ERROR', [
        'profile.skills[1]',
        'profile.skills[2]',
      ]);
    });

    // domain.md: "`details` lists every fault at once".
    it('names every faulty field at once', async () => {
      refuses(await create({}), 422, 'VALIDATION_ERROR', ['email', 'password', 'role', 'profile']);
      refuses(await create({ email: 'x', password: 'short', role: 'boss', profile: {} }), 422, 'VALIDATION_ERROR', [
        'email',
        'password',
        'role',
        'profile.full_name',
        'profile.phone',
      ]);
      refuses(await create({ email: 1, password: 2, role: 3, profile: 'x' }), 422, 'VALIDATION_ERROR', ['email', 'password', 'role', 'profile']);
      const hostile = { full_name: 'a\u0001b', phone: 'x'.repeat(256), avatar: 'javascript:alert(1)' };
      refuses(await create({ ...wanted('customer'), profile: hostile }), 422, 'VALIDATION_ERROR', [
        'profile.full_name',
        'profile.phone',
        'profile.avatar',
      ]);
      refuses(await create(wanted('customer', { avatar: 'javascript:alert(1)' })), 422, 'VALIDATION_ERROR', ['profile.avatar']);
      refuses(await create(wanted('customer', { full_name: ' \u00a0 ' })), 422, 'VALIDATION_ERROR', ['profile.full_name']);
    });

    it('takes an address once, in any letter case, also of a hundred at once', async () => {
      const body = wanted('customer');
      data(await create(body), 201);
      refuses(await create({ ...body, email: body.email.toUpperCase() }), 409, 'DUPLICATE_ENTRY');
      const race = wanted('technician', { employee_id: 'RACE-1' });
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => create(i % 2 === 0 ? race : { ...wanted('technician', { employee_id: 'RACE-1' }) })),
      );
      const won = answers.filter((answer) => answer.status === 201);
      assert.equal(won.length, 1);
      for (const answer of answers.filter((other) => other !== won[0])) {
        refuses(answer, 409, 'DUPLICATE_ENTRY');
      }
    });

    it('lets the table of permissions decide who makes whom', async () => {
      for (const maker of ROLES) {
        for (const role of ROLES) {
          const answer = await create(wanted(role), as(maker));
          const may = maker === 'super_admin' || (maker === 'manager' && !['super_admin', 'manager'].includes(role));
          if (may) {
            data(answer, 201);
          } else {
            refuses(answer, 403, 'INSUFFICIENT_PERMISSIONS');
          }
        }
      }
      refuses(await api('POST', '/api/users', { body: wanted('customer') }), 401, 'UNAUTHORIZED');
    });

    it('lets supervisors up list and read, and everybody read themself', async () => {
      const somebody = await made('customer');
      for (const role of ROLES) {
        const list = await api('GET', '/api/users', { token: as(role) });
        const read = await get(somebody.id, as(role));
        if (['super_admin', 'manager', 'supervisor'].includes(role)) {
          data(list);
          data(read);
        } else {
          refuses(list, 403, 'INSUFFICIENT_PERMISSIONS');
          refuses(read, 404, 'RESOURCE_NOT_FOUND');
        }
        assert.equal(data(await get(people[role].uuid, as(role))).user.id, people[role].uuid);
      }
      refuses(await api('GET', '/api/users'), 401, 'UNAUTHORIZED');
      for (const id of ['x', '1', '0190163d-8694-739b-aea5-966c26f8ad9', '%00', "' OR 1=1"]) {
        const answer = await get(encodeURI(id));
        refuses(answer, 400, 'VALIDATION_ERROR', ['id']);
      }
      refuses(await get('0190163d-8694-739b-aea5-966c26f8ad91'), 404, 'RESOURCE_NOT_FOUND');
    });

    it('never tells other tenants’ accounts', async () => {
      const tenant = await server.seedTenant(`users-${engine}.example`);
      const foreign = await server.seed('customer', { tenant: tenant.id });
      refuses(await get(foreign.uuid), 404, 'RESOURCE_NOT_FOUND');
      refuses(await put(foreign.uuid, { profile: { full_name: 'X' } }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await remove(foreign.uuid), 404, 'RESOURCE_NOT_FOUND');
      const { pagination } = data(await api('GET', `/api/users?search=${encodeURIComponent(foreign.email)}`, { token: as('super_admin') }));
      assert.equal(pagination.total, 0);
    });

    it('changes the own profile, and nothing else of oneself', async () => {
      for (const role of ROLES) {
        const { uuid, token, email: address } = people[role];
        const profile = { full_name: `Ünïcødé ${role} 🎫`, phone: '1', avatar: '/api/files/0190163d-8694-739b-aea5-966c26f8ad91' };
        const { user } = data(await put(uuid, { profile, role, is_active: true, email: address }, token));
        assert.deepEqual({ ...profile, ...user.profile }, user.profile);
        assert.equal(user.profile.full_name, profile.full_name);
        refuses(await put(uuid, { role: role === 'customer' ? 'super_admin' : 'customer' }, token), 403, 'INSUFFICIENT_PERMISSIONS');
        refuses(await put(uuid, { is_active: false }, token), 403, 'INSUFFICIENT_PERMISSIONS');
        refuses(await put(uuid, { email: email('new') }, token), 403, 'INSUFFICIENT_PERMISSIONS');
        const cleared = data(await put(uuid, { profile: { avatar: null } }, token)).user;
        assert.equal(cleared.profile.avatar, null);
        assert.equal(cleared.profile.phone, '1');
      }
      refuses(await put(people.customer.uuid, { profile: { full_name: '', avatar: 'x' } }, as('customer')), 422, 'VALIDATION_ERROR', [
        'profile.full_name',
        'profile.avatar',
      ]);
      refuses(await put(people.customer.uuid, { profile: { avatar: 'x' }, email: 'y', role: 'z', is_active: 'w' }, as('customer')), 422, 'VALIDATION_ERROR', [
        'profile.avatar',
        'email',
        'role',
        'is_active',
      ]);
    });

    it('lets those above change role, address and activity, and ends the sessions', async () => {
      const body = wanted('technician');
      const { user } = data(await create(body), 201);
      const { tokens } = await login(server, body.email, 'password123');
      refuses(await put(user.id, { role: 'supervisor' }, as('supervisor')), 403, 'INSUFFICIENT_PERMISSIONS');
      refuses(await put(user.id, { role: 'manager' }, as('manager')), 403, 'INSUFFICIENT_PERMISSIONS');
      refuses(await put(user.id, { profile: { full_name: 'X' } }, as('technician')), 404, 'RESOURCE_NOT_FOUND');
      const address = email('moved');
      const changed = data(await put(user.id, { role: 'supervisor', email: address }, as('manager'))).user;
      assert.equal(changed.role, 'supervisor');
      assert.equal(changed.email, address);
      assert.equal(changed.profile.technician_id, null);
      refuses(await api('GET', '/api/auth/me', { token: tokens.access_token }), 401, 'UNAUTHORIZED');
      refuses(await api('POST', '/api/auth/refresh', { body: { refresh_token: tokens.refresh_token } }), 401, 'UNAUTHORIZED');
      refuses(await put(user.id, { email: people.manager.email.toUpperCase() }), 409, 'DUPLICATE_ENTRY');
      await login(server, address, 'password123');
      // Nobody touches whom they may not make.
      refuses(await put(people.super_admin.uuid, { profile: { full_name: 'X' } }, as('manager')), 403, 'INSUFFICIENT_PERMISSIONS');
    });

    it('deactivates at once, and takes back', async () => {
      const body = wanted('technician');
      const { user } = data(await create(body), 201);
      const { tokens } = await login(server, body.email, 'password123');
      for (const role of ['supervisor', 'customer_service', 'technician', 'customer']) {
        refuses(await remove(user.id, as(role)), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      assert.ok(data(await remove(user.id, as('manager'))).message);
      refuses(await api('GET', '/api/auth/me', { token: tokens.access_token }), 401, 'UNAUTHORIZED');
      refuses(await api('POST', '/api/auth/login', { body: { email: body.email, password: 'password123' } }), 401, 'INVALID_CREDENTIALS');
      assert.equal(data(await get(user.id)).user.is_active, false);
      refuses(await create({ ...wanted('customer'), email: body.email }), 409, 'DUPLICATE_ENTRY');
      data(await remove(user.id)); // once more changes nothing
      assert.equal(data(await put(user.id, { is_active: true })).user.is_active, true);
      await login(server, body.email, 'password123');
    });

    it('keeps oneself and the last active super_admin', async () => {
      refuses(await remove(people.super_admin.uuid), 403, 'INSUFFICIENT_PERMISSIONS');
      const tenant = await server.seedTenant(`last-${engine}.example`);
      const one = await person2('super_admin', tenant.id);
      const two = await person2('super_admin', tenant.id);
      const answers = await Promise.all([remove(one.uuid, two.token), remove(two.uuid, one.token)]);
      // Of two who deactivate each other at once, one stays.
      assert.equal(answers.filter((answer) => answer.status === 200).length, 1, answers.map((answer) => answer.text).join());

      async function person2(role, id) {
        const account = await server.seed(role, { tenant: id });
        const headers = { Host: `last-${engine}.example` };
        const answer = await api('POST', '/api/auth/login', { body: { email: account.email, password: PASSWORD }, headers });
        return { ...account, token: data(answer).tokens.access_token };
      }
    });
  });

  describe(`isp user lists on ${engine}`, () => {
    let server;
    let api;
    let token;
    const names = ['İsmail Çelik', 'Σωκράτης Παπαδόπουλος', 'Борис Жуков', 'Siti Nurhaliza', '100% sure', 'under_score', "O'Brien \\ <b>", 'ﬁber ligature'];
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      ({ token } = await person(server, 'supervisor', { name: 'Zz', address: 'zz@example.net' }));
      for (const [i, name] of names.entries()) {
        await server.seed(i % 2 === 0 ? 'customer' : 'technician', { name, address: `p${i}@list.test` });
      }
      await server.command(['user', 'disable', '--email', 'p0@list.test']);
    });
    after(() => server?.stop());
    const list = (query) => api('GET', `/api/users?${new URLSearchParams(query)}`, { token });
    const found = async (query) => data(await list(query)).users.map((user) => user.email);

    it('is newest first, page by page, with the documented pagination', async () => {
      const answer = data(await list({}));
      assert.deepEqual(Object.keys(answer), ['users', 'pagination']);
      assert.deepEqual(answer.pagination, { current_page: 1, per_page: 20, total: 9, total_pages: 1 });
      assert.deepEqual(answer.users.map((user) => user.email), [...names.keys()].reverse().map((i) => `p${i}@list.test`).concat('zz@example.net'));
      const second = data(await list({ page: 2, limit: 4 }));
      assert.deepEqual(second.pagination, { current_page: 2, per_page: 4, total: 9, total_pages: 3 });
      assert.deepEqual(second.users.map((user) => user.email), ['p3@list.test', 'p2@list.test', 'p1@list.test', 'p0@list.test']);
      const beyond = data(await list({ page: 1000000000, limit: 100 }));
      assert.deepEqual(beyond.users, []);
      assert.equal(beyond.pagination.total, 9);
    });

    it('refuses what is out of range, all at once', async () => {
      refuses(await list({ page: 0, limit: 101, role: 'boss', is_active: 'maybe', search: 'x'.repeat(256) }), 422, 'VALIDATION_ERROR', [
        'page',
        'limit',
        'role',
        'is_active',
        'search',
      ]);
      for (const limit of ['0', '-1', 'x', '1.5', '99999999999999999999']) {
        refuses(await list({ limit }), 422, 'VALIDATION_ERROR', ['limit']);
      }
    });

    it('filters by role and activity, with totals', async () => {
      assert.equal(data(await list({ role: 'technician' })).pagination.total, 4);
      assert.equal((await found({ role: 'technician' })).length, 4);
      assert.deepEqual(await found({ is_active: 'false' }), ['p0@list.test']);
      assert.equal(data(await list({ is_active: 'false' })).pagination.total, 1);
      assert.equal(data(await list({ is_active: 'true' })).pagination.total, 8);
      assert.equal(data(await list({ is_active: 'true', role: 'customer' })).pagination.total, 3);
      assert.equal(data(await list({ role: 'super_admin' })).pagination.total_pages, 0);
    });

    it('searches names and addresses in any script and letter case, % and _ being themselves', async () => {
      const cases = {
        çelik: [0],
        ÇELİK: [0],
        ismail: [0],
        ΠΑΠΑΔΌΠΟΥΛΟΣ: [1],
        σωκράτης: [1],
        ЖУКОВ: [2],
        борис: [2],
        'SITI nur': [3],
        '%': [4],
        _: [5],
        'R_S': [5],
        "o'brien \\ <B>": [6],
        'P3@LIST.test': [3],
        'list.test': [7, 6, 5, 4, 3, 2, 1, 0],
        "' OR '1'='1": [],
        'nobody at all': [],
      };
      for (const [search, expected] of Object.entries(cases)) {
        const answer = data(await list({ search }));
        assert.deepEqual(answer.users.map((user) => user.email), expected.map((i) => `p${i}@list.test`), search);
        assert.equal(answer.pagination.total, expected.length, search);
      }
      assert.deepEqual(await found({ search: 'list.test', role: 'technician', is_active: 'true', limit: 2, page: 2 }), ['p3@list.test', 'p1@list.test']);
      assert.equal(data(await list({ search: '' })).pagination.total, 9);
    });
  });
}

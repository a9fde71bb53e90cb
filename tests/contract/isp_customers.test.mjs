// isp: customers. Every answer that the document shows stands here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { TIME, UUID, email, engines, start } from './harness.mjs';
import { data, login, mails, mailsNow, person, refuses, tokenOf } from './isp.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
const DAY = 86400;

for (const engine of engines()) {
  describe(`isp customers on ${engine}`, () => {
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
    const wanted = (more = {}) => ({
      full_name: 'Siti Rahayu',
      phone: '+62 811 2233 4455',
      email: email('siti'),
      address: 'Jl. Melati 5, Jakarta',
      coordinates: { lat: -6.2088, lng: 106.8456 },
      service_area: 'Jakarta Selatan',
      ...more,
    });
    const create = (body, token = as('customer_service')) => api('POST', '/api/customers', { body, token });
    const get = (id, token = as('customer_service')) => api('GET', `/api/customers/${id}`, { token });
    const put = (id, body, token = as('customer_service')) => api('PUT', `/api/customers/${id}`, { body, token });
    const made = async (more) => data(await create(wanted(more)), 201).customer;

    it('makes a customer in the shape of the lists, with account and invitation', async () => {
      const body = wanted({ nik: `nik-${engine}`, service_package: 'Fiber 50' });
      const { customer } = data(await create(body), 201);
      const { id, user_id: user, created_at: created, ...rest } = customer;
      assert.match(id, UUID);
      assert.equal(user, id);
      assert.match(created, TIME);
      assert.deepEqual(rest, body);
      assert.deepEqual(Object.keys(customer), [
        'id', 'user_id', 'full_name', 'phone', 'email', 'nik', 'address', 'coordinates', 'service_area', 'service_package', 'created_at',
      ]);
      assert.deepEqual(data(await get(id)).customer, customer);
      assert.equal(data(await api('GET', `/api/users/${user}`, { token: as('manager') })).user.role, 'customer');

      // Without a public address the mail tells the token and what to do with it.
      const [mail] = await mails(server, body.email, 1);
      assert.match(mail, /^Subject: Your account at Sigap is ready\r?$/m);
      assert.match(mail, /Please enter this code where you choose your password\./);
      assert.ok(!mail.includes('://'));
      const password = 'my own password';
      data(await api('POST', '/api/auth/reset-password', { body: { token: tokenOf(mail), password, password_confirmation: password } }));
      assert.equal((await login(server, body.email, password)).user.profile.customer_id, id);
    });

    it('takes the number of a deleted account again', async () => {
      const body = wanted({ nik: `again-${engine}`, email: email('again') });
      data(await create(body), 201);
      refuses(await create({ ...body, email: email('other') }), 409, 'DUPLICATE_ENTRY');
      const gone = await server.as('hcall')('POST', '/api/user/delete', { body: { user_email: body.email }, token: as('manager') });
      assert.equal(gone.status, 200);
      assert.equal(data(await create(body), 201).customer.nik, body.nik);
    });

    it('makes one without what is optional, and tells null', async () => {
      const customer = await made({ nik: null });
      assert.equal(customer.nik, null);
      assert.equal(customer.service_package, null);
      assert.equal((await made({ nik: '' })).nik, null);
    });

    it('names every faulty field at once', async () => {
      refuses(await create({}), 422, 'VALIDATION_ERROR', ['full_name', 'phone', 'email', 'address', 'coordinates', 'service_area']);
      refuses(
        await create({
          full_name: ' ', phone: 5, email: 'nowhere', nik: 'x'.repeat(65), address: 'x'.repeat(1001), coordinates: { lat: 90.1, lng: 'x' },
          service_area: '\u0001', service_package: 'x'.repeat(256),
        }),
        422,
        'VALIDATION_ERROR',
        ['full_name', 'phone', 'email', 'nik', 'address', 'coordinates.lat', 'coordinates.lng', 'service_area', 'service_package'],
      );
      refuses(await create(wanted({ coordinates: { lat: -91 } })), 422, 'VALIDATION_ERROR', ['coordinates.lat', 'coordinates.lng']);
      refuses(await create(wanted({ coordinates: [1, 2] })), 422, 'VALIDATION_ERROR', ['coordinates']);
      for (const place of [{ lat: -90, lng: -180 }, { lat: 90, lng: 180 }, { lat: 0, lng: 0 }]) {
        assert.deepEqual((await made({ coordinates: place })).coordinates, place);
      }
    });

    it('takes address and nik once, also of fifty at once, and mails the one who won', async () => {
      const body = wanted({ nik: `once-${engine}` });
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => create(i % 2 === 0 ? body : wanted({ nik: body.nik }))));
      const won = answers.filter((answer) => answer.status === 201);
      assert.equal(won.length, 1);
      for (const answer of answers.filter((other) => other !== won[0])) {
        refuses(answer, 409, 'DUPLICATE_ENTRY');
      }
      const { customer } = won[0].body.data;
      assert.equal((await mails(server, customer.email, 1)).length, 1);
      refuses(await create(wanted({ email: customer.email.toUpperCase() })), 409, 'DUPLICATE_ENTRY');
    });

    it('lets the table of permissions decide', async () => {
      for (const role of ROLES) {
        const answer = await create(wanted(), as(role));
        if (['technician', 'customer'].includes(role)) {
          refuses(answer, 403, 'INSUFFICIENT_PERMISSIONS');
        } else {
          data(answer, 201);
        }
      }
      refuses(await api('GET', '/api/customers'), 401, 'UNAUTHORIZED');
      const customer = await made();
      refuses(await get(customer.id, as('technician')), 404, 'RESOURCE_NOT_FOUND');
      refuses(await get(customer.id, as('customer')), 404, 'RESOURCE_NOT_FOUND');
      refuses(await put(customer.id, { phone: '1' }, as('customer')), 404, 'RESOURCE_NOT_FOUND');
      refuses(await put(customer.id, { phone: '1' }, as('technician')), 403, 'INSUFFICIENT_PERMISSIONS');
      refuses(await get(people.manager.uuid), 404, 'RESOURCE_NOT_FOUND');
      refuses(await get('0190163d-8694-739b-aea5-966c26f8ad91'), 404, 'RESOURCE_NOT_FOUND');
      refuses(await get('x'), 400, 'VALIDATION_ERROR', ['id']);
      const tenant = await server.seedTenant(`customers-${engine}.example`);
      const foreign = await server.seed('customer', { tenant: tenant.id });
      refuses(await get(foreign.uuid, as('super_admin')), 404, 'RESOURCE_NOT_FOUND');
      refuses(await put(foreign.uuid, { phone: '1' }, as('super_admin')), 404, 'RESOURCE_NOT_FOUND');
    });

    it('changes what is named and keeps the rest', async () => {
      const before_ = await made({ nik: `change-${engine}`, service_package: 'Fiber 50' });
      const change = { full_name: 'Şule Ünal 🎫', email: email('moved'), coordinates: { lat: 1.25, lng: -2.5 }, service_package: null };
      const changed = data(await put(before_.id, change)).customer;
      assert.deepEqual(changed, { ...before_, ...change });
      assert.deepEqual(data(await get(before_.id)).customer, changed);
      assert.equal(data(await put(before_.id, { nik: null })).customer.nik, null);
      assert.deepEqual(data(await put(before_.id, {})).customer, { ...changed, nik: null });
      refuses(await put(before_.id, { full_name: '', email: 'x', coordinates: { lat: 1 }, service_area: ' ' }), 422, 'VALIDATION_ERROR', [
        'full_name', 'email', 'coordinates.lng', 'service_area',
      ]);
      refuses(await put(before_.id, { email: people.manager.email }), 409, 'DUPLICATE_ENTRY');
      const other = await made({ nik: `other-${engine}` });
      refuses(await put(before_.id, { nik: other.nik }), 409, 'DUPLICATE_ENTRY');
    });

    it('lets customers change contact and place of themselves alone', async () => {
      const { uuid, token } = people.customer;
      const fresh = data(await get(uuid, token)).customer;
      assert.equal(fresh.address, null);
      assert.equal(fresh.coordinates, null);
      const own = { full_name: 'Me', phone: '1', address: 'Here', coordinates: { lat: 1, lng: 2 } };
      assert.deepEqual(data(await put(uuid, own, token)).customer, { ...fresh, ...own });
      for (const more of [{ email: email('x') }, { nik: '1' }, { service_area: 'X' }, { service_package: 'X' }]) {
        refuses(await put(uuid, { ...own, ...more }, token), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      const list = data(await api('GET', '/api/customers', { token }));
      assert.deepEqual(list.customers.map((customer) => customer.id), [uuid]);
      assert.equal(list.pagination.total, 1);
    });

    it('shows technicians the customers of tickets they may read, without nik', async () => {
      const body = wanted({ nik: `seen-${engine}` });
      const { customer } = data(await create(body), 201);
      const password = 'my own password';
      const token = tokenOf((await mails(server, body.email, 1))[0]);
      data(await api('POST', '/api/auth/reset-password', { body: { token, password, password_confirmation: password } }));
      const hcall = server.as('hcall');
      const entered = await hcall('POST', '/api/auth/enter', { body: { user_email: body.email, user_password: password } });
      await hcall('POST', '/api/ticket/create', { body: { ticket_name: 'Router', ticket_explain: 'Red' }, token: entered.body.jwt_token });
      const seen = data(await get(customer.id, as('technician'))).customer;
      assert.deepEqual(seen, { ...customer, nik: null });
      const list = data(await api('GET', '/api/customers?limit=100', { token: as('technician') }));
      assert.deepEqual(list.customers.map((one) => one.id), [customer.id]);
      assert.equal(list.pagination.total, 1);
      assert.equal(list.customers[0].nik, null);
    });

    it('mails nobody where the making is refused', async () => {
      const body = wanted({ coordinates: { lat: 91, lng: 0 } });
      refuses(await create(body), 422, 'VALIDATION_ERROR', ['coordinates.lat']);
      await made();
      assert.equal(mailsNow(server, body.email).length, 0);
    });
  });

  describe(`isp customer lists on ${engine}`, () => {
    let server;
    let api;
    let token;
    const people = [
      ['İsmail Çelik', 'Jakarta Selatan', '0811'],
      ['Σωκράτης', 'Jakarta Selatan', '0812'],
      ['Борис Жуков', 'Bogor', '0813'],
      ['Dwi % Putri_', 'Ünye', '0814-ABC'],
    ];
    before(async () => {
      server = await start({ engine, clock: 0, args: ['--timezone', 'Asia/Jakarta'] });
      api = server.as('isp');
      ({ token } = await person(server, 'customer_service'));
      for (const [i, [full_name, service_area, phone]] of people.entries()) {
        const body = { full_name, phone, email: `c${i}@list.test`, address: 'A', coordinates: { lat: 0, lng: 0 }, service_area };
        data(await api('POST', '/api/customers', { body, token }), 201);
      }
    });
    after(() => server?.stop());
    const list = (query) => api('GET', `/api/customers?${new URLSearchParams(query)}`, { token });

    it('is newest first, page by page, with the documented pagination', async () => {
      const answer = data(await list({}));
      assert.deepEqual(Object.keys(answer), ['customers', 'pagination']);
      assert.deepEqual(answer.customers.map((customer) => customer.email), [3, 2, 1, 0].map((i) => `c${i}@list.test`));
      assert.deepEqual(answer.pagination, { current_page: 1, per_page: 20, total: 4, total_pages: 1 });
      const second = data(await list({ page: 2, limit: 3 }));
      assert.deepEqual(second.customers.map((customer) => customer.email), ['c0@list.test']);
      assert.deepEqual(second.pagination, { current_page: 2, per_page: 3, total: 4, total_pages: 2 });
      assert.deepEqual(data(await list({ page: 3, limit: 3 })).customers, []);
    });

    it('searches in any script and letter case, % and _ being themselves', async () => {
      const cases = { çelİK: [0], ΣΩΚΡΆΤΗΣ: [1], жук: [2], '%': [3], _: [3], '0814-abc': [3], 'LIST.TEST': [3, 2, 1, 0], "'": [] };
      for (const [search, expected] of Object.entries(cases)) {
        const answer = data(await list({ search }));
        assert.deepEqual(answer.customers.map((customer) => customer.email), expected.map((i) => `c${i}@list.test`), search);
        assert.equal(answer.pagination.total, expected.length, search);
      }
    });

    it('filters by area and day, alone and together', async () => {
      const today = (offset = 0) => new Date(Date.now() + (7 * 3600 + offset * DAY) * 1000).toISOString().slice(0, 10);
      const cases = [
        [{ service_area: 'JAKARTA selatan' }, 2],
        [{ service_area: 'jakarta' }, 0],
        [{ service_area: 'ÜNYE' }, 1],
        [{ service_area: 'Jakarta Selatan', search: 'ismail' }, 1],
        [{ created_from: today() }, 4],
        [{ created_to: today() }, 4],
        [{ created_to: today(-1) }, 0],
        [{ created_from: today(1) }, 0],
        [{ created_from: '1900-01-01' }, 4],
        [{ created_to: '1969-12-31' }, 0],
        [{ created_from: today(-1), created_to: today(1), service_area: 'bogor', search: 'жук' }, 1],
      ];
      for (const [query, expected] of cases) {
        const answer = data(await list(query));
        assert.equal(answer.pagination.total, expected, JSON.stringify(query));
        assert.equal(answer.customers.length, expected, JSON.stringify(query));
      }
      // domain.md: "`details` lists every fault at once".
      refuses(await list({ created_from: '2025-02-30', created_to: 'soon', limit: 101 }), 422, 'VALIDATION_ERROR', ['created_from', 'created_to', 'limit']);
      refuses(await list({ created_from: '2025-02-02', created_to: '2025-02-01', limit: 101 }), 422, 'VALIDATION_ERROR', ['created_to', 'limit']);
      refuses(await list({ created_from: '2025-02-30', created_to: 'soon' }), 422, 'VALIDATION_ERROR', ['created_from', 'created_to']);
      refuses(await list({ created_from: '2025-02-02', created_to: '2025-02-01' }), 422, 'VALIDATION_ERROR', ['created_to']);
      refuses(await list({ created_from: '1970-01-01', created_to: '1969-12-31' }), 422, 'VALIDATION_ERROR', ['created_to']);
    });

    it('lists no deactivated ones', async () => {
      await server.command(['user', 'disable', '--email', 'c0@list.test']);
      assert.equal(data(await list({})).pagination.total, 3);
      assert.equal(data(await list({})).customers.length, 3);
      assert.equal(data(await list({ search: 'çelik' })).pagination.total, 0);
      assert.equal(data(await list({ service_area: 'Jakarta Selatan' })).pagination.total, 1);
    });
  });
}

// isp: technicians. Every answer that the document shows stands here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { TIME, email, engines, start } from './harness.mjs';
import { data, person, refuses } from './isp.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];

for (const engine of engines()) {
  describe(`isp technicians on ${engine}`, () => {
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
    const get = (id, token = as('supervisor')) => api('GET', `/api/technicians/${id}`, { token });
    const put = (id, what, body, token = as('supervisor')) => api('PUT', `/api/technicians/${id}${what}`, { body, token });
    const list = (query, token = as('supervisor')) => api('GET', `/api/technicians?${new URLSearchParams(query)}`, { token });
    const made = async (more = {}) => {
      const body = { email: email('tech'), password: 'password123', role: 'technician', profile: { full_name: 'Budi', phone: '1', ...more } };
      return data(await api('POST', '/api/users', { body, token: as('manager') }), 201).user;
    };

    it('tells one in the shape of the lists', async () => {
      const { id } = await made({ employee_id: `EMP-${engine}`, skills: ['Fiber'], service_areas: ['Bogor', 'Depok'] });
      const { technician } = data(await get(id));
      assert.deepEqual(technician, {
        id,
        user_id: id,
        employee_id: `EMP-${engine}`,
        full_name: 'Budi',
        phone: '1',
        skills: ['Fiber'],
        service_areas: ['Bogor', 'Depok'],
        is_available: true,
        reason: null,
        current_location: null,
        performance: { total_tickets: 0, completed_tickets: 0, average_rating: 0, completion_rate: 0 },
      });
      const answer = data(await list({ limit: 1 }));
      assert.deepEqual(Object.keys(answer), ['technicians', 'pagination']);
      assert.deepEqual(answer.technicians, [technician]);
      assert.equal(answer.pagination.per_page, 1);
      assert.equal(answer.pagination.total, 2);
      assert.equal(answer.pagination.total_pages, 2);
    });

    it('keeps the present location with its time', async () => {
      const { uuid, token } = people.technician;
      const before_ = Date.now();
      const { technician } = data(await put(uuid, '/location', { lat: -6.2088, lng: 106.8456 }, token));
      const { updated_at: at, ...place } = technician.current_location;
      assert.deepEqual(place, { lat: -6.2088, lng: 106.8456 });
      assert.match(at, TIME);
      assert.ok(Math.abs(Date.parse(at) - before_) < 10000);
      assert.deepEqual(data(await get(uuid)).technician, technician);
      refuses(await put(uuid, '/location', {}, token), 422, 'VALIDATION_ERROR', ['lat', 'lng']);
      refuses(await put(uuid, '/location', { lat: 90.01, lng: -180.01 }, token), 422, 'VALIDATION_ERROR', ['lat', 'lng']);
      refuses(await put(uuid, '/location', { lat: '1', lng: null }, token), 422, 'VALIDATION_ERROR', ['lat', 'lng']);
      refuses(await api('PUT', `/api/technicians/${uuid}/location`, { text: '{"lat":1e999,"lng":1}', token }), 400, 'BAD_REQUEST');
      for (const [lat, lng] of [[90, 180], [-90, -180], [0, 0]]) {
        assert.equal(data(await put(uuid, '/location', { lat, lng }, token)).technician.current_location.lat, lat);
      }
    });

    it('takes a reason from who is not available', async () => {
      const { uuid, token } = people.technician;
      const set = (body, who = token) => put(uuid, '/availability', body, who);
      refuses(await set({ is_available: false }), 422, 'VALIDATION_ERROR', ['reason']);
      refuses(await set({ is_available: false, reason: '  ' }), 422, 'VALIDATION_ERROR', ['reason']);
      refuses(await set({ is_available: 'no', reason: 'x'.repeat(1001) }), 422, 'VALIDATION_ERROR', ['is_available', 'reason']);
      refuses(await set({}), 422, 'VALIDATION_ERROR', ['is_available']);
      const away = data(await set({ is_available: false, reason: 'On sick leave' })).technician;
      assert.equal(away.is_available, false);
      assert.equal(away.reason, 'On sick leave');
      const back = data(await set({ is_available: true }, as('manager'))).technician;
      assert.equal(back.is_available, true);
      assert.equal(back.reason, null);
    });

    it('changes number, skills and areas, what is named alone', async () => {
      const { id } = await made({ skills: ['a'], service_areas: ['b'] });
      const change = (body) => put(id, '', body);
      assert.deepEqual(data(await change({ skills: ['Çelik', 'ÇELİK', ' x '] })).technician.skills, ['Çelik', 'x']);
      assert.deepEqual(data(await change({ service_areas: [] })).technician.service_areas, []);
      const number = `NEW-${engine}`;
      const numbered = data(await change({ employee_id: number })).technician;
      assert.equal(numbered.employee_id, number);
      assert.deepEqual(numbered.skills, ['Çelik', 'x']);
      const other = await made();
      refuses(await put(other.id, '', { employee_id: number }), 409, 'DUPLICATE_ENTRY');
      assert.equal(data(await change({ employee_id: null })).technician.employee_id, null);
      data(await put(other.id, '', { employee_id: number }));
      refuses(await change({ employee_id: 'x'.repeat(65), skills: 'a,b', service_areas: Array(51).fill('a') }), 422, 'VALIDATION_ERROR', [
        'employee_id',
        'skills',
        'service_areas',
      ]);
      refuses(await change({ skills: ['', 5] }), 422, 'VALIDATION_ERROR', ['skills[1]']);
      refuses(await change({ skills: ['ok', 'x'.repeat(101)] }), 422, 'VALIDATION_ERROR', ['skills[1]']);
    });

    it('lets the table of permissions decide', async () => {
      const { id } = await made();
      for (const role of ROLES) {
        const token = as(role);
        const reads = ['super_admin', 'manager', 'supervisor', 'customer_service'].includes(role);
        const writes = reads && role !== 'customer_service';
        const unseen = role === 'technician' ? [404, 'RESOURCE_NOT_FOUND'] : [403, 'INSUFFICIENT_PERMISSIONS'];
        const judge = (answer, may, refusal) => (may ? data(answer) : refuses(answer, ...refusal));
        judge(await get(id, token), reads, unseen);
        judge(await put(id, '/location', { lat: 1, lng: 1 }, token), writes, unseen);
        judge(await put(id, '/availability', { is_available: true }, token), writes, unseen);
        judge(await put(id, '', { skills: ['a'] }, token), writes, [403, 'INSUFFICIENT_PERMISSIONS']);
        judge(await list({}, token), reads || role === 'technician', [403, 'INSUFFICIENT_PERMISSIONS']);
      }
      assert.deepEqual(data(await list({}, as('technician'))).technicians.map((one) => one.id), [people.technician.uuid]);
      refuses(await api('GET', '/api/technicians'), 401, 'UNAUTHORIZED');
      refuses(await get('x'), 400, 'VALIDATION_ERROR', ['id']);
      refuses(await get(people.manager.uuid), 404, 'RESOURCE_NOT_FOUND');
      refuses(await put('0190163d-8694-739b-aea5-966c26f8ad91', '/location', { lat: 1, lng: 1 }), 404, 'RESOURCE_NOT_FOUND');
      const tenant = await server.seedTenant(`technicians-${engine}.example`);
      const foreign = await server.seed('technician', { tenant: tenant.id });
      refuses(await get(foreign.uuid, as('super_admin')), 404, 'RESOURCE_NOT_FOUND');
    });
  });

  describe(`isp technician lists on ${engine}`, () => {
    let server;
    let api;
    let token;
    const ids = [];
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      ({ token } = await person(server, 'super_admin'));
      const profiles = [
        { skills: ['Fiber', 'Router', 'Kabel Ünye'], service_areas: ['Jakarta Selatan'] },
        { skills: ['fiber'], service_areas: ['JAKARTA SELATAN', 'Çankaya'] },
        { skills: [], service_areas: ['Bogor'] },
        { skills: ['Fiber', 'Router'], service_areas: ['Bogor'] },
      ];
      for (const [i, profile] of profiles.entries()) {
        const body = { email: `t${i}@list.test`, password: 'password123', role: 'technician', profile: { full_name: 'T', phone: '1', ...profile } };
        ids.push(data(await api('POST', '/api/users', { body, token }), 201).user.id);
      }
      data(await api('PUT', `/api/technicians/${ids[2]}/availability`, { body: { is_available: false, reason: 'Holiday' }, token }));
    });
    after(() => server?.stop());
    const list = (query) => api('GET', `/api/technicians?${new URLSearchParams(query)}`, { token });

    it('filters by availability, area and all named skills, with totals', async () => {
      const cases = [
        [{}, [3, 2, 1, 0]],
        [{ is_available: 'true' }, [3, 1, 0]],
        [{ is_available: 'false' }, [2]],
        [{ service_area: 'jakarta selatan' }, [1, 0]],
        [{ service_area: 'ÇANKAYA' }, [1]],
        [{ service_area: 'jakarta' }, []],
        [{ skills: 'FIBER' }, [3, 1, 0]],
        [{ skills: 'fiber, router' }, [3, 0]],
        [{ skills: 'router,fiber,FIBER,,' }, [3, 0]],
        [{ skills: 'kabel ünye' }, [0]],
        [{ skills: 'fib' }, []],
        [{ skills: 'fiber,nothing' }, []],
        [{ skills: "%,_,'" }, []],
        [{ skills: 'fiber', service_area: 'Bogor', is_available: 'true' }, [3]],
        [{ limit: 2, page: 2 }, [1, 0]],
        [{ limit: 2, page: 3 }, []],
      ];
      for (const [query, expected] of cases) {
        const answer = data(await list(query));
        assert.deepEqual(answer.technicians.map((one) => ids.indexOf(one.id)), expected, JSON.stringify(query));
        if (!query.limit) {
          assert.equal(answer.pagination.total, expected.length, JSON.stringify(query));
        }
      }
      assert.deepEqual(data(await list({ limit: 3 })).pagination, { current_page: 1, per_page: 3, total: 4, total_pages: 2 });
    });

    it('refuses what is out of range', async () => {
      refuses(await list({ page: 'x', limit: 1000, is_available: 'yes' }), 422, 'VALIDATION_ERROR', ['page', 'limit', 'is_available']);
      refuses(await list({ skills: Array.from({ length: 51 }, (_, i) => `s${i}`).join() }), 422, 'VALIDATION_ERROR', ['skills']);
      data(await list({ skills: Array.from({ length: 50 }, (_, i) => `s${i}`).join() }));
    });

    it('lists no deactivated ones, but reads them', async () => {
      data(await api('DELETE', `/api/users/${ids[3]}`, { token }));
      assert.equal(data(await list({})).pagination.total, 3);
      assert.equal(data(await api('GET', `/api/technicians/${ids[3]}`, { token })).technician.id, ids[3]);
    });
  });
}

// isp: lists of tickets against a plain model, and deadlines that follow the clock.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines } from './harness.mjs';
import { DAY, HOUR, PRIORITIES, STATUSES, TYPES, UNKNOWN, desk, lines, refused, succeeded } from './isp_ticket_desk.mjs';

for (const engine of engines()) {
  describe(`isp ticket clocks and filters on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine, clock: 0, args: ['--timezone', 'Asia/Jakarta'] });
    });
    after(() => d?.server.stop());

    it('explains the deadline from the history', async () => {
      let clock = 0;
      const made = await d.make({ priority: 'emergency' });
      const start = Date.parse(made.created_at);
      const due = async () => Math.round((Date.parse((await d.read(made.id)).sla_deadline) - start) / 60000);
      const wait = async (minutes) => {
        clock += minutes * 60;
        d.server.setClock(clock);
        await new Promise((resolve) => setTimeout(resolve, 1500)); // the file is read every second
        await d.signIn('manager');
      };
      assert.equal(await due(), 60);
      succeeded(await d.move(made.id, 'pending'));
      await wait(10);
      assert.equal(await due(), 60);
      succeeded(await d.move(made.id, 'in_progress'));
      assert.equal(await due(), 70);
      succeeded(await d.put(`/api/tickets/${made.id}`, 'manager', { priority: 'high' }));
      assert.equal(await due(), 250);
      succeeded(await d.move(made.id, 'resolved'));
      const { history, sla_deadline } = await d.read(made.id);
      assert.deepEqual(
        history.map((entry) => entry.action),
        [
          'created', 'sla_started', 'status_changed', 'sla_paused', 'status_changed', 'sla_resumed', 'priority_changed', 'sla_changed',
          'status_changed', 'sla_stopped',
        ],
      );
      assert.deepEqual(lines(history).at(-1), `sla_stopped ${sla_deadline}>met`);
    });

    it('finds what every filter says, alone and with others', async () => {
      // A plain model: what was made and done, kept here as well.
      const model = [];
      let seed = 20251015;
      const pick = (list) => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return list[Math.floor((seed / 2147483648) * list.length)];
      };
      const people = ['manager', 'customer', 'neighbour', 'technician', 'colleague'];
      const days = ['2031-05-01', '2031-05-02', '2031-05-04', null];
      for (let day = 0; day < 4; day++) {
        d.server.setClock((day + 1) * DAY);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        for (const who of people) {
          await d.signIn(who);
        }
        for (let i = 0; i < 12; i++) {
          const customer = pick(['customer', 'neighbour']);
          const scheduled = pick(days);
          const made = await d.make(
            {
              customer_id: d.account[customer].uuid,
              type: pick(TYPES),
              priority: pick(PRIORITIES),
              // Nine in the evening in Jakarta.
              scheduled_at: scheduled === null ? null : `${scheduled}T14:00:00Z`,
            },
            'manager',
          );
          const technician = pick([null, 'technician', 'colleague']);
          if (technician !== null) {
            await d.assign(made.id, technician);
          }
          const status = pick([null, ...STATUSES]);
          if (status !== null) {
            succeeded(await d.move(made.id, status));
          }
          const now = await d.read(made.id);
          model.unshift({
            id: made.id,
            status: now.status,
            priority: now.priority,
            type: now.type,
            customer_id: now.customer.id,
            technician_id: now.technician?.id ?? null,
            created: new Date(Date.parse(now.created_at) + 7 * HOUR * 1000).toISOString().slice(0, 10),
            scheduled,
          });
        }
      }
      const first = model.at(-1).created;
      const last = model[0].created;
      const between = [...new Set(model.map((one) => one.created))].sort();
      const choices = {
        status: STATUSES,
        priority: PRIORITIES,
        type: TYPES,
        technician_id: [d.account.technician.uuid, d.account.colleague.uuid, UNKNOWN],
        customer_id: [d.account.customer.uuid, d.account.neighbour.uuid, UNKNOWN],
        created_from: between,
        created_to: between,
        scheduled_from: ['2031-05-01', '2031-05-02', '2031-05-03', '2031-05-05'],
        scheduled_to: ['2031-04-30', '2031-05-01', '2031-05-03', '2031-05-04'],
      };
      const holds = {
        created_from: (one, value) => one.created >= value,
        created_to: (one, value) => one.created <= value,
        scheduled_from: (one, value) => one.scheduled !== null && one.scheduled >= value,
        scheduled_to: (one, value) => one.scheduled !== null && one.scheduled <= value,
      };
      const visible = {
        manager: () => true,
        customer: (one) => one.customer_id === d.account.customer.uuid,
        technician: (one) => one.technician_id === null || one.technician_id === d.account.technician.uuid,
      };
      const known = new Set(model.map((one) => one.id));
      const check = async (filter, as = 'manager') => {
        const query = new URLSearchParams({ ...filter, limit: 100 });
        const expected = model
          .filter((one) => visible[as](one) && Object.entries(filter).every(([key, value]) => (holds[key] ?? ((it) => it[key] === value))(one, value)))
          .map((one) => one.id);
        const data = succeeded(await d.get(`/api/tickets?${query}`, as));
        const found = data.tickets.map((ticket) => ticket.id);
        const strange = found.filter((id) => !known.has(id)).length; // of the test before
        assert.deepEqual(found.filter((id) => known.has(id)), expected, `${as} ${query}`);
        assert.equal(data.pagination.total, expected.length + strange, `${as} ${query}`);
      };
      for (const as of Object.keys(visible)) {
        await check({}, as);
        for (const [key, values] of Object.entries(choices)) {
          for (const value of values) {
            await check({ [key]: value }, as);
          }
        }
      }
      for (let i = 0; i < 150; i++) {
        const filter = {};
        for (const key of Object.keys(choices)) {
          if (pick([true, false, false])) {
            filter[key] = pick(choices[key]);
          }
        }
        const upside = (from, to) => from in filter && to in filter && filter[from] > filter[to];
        if (upside('created_from', 'created_to') || upside('scheduled_from', 'scheduled_to')) {
          const fields = [
            ...(upside('created_from', 'created_to') ? ['created_to'] : []),
            ...(upside('scheduled_from', 'scheduled_to') ? ['scheduled_to'] : []),
          ];
          refused(await d.get(`/api/tickets?${new URLSearchParams(filter)}`, 'manager'), 422, 'VALIDATION_ERROR', fields);
          continue;
        }
        await check(filter, pick(Object.keys(visible)));
      }
      // Pages, one after another, are the list.
      const paged = [];
      for (let page = 1; page <= 9; page++) {
        const data = succeeded(await d.get(`/api/tickets?page=${page}&limit=7&created_from=${first}&created_to=${last}`, 'manager'));
        paged.push(...data.tickets.map((ticket) => ticket.id));
        assert.equal(data.pagination.current_page, page);
        assert.equal(data.pagination.total_pages, Math.ceil(data.pagination.total / 7));
      }
      assert.deepEqual(paged.filter((id) => known.has(id)), model.map((one) => one.id));
    });

    it("finds the operator's staff by the id that a ticket of another tenant shows, and removed accounts", async () => {
      const { id: tenant } = await d.server.seedTenant('filters.example');
      const headers = { 'X-Tenant-ID': String(tenant) };
      const tenants = d.server.as('tenant');
      const signIn = async (one) =>
        (await tenants('POST', '/api/auth/login', { body: { email: one.email, password: PASSWORD }, headers })).body.data.access_token;
      const customer = await d.server.seed('customer', { tenant, name: 'Soon Gone' });
      d.token.there = await signIn(await d.server.seed('manager', { tenant }));
      const made = await d.make({ customer_id: customer.uuid }, 'there');
      const { technician: agent, colleague: idle } = d.account;
      await d.signIn('manager');
      const taken = await tenants('PATCH', `/api/tickets/${made.id}`, { body: { agent_id: agent.id }, token: d.token.manager, headers });
      assert.equal(taken.status, 200, taken.text);
      const { technician } = await d.read(made.id, 'there');
      assert.equal(technician.id, agent.uuid);
      const found = async (query) => {
        const data = succeeded(await d.get(`/api/tickets?${query}`, 'there'));
        assert.equal(data.pagination.total, data.tickets.length, query);
        const report = await d.get(`/api/reports/tickets?${query}`, 'there');
        assert.equal(report.status, 200, report.text);
        assert.deepEqual(report.body.data.tickets, data.tickets, query);
        return data.tickets.map((ticket) => ticket.id);
      };
      assert.deepEqual(await found(`technician_id=${technician.id}`), [made.id]);
      assert.deepEqual(await found(`technician_id=${idle.uuid}`), []);
      const gone = await d.server.as('hcall')('POST', '/api/user/delete', { body: { user_email: customer.email }, token: d.token.there });
      assert.equal(gone.status, 200, gone.text);
      assert.equal((await d.read(made.id, 'there')).customer.id, customer.uuid);
      assert.deepEqual(await found(`customer_id=${customer.uuid}`), [made.id]);
    });

    it('refuses filters that mean nothing', async () => {
      refused(
        await d.get(
          '/api/tickets?page=0&limit=101&status=open&priority=urgent&type=x&technician_id=1&customer_id=x',
          'manager',
        ),
        422,
        'VALIDATION_ERROR',
        ['page', 'limit', 'status', 'priority', 'type', 'technician_id', 'customer_id'],
      );
      refused(
        await d.get('/api/tickets?created_from=x&created_to=2025-02-30&scheduled_from=1&scheduled_to=now', 'manager'),
        422,
        'VALIDATION_ERROR',
        ['created_from', 'created_to', 'scheduled_from', 'scheduled_to'],
      );
      // domain.md: "`details` lists every fault at once".
      refused(await d.get('/api/tickets?status=x&created_from=y', 'manager'), 422, 'VALIDATION_ERROR', ['status', 'created_from']);
      const upside = 'created_from=2025-02-02&created_to=2025-02-01&scheduled_from=2025-02-02&scheduled_to=2025-02-01';
      const answer = await d.get(`/api/tickets?status=x&${upside}`, 'manager');
      refused(answer, 422, 'VALIDATION_ERROR', ['status', 'created_to', 'scheduled_to']);
      const { created_to, scheduled_to } = answer.body.error.details;
      assert.deepEqual([created_to, scheduled_to], ['must not be before created_from', 'must not be before scheduled_from']);
      // A search form sends what it has.
      succeeded(await d.get('/api/tickets?status=&technician_id=&created_from=&page=', 'manager'));
    });
  });
}

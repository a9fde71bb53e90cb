// tenant: "isolasi tenant (X-Tenant-ID)": who may select which tenant, what nobody sees of another one, and how the
// operator's staff look after all of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { engines } from './harness.mjs';
import { Desk, EXAMPLE, ROLES, UNKNOWN, data, refused } from './tenant.mjs';

const ids = (tickets) => tickets.map(({ id }) => id);

for (const engine of engines()) {
  describe(`isolation of tenants on ${engine}`, () => {
    let desk;
    const who = {}; // by tenant: one, two, vendor
    const ticket = {};
    const number = {};
    before(async () => {
      desk = await Desk.start({ engine });
      for (const name of ['one', 'two']) {
        number[name] = (await desk.tenant(`${name}.example`)).id;
        who[name] = await desk.people(number[name]);
        ticket[name] = await desk.create(who[name].customer, { title: `Secret of ${name}` });
        await desk.replied(who[name].manager, ticket[name].id, `Answer of ${name}`);
      }
      number.vendor = 1;
      who.vendor = await desk.people(1);
      ticket.vendor = await desk.create(who.vendor.customer, { title: 'Secret of vendor' });
    });
    after(() => desk?.stop());

    /** Every call of the document about this ticket: [method, path, body]. */
    const calls = (id) => [
      ['GET', `/tickets/${id}`],
      ['PATCH', `/tickets/${id}`, { status: 'closed' }],
      ['PATCH', `/tickets/${id}`, { agent_id: who.one.manager.id }],
      ['POST', `/tickets/${id}/replies`, { message: 'Intruder' }],
      ['GET', `/tickets/${id}/replies`],
      ['GET', `/tickets/${id}/activities`],
      ['GET', `/vendor/tickets/${id}/replies?limit=10`],
    ];
    const everything = async (name) => ({
      tickets: await desk.list(who[name].super_admin),
      ticket: await desk.shown(who[name].super_admin, ticket[name].id),
      activities: await desk.activities(who[name].super_admin, ticket[name].id),
      targets: await desk.targets(who[name].super_admin),
    });

    it('a header that is no number is a fault, whatever the path', async () => {
      const member = who.one.manager;
      for (const header of ['x', '1.5', '+1', '0x1', '1 2', '99999999999999999999', 'one.example', '-']) {
        for (const [method, path, body] of [['GET', '/tickets?limit=1'], ['POST', '/api/tickets', EXAMPLE], ...calls(ticket.one.id)]) {
          refused(await desk.call(method, path, member, { body, tenant: header }), 400, 'validation error', ['X-Tenant-ID']);
        }
      }
      for (const header of [' ', '']) {
        data(await desk.call('GET', '/tickets?limit=1', member, { tenant: header }));
      }
    });

    it('an unknown, foreign or inactive tenant is 403, and changes nothing', async () => {
      const gone = (await desk.tenant('gone.example')).id;
      await desk.server.command(['tenant', 'disable', '--id', String(gone)]);
      const before = [await everything('one'), await everything('two')];
      for (const selected of [number.two, 1, gone, 999999, 0, -1]) {
        for (const role of ROLES) {
          for (const [method, path, body] of [['GET', '/tickets?limit=1'], ['POST', '/tickets', EXAMPLE], ['GET', '/vendor/tickets/sla'], ...calls(ticket.one.id)]) {
            const answer = await desk.call(method, path, who.one[role], { body, tenant: selected });
            // What the role may not do anyway is said before.
            refused(answer, 403, answer.body?.message === 'forbidden' ? 'forbidden' : 'tenant mismatch');
          }
        }
      }
      for (const selected of [gone, 999999, 0, -1]) {
        refused(await desk.call('GET', '/tickets?limit=1', who.vendor.manager, { tenant: selected }), 403, 'tenant is not active');
        refused(await desk.login(who.one.manager.email, String(selected)), 403, 'tenant is not active');
      }
      assert.deepEqual([await everything('one'), await everything('two')], before);
    });

    it('a tenant’s people see, find and touch nothing of another one', async () => {
      const before = await everything('two');
      for (const role of ROLES) {
        for (const tenant of [number.one, null]) {
          for (const id of [ticket.two.id, ticket.vendor.id, UNKNOWN]) {
            for (const [method, path, body] of calls(id)) {
              const answer = await desk.call(method, path, who.one[role], { body, tenant });
              if (path.startsWith('/vendor') && role === 'customer') {
                refused(answer, 403, 'forbidden');
              } else {
                refused(answer, 404, 'ticket not found');
              }
            }
          }
          const { items } = await desk.list(who.one[role], 'limit=100', { tenant });
          assert.ok(items.every(({ tenant_id: of }) => of === number.one));
          assert.ok(items.length > 0);
          for (const person of [who.two.customer, who.vendor.customer]) {
            assert.deepEqual((await desk.list(who.one[role], `limit=100&member_id=${person.id}`, { tenant })).items, []);
          }
          for (const other of [number.two, 1, 999999]) {
            refused(await desk.call('GET', `/tickets?limit=10&tenant=${other}`, who.one[role], { tenant }), 403, 'tenant mismatch');
          }
        }
      }
      assert.deepEqual(await everything('two'), before);
    });

    it('customers of the operator are no operator staff', async () => {
      const { customer } = who.vendor;
      assert.deepEqual(ids((await desk.list(customer, 'limit=100', { tenant: null })).items), [ticket.vendor.id]);
      refused(await desk.get(customer, ticket.one.id, { tenant: null }), 404, 'ticket not found');
      refused(await desk.get(customer, ticket.one.id, { tenant: number.one }), 403, 'tenant mismatch');
    });

    it('an agent of another tenant is a fault on agent_id', async () => {
      for (const agent of [who.two.manager.id, who.vendor.manager.id, who.one.customer.id, 999999, 0, -1, 'ani']) {
        const before = await everything('one');
        refused(await desk.patch(who.one.manager, ticket.one.id, { status: 'resolved', agent_id: agent }), 400, 'validation error', ['agent_id']);
        assert.deepEqual(await everything('one'), before, 'neither agent nor status has changed');
      }
    });

    it('targets of one tenant are nobody else’s', async () => {
      const target = { category: 'billing', sla_response_minutes: 5, sla_resolution_minutes: 50 };
      data(await desk.setSla(who.one.manager, target));
      assert.deepEqual(await desk.targets(who.one.manager), [target]);
      assert.deepEqual(await desk.targets(who.two.manager), []);
      // The operator's staff set them wherever they act.
      const theirs = { ...target, sla_response_minutes: 7 };
      data(await desk.setSla(who.vendor.manager, theirs, { tenant: number.two }));
      assert.deepEqual(await desk.targets(who.two.manager), [theirs]);
      assert.deepEqual(await desk.targets(who.vendor.manager, { tenant: number.two }), [theirs]);
      assert.deepEqual(await desk.targets(who.vendor.manager, { tenant: null }), []);
      refused(await desk.setSla(who.vendor.manager, target, { tenant: 999999 }), 403, 'tenant is not active');
      refused(await desk.setSla(who.vendor.supervisor, target, { tenant: number.two }), 403, 'forbidden');
    });

    it('operator staff act in the tenant that they select', async () => {
      const agent = who.vendor.customer_service;
      assert.deepEqual(ids((await desk.list(agent, 'limit=100', { tenant: number.one })).items), [ticket.one.id]);
      assert.deepEqual(ids((await desk.list(agent, 'limit=100', { tenant: 1 })).items), [ticket.vendor.id]);
      refused(await desk.get(agent, ticket.two.id, { tenant: number.one }), 404, 'ticket not found');
      const made = await desk.create(agent, { title: 'For them' }, { tenant: number.two });
      assert.equal(made.tenant_id, number.two);
      assert.equal(made.user_id, agent.id);
      assert.ok(ids((await desk.list(who.two.manager)).items).includes(made.id));
    });

    it('without a header they see all tenants, filter by one, and page through them by id', async () => {
      const agent = who.vendor.supervisor;
      const options = { tenant: null };
      const more = [];
      for (let i = 0; i < 9; i++) {
        const name = ['two', 'one', 'vendor'][i % 3];
        more.push(await desk.create(who[name].customer, { category: i < 5 ? 'billing' : 'service', priority: i % 2 ? 'low' : 'high' }));
      }
      more.push(await desk.create(who.two.manager));
      const { items: all } = await desk.list(agent, 'limit=100', options);
      assert.deepEqual(ids(all), [...ids(all)].sort());
      assert.ok([...ids(more), ...ids(Object.values(ticket))].every((id) => ids(all).includes(id)));
      assert.deepEqual(new Set(all.map(({ tenant_id: of }) => of)), new Set(Object.values(number)));
      for (const query of ['', '&category=billing', '&priority=high&status=open', `&member_id=${who.two.customer.id}`, `&member_id=${who.two.manager.id}`, '&category=account']) {
        const { items: whole } = await desk.list(agent, `limit=100${query}`, options);
        const seen = [];
        for (let cursor = ''; cursor !== undefined;) {
          const { items, page } = await desk.list(agent, `limit=2${query}${cursor && `&cursor=${cursor}`}`, options);
          assert.equal(page.has_prev, cursor !== '' && seen.length > 0);
          assert.equal(page.prev_cursor, undefined);
          seen.push(...items);
          cursor = page.next_cursor;
        }
        assert.deepEqual(seen, whole, query);
        // "member_id is the number of the customer whose ticket it is […]; staff have none"
        const member = query.startsWith('&member_id=') ? Number(query.slice('&member_id='.length)) : undefined;
        assert.ok(member === undefined || whole.every((one) => one.member_id === member), query);
      }
      for (const [name, id] of Object.entries(number)) {
        const { items } = await desk.list(agent, `limit=100&tenant=${id}`, options);
        assert.deepEqual(items, all.filter(({ tenant_id: of }) => of === id), name);
        // The filter goes before what the header selected.
        assert.deepEqual((await desk.list(agent, `limit=100&tenant=${id}`, { tenant: 1 })).items, items);
      }
      refused(await desk.call('GET', '/tickets?limit=10&tenant=999999', agent, options), 403, 'tenant is not active');
      refused(await desk.call('GET', `/tickets?limit=10&cursor=${UNKNOWN}`, agent, options), 400, 'validation error', ['cursor']);
    });

    it('without a header they open, answer and change each ticket in its own tenant', async () => {
      const options = { tenant: null };
      for (const role of ['super_admin', 'manager', 'supervisor', 'customer_service']) {
        const agent = who.vendor[role];
        const made = await desk.create(who.one.customer);
        assert.equal((await desk.shown(agent, made.id, options)).tenant_id, number.one);
        await desk.replied(agent, made.id, 'Dari vendor.', {}, options);
        const moved = await desk.changed(agent, made.id, { status: 'in_progress', agent_id: who.one.technician.id }, options);
        assert.deepEqual([moved.status, moved.agent_id, moved.tenant_id], ['in_progress', who.one.technician.id, number.one]);
        assert.deepEqual((await desk.replies(agent, made.id, 'limit=10', options)).items.map(({ user_id: by }) => by), [agent.id]);
        assert.ok((await desk.activities(agent, made.id, options)).some(({ actor_id: by }) => by === agent.id));
        // The tenant's own people see what was done, and who did it.
        const shown = await desk.shown(who.one.customer, made.id);
        assert.deepEqual(shown.replies.map(({ user_id: by, message }) => [by, message]), [[agent.id, 'Dari vendor.']]);
        const told = (await desk.notices(who.one.customer)).filter(({ data: about }) => about.ticket_id === made.id).map(({ type }) => type);
        assert.deepEqual(told.sort(), ['ticket_replied', 'ticket_status']);
        refused(await desk.patch(agent, made.id, { agent_id: who.two.technician.id }, options), 400, 'validation error', ['agent_id']);
        // They may take it themselves; the tenant's own staff sees who has it.
        assert.equal((await desk.changed(agent, made.id, { agent_id: agent.id }, options)).agent_id, agent.id);
        assert.equal((await desk.shown(who.one.manager, made.id)).agent_id, agent.id);
      }
      for (const [method, path, body] of calls(UNKNOWN)) {
        refused(await desk.call(method, path, who.vendor.manager, { body, ...options }), 404, 'ticket not found');
      }
    });

    it('a technician of the operator sees what is nobody’s, of all tenants', async () => {
      const { technician } = who.vendor;
      const free = await desk.create(who.two.customer);
      const taken = await desk.create(who.two.customer);
      await desk.changed(who.two.manager, taken.id, { agent_id: who.two.technician.id });
      const { items } = await desk.list(technician, 'limit=100', { tenant: null });
      assert.ok(ids(items).includes(free.id));
      assert.ok(!ids(items).includes(taken.id));
      assert.ok(items.every(({ agent_id: agent }) => agent === undefined || agent === technician.id));
      refused(await desk.get(technician, taken.id, { tenant: null }), 404, 'ticket not found');
    });

    it('tickets of a tenant that is not active are out of reach for all', async () => {
      const { id: tenant } = await desk.tenant('closing.example');
      const customer = await desk.person('customer', tenant);
      const { id } = await desk.create(customer);
      const agent = who.vendor.manager;
      assert.ok(ids((await desk.list(agent, 'limit=100', { tenant: null })).items).includes(id));
      await desk.server.command(['tenant', 'disable', '--id', String(tenant)]);
      for (const query of ['', '&status=open']) {
        assert.ok(!ids((await desk.list(agent, `limit=100${query}`, { tenant: null })).items).includes(id));
      }
      refused(await desk.get(agent, id, { tenant: null }), 403, 'tenant is not active');
      refused(await desk.get(customer, id), 401, 'session ended');
    });
  });
}

// tenant: "Listing menggunakan limit dan cursor string (id terakhir)": pages, filters, and what is no page.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { engines } from './harness.mjs';
import { Desk, ROLES, UNKNOWN, refused } from './tenant.mjs';

const ids = (tickets) => tickets.map(({ id }) => id);

for (const engine of engines()) {
  describe(`tenant lists on ${engine}`, () => {
    let desk;
    let tenant;
    let who;
    let made;
    before(async () => {
      desk = await Desk.start({ engine });
      tenant = (await desk.tenant('one.example')).id;
      who = await desk.people(tenant);
      made = [];
      for (let i = 0; i < 12; i++) {
        const category = ['billing', 'technical', 'account', 'service'][i % 4];
        const priority = ['low', 'medium', 'high'][i % 3];
        const ticket = await desk.create(i % 2 ? who.customer : who.manager, { category, priority, title: `Tiket ${i}` });
        const status = ['open', 'in_progress', 'resolved', 'closed'][Math.floor(i / 3)];
        made.push(await desk.changed(who.manager, ticket.id, { status }));
      }
    });
    after(() => desk?.stop());

    /** All pages of a list, forwards; what each tells of its neighbours is held against what there is. */
    const walk = async (person, limit, query = '') => {
      const pages = [];
      let cursor = '';
      for (;;) {
        const answer = await desk.list(person, `limit=${limit}${cursor && `&cursor=${cursor}`}${query}`);
        pages.push({ ...answer, cursor });
        assert.equal(answer.page.limit, limit);
        assert.equal(answer.page.has_prev, pages.length > 1);
        if (!answer.page.has_next) {
          return pages;
        }
        assert.equal(answer.items.length, limit);
        cursor = answer.page.next_cursor;
        assert.equal(cursor, answer.items.at(-1).id, 'id terakhir');
      }
    };

    it('go through all tickets once, by id, whatever the page’s length', async () => {
      const { items: all } = await desk.list(who.manager);
      assert.deepEqual(ids(all), ids(made));
      assert.deepEqual(ids(all), [...ids(all)].sort(), 'a later ticket has a greater id');
      for (const limit of [1, 2, 5, 6, 11, 12, 13, 100]) {
        const pages = await walk(who.manager, limit);
        assert.deepEqual(pages.flatMap(({ items }) => items), all);
        assert.equal(pages.length, Math.ceil(12 / limit));
        // And back, by prev_cursor, and without a cursor to the first.
        for (let i = pages.length - 1; i > 0; i--) {
          const { prev_cursor: back } = pages[i].page;
          assert.equal(back ?? '', pages[i - 1].cursor);
        }
      }
    });

    it('filter by status, priority, category and member_id, alone and together, in pages', async () => {
      const choices = {
        status: [undefined, 'open', 'in_progress', 'resolved', 'closed'],
        priority: [undefined, 'low', 'medium', 'high'],
        category: [undefined, 'billing', 'technical', 'account', 'service'],
        // "member_id is the number of the customer whose ticket it is […]; staff have none"
        member_id: [undefined, who.customer.id, who.manager.id],
      };
      for (const status of choices.status) {
        for (const priority of choices.priority) {
          for (const category of choices.category) {
            for (const member_id of choices.member_id) {
              const wanted = { status, priority, category, member_id };
              const fits = made.filter((ticket) => Object.entries(wanted).every(([key, value]) => value === undefined || ticket[key] === value));
              const query = Object.entries(wanted).filter(([, value]) => value !== undefined).map(([key, value]) => `&${key}=${value}`).join('');
              const pages = await walk(who.manager, 2, query);
              assert.deepEqual(ids(pages.flatMap(({ items }) => items)), ids(fits), query);
            }
          }
        }
      }
    });

    it('one word of the filter is all statuses and priorities that read so', async () => {
      const isp = desk.server.as('isp');
      const { id } = await desk.create(who.customer, { title: 'Darurat' });
      const { token } = who.manager;
      assert.equal((await isp('PUT', `/api/tickets/${id}`, { token, body: { priority: 'emergency' } })).status, 200);
      assert.equal((await isp('POST', `/api/tickets/${id}/assign`, { token, body: { technician_id: who.technician.uuid } })).status, 200);
      for (const query of ['status=open', 'priority=high', 'status=open&priority=high']) {
        assert.ok(ids((await desk.list(who.manager, `limit=100&${query}`)).items).includes(id), query);
      }
      assert.equal((await isp('PUT', `/api/tickets/${id}/status`, { token, body: { status: 'pending' } })).status, 200);
      const { items } = await desk.list(who.manager, 'limit=100&status=in_progress&priority=high');
      assert.deepEqual(items.filter((ticket) => ticket.id === id).map(({ status, priority }) => [status, priority]), [['in_progress', 'high']]);
      made.push(await desk.shown(who.manager, id));
    });

    it('an unknown member and an empty filter are no faults', async () => {
      assert.deepEqual((await desk.list(who.manager, 'limit=10&member_id=999999')).items, []);
      assert.equal((await desk.list(who.manager, 'limit=100&status=&priority=&category=&member_id=&cursor=&tenant=')).items.length, made.length);
      assert.equal((await desk.list(who.manager, `limit=100&tenant=${tenant}`)).items.length, made.length);
    });

    it('show what the caller may read: customers their own, technicians theirs and nobody’s', async () => {
      const { items: all } = await desk.list(who.manager);
      for (const role of ROLES) {
        const { items } = await desk.list(who[role]);
        const expected = all.filter((ticket) => (role === 'customer' ? ticket.user_id === who.customer.id : true));
        assert.deepEqual(items, expected, role);
      }
      const { id } = await desk.create(who.customer);
      await desk.changed(who.manager, id, { agent_id: who.supervisor.id });
      assert.ok(!ids((await desk.list(who.technician)).items).includes(id));
      made.push(await desk.shown(who.manager, id));
    });

    it('go on behind a ticket that was removed or given away meanwhile', async () => {
      const { items } = await desk.list(who.technician, 'limit=3');
      const [, second, third] = items;
      await desk.changed(who.manager, second.id, { agent_id: who.supervisor.id });
      assert.equal((await desk.list(who.technician, `limit=1&cursor=${second.id}`)).items[0].id, third.id);
      assert.equal((await desk.server.as('isp')('DELETE', `/api/tickets/${third.id}`, { token: who.manager.token })).status, 200);
      const { items: rest } = await desk.list(who.manager, `limit=100&cursor=${third.id}`);
      assert.ok(rest.length > 0 && !ids(rest).includes(third.id));
      refused(await desk.get(who.manager, third.id), 404, 'ticket not found');
    });

    it('refuse a limit that is absent, 0, 101 or a text, and each other faulty parameter, all at once', async () => {
      for (const query of ['', 'limit=', 'limit=0', 'limit=101', 'limit=-1', 'limit=ten', 'limit=1.5', 'limit=1e2', 'limit=99999999999999999999']) {
        for (const path of ['/tickets', `/vendor/tickets/${made[0].id}/replies`]) {
          refused(await desk.call('GET', `${path}?${query}`, who.manager), 400, 'validation error', ['limit']);
        }
      }
      const query = 'limit=0&cursor=x&status=new&priority=normal&category=access1&member_id=ani&tenant=one';
      refused(await desk.call('GET', `/tickets?${query}`, who.manager), 400, 'validation error',
        ['limit', 'cursor', 'status', 'priority', 'category', 'member_id', 'tenant']);
    });

    it('refuse a cursor that is garbage, of nothing, or of another tenant, and tell no more', async () => {
      const other = await desk.tenant(`other-${engine}.example`);
      const stranger = await desk.person('customer', other.id);
      const foreign = await desk.create(stranger);
      const ticket = await desk.create(who.customer);
      const elsewhere = await desk.replied(stranger, foreign.id, 'x');
      const told = new Set();
      for (const cursor of ['x', '1', UNKNOWN, '00000000-0000-0000-0000-000000000000', foreign.id, elsewhere.id, `${made[0].id}0`]) {
        const answer = await desk.call('GET', `/tickets?limit=10&cursor=${cursor}`, who.manager);
        refused(answer, 400, 'validation error', ['cursor']);
        if (cursor === UNKNOWN || cursor === foreign.id) {
          told.add(JSON.stringify(answer.body.errors));
        }
        refused(await desk.call('GET', `/tickets/${ticket.id}/replies?cursor=${cursor}`, who.customer), 400, 'validation error', ['cursor']);
      }
      assert.equal(told.size, 1);
    });
  });
}

// tenant: each endpoint of the document with its types, statuses and texts, quoted where it says them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { JWT, PASSWORD, TIME, UUID, engines } from './harness.mjs';
import { Desk, EXAMPLE, LINK, ROLES, UNKNOWN, data, list, refused } from './tenant.mjs';

/** "export interface Ticket": which keys are there, and of what type. */
function isTicket(ticket, optional = []) {
  const numbers = ['tenant_id', 'user_id', 'escalation_level', ...optional.filter((key) => key.endsWith('_id'))];
  const texts = ['title', 'category', 'priority', 'status', 'description', ...optional.filter((key) => !key.endsWith('_id'))];
  const { replies, ...rest } = ticket;
  assert.deepEqual(Object.keys(rest).sort(), ['id', 'created_at', 'updated_at', ...numbers, ...texts].sort());
  assert.match(ticket.id, UUID);
  assert.ok(numbers.every((key) => Number.isInteger(ticket[key])), JSON.stringify(ticket));
  assert.ok(texts.every((key) => typeof ticket[key] === 'string'));
  assert.ok(['billing', 'technical', 'account', 'service'].includes(ticket.category));
  assert.ok(['low', 'medium', 'high'].includes(ticket.priority));
  assert.ok(['open', 'in_progress', 'resolved', 'closed'].includes(ticket.status));
  assert.match(ticket.created_at, TIME);
  assert.match(ticket.updated_at, TIME);
}

for (const engine of engines()) {
  describe(`tenant endpoints on ${engine}`, () => {
    let desk;
    let tenant;
    let who;
    let neighbour;
    before(async () => {
      desk = await Desk.start({ engine });
      tenant = (await desk.tenant('one.example')).id;
      who = await desk.people(tenant);
      neighbour = await desk.person('customer', tenant);
    });
    after(() => desk?.stop());

    it('POST /tickets — buat tiket → 201 APIResponse<Ticket>', async () => {
      const ticket = data(await desk.call('POST', '/tickets', who.customer, { body: EXAMPLE }), 201);
      isTicket(ticket, ['member_id']);
      const { id, created_at: created, updated_at: updated, ...rest } = ticket;
      assert.deepEqual(rest, { ...EXAMPLE, tenant_id: tenant, user_id: who.customer.id, member_id: who.customer.id, status: 'open', escalation_level: 0 });
      // The same at the other place.
      const other = data(await desk.call('POST', '/api/tickets', who.customer, { body: EXAMPLE }), 201);
      assert.equal(other.title, ticket.title);
      // Staff have no customer record.
      isTicket(await desk.create(who.customer_service));
    });

    it('POST /tickets takes every category and priority, also access and other', async () => {
      const shown = { billing: 'billing', technical: 'technical', account: 'account', service: 'service', access: 'account', other: 'service' };
      for (const [sent, category] of Object.entries(shown)) {
        for (const priority of ['low', 'medium', 'high']) {
          const ticket = await desk.create(who.customer, { category: sent, priority });
          assert.deepEqual([ticket.category, ticket.priority], [category, priority]);
        }
      }
    });

    it('attachment_url? is a link elsewhere or an own upload, and comes back', async () => {
      const elsewhere = await desk.create(who.customer, { attachment_url: LINK });
      assert.equal(elsewhere.attachment_url, LINK);
      isTicket(elsewhere, ['member_id', 'attachment_url']);
      const http = await desk.create(who.customer, { attachment_url: 'http://files.example.com/a.png' });
      assert.equal(http.attachment_url, 'http://files.example.com/a.png');
      for (const none of ['', ' ', null]) {
        assert.ok(!('attachment_url' in (await desk.create(who.customer, { attachment_url: none }))));
      }
      const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082', 'hex');
      const boundary = 'xxBOUNDARYxx';
      const part = (head, body) => [Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), body, Buffer.from('\r\n')];
      const text = Buffer.concat([...part('name="type"', Buffer.from('photo')), ...part('name="file"; filename="layar.png"', png), Buffer.from(`--${boundary}--\r\n`)]);
      const upload = await desk.server.as('isp')('POST', '/api/mobile/upload',
        { text, token: who.customer.token, headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } });
      assert.equal(upload.status, 201, upload.text);
      const { url } = upload.body.data.file;
      const own = await desk.create(who.customer, { attachment_url: url });
      assert.equal(own.attachment_url, url);
      const reply = await desk.replied(who.customer, own.id, 'Lihat ini juga.', { attachment_url: LINK });
      assert.equal(reply.attachment_url, LINK);
      const shown = await desk.shown(who.customer, own.id);
      assert.equal(shown.attachment_url, url);
      assert.deepEqual(shown.replies.map((one) => one.attachment_url), [LINK]);
      const { items } = await desk.list(who.customer);
      assert.deepEqual(items.filter((one) => one.attachment_url).map((one) => one.attachment_url), [LINK, 'http://files.example.com/a.png', url]);
      refused(await desk.call('POST', '/tickets', who.customer, { body: { ...EXAMPLE, attachment_url: 'javascript:alert(1)' } }), 400, 'validation error', ['attachment_url']);
      refused(await desk.reply(who.customer, elsewhere.id, 'x', { attachment_url: url }), 400, 'validation error', ['attachment_url']);
    });

    it('GET /tickets/:id — detail tiket → 200 APIResponse<Ticket>, with replies in time order', async () => {
      const { id } = await desk.create(who.customer);
      for (const text of ['satu', 'dua', 'tiga']) {
        await desk.replied(who.manager, id, text);
      }
      const ticket = await desk.shown(who.customer, id);
      isTicket(ticket, ['member_id']);
      assert.deepEqual(ticket.replies.map((reply) => reply.message), ['satu', 'dua', 'tiga']);
    });

    it('POST /tickets/:id/replies — tambah balasan → 201 APIResponse<TicketReply>', async () => {
      const { id } = await desk.create(who.customer);
      const reply = data(await desk.call('POST', `/tickets/${id}/replies`, who.manager, { body: { message: 'Sedang kami periksa.' } }), 201);
      assert.match(reply.id, UUID);
      assert.match(reply.created_at, TIME);
      assert.deepEqual({ ...reply, id, created_at: 0 }, { id, ticket_id: id, user_id: who.manager.id, message: 'Sedang kami periksa.', created_at: 0 });
    });

    it('PATCH /tickets/:id — ubah status/penugasan → 200 APIResponse<Ticket>', async () => {
      const { id } = await desk.create(who.customer);
      const agent = who.technician.id;
      let ticket = await desk.changed(who.manager, id, { agent_id: agent });
      isTicket(ticket, ['member_id', 'agent_id']);
      assert.deepEqual([ticket.agent_id, ticket.status], [agent, 'open']);
      for (const status of ['in_progress', 'resolved', 'closed', 'in_progress', 'open', 'open']) {
        ticket = await desk.changed(who.manager, id, { status });
        assert.equal(ticket.status, status);
      }
      // Both at once, the assignment first.
      ticket = await desk.changed(who.manager, id, { status: 'resolved', agent_id: who.customer_service.id });
      assert.deepEqual([ticket.agent_id, ticket.status], [who.customer_service.id, 'resolved']);
      // As it is already: nothing happens.
      const before = await desk.shown(who.manager, id);
      await desk.changed(who.manager, id, { status: 'resolved', agent_id: who.customer_service.id });
      assert.deepEqual(await desk.shown(who.manager, id), before);
      refused(await desk.patch(who.manager, id, { agent_id: agent }), 409, 'ticket is resolved or closed');
      // null takes it from whoever has it.
      await desk.changed(who.manager, id, { status: 'in_progress' });
      ticket = await desk.changed(who.manager, id, { agent_id: null });
      assert.ok(!('agent_id' in ticket));
    });

    it('a technician takes what is nobody’s and sets its status in one call', async () => {
      const { id } = await desk.create(who.customer);
      refused(await desk.patch(who.technician, id, { status: 'in_progress' }), 403, 'forbidden');
      const ticket = await desk.changed(who.technician, id, { status: 'in_progress', agent_id: who.technician.id });
      assert.deepEqual([ticket.agent_id, ticket.status], [who.technician.id, 'in_progress']);
    });

    it('"open" is assigned where somebody has it, else new, in the desk’s own words', async () => {
      const { id } = await desk.create(who.customer);
      const status = async () => (await desk.server.as('isp')('GET', `/api/tickets/${id}`, { token: who.manager.token })).body.data.ticket.status;
      await desk.changed(who.manager, id, { status: 'in_progress' });
      await desk.changed(who.manager, id, { status: 'open' });
      assert.equal(await status(), 'new');
      await desk.changed(who.manager, id, { status: 'in_progress', agent_id: who.technician.id });
      await desk.changed(who.manager, id, { status: 'open' });
      assert.equal(await status(), 'assigned');
    });

    it('an agent who is not available is 409 agent is not available', async () => {
      const away = await desk.person('technician', tenant);
      const body = { is_available: false, reason: 'Cuti' };
      assert.equal((await desk.server.as('isp')('PUT', `/api/technicians/${away.uuid}/availability`, { token: away.token, body })).status, 200);
      const { id } = await desk.create(who.customer);
      refused(await desk.patch(who.manager, id, { agent_id: away.id }), 409, 'agent is not available');
    });

    it('GET /tickets/:id/activities — aktivitas tiket → 200 APIResponse<TicketActivityLog[]>', async () => {
      const { id } = await desk.create(who.customer);
      await desk.changed(who.manager, id, { status: 'in_progress', agent_id: who.technician.id });
      await desk.replied(who.technician, id, 'Sedang kami periksa.');
      const answer = await desk.call('GET', `/tickets/${id}/activities`, who.customer);
      const entries = data(answer);
      assert.equal(answer.body.meta.pagination, undefined);
      for (const entry of entries) {
        assert.match(entry.id, UUID);
        assert.equal(entry.ticket_id, id);
        assert.ok(Number.isInteger(entry.actor_id));
        assert.match(entry.created_at, TIME);
        assert.deepEqual(Object.keys(entry).filter((key) => key !== 'message'), ['id', 'ticket_id', 'actor_id', 'action', 'created_at']);
      }
      const told = entries.filter(({ action }) => !action.startsWith('sla_')).map(({ actor_id: actor, action, message }) => [actor, action, message]);
      assert.deepEqual(told, [
        [who.customer.id, 'created', undefined],
        [who.manager.id, 'assigned', `The technician of ${tenant}`],
        [who.manager.id, 'status_changed', undefined], // new and assigned both read open
        [who.manager.id, 'status_changed', 'open → in_progress'],
        [who.technician.id, 'replied', undefined],
      ]);
    });

    it('activities tell what was done by other ways, too', async () => {
      const isp = desk.server.as('isp');
      const { id } = await desk.create(who.customer);
      const { token } = who.manager;
      const must = async (method, path, body) => assert.ok((await isp(method, `/api/tickets/${id}${path}`, { token, body })).status < 300);
      await must('PUT', '', { title: 'Baru', priority: 'normal' });
      await must('PUT', '', { priority: 'emergency' });
      await must('PUT', '', { priority: 'critical' });
      await must('POST', '/assign', { technician_id: who.technician.uuid, notes: 'Setelah jam 4' });
      await must('PUT', '/status', { status: 'pending' });
      await must('PUT', '/status', { status: 'resolved' });
      await must('DELETE', '');
      await must('POST', '/restore');
      const rated = await isp('POST', `/api/tickets/${id}/rating`, { token: who.customer.token, body: { rating: 5 } });
      assert.equal(rated.status, 200);
      const told = (await desk.activities(who.manager, id)).map(({ action, message }) => `${action} ${message ?? ''}`.trim());
      for (const line of ['title_changed Tidak bisa login → Baru', 'priority_changed high → medium', 'priority_changed medium → high', 'priority_changed', 'noted Setelah jam 4', 'status_changed open → in_progress',
        'status_changed in_progress → resolved', 'removed', 'restored', 'rated 5']) {
        assert.ok(told.includes(line), `${line}: ${told.join('; ')}`);
      }
      assert.ok(['sla_started', 'sla_changed', 'sla_paused', 'sla_stopped'].every((word) => told.some((line) => line.startsWith(word))), told.join('; '));
    });

    it('GET /vendor/tickets/:id/replies?limit=..&cursor=.. — vendor: list balasan', async () => {
      const { id } = await desk.create(who.customer);
      const made = [];
      for (const text of ['satu', 'dua', 'tiga', 'empat', 'lima']) {
        made.push(await desk.replied(who.manager, id, text));
      }
      for (const path of [`/vendor/tickets/${id}/replies`, `/api/vendor/tickets/${id}/replies`, `/tickets/${id}/replies`]) {
        const first = list(await desk.call('GET', `${path}?limit=2`, who.manager));
        assert.deepEqual(first, { items: made.slice(0, 2), page: { next_cursor: made[1].id, has_next: true, has_prev: false, limit: 2 } });
        const second = list(await desk.call('GET', `${path}?limit=2&cursor=${first.page.next_cursor}`, who.manager));
        assert.deepEqual(second, { items: made.slice(2, 4), page: { next_cursor: made[3].id, has_next: true, has_prev: true, limit: 2 } });
        const last = list(await desk.call('GET', `${path}?limit=2&cursor=${second.page.next_cursor}`, who.manager));
        assert.deepEqual(last, { items: made.slice(4), page: { prev_cursor: made[1].id, has_next: false, has_prev: true, limit: 2 } });
        assert.deepEqual(list(await desk.call('GET', `${path}?limit=2&cursor=${last.page.prev_cursor}`, who.manager)).items, second.items);
      }
      // Only the vendor's way needs the limit.
      assert.deepEqual(list(await desk.call('GET', `/tickets/${id}/replies`, who.customer)), { items: made, page: { has_next: false, has_prev: false, limit: 100 } });
      refused(await desk.call('GET', `/vendor/tickets/${id}/replies`, who.manager), 400, 'validation error', ['limit']);
      refused(await desk.call('GET', `/vendor/tickets/${id}/replies?limit=10`, who.customer), 403, 'forbidden');
    });

    it('POST /vendor/tickets/sla — set SLA → 200 APIResponse<null>, and its list', async () => {
      const target = { category: 'technical', sla_response_minutes: 30, sla_resolution_minutes: 240 };
      assert.deepEqual(await desk.targets(who.technician), []);
      assert.equal(data(await desk.setSla(who.manager, target)), null);
      const list = data(await desk.call('GET', '/vendor/tickets/sla', who.technician));
      assert.deepEqual(list, [target]);
      // Upsert; access means account, other service; 0 and a year are the ends.
      data(await desk.setSla(who.super_admin, { ...target, sla_response_minutes: 15 }));
      data(await desk.setSla(who.manager, { category: 'access', sla_response_minutes: 0, sla_resolution_minutes: 525600 }));
      data(await desk.call('POST', '/api/vendor/tickets/sla', who.manager, { body: { category: 'other', sla_response_minutes: 1, sla_resolution_minutes: 0 } }));
      assert.deepEqual(data(await desk.call('GET', '/api/vendor/tickets/sla', who.manager)), [
        { ...target, sla_response_minutes: 15 },
        { category: 'account', sla_response_minutes: 0, sla_resolution_minutes: 525600 },
        { category: 'service', sla_response_minutes: 1, sla_resolution_minutes: 0 },
      ]);
    });

    it('403: role tidak sesuai (mis. akses SLA vendor)', async () => {
      const body = { category: 'billing', sla_response_minutes: 1, sla_resolution_minutes: 1 };
      for (const role of ROLES) {
        const reads = await desk.call('GET', '/vendor/tickets/sla', who[role]);
        const writes = await desk.setSla(who[role], body);
        assert.equal(reads.status, role === 'customer' ? 403 : 200, role);
        assert.equal(writes.status, ['super_admin', 'manager'].includes(role) ? 200 : 403, role);
        for (const answer of [reads, writes].filter(({ status }) => status === 403)) {
          refused(answer, 403, 'forbidden');
        }
      }
    });

    it('who may what: reading, answering, assigning and moving a ticket of somebody else', async () => {
      const { id } = await desk.create(who.customer);
      await desk.changed(who.manager, id, { agent_id: who.customer_service.id });
      const all = ['super_admin', 'manager', 'supervisor', 'customer_service'];
      for (const [name, person] of [...Object.entries(who), ['neighbour', neighbour]]) {
        const may = all.includes(name) || name === 'customer';
        const seen = (answer, success = 200) => (may ? data(answer, success) : refused(answer, 404, 'ticket not found'));
        seen(await desk.get(person, id));
        seen(await desk.reply(person, id, `From ${name}`), 201);
        seen(await desk.call('GET', `/tickets/${id}/activities`, person));
        seen(await desk.call('GET', `/tickets/${id}/replies`, person));
        const moved = await desk.patch(person, id, { status: 'in_progress' });
        const given = await desk.patch(person, id, { agent_id: who.supervisor.id });
        for (const answer of [moved, given]) {
          if (all.includes(name)) {
            data(answer);
          } else if (name === 'customer') {
            refused(answer, 403, 'forbidden');
          } else {
            refused(answer, 404, 'ticket not found');
          }
        }
        await desk.changed(who.manager, id, { status: 'open' });
        await desk.changed(who.manager, id, { agent_id: who.customer_service.id });
      }
    });

    it('the customer closes what was resolved and opens it again, nothing else', async () => {
      const { id } = await desk.create(who.customer);
      for (const status of ['in_progress', 'resolved', 'closed']) {
        refused(await desk.patch(who.customer, id, { status }), 403, 'forbidden');
      }
      await desk.changed(who.manager, id, { status: 'resolved' });
      assert.equal((await desk.changed(who.customer, id, { status: 'closed' })).status, 'closed');
      assert.equal((await desk.changed(who.customer, id, { status: 'open' })).status, 'open');
      refused(await desk.patch(neighbour, id, { status: 'open' }), 404, 'ticket not found');
    });

    it('the other party is notified when a ticket is made, answered or moved', async () => {
      const { id } = await desk.create(who.customer);
      const told = async (person) => (await desk.notices(person)).filter(({ data: about }) => about.ticket_id === id).map(({ type }) => type);
      assert.deepEqual(await told(who.customer_service), ['ticket_created']);
      assert.deepEqual(await told(who.customer), []);
      await desk.changed(who.manager, id, { status: 'in_progress', agent_id: who.technician.id });
      assert.deepEqual(await told(who.customer), ['ticket_status']);
      assert.deepEqual(await told(who.technician), ['ticket_assigned']);
      await desk.replied(who.technician, id, 'Sedang kami periksa.');
      assert.deepEqual(await told(who.customer), ['ticket_replied', 'ticket_status']);
      await desk.replied(who.customer, id, 'Terima kasih.');
      assert.deepEqual(await told(who.technician), ['ticket_replied', 'ticket_assigned']);
    });
  });

  describe(`tenant paths on ${engine}`, () => {
    let desk;
    let person;
    let ticket;
    before(async () => {
      desk = await Desk.start({ engine });
      person = await desk.person('manager');
      ticket = await desk.create(person);
    });
    after(() => desk?.stop());

    const isp = (answer, status, code) => assert.deepEqual([answer.status, answer.body.error?.code], [status, code], answer.text);

    it('/api/tickets belongs to whom the header says; the rest of the paths do not collide', async () => {
      const call = (method, path, tenant, body) => desk.call(method, path, person, { tenant, body });
      for (const tenant of [1, ' ', '']) {
        list(await call('GET', '/api/tickets?limit=10', tenant));
        assert.ok(data(await call('GET', `/api/tickets/${ticket.id}`, tenant)).replies);
      }
      const theirs = await call('GET', '/api/tickets?limit=10', null);
      assert.ok(theirs.body.data.tickets, theirs.text);
      assert.ok((await call('GET', `/api/tickets/${ticket.id}`, null)).body.data.ticket.ticket_number);
      // What only one of them has is found with and without.
      for (const tenant of [1, null]) {
        data(await call('GET', `/api/tickets/${ticket.id}/activities`, tenant));
        data(await call('GET', `/api/tickets/${ticket.id}/replies`, tenant));
        data(await call('GET', '/api/vendor/tickets/sla', tenant));
        data(await call('GET', '/vendor/tickets/sla', tenant));
        list(await call('GET', '/tickets?limit=10', tenant));
        list(await call('GET', '/tickets/?limit=10', tenant));
        assert.equal((await call('POST', `/api/tickets/${ticket.id}/comments`, tenant, { comment: 'x' })).status, 201);
        assert.ok((await call('GET', '/v1/api/tickets', tenant)).body.data.tickets);
        assert.ok((await call('GET', '/api/notifications', tenant)).body.data.notifications);
      }
    });

    it('an unknown path or method is refused in the envelope of whose it would be', async () => {
      const call = (method, path, tenant) => desk.call(method, path, person, { tenant });
      for (const path of ['/tickets/a/b', '/Tickets', '/vendor', '/vendor/tickets', '/vendor/none', `/tickets/${ticket.id}/none`]) {
        for (const tenant of [1, null]) {
          refused(await call('GET', path, tenant), 404, 'not found');
        }
        refused(await call('GET', `/api${path}`, 1), 404, 'not found');
        isp(await call('GET', `/api${path}`, null), 404, 'RESOURCE_NOT_FOUND');
      }
      for (const path of ['/ticketsx', '/vendors']) {
        assert.equal((await call('GET', path, 1)).body.error.code, 'no_such_path');
      }
      for (const [method, path, allow] of [
        ['DELETE', '/tickets', 'OPTIONS, GET, HEAD, POST'],
        ['PUT', `/tickets/${ticket.id}`, 'OPTIONS, GET, HEAD, PATCH'],
        ['PUT', `/api/tickets/${ticket.id}`, 'OPTIONS, GET, HEAD, PATCH'],
        ['DELETE', '/vendor/tickets/sla', 'OPTIONS, GET, HEAD, POST'],
        ['GET', '/api/auth/login', 'OPTIONS, POST'],
        ['POST', '/api/tenant/by-domain', 'OPTIONS, GET, HEAD'],
      ]) {
        const answer = await call(method, path, 1);
        refused(answer, 405, 'method not allowed');
        assert.equal(answer.headers.allow, allow);
      }
      isp(await call('PATCH', `/api/tickets/${ticket.id}`, null), 405, 'METHOD_NOT_ALLOWED');
    });

    it('meta.request_id is the caller’s own where it sent one', async () => {
      const answer = await desk.api('GET', '/tickets?limit=1', { token: person.token, headers: { 'X-Request-ID': 'klik-42' } });
      list(answer);
      assert.equal(answer.body.meta.request_id, 'klik-42');
      const refusal = await desk.api('GET', '/tickets?limit=1', { headers: { 'X-Request-ID': 'klik-43' } });
      refused(refusal, 401, 'unauthorized');
      assert.equal(refusal.body.meta.request_id, 'klik-43');
    });
  });

  describe(`tenant sign-in on ${engine}`, () => {
    let desk;
    let tenant;
    let person;
    before(async () => {
      desk = await Desk.start({ engine, args: ['--login-throttle', 'on'] });
      tenant = await desk.tenant('one.example');
      person = await desk.server.seed('customer_service', { tenant: tenant.id, name: 'Ani Wijaya' });
    });
    after(() => desk?.stop());

    it('POST /api/auth/login with X-Tenant-ID answers in this envelope', async () => {
      const { access_token: access, refresh_token: refresh, expires_at: ends, ...rest } = data(await desk.login(person.email, String(tenant.id)));
      assert.deepEqual(rest, { id: person.id, nama: 'Ani Wijaya', role: 'customer_service', jenis_tenant: 'standard', email: person.email });
      assert.match(access, JWT);
      assert.match(refresh, JWT);
      assert.ok(Math.abs(ends - Date.now() / 1000 - 900) < 30, `${ends} is 15 minutes ahead`);
      assert.equal((await desk.call('GET', '/tickets?limit=1', { token: access, tenant: tenant.id })).status, 200);
    });

    it('an empty header means the tenant of the host, else the operator', async () => {
      const { jenis_tenant: kind } = data(await desk.login(person.email, '', PASSWORD, { Host: 'one.example' }));
      assert.equal(kind, 'standard');
      const vendor = await desk.server.seed('manager');
      assert.equal(data(await desk.login(vendor.email, '')).jenis_tenant, 'vendor');
      refused(await desk.login(person.email, ''), 401, 'invalid credentials');
    });

    it('without the header it is another API’s', async () => {
      const answer = await desk.server.as('isp')('POST', '/api/auth/login', { body: { email: person.email, password: PASSWORD }, headers: { Host: 'one.example' } });
      assert.equal(answer.status, 200);
      assert.ok(answer.body.data.tokens.access_token);
    });

    it('the refresh token buys the next pair, and logout ends the session, where that API has them', async () => {
      const { access_token: access, refresh_token: token } = data(await desk.login(person.email, String(tenant.id)));
      const isp = desk.server.as('isp');
      const next = await isp('POST', '/api/auth/refresh', { body: { refresh_token: token } });
      assert.equal(next.status, 200, next.text);
      assert.match(next.body.data.access_token, JWT);
      assert.match(next.body.data.refresh_token, JWT);
      assert.equal((await isp('POST', '/api/auth/logout', { token: next.body.data.access_token })).status, 200);
      for (const gone of [access, next.body.data.access_token]) {
        refused(await desk.call('GET', '/tickets?limit=1', { token: gone, tenant: tenant.id }), 401, 'session ended');
      }
    });

    it('refuses what is wrong: fields, credentials, tenants, and after five failures everything', async () => {
      refused(await desk.api('POST', '/api/auth/login', { body: {}, headers: { 'X-Tenant-ID': '1' } }), 400, 'validation error', ['email', 'password']);
      refused(await desk.login(person.email, 'satu'), 400, 'validation error', ['X-Tenant-ID']);
      refused(await desk.login(person.email, '999'), 403, 'tenant is not active');
      refused(await desk.login('nobody@example.com', String(tenant.id)), 401, 'invalid credentials');
      for (let i = 0; i < 5; i++) {
        refused(await desk.login(person.email, String(tenant.id), 'Wrong-password-1'), 401, 'invalid credentials');
      }
      const answer = await desk.login(person.email, String(tenant.id));
      refused(answer, 429, 'too many failed logins');
      assert.ok(Number(answer.headers['retry-after']) > 0);
    });

    it('GET /api/tenant/by-domain?domain= is public', async () => {
      const ask = (domain, headers = {}) => desk.api('GET', `/api/tenant/by-domain?domain=${domain}`, { headers });
      const known = { tenant_id: tenant.id, nama: 'one.example', type: 'standard', is_active: true };
      for (const domain of ['one.example', 'ONE.Example', '%20one.example%20']) {
        assert.deepEqual(data(await ask(domain)), known);
        assert.deepEqual(data(await ask(domain, { 'X-Tenant-ID': '' })), known);
      }
      refused(await ask('two.example'), 404, 'tenant not found');
      refused(await ask('not%20a%20name'), 404, 'tenant not found');
      refused(await ask(''), 400, 'validation error', ['domain']);
      const sleeping = await desk.tenant('sleeping.example');
      await desk.server.command(['tenant', 'disable', '--id', String(sleeping.id)]);
      assert.equal(data(await ask('sleeping.example')).is_active, false);
    });
  });
}

// tenant: "Skenario Penggunaan" of the document, told as one transcript, and the escalation of a ticket that nobody answers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, eventually } from './harness.mjs';
import { Desk, LINK } from './tenant.mjs';

for (const engine of engines()) {
  describe(`the scenarios of the tenant document on ${engine}`, () => {
    let desk;
    let user;
    let agent;
    let ticket;
    before(async () => {
      desk = await Desk.start({ engine });
      const { id } = await desk.tenant('koperasi.example');
      user = await desk.person('customer', id, { name: 'Ani' });
      agent = await desk.person('customer_service', id, { name: 'Budi' });
    });
    after(() => desk?.stop());

    const told = async (person) => (await desk.notices(person)).filter(({ data: about }) => about.ticket_id === ticket.id).map(({ type }) => type);

    it('1. Pengguna membuat tiket technical prioritas high dan melampirkan tangkapan layar.', async () => {
      const body = { title: 'Tidak bisa login', category: 'technical', priority: 'high', description: 'Muncul pesan galat.', attachment_url: LINK };
      const answer = await desk.call('POST', '/tickets', user, { body });
      assert.equal(answer.status, 201);
      ticket = answer.body.data;
      assert.equal(ticket.status, 'open');
      assert.equal(ticket.attachment_url, LINK);
      assert.deepEqual(await told(agent), ['ticket_created']);
    });

    it('2. Agen menandai tiket menjadi in_progress dan menambahkan balasan.', async () => {
      const moved = await desk.call('PATCH', `/tickets/${ticket.id}`, agent, { body: { status: 'in_progress', agent_id: agent.id } });
      assert.equal(moved.status, 200);
      assert.equal(moved.body.data.status, 'in_progress');
      const reply = await desk.call('POST', `/tickets/${ticket.id}/replies`, agent, { body: { message: 'Sedang kami periksa.' } });
      assert.equal(reply.status, 201);
      assert.deepEqual(await told(user), ['ticket_replied', 'ticket_status']);
    });

    it('3. Setelah solusi diberikan, agen menandai resolved; pengguna memastikan perbaikan dan menutup tiket (closed).', async () => {
      assert.equal((await desk.call('PATCH', `/tickets/${ticket.id}`, agent, { body: { status: 'resolved' } })).body.data.status, 'resolved');
      assert.equal((await desk.call('POST', `/tickets/${ticket.id}/replies`, user, { body: { message: 'Sudah bisa, terima kasih.' } })).status, 201);
      assert.equal((await desk.call('PATCH', `/tickets/${ticket.id}`, user, { body: { status: 'closed' } })).body.data.status, 'closed');
      const { replies, ...shown } = (await desk.call('GET', `/tickets/${ticket.id}`, agent)).body.data;
      assert.deepEqual(replies.map(({ user_id: by, message }) => [by, message]), [[agent.id, 'Sedang kami periksa.'], [user.id, 'Sudah bisa, terima kasih.']]);
      assert.deepEqual(shown, { ...ticket, status: 'closed', agent_id: agent.id, updated_at: shown.updated_at });
      const { body } = await desk.call('GET', `/tickets/${ticket.id}/activities`, agent);
      const story = body.data.filter(({ action }) => !action.startsWith('sla_')).map(({ actor_id: actor, action, message }) => [actor, action, message]);
      assert.deepEqual(story, [
        [user.id, 'created', undefined],
        [agent.id, 'assigned', 'Budi'],
        [agent.id, 'status_changed', undefined],
        [agent.id, 'status_changed', 'open → in_progress'],
        [agent.id, 'replied', undefined],
        [agent.id, 'status_changed', 'in_progress → resolved'],
        [user.id, 'replied', undefined],
        [user.id, 'status_changed', 'resolved → closed'],
      ]);
      assert.deepEqual(await told(agent), ['ticket_status', 'ticket_replied', 'ticket_created']);
    });
  });

  describe(`escalation as tenants see it on ${engine}`, () => {
    let desk;
    before(async () => {
      desk = await Desk.start({ engine, clock: 0 });
    });
    after(() => desk?.stop());

    /** A day's token, because this moves the clock. */
    const person = async (role, tenant) => {
      const account = await desk.server.seed(role, { tenant: tenant.id });
      const body = { user_email: account.email, user_password: PASSWORD };
      const { body: found } = await desk.server.as('hcall')('POST', '/api/auth/enter', { body, headers: { Host: tenant.domain } });
      return { ...account, tenant: tenant.id, token: found.jwt_token };
    };

    it('the level goes from 0 to 1 when nobody answers in time, to 2 when nobody solves it; each tells supervisors', async () => {
      const { id } = await desk.tenant('koperasi.example');
      const tenant = { id, domain: 'koperasi.example' };
      const manager = await person('manager', tenant);
      const supervisor = await person('supervisor', tenant);
      const user = await person('customer', tenant);
      const target = await desk.setSla(manager, { category: 'technical', sla_response_minutes: 10, sla_resolution_minutes: 60 });
      assert.equal(target.status, 200, target.text);
      const ticket = await desk.create(user);
      assert.equal(ticket.escalation_level, 0);
      for (const [minutes, level] of [[11, 1], [61, 2]]) {
        desk.server.setClock(minutes * 60);
        await eventually(async () => (await desk.shown(user, ticket.id)).escalation_level === level);
      }
      const escalated = (await desk.activities(user, ticket.id)).filter(({ action }) => action === 'escalated');
      assert.deepEqual(escalated.map(({ actor_id: actor, message }) => [actor, message]), [[0, 'response overdue, level 1'], [0, 'resolution overdue, level 2']]);
      for (const boss of [supervisor, manager]) {
        const breaches = (await desk.notices(boss)).filter(({ type }) => type === 'sla_breach');
        assert.deepEqual(breaches.map(({ data: about }) => about.ticket_id), [ticket.id, ticket.id]);
      }
      assert.equal((await desk.list(manager)).items[0].escalation_level, 2);
    });
  });
}

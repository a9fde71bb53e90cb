// Service levels over HTTP: deadlines, what stops their clocks, and what the desk does by itself when they pass.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, eventually, start } from './harness.mjs';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Seconds between a ticket's creation and its deadline. */
function given(ticket) {
  return Math.round((Date.parse(ticket.sla_deadline) - Date.parse(ticket.created_at)) / 1000);
}

/** A day's token, because these tests move the clock by hours. */
async function signIn(server, role, options) {
  const { email: address, uuid } = await server.seed(role, options);
  const answer = await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: address, user_password: PASSWORD } });
  assert.equal(answer.status, 200, answer.text);
  return { token: answer.body.jwt_token, id: uuid, email: address };
}

function calls(server) {
  const isp = server.as('isp');
  const ok = async (method, target, token, body) => {
    const answer = await isp(method, target, { token, body });
    assert.ok(answer.status === 200 || answer.status === 201, `${method} ${target}: ${answer.text}`);
    return answer.body.data;
  };
  return {
    isp,
    make: async (who, customer, priority = 'emergency', type = 'repair') =>
      (await ok('POST', '/api/tickets', who.token,
        { customer_id: customer.id, type, priority, title: 'No signal', description: 'The lamp is red.',
          location: { lat: -6.2088, lng: 106.8456 } })).ticket,
    get: async (who, id) => (await ok('GET', `/api/tickets/${id}`, who.token)).ticket,
    status: async (who, id, status) => (await ok('PUT', `/api/tickets/${id}/status`, who.token, { status })).ticket,
    change: async (who, id, body) => (await ok('PUT', `/api/tickets/${id}`, who.token, body)).ticket,
    assign: (who, id, technician) => ok('POST', `/api/tickets/${id}/assign`, who.token, { technician_id: technician.id }),
    notices: async (who) => (await ok('GET', '/api/notifications?limit=100', who.token)).notifications,
  };
}

/** What the ticket's history says of its clocks, from the beginning. */
function clockWork(ticket) {
  return ticket.history.filter((entry) => entry.action.startsWith('sla_')).map((entry) => entry.action);
}
const count = (list, word) => list.filter((entry) => entry === word).length;

for (const engine of engines()) {
  describe(`service levels on ${engine}`, () => {
    let server;
    let c;
    let manager;
    let supervisor;
    let service;
    let technician;
    let customer;
    let now = 0;
    const pass = async (seconds) => {
      now += seconds;
      server.setClock(now);
      /* The clock is read many times a second; a request tells when. */
      await eventually(async () => {
        const made = await c.make(manager, customer, 'low', 'maintenance');
        return Math.abs(Date.parse(made.created_at) - Date.now() - now * 1000) < 5000;
      });
    };
    before(async () => {
      server = await start({ engine, clock: 0 });
      c = calls(server);
      manager = await signIn(server, 'manager');
      supervisor = await signIn(server, 'supervisor');
      service = await signIn(server, 'customer_service');
      technician = await signIn(server, 'technician');
      customer = await signIn(server, 'customer');
    });
    after(() => server?.stop());

    it('give each priority its deadline: emergency 1 h, critical 2 h, high 4 h, normal 24 h, low 48 h', async () => {
      const hours = { emergency: 1, critical: 2, high: 4, normal: 24, low: 48 };
      for (const [priority, expected] of Object.entries(hours)) {
        assert.equal(given(await c.make(manager, customer, priority)), expected * HOUR, priority);
      }
    });

    it('compute the deadline anew from the same start when the priority changes', async () => {
      const made = await c.make(manager, customer, 'low');
      const changed = await c.change(manager, made.id, { priority: 'critical' });
      assert.equal(given(changed), 2 * HOUR);
      assert.ok(clockWork(await c.get(manager, made.id)).includes('sla_changed'));
    });

    it('stand still while the ticket is pending', async () => {
      const made = await c.make(manager, customer);
      await c.status(manager, made.id, 'pending');
      await pass(2 * HOUR);
      assert.equal(given(await c.get(manager, made.id)), HOUR);
      const going = await c.status(manager, made.id, 'in_progress');
      assert.ok(Math.abs(given(going) - 3 * HOUR) < 5, going.sla_deadline);
      const told = await c.get(manager, made.id);
      assert.deepEqual(clockWork(told), ['sla_started', 'sla_paused', 'sla_resumed']);
    });

    it('warn when a fifth is left, and tell the breach, each once, to the technician and to supervisors up', async () => {
      const made = await c.make(manager, customer);
      await c.assign(manager, made.id, technician);
      await pass(50 * MINUTE);
      await eventually(async () => clockWork(await c.get(manager, made.id)).includes('sla_warned'));
      assert.ok(!clockWork(await c.get(manager, made.id)).includes('sla_breached'));
      await server.restart();
      await pass(11 * MINUTE);
      await eventually(async () => clockWork(await c.get(manager, made.id)).includes('sla_breached'));
      await server.restart();
      await pass(HOUR);
      const history = clockWork(await c.get(manager, made.id));
      assert.equal(count(history, 'sla_warned'), 1, history.join());
      assert.equal(count(history, 'sla_breached'), 1, history.join());
      const breach = (await c.get(manager, made.id)).history.find((entry) => entry.action === 'sla_breached');
      assert.equal(breach.user, null);
      assert.equal(breach.old_value, 'resolution');
      assert.equal(breach.new_value, '1');
      for (const who of [technician, supervisor, manager]) {
        const told = (await c.notices(who)).filter((notice) => notice.data?.ticket_id === made.id && notice.type.startsWith('sla_'));
        assert.deepEqual(told.map((notice) => notice.type).sort(), ['sla_breach', 'sla_warning'], who.email);
      }
      assert.ok((await c.notices(service)).every((notice) => !notice.type.startsWith('sla_')));
    });

    it('leave a solved ticket alone', async () => {
      const made = await c.make(manager, customer);
      await c.status(manager, made.id, 'resolved');
      await pass(3 * HOUR);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const told = await c.get(manager, made.id);
      assert.deepEqual(clockWork(told), ['sla_started', 'sla_stopped']);
      assert.equal(told.history.find((entry) => entry.action === 'sla_stopped').new_value, 'met');
      assert.equal(given(told), HOUR);
    });
  });
}

describe('service levels on two servers of one PostgreSQL', { skip: !engines().includes('pgsql') }, () => {
  let one;
  let two;
  before(async () => {
    one = await start({ engine: 'pgsql', clock: 0 });
    two = await start({ clock: 0, args: ['--database', one.database.url] });
  });
  after(async () => {
    await two?.stop();
    await one?.stop();
  });

  it('tell each breach once', async () => {
    const c = calls(one);
    const manager = await signIn(one, 'manager');
    const supervisor = await signIn(one, 'supervisor');
    const customer = await signIn(one, 'customer');
    const made = await Promise.all(Array.from({ length: 40 }, () => c.make(manager, customer)));
    one.setClock(2 * HOUR);
    two.setClock(2 * HOUR);
    await eventually(async () => {
      const last = await Promise.all(made.map((ticket) => c.get(manager, ticket.id)));
      return last.every((ticket) => clockWork(ticket).includes('sla_breached'));
    }, 20);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const ticket of made) {
      assert.equal(count(clockWork(await c.get(manager, ticket.id)), 'sla_breached'), 1);
    }
    const told = (await c.notices(supervisor)).filter((notice) => notice.type === 'sla_breach');
    assert.equal(told.length, 40);
    assert.equal(new Set(told.map((notice) => notice.data.ticket_id)).size, 40);
  });
});

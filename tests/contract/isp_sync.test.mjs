// POST /api/mobile/sync: what an app that works offline is told.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { PASSWORD, TIME, UUID, engines, eventually, start } from './harness.mjs';

const DEVICE = { platform: 'android', version: '2.4.1', device_id: 'a1b2c3' };

async function signIn(server, role) {
  const { email: address, uuid } = await server.seed(role);
  const answer = await server.as('isp')('POST', '/api/auth/login', { body: { email: address, password: PASSWORD } });
  assert.equal(answer.status, 200, answer.text);
  return { token: answer.body.data.tokens.access_token, id: uuid };
}

/** Until all that was committed is told: other tests in the cluster may hold the horizon up for a moment. */
async function settled(server) {
  while (server.database) {
    const query = 'SELECT (SELECT COUNT(*) FROM event WHERE txn >= commit_horizon()) + (SELECT COUNT(*) FROM notice WHERE txn >= commit_horizon())';
    const { stdout } = await promisify(execFile)('psql', ['--no-psqlrc', '--tuples-only', '--dbname', server.database.url, '--command', query]);
    if (Number(stdout) === 0) {
      return;
    }
  }
}

/** An app: what it knows, and where it stands. */
class App {
  constructor(server, who) {
    this.server = server;
    this.isp = server.as('isp');
    this.who = who;
    this.tickets = new Map();
    this.notifications = new Map();
    this.assignments = new Map();
    this.position = undefined;
  }

  ask() {
    return this.isp('POST', '/api/mobile/sync',
      { token: this.who.token, body: { ...(this.position ? { last_sync: this.position } : {}), device_info: DEVICE } });
  }

  async pull({ at_once = false } = {}) {
    let answer;
    for (let tries = 0; tries < (at_once || !this.server.database ? 1 : 20); tries++) {
      if (!at_once) {
        await settled(this.server);
      }
      answer = await this.ask();
      const data = answer.body?.data;
      if (!data || data.tickets.length + data.removed_ticket_ids.length + data.notifications.length + data.assignments.length > 0
        || data.technician) {
        break; /* nothing at all may only be not yet */
      }
    }
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.success, true);
    const data = answer.body.data;
    assert.deepEqual(Object.keys(data), ['server_time', 'next_sync', 'full', 'has_more', 'tickets', 'removed_ticket_ids',
      'notifications', 'assignments', 'technician']);
    assert.match(data.server_time, TIME);
    assert.ok(data.next_sync.length <= 120);
    const rows = [data.tickets, data.removed_ticket_ids, data.notifications, data.assignments].flat();
    assert.ok(rows.length <= 1000);
    const ids = data.tickets.map((ticket) => ticket.id);
    assert.equal(new Set([...ids, ...data.removed_ticket_ids]).size, ids.length + data.removed_ticket_ids.length);
    for (const ticket of data.tickets) {
      this.tickets.set(ticket.id, ticket);
    }
    for (const id of data.removed_ticket_ids) {
      assert.match(id, UUID);
      this.tickets.delete(id);
    }
    for (const notice of data.notifications) {
      this.notifications.set(notice.id, notice);
    }
    for (const assignment of data.assignments) {
      this.assignments.set(assignment.id, assignment);
    }
    this.position = data.next_sync;
    return data;
  }

  async pullAll() {
    let data;
    do {
      data = await this.pull();
    } while (data.has_more);
    return this;
  }

  /** What it knows, in one order. */
  state() {
    const sorted = (map) => [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    /* A notification's words name the ticket by its title of that moment. */
    const notifications = sorted(this.notifications).map(({ id, type, is_read }) => ({ id, type, is_read }));
    return { tickets: sorted(this.tickets), notifications, assignments: sorted(this.assignments) };
  }
}

for (const engine of engines()) {
  describe(`synchronisation on ${engine}`, () => {
    let server;
    let isp;
    let manager;
    let ani;
    let budi;
    let tono;
    let tika;
    const ok = async (method, target, who, body) => {
      const answer = await isp(method, target, { token: who.token, body });
      assert.ok([200, 201].includes(answer.status), `${method} ${target}: ${answer.text}`);
      return answer.body.data;
    };
    const make = async (who, customer) =>
      (await ok('POST', '/api/tickets', who, {
        customer_id: customer.id, type: 'repair', priority: 'normal', title: 'No signal', description: 'The lamp is red.',
        location: { lat: -6.2088, lng: 106.8456 },
      })).ticket;
    const assign = (id, technician) => ok('POST', `/api/tickets/${id}/assign`, manager, { technician_id: technician.id });
    before(async () => {
      server = await start({ engine });
      isp = server.as('isp');
      [manager, ani, budi, tono, tika] = await Promise.all(
        ['manager', 'customer', 'customer', 'technician', 'technician'].map((role) => signIn(server, role)));
    });
    after(() => server?.stop());

    it('tells everything at first, in the shape of the lists, and then only what changed', async () => {
      const made = await make(manager, ani);
      const app = new App(server, ani);
      let data = await app.pull();
      assert.equal(data.full, true);
      assert.deepEqual(data.tickets.map((ticket) => ticket.id), [made.id]);
      assert.deepEqual(data.tickets[0], (await ok('GET', '/api/tickets', ani)).tickets[0]);
      assert.equal(data.technician, null);
      data = await app.pull();
      assert.deepEqual([data.full, data.has_more], [false, false]);
      assert.deepEqual([data.tickets, data.removed_ticket_ids, data.notifications, data.assignments], [[], [], [], []]);
      await ok('PUT', `/api/tickets/${made.id}/status`, manager, { status: 'in_progress' });
      await ok('PUT', `/api/tickets/${made.id}/status`, manager, { status: 'resolved' });
      data = await app.pull();
      assert.deepEqual(data.tickets.map((ticket) => [ticket.id, ticket.status]), [[made.id, 'resolved']]);
      assert.deepEqual((await app.pull()).tickets, []);
    });

    it('tells a technician what is theirs or nobody\'s, and takes away what is given to somebody else', async () => {
      const made = await make(manager, ani);
      await assign(made.id, tono);
      const [of_tono, of_tika] = [await new App(server, tono).pullAll(), await new App(server, tika).pullAll()];
      assert.ok(of_tono.tickets.has(made.id));
      assert.ok(!of_tika.tickets.has(made.id));
      await assign(made.id, tika);
      assert.deepEqual((await of_tono.pull()).removed_ticket_ids, [made.id]);
      const data = await of_tika.pull();
      assert.deepEqual(data.removed_ticket_ids, []);
      assert.deepEqual(data.tickets.map((ticket) => ticket.id), [made.id]);
      assert.ok(data.notifications.some((notice) => notice.type === 'ticket_assigned'));
      assert.ok(!(await new App(server, budi).pullAll()).tickets.has(made.id));
    });

    it('takes a removed ticket away and brings a restored one back', async () => {
      const made = await make(manager, ani);
      const app = await new App(server, ani).pullAll();
      const other = await new App(server, budi).pullAll();
      await ok('DELETE', `/api/tickets/${made.id}`, ani);
      assert.deepEqual((await app.pull()).removed_ticket_ids, [made.id]);
      await ok('POST', `/api/tickets/${made.id}/restore`, ani);
      assert.deepEqual((await app.pull()).tickets.map((ticket) => ticket.id), [made.id]);
      const data = await other.pull();
      assert.deepEqual([data.tickets, data.removed_ticket_ids], [[], []]);
    });

    it('tells a notification when it is new and again when it was read', async () => {
      const app = await new App(server, tika).pullAll();
      const made = await make(manager, ani);
      await assign(made.id, tika);
      const [notice] = (await app.pull()).notifications;
      assert.equal(notice.is_read, false);
      await ok('PUT', `/api/notifications/${notice.id}/read`, tika);
      assert.deepEqual((await app.pull()).notifications.map(({ id, is_read }) => [id, is_read]), [[notice.id, true]]);
      await make(manager, ani);
      await ok('PUT', '/api/notifications/mark-all-read', tika);
      await app.pullAll();
      assert.ok([...app.notifications.values()].every((each) => each.is_read));
    });

    it('tells a technician their own record and what they carry', async () => {
      const app = new App(server, tono);
      let data = await app.pull();
      assert.equal(data.technician.id, tono.id);
      await app.pullAll();
      await ok('PUT', `/api/technicians/${tono.id}/location`, tono, { lat: -6.2, lng: 106.8 });
      data = await app.pull();
      assert.equal(data.technician.current_location.lat, -6.2);
      const { item } = await ok('POST', '/api/inventory/items', manager,
        { name: 'Router', category: 'device', sku: `R-${engine}`, unit_price: 1, stock_quantity: 5, min_stock_level: 1 });
      const made = await make(manager, ani);
      await assign(made.id, tono);
      const { assignment } = await ok('POST', '/api/inventory/assignments', manager,
        { item_id: item.id, technician_id: tono.id, ticket_id: made.id, quantity: 2 });
      data = await app.pull();
      assert.deepEqual(data.assignments.map((each) => each.id), [assignment.id]);
      assert.equal(data.technician, null);
      assert.deepEqual((await new App(server, tika).pull()).assignments, []);
    });

    it('takes a time, and repeats rather than loses', async () => {
      const moment = new Date().toISOString();
      const made = await make(manager, budi);
      await settled(server);
      for (const last_sync of [moment, moment.replace('Z', '+00:00'), new Date(Date.now() + 3600000).toISOString()]) {
        const { data } = (await isp('POST', '/api/mobile/sync', { token: budi.token, body: { last_sync } })).body;
        assert.equal(data.full, false);
        assert.ok(data.tickets.some((ticket) => ticket.id === made.id), last_sync);
      }
      const { data } = (await isp('POST', '/api/mobile/sync', { token: budi.token, body: { last_sync: '2019-01-01T00:00:00Z' } })).body;
      assert.equal(data.full, true);
    });

    it('starts anew where the position was somebody else\'s', async () => {
      const theirs = await new App(server, ani).pullAll();
      const app = new App(server, budi);
      app.position = theirs.position;
      assert.equal((await app.pull()).full, true);
      for (const id of theirs.tickets.keys()) {
        assert.ok(!app.tickets.has(id));
      }
    });

    it('takes null as unsaid, and refuses what is no position', async () => {
      const answer = await isp('POST', '/api/mobile/sync', { token: ani.token, body: { last_sync: null, device_info: null } });
      assert.equal(answer.body.data.full, true);
      const { position } = await new App(server, ani).pullAll();
      const turned = position[9] === 'A' ? 'B' : 'A';
      const garbage = ['x', '0', 'yesterday', '2026-02-30T00:00:00Z', position.slice(1), `${position}A`, position.slice(0, -1),
        position.slice(0, 9) + turned + position.slice(10), 'A'.repeat(88), '\u00e9'.repeat(88), 'x'.repeat(121)];
      for (const last_sync of garbage) {
        const refused = await isp('POST', '/api/mobile/sync', { token: ani.token, body: { last_sync } });
        assert.equal(refused.status, 422, `${last_sync}: ${refused.text}`);
        assert.equal(refused.body.error.code, 'VALIDATION_ERROR');
        assert.deepEqual(Object.keys(refused.body.error.details), ['last_sync']);
      }
      for (const body of [{ last_sync: 7 }, { device_info: 'android' }, { device_info: { platform: 7 } },
        { device_info: { version: 'x'.repeat(256) } }]) {
        const refused = await isp('POST', '/api/mobile/sync', { token: ani.token, body });
        assert.equal(refused.status, 422, refused.text);
      }
    });

    it('is for those who signed in, under both mounts', async () => {
      const refused = await isp('POST', '/api/mobile/sync', { body: {} });
      assert.equal(refused.status, 401);
      assert.equal(refused.body.error.code, 'UNAUTHORIZED');
      assert.equal((await isp('POST', '/v1/api/mobile/sync', { token: ani.token, body: {} })).status, 200);
    });

    it('waits for running transactions of its own database, and for no other\'s', { skip: engine !== 'pgsql' }, async () => {
      /** A transaction that has written, until it is ended. */
      const transaction = async (url) => {
        const psql = spawn('psql', ['--no-psqlrc', '--dbname', url, '--single-transaction', '--command', 'SELECT pg_current_xact_id()',
          '--command', 'SELECT pg_sleep(60)'], { stdio: ['ignore', 'pipe', 'ignore'] });
        await new Promise((resolve, reject) => {
          psql.stdout.once('data', resolve);
          psql.once('error', reject);
        });
        return async () => {
          const ended = new Promise((resolve) => psql.once('exit', resolve));
          psql.kill('SIGINT');
          await ended;
        };
      };
      const app = await new App(server, ani).pullAll();
      let end = await transaction(process.env.SIGAP_TEST_POSTGRES);
      let made = await make(manager, ani);
      await eventually(async () => (await app.pull({ at_once: true })).tickets.some((ticket) => ticket.id === made.id));
      await end();
      end = await transaction(server.database.url);
      made = await make(manager, ani);
      assert.deepEqual((await app.pull({ at_once: true })).tickets, []);
      await end();
      assert.deepEqual((await app.pull()).tickets.map((ticket) => ticket.id), [made.id]);
    });

    it('leaves nothing out and ends where a new app begins, while many write at once', async () => {
      const apps = [ani, budi, tono, tika, manager].map((who) => new App(server, who));
      let writing = true;
      const pulling = apps.map(async (app) => {
        while (writing) {
          await app.pull({ at_once: true });
        }
      });
      await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
        const mine = [];
        for (let step = 0; step < 25; step++) {
          const kind = (writer * 7 + step * 3) % 5;
          const id = mine[step % mine.length];
          if (kind === 0 || mine.length === 0) {
            mine.push((await make(manager, step % 2 ? ani : budi)).id);
          } else if (kind === 1) {
            await assign(id, step % 2 ? tono : tika);
          } else if (kind === 2) {
            await ok('PUT', `/api/tickets/${id}/status`, manager, { status: 'in_progress' });
          } else if (kind === 3) {
            await ok('DELETE', `/api/tickets/${id}`, manager);
            await ok('POST', `/api/tickets/${id}/restore`, manager);
          } else {
            await ok('PUT', `/api/tickets/${id}`, manager, { title: `Step ${step}` });
          }
        }
      }));
      writing = false;
      await Promise.all(pulling);
      for (const app of apps) {
        await app.pullAll();
        assert.deepEqual(app.state(), (await new App(server, app.who).pullAll()).state());
      }
      assert.ok(apps[4].tickets.size > 10);
    });
  });
}

// isp: what open sockets are told ("WebSocket Events"), by the client that people use.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { io } from 'socket.io-client';

import { PASSWORD, TIME, engines, eventually, start } from './harness.mjs';
import { data, login, person } from './isp.mjs';
import { given, moved, people, ticketOf } from './isp_desk.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sockets = new Set();

/** An open socket that writes down what it hears: {socket, heard: [{name, data, offset}], of(name)}. */
async function listen(server, token, { transports = ['websocket'], bare = false, offset, reconnection = false } = {}) {
  const socket = io(server.url, { transports, reconnection, forceNew: true, auth: { token: bare ? token : `Bearer ${token}`, offset } });
  sockets.add(socket);
  const heard = [];
  socket.onAny((name, ...args) => heard.push({ name, data: args[0], offset: args[1], count: args.length }));
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return { socket, heard, ended, of: (name) => heard.filter((one) => one.name === name).map((one) => one.data) };
}

/** The first event of this name whose data fits, waited for. */
const first = (who, name, fits = () => true) => eventually(() => who.of(name).find(fits));
const about = (ticket) => (told) => told.ticket.id === ticket.id;
const toldOf = (who, ticket) => who.heard.filter((one) => one.data.ticket?.id === ticket.id).map((one) => one.name);

for (const engine of engines()) {
  describe(`sockets on ${engine}`, { timeout: 180000 }, () => {
    it('take no long messages, of which thousands could fill the memory', async () => {
      const text = await (await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)).text();
      assert.equal(JSON.parse(text.slice(1)).maxPayload, 16384);
      const talker = await listen(server, who.customer.token);
      talker.socket.emit('hello', 'y'.repeat(16000)); /* passed over */
      await pause(100);
      assert.equal(talker.socket.connected, true);
      talker.socket.emit('hello', Buffer.alloc(16380));
      await talker.ended;
    });

    let server;
    let api;
    let who;
    let neighbour;
    let colleague;
    let stranger;
    const ear = {};
    before(async () => {
      server = await start({ engine, args: ['--cors-origins', 'https://desk.example.com,https://app.example.com'] });
      api = server.as('isp');
      who = await people(server, ['manager', 'customer_service', 'technician', 'customer']);
      neighbour = await person(server, 'customer');
      colleague = await person(server, 'technician');
      const tenant = await server.seedTenant('elsewhere.example.com');
      stranger = await server.seed('manager', { tenant: tenant.id });
      const answer = await api('POST', '/api/auth/login', {
        body: { email: stranger.email, password: PASSWORD },
        headers: { Host: 'elsewhere.example.com' },
      });
      stranger.token = data(answer).tokens.access_token;
      const all = { ...who, neighbour, colleague, stranger };
      for (const [name, { token }] of Object.entries(all)) {
        ear[name] = await listen(server, token, { transports: name === 'customer' ? ['polling'] : ['websocket'] });
      }
    });
    after(async () => {
      for (const socket of sockets) {
        socket.disconnect();
      }
      await server?.stop();
    });

    /** Exactly these hear exactly these names of the ticket. */
    async function onlyThese(ticket, expected) {
      for (const [name, names] of Object.entries(expected)) {
        await eventually(() => toldOf(ear[name], ticket).length >= names.length);
      }
      await pause(250);
      for (const name of Object.keys(ear)) {
        assert.deepEqual(toldOf(ear[name], ticket), expected[name] ?? [], name);
      }
    }

    it('tells of a new ticket {ticket, created_by}, with the number of the event behind it', async () => {
      const ticket = await ticketOf(server, who.customer, { title: 'No internet' });
      const told = await first(ear.manager, 'ticket:created', about(ticket));
      assert.deepEqual(told, { ticket, created_by: { id: who.customer.uuid, full_name: who.customer.name, role: 'customer' } });
      const line = ear.manager.heard.find((one) => one.data.ticket?.id === ticket.id);
      assert.equal(line.count, 2);
      assert.match(line.offset, /^\d+\.\d+\.\d+\.\d+$/);
      await onlyThese(ticket, {
        manager: ['ticket:created'],
        customer_service: ['ticket:created'],
        technician: ['ticket:created'],
        colleague: ['ticket:created'],
        customer: ['ticket:created'],
      });
    });

    it('tells of an assignment {ticket, technician} and of the status that came with it, in that order', async () => {
      const ticket = await ticketOf(server, who.customer);
      await first(ear.colleague, 'ticket:created', about(ticket));
      const assigned = await given(server, ticket, who.technician, who.manager);
      const told = await first(ear.technician, 'ticket:assigned', about(ticket));
      assert.deepEqual(told, { ticket: assigned, technician: { id: who.technician.uuid, full_name: who.technician.name, phone: null } });
      const names = ['ticket:created', 'ticket:assigned', 'ticket:status_changed'];
      await onlyThese(ticket, { manager: names, customer_service: names, technician: names, customer: names, colleague: ['ticket:created'] });
    });

    it('tells of a status {ticket, old_status, new_status}', async () => {
      const ticket = await given(server, await ticketOf(server, who.customer), who.technician, who.manager);
      const changed = await moved(server, ticket, 'in_progress', who.technician);
      const told = await first(ear.customer, 'ticket:status_changed', (one) => about(ticket)(one) && one.new_status === 'in_progress');
      assert.deepEqual(told, { ticket: changed, old_status: 'assigned', new_status: 'in_progress' });
    });

    it('tells where a technician is {technician_id, location, timestamp}, to staff and to them', async () => {
      const body = { lat: -6.2088, lng: 106.8456 };
      data(await api('PUT', `/api/technicians/${who.technician.uuid}/location`, { body, token: who.technician.token }));
      const told = await first(ear.manager, 'technician:location_updated');
      assert.match(told.timestamp, TIME);
      assert.deepEqual(told, { technician_id: who.technician.uuid, location: body, timestamp: told.timestamp });
      await first(ear.technician, 'technician:location_updated');
      await pause(250);
      for (const name of ['colleague', 'customer', 'neighbour', 'stranger']) {
        assert.deepEqual(ear[name].of('technician:location_updated'), [], name);
      }
    });

    it('tells whether a technician is available {technician_id, is_available}', async () => {
      const set = (body) => api('PUT', `/api/technicians/${who.technician.uuid}/availability`, { body, token: who.technician.token });
      data(await set({ is_available: false, reason: 'Lunch' }));
      data(await set({ is_available: true }));
      await eventually(() => ear.customer_service.of('technician:availability_changed').length === 2);
      assert.deepEqual(ear.customer_service.of('technician:availability_changed'), [
        { technician_id: who.technician.uuid, is_available: false },
        { technician_id: who.technician.uuid, is_available: true },
      ]);
      assert.deepEqual(ear.colleague.of('technician:availability_changed'), []);
    });

    it('tells of a new notification {notification}, to whom it is for alone', async () => {
      const ticket = await given(server, await ticketOf(server, who.customer, { title: 'Slow' }), who.technician, who.manager);
      const mine = (told) => told.notification.type === 'ticket_assigned' && told.notification.data.ticket_id === ticket.id;
      const told = await first(ear.technician, 'notification:new', mine);
      const { notifications } = data(await api('GET', '/api/notifications?type=ticket_assigned&limit=1', { token: who.technician.token }));
      assert.deepEqual(told, { notification: notifications[0] });
      await pause(250);
      for (const name of Object.keys(ear).filter((one) => one !== 'technician')) {
        assert.equal(ear[name].of('notification:new').find(mine), undefined, name);
      }
    });

    it('tells of what was done through tiket and hcall', async () => {
      const tiket = server.as('tiket');
      const body = { jenis_permintaan: 'masalah teknis', prioritas: 'tinggi', deskripsi: 'Internet mati' };
      const made = await tiket('POST', '/api/ticket', { body, token: who.customer.token });
      assert.equal(made.status, 201, made.text);
      const told = await first(ear.customer, 'ticket:created', (one) => one.ticket.ticket_number === made.body.nomor_tiket);
      assert.equal(told.ticket.description, 'Internet mati');
      assert.equal(told.created_by.id, who.customer.uuid);
      const ticket_id = `ticket_${told.ticket.id}`;
      const changed = await server.as('hcall')('POST', '/api/ticket/edit', { body: { ticket_id, ticket_status: 'conclued' }, token: who.manager.token });
      assert.ok(changed.status < 300, changed.text);
      const status = await first(ear.customer, 'ticket:status_changed', about(told.ticket));
      assert.equal(status.old_status, 'new');
      assert.equal(status.new_status, 'resolved');
      assert.deepEqual(toldOf(ear.neighbour, told.ticket), []);
      assert.deepEqual(toldOf(ear.stranger, told.ticket), []);
    });

    it('refuses a token that is none, and takes a bare one', async () => {
      const refused = async (token) => {
        const error = await listen(server, token).then(
          () => assert.fail('it was let in'),
          (reason) => reason,
        );
        assert.equal(error.message, 'Unauthorized');
      };
      await refused('nonsense');
      await refused('');
      await refused(`${who.customer.token.slice(0, -3)}AAA`);
      await refused(who.customer.refresh);
      const { socket } = await listen(server, who.customer.token, { bare: true });
      socket.disconnect();
      const elsewhere = io(`${server.url}/other`, { forceNew: true, reconnection: false, auth: { token: who.customer.token } });
      sockets.add(elsewhere);
      const error = await new Promise((resolve) => elsewhere.once('connect_error', resolve));
      assert.equal(error.message, 'Invalid namespace');
    });

    it('closes the sockets of a session within a second of its end, and no others', async () => {
      const leaving = await person(server, 'customer');
      const here = await listen(server, leaving.token);
      const again = await listen(server, (await login(server, leaving.email)).tokens.access_token);
      const began = Date.now();
      data(await api('POST', '/api/auth/logout', { body: {}, token: leaving.token }));
      await here.ended;
      assert.ok(Date.now() - began < 1000, `${Date.now() - began} ms`);
      assert.ok(again.socket.connected);
      await server.command(['user', 'disable', '--email', leaving.email]);
      const disabled = Date.now();
      await again.ended;
      assert.ok(Date.now() - disabled < 1000, `${Date.now() - disabled} ms`);
      await assert.rejects(listen(server, leaving.token), { message: 'Unauthorized' });
    });

    it('closes the sockets of a person whose role changes', async () => {
      const agent = await person(server, 'customer_service');
      const here = await listen(server, agent.token);
      data(await api('PUT', `/api/users/${agent.uuid}`, { body: { role: 'technician' }, token: who.manager.token }));
      const began = Date.now();
      await here.ended;
      assert.ok(Date.now() - began < 1000);
    });

    it('counts them', async () => {
      const metrics = await server.raw('GET', '/metrics', {});
      const found = /^sigap_sockets (\d+)$/m.exec(metrics.text);
      assert.ok(Number(found[1]) >= Object.keys(ear).length, metrics.text);
    });

    it('lets pages of the named origins in, and of no others', async () => {
      const origin = async (Origin) => {
        const answer = await server.raw('GET', '/socket.io/?EIO=4&transport=polling', { Origin });
        assert.equal(answer.status, 200);
        return answer.headers['access-control-allow-origin'];
      };
      assert.equal(await origin('https://app.example.com'), 'https://app.example.com');
      assert.equal(await origin('https://evil.example.com'), undefined);
    });

    it('replays what was missed, each once and in order, to whom it may be told', async () => {
      const gone = await listen(server, who.customer.token);
      await ticketOf(server, who.customer);
      const { offset } = await eventually(() => gone.heard.at(-1));
      const last = await eventually(() => ear.customer.heard.find((one) => one.offset === offset));
      assert.ok(last);
      gone.socket.disconnect();
      const own = await ticketOf(server, who.customer, { title: 'Missed' });
      const others = await ticketOf(server, neighbour, { title: 'Not mine' });
      await moved(server, own, 'in_progress', who.manager);
      await first(ear.customer, 'notification:new', (told) => told.notification.data.ticket_id === own.id);
      const back = await listen(server, who.customer.token, { offset });
      await first(back, 'notification:new');
      await pause(250);
      assert.deepEqual(toldOf(back, own), ['ticket:created', 'ticket:status_changed']);
      assert.deepEqual(toldOf(back, others), []);
      assert.deepEqual(
        back.of('notification:new').map((told) => told.notification.data.ticket_id),
        [own.id],
      );
      const next = await listen(server, who.customer.token, { offset: back.heard.at(-1).offset });
      await pause(250);
      assert.deepEqual(next.heard, []);
    });

    it('replays at most 1,000 events, then says sync:required, whose offset is good', async () => {
      const { offset } = ear.manager.heard.at(-1);
      const path = `/api/technicians/${who.technician.uuid}/location`;
      const mover = async () => {
        for (let i = 0; i < 55; i++) {
          data(await api('PUT', path, { body: { lat: i, lng: 1 }, token: who.technician.token }));
        }
      };
      const before = ear.manager.of('technician:location_updated').length;
      await Promise.all(Array.from({ length: 20 }, mover));
      await eventually(() => ear.manager.of('technician:location_updated').length === before + 1100, 30);
      const back = await listen(server, who.manager.token, { offset });
      await first(back, 'sync:required');
      assert.ok(back.of('technician:location_updated').length <= 1000);
      const next = await listen(server, who.manager.token, { offset: back.heard.at(-1).offset });
      await pause(250);
      assert.deepEqual(next.heard, []);
    });

    it('says sync:required where the offset is none that it gave', async () => {
      for (const offset of ['nonsense', '9000000000000000000.9000000000000000000.0.0']) {
        const back = await listen(server, who.manager.token, { offset });
        await eventually(() => back.heard.length > 0);
        assert.deepEqual(
          back.heard.map((one) => [one.name, one.data]),
          [['sync:required', {}]],
        );
        assert.match(back.heard[0].offset, /^\d+\.\d+\.\d+\.\d+$/);
      }
    });
  });

  describe(`sockets and a restart on ${engine}`, { timeout: 120000 }, () => {
    it('replay what was committed before the stop to who comes back', async () => {
      const server = await start({ engine });
      try {
        const customer = await person(server, 'customer');
        const manager = await person(server, 'manager');
        const here = await listen(server, manager.token);
        const ticket = await ticketOf(server, customer);
        await first(here, 'ticket:created', about(ticket));
        const { offset } = here.heard.at(-1);
        here.socket.disconnect();
        await moved(server, ticket, 'in_progress', manager);
        await server.restart();
        const back = await listen(server, manager.token, { offset });
        const told = await first(back, 'ticket:status_changed');
        assert.equal(told.ticket.id, ticket.id);
        assert.equal(told.new_status, 'in_progress');
        assert.deepEqual(back.of('ticket:created'), []);
        await moved(server, ticket, 'resolved', manager);
        await first(back, 'ticket:status_changed', (one) => one.new_status === 'resolved');
        const closed = server.down();
        await back.ended;
        assert.deepEqual(await closed, { code: 0, signal: null });
        await server.up();
      } finally {
        await server.stop();
      }
    });
  });

  describe(`sockets and a store that goes away on ${engine}`, { timeout: 120000, skip: engine !== 'pgsql' }, () => {
    it('stay open, and hear of everything once when it is back', async () => {
      const server = await start({ engine });
      try {
        const customer = await person(server, 'customer');
        const manager = await person(server, 'manager');
        const here = await listen(server, manager.token);
        const before = await ticketOf(server, customer);
        await first(here, 'ticket:created', about(before));
        const others = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
        await promisify(execFile)('psql', ['--no-psqlrc', '--quiet', '--dbname', server.database.url, '--command', others]);
        const body = { type: 'repair', priority: 'normal', title: 'After', description: 'It is back.', location: { lat: 0, lng: 0 } };
        const made = await eventually(async () => {
          const answer = await server.as('isp')('POST', '/api/tickets', { body, token: customer.token });
          return answer.status === 201 && answer.body.data.ticket;
        });
        await first(here, 'ticket:created', about(made));
        await pause(250);
        assert.deepEqual(
          here.of('ticket:created').map((told) => told.ticket.id),
          [before.id, made.id],
        );
        assert.ok(here.socket.connected);
      } finally {
        await server.stop();
      }
    });
  });

  describe(`sockets and the clock on ${engine}`, { timeout: 120000 }, () => {
    it('outlive the access token and end with the session', async () => {
      const server = await start({ engine, clock: 0 });
      try {
        const customer = await person(server, 'customer');
        const here = await listen(server, customer.token);
        server.setClock(3600);
        await pause(1500);
        assert.ok(here.socket.connected);
        server.setClock(7 * 86400 + 60);
        await here.ended;
      } finally {
        await server.stop();
      }
    });

    it('live on where the session was lengthened meanwhile', async () => {
      const server = await start({ engine, clock: 0 });
      try {
        const account = await server.seed('customer');
        const { tokens } = await login(server, account.email, PASSWORD, { remember_me: true });
        const here = await listen(server, tokens.access_token);
        server.setClock(20 * 86400);
        await pause(1500);
        data(await server.as('isp')('POST', '/api/auth/refresh', { body: { refresh_token: tokens.refresh_token } }));
        server.setClock(31 * 86400);
        await pause(1500);
        assert.ok(here.socket.connected);
        server.setClock(51 * 86400);
        await here.ended;
      } finally {
        await server.stop();
      }
    });
  });
}

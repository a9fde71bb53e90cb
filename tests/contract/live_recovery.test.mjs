// Connection state recovery, as the stock socket.io-client asks for it by itself: it shows the `pid` it was given and
// the offset behind the last event it heard.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe, it } from 'node:test';

import { io } from 'socket.io-client';

import { engines, eventually, start } from './harness.mjs';
import { data, login, person } from './isp.mjs';
import { moved, people, ticketOf } from './isp_desk.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sockets = new Set();
after(() => {
  for (const socket of sockets) socket.disconnect();
});

/** A client as an app writes it: nothing but the token; it reconnects when told to. */
async function listen(server, token, { transports = ['websocket'] } = {}) {
  const socket = io(server.url, { transports, forceNew: true, reconnection: false, auth: { token } });
  sockets.add(socket);
  const heard = [];
  socket.onAny((name, told, offset) => heard.push({ name, told, offset }));
  const ear = {
    socket,
    heard,
    names: () => heard.map((one) => one.name),
    about: (ticket) => heard.filter((one) => one.told.ticket?.id === ticket.id).map((one) => one.name),
    forget: () => heard.splice(0),
    /** Takes the wire away, as a tunnel does, without a word. */
    async cut() {
      const gone = new Promise((resolve) => socket.once('disconnect', resolve));
      const engine = socket.io.engine;
      if (engine.transport.name === 'websocket') {
        engine.transport.ws.terminate();
      } else {
        engine.transport.onError('the network is gone');
      }
      await gone;
    },
    async connect() {
      const there = new Promise((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      socket.connect();
      await there;
    },
  };
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return ear;
}

/** Debian's python3-socketio, which knows no recovery: prints what it hears as lines of JSON. */
const PYTHON = `
import json, sys, threading, socketio
one = threading.Lock()
def say(*words):
    with one:
        print(json.dumps(words), flush=True)
client = socketio.Client(reconnection=False)
client.on("*", say)
auth = {"token": sys.argv[2], **({"offset": sys.argv[3]} if len(sys.argv) > 3 else {})}
client.connect(sys.argv[1], auth=auth, transports=["websocket"], wait_timeout=5)
say("connected")
sys.stdin.read()
client.disconnect()
`;

async function python(server, ...words) {
  const child = spawn('/usr/bin/python3', ['-c', PYTHON, server.url, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const heard = [];
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
    for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) heard.push(JSON.parse(text.slice(0, end)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = () => {
    child.stdin.end();
    return ended;
  };
  try {
    await eventually(() => heard.some(([name]) => name === 'connected'));
  } catch (error) {
    child.kill();
    throw error;
  }
  return { heard, stop };
}

for (const engine of engines()) {
  describe(`recovery on ${engine}`, { timeout: 180000 }, () => {
    let server;
    let who;
    after(() => server?.stop());
    const ready = async () => {
      if (!server) {
        server = await start({ engine });
        who = await people(server, ['manager', 'technician', 'customer']);
      }
    };

    for (const transports of [['websocket'], ['polling']]) {
      it(`brings each missed event once and in order, under the same id, over ${transports}`, async () => {
        await ready();
        const ear = await listen(server, who.customer.token, { transports });
        assert.equal(ear.socket.recovered, false);
        const ticket = await ticketOf(server, who.customer);
        await eventually(() => ear.about(ticket).length === 1);
        const { id } = ear.socket;
        await ear.cut();
        ear.forget();
        const missed = await ticketOf(server, who.customer, { title: 'Missed' });
        await moved(server, missed, 'in_progress', who.manager);
        await moved(server, ticket, 'in_progress', who.manager);
        await ear.connect();
        assert.equal(ear.socket.recovered, true);
        assert.equal(ear.socket.id, id);
        await moved(server, missed, 'resolved', who.manager);
        await eventually(() => ear.about(missed).length === 3);
        await pause(250);
        assert.deepEqual(ear.about(missed), ['ticket:created', 'ticket:status_changed', 'ticket:status_changed']);
        assert.deepEqual(
          ear.heard.filter((one) => one.name === 'ticket:status_changed').map((one) => [one.told.ticket.id, one.told.new_status]),
          [
            [missed.id, 'in_progress'],
            [ticket.id, 'in_progress'],
            [missed.id, 'resolved'],
          ],
        );
        assert.ok(!ear.names().includes('sync:required'));
        const offsets = ear.heard.map((one) => one.offset);
        assert.equal(new Set(offsets).size, offsets.length);
      });
    }

    it('goes on a second time, and where nothing was missed', async () => {
      await ready();
      const ear = await listen(server, who.manager.token);
      for (let round = 0; round < 3; round++) {
        await ear.cut();
        ear.forget();
        const ticket = round === 1 ? await ticketOf(server, who.customer) : null;
        await ear.connect();
        assert.equal(ear.socket.recovered, true, `round ${round}`);
        if (ticket) await eventually(() => ear.about(ticket).length === 1);
        await pause(150);
        assert.deepEqual(
          ear.names().filter((name) => name !== 'notification:new'),
          ticket ? ['ticket:created'] : [],
          `round ${round}`,
        );
      }
    });

    it('brings the first event of all, missed before any was heard', async () => {
      await ready();
      const ear = await listen(server, who.manager.token);
      await ear.cut();
      const ticket = await ticketOf(server, who.customer);
      await ear.connect();
      assert.equal(ear.socket.recovered, true);
      await eventually(() => ear.about(ticket).length === 1);
    });

    it('outlives a restart of the server', async () => {
      await ready();
      const ear = await listen(server, who.manager.token);
      const { id } = ear.socket;
      const gone = new Promise((resolve) => ear.socket.once('disconnect', resolve));
      await server.restart();
      await gone;
      const ticket = await ticketOf(server, who.customer);
      await server.restart();
      ear.socket.io.uri = server.url; /* where its port is another one now */
      await ear.connect();
      assert.equal(ear.socket.recovered, true);
      assert.equal(ear.socket.id, id);
      await eventually(() => ear.about(ticket).length === 1);
    });

    it('ends after 1,000 events: a new id, and sync:required', async () => {
      await ready();
      const ear = await listen(server, who.manager.token);
      const witness = await listen(server, who.manager.token);
      const { id } = ear.socket;
      await ear.cut();
      const path = `/api/technicians/${who.technician.uuid}/location`;
      const mover = async () => {
        for (let i = 0; i < 55; i++) {
          data(await server.as('isp')('PUT', path, { body: { lat: i, lng: 1 }, token: who.technician.token }));
        }
      };
      await Promise.all(Array.from({ length: 20 }, mover));
      await eventually(() => witness.heard.length >= 1100, 30);
      await ear.connect();
      assert.equal(ear.socket.recovered, false);
      assert.notEqual(ear.socket.id, id);
      await eventually(() => ear.heard.length > 0);
      await pause(150);
      assert.deepEqual(ear.names(), ['sync:required']);
      await ear.cut();
      ear.forget();
      await ear.connect();
      assert.equal(ear.socket.recovered, true, 'and goes on from there');
      await pause(150);
      assert.deepEqual(ear.names(), []);
    });

    it('is refused with the pid of another person, of another session, and with one that is made up', async () => {
      await ready();
      const stranger = await person(server, 'customer');
      const own = await listen(server, who.customer.token);
      const pid = own.socket._pid;
      assert.match(pid, /^[\w-]{20}\.\d+\.\d+\.\d+\.\d+\.[\w-]{43}$/);
      const again = (await login(server, who.customer.email)).tokens.access_token;
      const later = pid.replace(/\.\d+\.([\w-]{43})$/, '.0.$1');
      const tries = {
        'of another person': [stranger.token, pid],
        'of another session': [again, pid],
        'with another place': [who.customer.token, later === pid ? pid.replace('.', '.1') : later],
        'without a seal': [who.customer.token, pid.slice(0, -44)],
        'with half a seal': [who.customer.token, pid.slice(0, -20)],
        'made up': [who.customer.token, 'nonsense'],
        'too long': [who.customer.token, 'x'.repeat(5000)],
      };
      for (const [name, [token, shown]] of Object.entries(tries)) {
        const ear = await listen(server, token);
        await ear.cut();
        ear.socket._pid = shown;
        const ticket = await ticketOf(server, who.customer);
        await eventually(() => own.about(ticket).length === 1);
        await ear.connect();
        assert.equal(ear.socket.recovered, false, name);
        assert.notEqual(ear.socket.id, own.socket.id, name);
        await eventually(() => ear.heard.length > 0);
        await pause(100);
        assert.deepEqual(ear.names(), ['sync:required'], name);
      }
    });

    it('is not forced upon a client that knows none, which may keep the offset itself', async () => {
      await ready();
      const about = (told, ticket) => told.filter(([, data]) => data?.ticket?.id === ticket.id);
      const one = await python(server, who.customer.token);
      const ticket = await ticketOf(server, who.customer);
      await eventually(() => about(one.heard, ticket).length === 1);
      const [name, data, offset] = about(one.heard, ticket)[0];
      assert.equal(name, 'ticket:created');
      assert.deepEqual(data.ticket, ticket);
      assert.equal(await one.stop(), 0);
      await moved(server, ticket, 'in_progress', who.manager);
      const two = await python(server, who.customer.token, offset);
      await eventually(() => about(two.heard, ticket).length === 1);
      assert.equal(about(two.heard, ticket)[0][0], 'ticket:status_changed');
      assert.equal(await two.stop(), 0);
    });

    it('is no way in without a token, or once the session has ended', async () => {
      await ready();
      const leaving = await person(server, 'customer');
      const ear = await listen(server, leaving.token);
      await ear.cut();
      ear.socket.auth = {};
      await assert.rejects(ear.connect(), { message: 'Unauthorized' });
      ear.socket.auth = { token: leaving.token };
      await ear.connect();
      assert.equal(ear.socket.recovered, true);
      await ear.cut();
      data(await server.as('isp')('POST', '/api/auth/logout', { body: {}, token: leaving.token }));
      await assert.rejects(ear.connect(), { message: 'Unauthorized' });
    });
  });
}

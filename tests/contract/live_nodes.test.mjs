// Several servers on one PostgreSQL: what is done through one is heard at the others at once, each event once.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { io } from 'socket.io-client';

import { email, eventually, start } from './harness.mjs';
import { login, person } from './isp.mjs';
import { moved, ticketOf } from './isp_desk.mjs';

const run = promisify(execFile);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const SECRET = 'one secret of more than thirty-two bytes for all';
// A server that hears the bell looks by the clock once a second only: half a second on average.
const BY_THE_CLOCK_MS = 500;

const sql = async (url, statement) => (await run('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--dbname', url, '--command', statement])).stdout.trim();

/** A server of its own data directory on this database. */
async function beside(url) {
  const server = await start({ engine: 'pgsql', args: ['--jwt-secret', SECRET] });
  const own = server.database;
  await server.down();
  server.database = { url, drop: () => own.drop() };
  await server.up();
  return server;
}

/** An open socket that writes down what it hears, in order; comes back by itself with what it heard last. */
async function listen(server, token) {
  const socket = io(server.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token } });
  const heard = [];
  socket.onAny((name, told, offset) => heard.push({ name, told, offset, at: performance.now() }));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return { socket, heard, tickets: (name = 'ticket:created') => heard.filter((one) => one.name === name).map((one) => one.told.ticket.id) };
}

const bell = async (server) => /^sigap_bell_heard (\d)$/m.exec((await server.raw('GET', '/metrics', {})).text)?.[1];
const hearsTheBell = (server) => eventually(async () => (await bell(server)) === '1', 20);

/** Positions only grow: neither twice nor out of order. */
function inOrder(ear) {
  const positions = ear.heard.filter((one) => one.offset).map((one) => one.offset.split('.').map(BigInt));
  for (let i = 1; i < positions.length; i++) {
    const [a, b] = [positions[i - 1], positions[i]];
    const grows = [0, 2].every((n) => b[n] > a[n] || (b[n] === a[n] && b[n + 1] >= a[n + 1]));
    assert.ok(grows && ear.heard[i].offset !== ear.heard[i - 1].offset, `${ear.heard[i - 1].offset} then ${ear.heard[i].offset}`);
  }
}

/** A ticket, asked for until it is made; undefined where an answer was lost and nobody knows. */
const tryTicket = async (server, customer) => {
  try {
    return await ticketOf(server, customer);
  } catch {
    return undefined;
  }
};

describe('sockets of several servers on one PostgreSQL', { timeout: 240000, skip: !process.env.SIGAP_TEST_POSTGRES && 'SIGAP_TEST_POSTGRES names no cluster' }, () => {
  let first;
  let second;
  let customer;
  let manager;
  let ear;
  const ears = [];
  before(async () => {
    first = await start({ engine: 'pgsql', args: ['--jwt-secret', SECRET] });
    second = await beside(first.database.url);
    customer = await person(first, 'customer');
    manager = await person(first, 'manager');
    ear = await listen(second, manager.token);
    ears.push(ear, await listen(first, manager.token));
    await Promise.all([hearsTheBell(first), hearsTheBell(second)]);
  });
  after(async () => {
    ears.forEach(({ socket }) => socket.disconnect());
    await second?.stop();
    await first?.stop();
  });

  it('hear through one server what was done through another long before they look by the clock', async () => {
    const took = [];
    for (let i = 0; i < 20; i++) {
      const ticket = await ticketOf(first, customer);
      const done = performance.now();
      await eventually(() => ear.tickets().includes(ticket.id));
      took.push(ear.heard.find((one) => one.told.ticket?.id === ticket.id).at - done);
      await pause(Math.random() * 60); // at no regular moment of a clock
    }
    assert.ok(median(took) < BY_THE_CLOCK_MS / 3, `${took.map(Math.round)} ms`);
  });

  it('hear everything once and in order while both servers write', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const mine = [];
        for (let n = 0; n < 15; n++) {
          const ticket = await ticketOf(i % 2 ? first : second, customer);
          mine.push(await moved(i % 2 ? second : first, ticket, 'in_progress', manager));
        }
        return mine;
      }),
    );
    const ids = made.flat().map((ticket) => ticket.id);
    for (const one of ears) {
      await eventually(() => ids.every((id) => one.tickets('ticket:status_changed').includes(id)));
      await pause(250);
      for (const name of ['ticket:created', 'ticket:status_changed']) {
        const told = one.tickets(name).filter((id) => ids.includes(id));
        assert.deepEqual([...told].sort(), [...ids].sort(), name);
      }
      inOrder(one);
    }
    const names = ({ heard }) => heard.filter((one) => ids.includes(one.told.ticket?.id)).map((one) => `${one.name} ${one.told.ticket.id}`);
    assert.deepEqual(names(ears[1]), names(ear), 'both servers tell in one order');
  });

  it('hear at once what a foreign transaction held up, when it ends without a bell', async () => {
    const took = [];
    for (let i = 0; i < 5; i++) {
      const held = run('psql', ['--no-psqlrc', '--quiet', '--dbname', first.database.url, '--command', 'BEGIN', '--command', 'SELECT pg_current_xact_id()', '--command', 'SELECT pg_sleep(0.4)', '--command', 'ROLLBACK']);
      await eventually(async () => (await sql(first.database.url, "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND datname = current_database()")) === '1');
      const ticket = await ticketOf(first, customer);
      await held;
      const ended = performance.now();
      await eventually(() => ear.tickets().includes(ticket.id));
      took.push(ear.heard.find((one) => one.told.ticket?.id === ticket.id).at - ended);
    }
    assert.ok(median(took) < BY_THE_CLOCK_MS / 2, `${took.map(Math.round)} ms`);
  });

  it('are closed at once when the command line disables their person', async () => {
    const took = [];
    for (let i = 0; i < 5; i++) {
      const leaving = await first.seed('customer', { address: email('leaving') });
      const { tokens } = await login(first, leaving.email);
      const here = await listen(second, tokens.access_token);
      const ended = new Promise((resolve) => here.socket.once('disconnect', () => resolve(performance.now())));
      const out = await sql(first.database.url, 'SELECT 1');
      assert.equal(out, '1');
      await first.command(['user', 'disable', '--email', leaving.email]);
      const done = performance.now();
      took.push((await ended) - done);
    }
    assert.ok(median(took) < BY_THE_CLOCK_MS / 3, `${took.map(Math.round)} ms`);
  });

  it('hear everything once when all connections to the database were cut again and again', async () => {
    const made = [];
    const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for (let i = 0; i < 5; i++) {
      made.push(await tryTicket(first, customer));
      await sql(first.database.url, cut);
      made.push(await tryTicket(first, customer), await tryTicket(second, customer));
    }
    await Promise.all([hearsTheBell(first), hearsTheBell(second)]);
    made.push(await eventually(() => tryTicket(first, customer)));
    const known = made.filter(Boolean).map((ticket) => ticket.id);
    assert.ok(known.length > 5, `${known.length} were made`);
    // What was made while its answer was lost is heard too: the database says what there is.
    const there = (await sql(first.database.url, 'SELECT encode(uuid, \'hex\') FROM ticket')).split('\n').sort();
    for (const one of ears) {
      await eventually(() => one.tickets().length >= there.length);
      await pause(250);
      assert.deepEqual(one.tickets().map((id) => id.replaceAll('-', '')).sort(), there);
      inOrder(one);
      assert.ok(one.socket.connected);
    }
  });
});

// ---- a cluster that is restarted ----

const BIN = process.env.SIGAP_POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin';

/** A PostgreSQL of the test's own, as `tests/run` makes one. */
class Cluster {
  constructor() {
    // Not in the run's own folder, which the account of PostgreSQL may not enter.
    this.folder = mkdtempSync('/tmp/sigap-cluster-');
    this.account = {};
    if (process.getuid() === 0) {
      const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
      this.account = { uid: id('-u'), gid: id('-g') };
      chownSync(this.folder, this.account.uid, this.account.gid);
    }
    const how = { ...this.account, cwd: this.folder, stdio: 'ignore' };
    execFileSync(path.join(BIN, 'initdb'), ['-D', this.data, '-U', 'sigap', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'], how);
    this.url = `postgresql:///postgres?host=${this.folder}&user=sigap`;
  }

  get data() {
    return path.join(this.folder, 'data');
  }

  async up() {
    process.once('exit', () => this.process?.kill('SIGQUIT'));
    const settings = { listen_addresses: '', unix_socket_directories: this.folder, fsync: 'off', max_connections: '100', shared_buffers: '32MB' };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.process = spawn(path.join(BIN, 'postgres'), ['-D', this.data, ...flags], { ...this.account, cwd: this.folder, stdio: 'ignore' });
    await eventually(() => sql(this.url, 'SELECT 1').catch(() => null), 60);
  }

  /** As `pg_ctl stop -m fast` does it. */
  async down() {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGINT');
    await gone;
  }

  async end() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      await this.down();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('sockets of several servers, and a PostgreSQL that is restarted', { timeout: 240000, skip: !process.env.SIGAP_TEST_POSTGRES && 'no PostgreSQL is to be used' }, () => {
  it('stay open, hear everything once, and hear the bell again', async (t) => {
    const cluster = new Cluster();
    t.after(() => cluster.end());
    await cluster.up();
    await sql(cluster.url, 'CREATE DATABASE desk');
    const url = cluster.url.replace('/postgres?', '/desk?');
    const first = await beside(url);
    t.after(() => first.stop());
    const second = await beside(url);
    t.after(() => second.stop());
    const customer = await person(first, 'customer');
    const manager = await person(first, 'manager');
    const ear = await listen(second, manager.token);
    t.after(() => ear.socket.disconnect());
    await hearsTheBell(second);
    const made = [(await ticketOf(first, customer)).id];
    await eventually(() => ear.tickets().length === 1);
    for (let round = 0; round < 2; round++) {
      await cluster.down();
      await eventually(async () => (await bell(second)) === '0');
      await cluster.up();
      made.push((await eventually(() => tryTicket(first, customer), 20)).id);
      await eventually(() => ear.tickets().length === made.length, 20);
      await Promise.all([hearsTheBell(first), hearsTheBell(second)]);
      const ticket = await ticketOf(first, customer);
      const done = performance.now();
      made.push(ticket.id);
      await eventually(() => ear.tickets().length === made.length);
      assert.ok(ear.heard.at(-1).at - done < 5000);
    }
    await pause(250);
    assert.deepEqual(ear.tickets(), made);
    inOrder(ear);
    assert.ok(ear.socket.connected);
  });
});

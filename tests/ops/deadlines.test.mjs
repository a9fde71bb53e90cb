// Service levels under trouble: servers that are killed while they escalate, two at once, clocks that are set, a busy main thread.
import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { engines, eventually, start } from '../contract/harness.mjs';
import { enter } from './desk.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;

async function desk(server) {
  const signIn = async (role) => {
    const account = await server.seed(role);
    return { ...account, id: account.uuid, token: await enter(server, account.email) };
  };
  const isp = server.as('isp');
  const people = { manager: await signIn('manager'), supervisor: await signIn('supervisor'), customer: await signIn('customer') };
  const data = async (method, target, token, body) => {
    const answer = await isp(method, target, { token, body });
    assert.ok(answer.status === 200 || answer.status === 201, `${method} ${target}: ${answer.text}`);
    return answer.body.data;
  };
  const notices = (who, page, limit = 100) => data('GET', `/api/notifications?type=sla_breach&limit=${limit}&page=${page}`, who.token);
  return {
    ...people,
    /** An emergency: an hour to solve it. */
    make: async () => (await data('POST', '/api/tickets', people.manager.token,
      { customer_id: people.customer.id, type: 'repair', priority: 'emergency', title: 'No signal', description: 'The lamp is red.',
        location: { lat: -6.2088, lng: 106.8456 } })).ticket,
    get: async (id) => (await data('GET', `/api/tickets/${id}`, people.manager.token)).ticket,
    told: async () => (await notices(people.supervisor, 1, 1)).pagination.total,
    /** Every breach that somebody was told of. */
    breaches: async (who) => {
      const all = [];
      for (let page = 1; ; page++) {
        const found = await notices(who, page);
        all.push(...found.notifications);
        if (page >= found.pagination.total_pages) {
          return all;
        }
      }
    },
  };
}

async function makeMany(d, count, width = 16) {
  const made = [];
  await Promise.all(Array.from({ length: width }, async (_, i) => {
    for (let n = i; n < count; n += width) {
      made.push(await d.make());
    }
  }));
  return made;
}

/** One breach for each ticket, to the supervisor, to the manager, and in the history. */
async function eachOnce(d, made) {
  const wanted = made.map((ticket) => ticket.id).sort();
  for (const who of [d.supervisor, d.manager]) {
    const told = (await d.breaches(who)).map((notice) => notice.data.ticket_id).sort();
    assert.deepEqual(told, wanted, `${who.role} hears of each once`);
  }
  for (let i = 0; i < made.length; i += 16) {
    for (const ticket of await Promise.all(made.slice(i, i + 16).map((one) => d.get(one.id)))) {
      const breaches = ticket.history.filter((entry) => entry.action === 'sla_breached');
      assert.deepEqual(breaches.map((entry) => [entry.old_value, entry.new_value]), [['resolution', '1']], ticket.id);
    }
  }
}

async function toldBy(server) {
  const text = (await server.raw('GET', '/metrics', {})).text;
  return Number(/^sigap_deadlines_told_total (\d+)$/m.exec(text)[1]);
}

for (const engine of engines()) {
  describe(`deadlines on ${engine}`, () => {
    it('a server killed while it escalates goes on after its start, and tells nothing twice', async (t) => {
      const server = await start({ engine, clock: 0 });
      t.after(() => server.stop());
      const d = await desk(server);
      const made = await makeMany(d, 500);
      server.setClock(2 * HOUR);
      let before = 0;
      let inside = 0;
      for (let kill = 0; kill < 3; kill++) {
        const seen = await eventually(async () => {
          const now = await d.told();
          return now > before && now;
        }, 30);
        server.child.kill('SIGKILL');
        await server.down();
        inside += seen < made.length;
        before = seen;
        await server.up();
        if (before === made.length) {
          break;
        }
      }
      assert.ok(inside > 0, 'it was killed in the middle');
      await eventually(async () => (await d.told()) >= made.length, 60);
      await wait(1500);
      await eachOnce(d, made);
    });

    it('a breach is told within a second of its due time, whatever else the server waits for', async (t) => {
      const server = await start({ engine, clock: 0 });
      t.after(() => server.stop());
      const d = await desk(server);
      const made = [];
      for (let i = 0; i < 10; i++) {
        made.push(await d.make());
        await wait(100);
      }
      const first = Date.parse(made[0].sla_deadline);
      const ahead = Math.floor((first - Date.now()) / 1000) - 2;
      server.setClock(ahead);
      await eventually(async () => Date.parse((await d.make()).created_at) - Date.now() > (ahead - 60) * 1000);
      // The command line's socket, and nothing said: the main thread waits.
      const silent = net.connect(path.join(server.data, 'admin.sock'));
      await new Promise((resolve, reject) => silent.once('connect', resolve).once('error', reject));
      t.after(() => silent.destroy());
      const waiting = new Map(made.map((ticket) => [ticket.id, Date.parse(ticket.sla_deadline)]));
      while (waiting.size > 0) {
        const asked = Date.now() + ahead * 1000;
        for (const notice of await d.breaches(d.supervisor)) {
          const late = Date.parse(notice.created_at) - Date.parse(made.find((ticket) => ticket.id === notice.data.ticket_id).sla_deadline);
          assert.ok(late >= 0 && late < 1000, `told ${late} ms after its deadline`);
          waiting.delete(notice.data.ticket_id);
        }
        for (const [id, deadline] of waiting) {
          assert.ok(asked < deadline + 1000, `${id} was not told ${asked - deadline} ms after its deadline`);
        }
        await wait(20);
      }
    });

    it('a wall clock that is set forwards and back tells nothing twice and forgets nothing', async (t) => {
      const server = await start({ engine, clock: 0 });
      t.after(() => server.stop());
      const d = await desk(server);
      const made = await makeMany(d, 20);
      const shown = async (seconds) => {
        server.setClock(seconds);
        await eventually(async () => {
          const token = await enter(server, d.customer.email);
          const answer = await server.as('hcall')('GET', '/api/ticket/count', { token });
          return Math.abs(Date.parse(answer.headers.date) - Date.now() - seconds * 1000) < 3000;
        });
        for (const who of [d.manager, d.supervisor]) {
          who.token = await enter(server, who.email);
        }
      };
      // Not yet due, back by a year, due, back again, due again, months on, and back.
      for (const seconds of [HOUR / 2, -365 * DAY, 2 * HOUR, 0, 2 * HOUR, 100 * DAY, 2 * HOUR]) {
        await shown(seconds);
        await wait(200);
        if (seconds < HOUR && seconds !== 0) {
          assert.equal(await d.told(), 0, `at ${seconds} s`);
        } else {
          await eventually(async () => (await d.told()) === made.length);
        }
      }
      await wait(1000);
      await eachOnce(d, made);
    });
  });
}

describe('deadlines on two servers of one PostgreSQL', { skip: !engines().includes('pgsql') }, () => {
  it('thousands that fall due at once are told once each, and both servers do their part', async (t) => {
    const one = await start({ engine: 'pgsql', clock: 0 });
    const two = await start({ clock: 0, args: ['--database', one.database.url] });
    t.after(async () => {
      await two.stop();
      await one.stop();
    });
    const d = await desk(one);
    const made = await makeMany(d, 2000);
    one.setClock(2 * HOUR);
    two.setClock(2 * HOUR);
    await eventually(async () => (await d.told()) >= made.length, 90);
    await wait(1500);
    await eachOnce(d, made);
    const [first, second] = [await toldBy(one), await toldBy(two)];
    assert.equal(first + second, made.length);
    assert.ok(first > made.length / 10 && second > made.length / 10, `${first} and ${second}`);
  });
});

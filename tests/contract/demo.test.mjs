// The demonstration desk: who can sign in, that something is going on, and that dashboard and reports say what plain counting
// of the rows says, for each tenant in its own time zone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { sigap } from '../cli/sigap.mjs';
import { engines, eventually, start } from './harness.mjs';
import { file, paper, records } from './isp_report_files.mjs';
import { PRIORITIES, STATUSES, TYPES, succeeded } from './isp_ticket_desk.mjs';

const run = promisify(execFile);
const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
const [NEW, , IN_PROGRESS, PENDING, RESOLVED] = [1, 2, 3, 4, 5]; // as stored
const HOUR_US = 3600e6;

const SQLITE = `
import json, sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
db.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in db.execute(sys.argv[2])]))
`;

/** Rows of a plain SELECT, read beside the server by the database's own client. */
async function rows(server, select) {
  const max = { maxBuffer: 64 << 20 };
  if (server.engine === 'sqlite') {
    return JSON.parse((await run('python3', ['-c', SQLITE, path.join(server.data, 'sigap.db'), select], max)).stdout);
  }
  const all = `SELECT COALESCE(json_agg(row_to_json(r)), '[]') FROM (${select}) r`;
  return JSON.parse((await run('psql', ['--no-psqlrc', '-At', '--dbname', server.database.url, '--command', all], max)).stdout);
}

/** "2026-11-21" of microseconds in a zone. */
function dayIn(zone) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (us) => format.format(new Date(us / 1000));
}
const plusDays = (day, days) => new Date(Date.parse(day) + days * 86400000).toISOString().slice(0, 10);
const round = (value, steps) => Math.round(value * steps) / steps;
const sum = (list, of) => list.reduce((all, one) => all + of(one), 0);

/** What the reports tell of some solved tickets. */
function figures(done) {
  const timed = done.filter((one) => one.assigned_at !== null && one.assigned_at <= one.resolved_at);
  const rated = done.filter((one) => one.rating > 0);
  const percent = (hits) => (done.length === 0 ? 0 : round((hits.length * 100) / done.length, 10));
  return {
    completed: done.length,
    average_completion_time: timed.length === 0 ? 0 : round(sum(timed, (one) => one.resolved_at - one.assigned_at) / timed.length / HOUR_US, 100),
    average_rating: rated.length === 0 ? 0 : round(sum(rated, (one) => one.rating) / rated.length, 100),
    on_time_rate: percent(done.filter((one) => one.resolve_due_at === null || one.resolved_at <= one.resolve_due_at)),
    first_call_resolution: percent(done.filter((one) => one.assignee_id !== 0 && one.assignee_id === one.first_assignee_id && one.reopened_count === 0)),
  };
}

/** A tenant as its rows have it. */
async function rawTenant(server, tenant) {
  const of = `WHERE tenant_id = ${tenant.id}`;
  const tickets = await rows(server, `SELECT id, status, priority, work_type, author_id, assignee_id, first_assignee_id, reopened_count, rating,
    created_at, assigned_at, resolved_at, resolve_due_at, title FROM ticket ${of} AND removed_at IS NULL ORDER BY id`);
  const accounts = await rows(server, `SELECT id, name, role FROM account ${of}`);
  const items = await rows(server, `SELECT id, sku, stock, min_stock, price_e4 FROM item ${of} ORDER BY id DESC`);
  const assignments = await rows(server, `SELECT item_id, quantity, good, damaged, lost FROM assignment ${of}`);
  const movements = await rows(server, `SELECT item_id, kind, quantity, pieces, created_at FROM stock_movement ${of}`);
  const day = dayIn(tenant.timezone);
  const done = tickets.filter((one) => one.status >= RESOLVED && one.resolved_at !== null);
  const nameOf = (id) => accounts.find((one) => one.id === id)?.name ?? '';
  return { ...tenant, tickets, done, accounts, items, assignments, movements, day, nameOf };
}

/** Technicians who solved something, most first. */
function technicians(raw, done) {
  const ids = [...new Set(done.map((one) => one.assignee_id))].filter((id) => id !== 0);
  return ids
    .map((id) => ({ id, ...figures(done.filter((one) => one.assignee_id === id)) }))
    .sort((a, b) => b.completed - a.completed || a.id - b.id)
    .map(({ id, ...rest }) => ({ full_name: raw.nameOf(id), ...rest }));
}
const unnamed = (list) => list.map((one) => Object.fromEntries(Object.entries(one).filter(([key]) => key !== 'technician_id')));

const counted = (key, words, list, of) => words.map((word, i) => ({ [key]: word, count: list.filter((one) => one[of] === i + 1).length }));

function stockOf(raw, item, from, to) {
  const moved = raw.movements.filter((one) => one.item_id === item.id && raw.day(one.created_at) >= from && raw.day(one.created_at) <= to);
  const pieces = (kind) => sum(moved.filter((one) => one.kind === kind), (one) => one.pieces);
  return {
    sku: item.sku,
    stock_quantity: item.stock,
    is_low_stock: item.stock <= item.min_stock,
    stock_value: (item.price_e4 / 10000) * item.stock,
    assigned_out: sum(raw.assignments.filter((one) => one.item_id === item.id), (one) => one.quantity - one.good - one.damaged - one.lost),
    added: sum(moved.filter((one) => one.kind <= 2), (one) => one.quantity),
    assigned: pieces(3),
    returned: pieces(4),
    damaged: pieces(5),
    lost: pieces(6),
  };
}

for (const engine of engines()) {
  describe(`the demonstration desk on ${engine}`, () => {
    let server;
    let said;
    let people; // {role, email, host, token}
    const tenants = [];
    before(async () => {
      server = await start({ engine });
      said = await server.command(['demo']);
      let host;
      people = [];
      for (const line of said.split('\n')) {
        host = /at the host name (\S+):$/.exec(line)?.[1] ?? (/^The operator/.test(line) ? 'localhost' : host);
        const [, role, email] = /^ {2}(\w+) +(\S+@\S+\.invalid)$/.exec(line) ?? [];
        if (role) {
          people.push({ role, email, host });
        }
      }
      const password = /^The password of all of them: (\S+)$/m.exec(said)[1];
      for (const one of people) {
        const answer = await server.as('isp')('POST', '/api/auth/login', { body: { email: one.email, password }, headers: { Host: one.host } });
        one.token = succeeded(answer).tokens.access_token;
        assert.equal(answer.body.data.user.role, one.role);
      }
      for (const tenant of await rows(server, 'SELECT id, name, timezone FROM tenant ORDER BY id')) {
        tenants.push(await rawTenant(server, tenant));
      }
    });
    after(() => server?.stop());

    const get = async (target, token) => succeeded(await server.as('isp')('GET', target, { token }));
    const host = { 'Nusa Fiber': 'nusa.localhost', 'Bahari Net': 'bahari.localhost' };
    const who = (raw, role) => people.find((one) => one.host === (host[raw.name] ?? 'localhost') && one.role === role);
    const each = async (check) => {
      assert.equal(tenants.length, 3);
      for (const raw of tenants) {
        await check(raw, who(raw, 'manager').token);
      }
    };

    it('has somebody of every role in three tenants, all of whom can sign in', () => {
      for (const name of ['localhost', 'nusa.localhost', 'bahari.localhost']) {
        assert.deepEqual([...new Set(people.filter((one) => one.host === name).map((one) => one.role))], ROLES, name);
      }
      assert.equal(people.length, 33);
    });

    it('is refused a second time with a sentence, and changes nothing', async () => {
      const { code, out, err } = await sigap(['demo', ...server.where()]);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.match(err, /^sigap: The demonstration desk is in this database already\. For another one name a data directory of its own\.\n$/);
      assert.equal((await rows(server, 'SELECT COUNT(*) AS n FROM account'))[0].n, sum(tenants, (one) => one.accounts.length));
    });

    it('is a desk where something is going on', () =>
      each(async (raw, token) => {
        const { tickets, items } = raw;
        for (const status of [NEW, IN_PROGRESS, PENDING]) {
          assert.ok(tickets.some((one) => one.status === status), `${raw.name} has a ticket in status ${status}`);
        }
        assert.ok(tickets.length > 300 && raw.done.length > 250);
        assert.ok(tickets.some((one) => one.reopened_count > 0));
        assert.ok(items.some((one) => one.stock <= one.min_stock), `${raw.name} is short of something`);
        assert.ok(new Set(tickets.map((one) => raw.day(one.created_at))).size > 80, 'spread over the days');
        assert.ok((await get('/api/reports/dashboard', token)).summary.overdue_tickets > 0);
        for (const role of ['manager', 'supervisor', 'customer_service']) {
          assert.ok((await get('/api/notifications', who(raw, role).token)).unread_count > 0, `${raw.name}: the ${role} has something to read`);
        }
      }));

    it('has a dashboard that counting the rows confirms', () =>
      each(async (raw, token) => {
        const { summary, charts } = await eventually(async () => {
          const board = await get('/api/reports/dashboard', token); // the clocks may be a second behind
          const now = Date.now() * 1000;
          const overdue = raw.tickets.filter((one) => one.status < PENDING && one.resolve_due_at !== null && one.resolve_due_at < now).length;
          return board.summary.overdue_tickets === overdue && board;
        });
        const today = raw.day(Date.now() * 1000);
        const first = plusDays(today, -29);
        const recent = raw.done.filter((one) => raw.day(one.resolved_at) >= first);
        assert.deepEqual(summary, {
          total_tickets: raw.tickets.length,
          pending_tickets: raw.tickets.filter((one) => one.status < RESOLVED).length,
          completed_today: raw.done.filter((one) => raw.day(one.resolved_at) === today).length,
          overdue_tickets: summary.overdue_tickets,
          active_technicians: 5,
          customer_satisfaction: figures(raw.done).average_rating,
        });
        assert.deepEqual(charts.tickets_by_status, counted('status', STATUSES, raw.tickets, 'status'));
        assert.deepEqual(charts.tickets_by_priority, counted('priority', PRIORITIES, raw.tickets, 'priority'));
        assert.deepEqual(
          charts.completion_trend,
          Array.from({ length: 30 }, (_, i) => plusDays(first, i)).map((date) => ({
            date,
            completed: raw.done.filter((one) => raw.day(one.resolved_at) === date).length,
            created: raw.tickets.filter((one) => raw.day(one.created_at) === date).length,
          })),
        );
        assert.deepEqual(unnamed(charts.technician_performance), technicians(raw, recent));
      }));

    it('has ticket reports that counting the rows confirms, in all three formats', () =>
      each(async (raw, token) => {
        const today = raw.day(Date.now() * 1000);
        for (const [query, fits] of [
          ['', () => true],
          [`date_from=${plusDays(today, -40)}&date_to=${plusDays(today, -11)}`,
            (one) => raw.day(one.created_at) >= plusDays(today, -40) && raw.day(one.created_at) <= plusDays(today, -11)],
          ['status=closed&type=repair', (one) => one.status === 6 && one.work_type === 2],
        ]) {
          const wanted = raw.tickets.filter(fits).reverse();
          const { report } = await get(`/api/reports/tickets?${query}`, token);
          assert.equal(report.total_tickets, wanted.length, query);
          assert.deepEqual(report.by_status, counted('status', STATUSES, wanted, 'status'));
          assert.deepEqual(report.by_priority, counted('priority', PRIORITIES, wanted, 'priority'));
          assert.deepEqual(report.by_type, counted('type', TYPES, wanted, 'work_type'));
          const csv = records((await file(server, `/api/reports/tickets?format=csv&${query}`, token)).text);
          assert.deepEqual(
            csv.map((one) => [Number(one.ticket_number.slice(10)), one.title, one.status, one.priority, one.type, one.customer, one.technician, one.rating,
              one.completed_at && Date.parse(one.completed_at)]),
            wanted.map((one) => [one.id, one.title, STATUSES[one.status - 1], PRIORITIES[one.priority - 1], TYPES[one.work_type - 1], raw.nameOf(one.author_id),
              raw.nameOf(one.assignee_id), one.rating === 0 ? '' : String(one.rating), one.resolved_at === null ? '' : Math.floor(one.resolved_at / 1000)]),
          );
          const pdf = paper((await file(server, `/api/reports/tickets?format=pdf&${query}`, token)).bytes);
          assert.deepEqual((pdf.text.match(/TK\d{8}\d+/g) ?? []).map((number) => Number(number.slice(10))), wanted.map((one) => one.id));
          assert.match(pdf.text, new RegExp(`Halaman ${pdf.pages} dari ${pdf.pages}`));
          const done = wanted.filter((one) => one.status >= RESOLVED).length;
          assert.match(pdf.text, new RegExp(`Tiket +Selesai +Belum selesai\\n+ *${wanted.length} +${done} +${wanted.length - done}\\n`));
        }
      }));

    it('has performance reports that counting the rows confirms', () =>
      each(async (raw, token) => {
        const today = raw.day(Date.now() * 1000);
        for (const [period, days] of [['daily', 30], ['weekly', null], ['monthly', null], ['yearly', null]]) {
          const { report } = await get(`/api/reports/performance?period=${period}`, token);
          assert.equal(report.date_to, today);
          assert.ok(days === null || report.date_from === plusDays(today, 1 - days));
          const within = (from, to, at) => raw.day(at) >= from && raw.day(at) <= to;
          const of = ({ date_from: from, date_to: to }) => ({
            created: raw.tickets.filter((one) => within(from, to, one.created_at)).length,
            ...figures(raw.done.filter((one) => within(from, to, one.resolved_at))),
          });
          assert.deepEqual(report.summary, of(report));
          for (const { period: name, date_from, date_to, ...rest } of report.periods) {
            assert.deepEqual(rest, of({ date_from, date_to }), name);
          }
          assert.equal(sum(report.periods, (one) => one.completed), report.summary.completed);
          assert.deepEqual(unnamed(report.technicians), technicians(raw, raw.done.filter((one) => within(report.date_from, today, one.resolved_at))));
          const csv = records((await file(server, `/api/reports/performance?period=${period}&format=csv`, token)).text);
          assert.deepEqual(csv.map((one) => Object.values(one).slice(3).map(Number)), report.periods.map((one) => Object.values(one).slice(3)));
        }
        const pdf = paper((await file(server, '/api/reports/performance?format=pdf&period=yearly', token)).bytes);
        for (const one of technicians(raw, raw.done)) {
          assert.match(pdf.text, new RegExp(`${one.full_name} +${one.completed} `));
        }
      }));

    it('has inventory reports that counting the rows confirms', () =>
      each(async (raw, token) => {
        const today = raw.day(Date.now() * 1000);
        for (const [from, to] of [['2000-01-01', today], [plusDays(today, -30), plusDays(today, -5)]]) {
          const wanted = raw.items.map((item) => stockOf(raw, item, from, to));
          const { report, items } = await get(`/api/reports/inventory?date_from=${from}&date_to=${to}`, token);
          const keys = Object.keys(wanted[0]);
          const shown = items.map((item) => Object.fromEntries(keys.map((key) => [key, item[key]])));
          assert.deepEqual(shown, wanted);
          assert.deepEqual(report, {
            date_from: from,
            date_to: to,
            total_items: wanted.length,
            low_stock_items: wanted.filter((one) => one.is_low_stock).length,
            total_stock: sum(wanted, (one) => one.stock_quantity),
            ...Object.fromEntries(keys.slice(3).map((key) => [key, sum(wanted, (one) => one[key])])),
          });
          const csv = records((await file(server, `/api/reports/inventory?date_from=${from}&date_to=${to}&format=csv`, token)).text);
          assert.deepEqual(csv.map((one) => [one.sku, Number(one.stock_quantity), Number(one.assigned), Number(one.lost)]),
            wanted.map((one) => [one.sku, one.stock_quantity, one.assigned, one.lost]));
        }
        // What lies there is what came in, less what went and did not come back.
        for (const item of raw.items) {
          assert.equal(sum(raw.movements.filter((one) => one.item_id === item.id), (one) => one.quantity), item.stock);
        }
      }));
  });

  it(`the demonstration desk is made without a server on ${engine}, too, and served afterwards`, async () => {
    const server = await start({ engine });
    try {
      await server.down();
      const said = await server.command(['demo']);
      const again = await sigap(['demo', ...server.where()]);
      assert.equal(again.code, 1);
      assert.match(again.err, /The demonstration desk is in this database already\. For another one name a data directory of its own\.\n$/);
      await server.up();
      const password = /^The password of all of them: (\S+)$/m.exec(said)[1];
      const answer = await server.as('isp')('POST', '/api/auth/login', { body: { email: 'manager@operator.demo.invalid', password } });
      const { access_token: token } = succeeded(answer).tokens;
      const { summary } = succeeded(await server.as('isp')('GET', '/api/reports/dashboard', { token }));
      assert.equal(summary.total_tickets, (await rows(server, 'SELECT COUNT(*) AS n FROM ticket WHERE tenant_id = 1'))[0].n);
      assert.ok(summary.total_tickets > 300);
    } finally {
      await server.stop();
    }
  });
}

// The figures of many tenants: the first and the last page of one among them, and tens of thousands of deadlines that
// pass within a minute. Called by run.mjs with its tools.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TENANTS = 200;
const TENANT = 101; // one of them
const LIMIT = 20;
const SECONDS = 4;
const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];

/** What every request of a tenant's front end carries. */
function tenantScript(tools) {
  const file = path.join(tools.work, 'tenant.lua');
  fs.writeFileSync(file, `wrk.headers["X-Tenant-ID"] = "${TENANT}"\n`);
  return file;
}

async function page(server, query, tenant = TENANT) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/tickets?${query}`,
    { headers: { authorization: `Bearer ${server.token}`, 'x-tenant-id': String(tenant) } });
  if (answer.status !== 200) throw new Error(`/tickets?${query} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The ids of all its tickets, page by page. */
async function walk(server) {
  const ids = [];
  for (let cursor = ''; ;) {
    const found = await page(server, `limit=100${cursor}`);
    ids.push(...found.data.map((ticket) => ticket.id));
    if (!found.meta.pagination.has_next) return ids;
    cursor = `&cursor=${found.meta.pagination.next_cursor}`;
  }
}

async function pages(tools, server, data, tickets) {
  tools.say(`walking through tenant ${TENANT}`);
  const ids = await walk(server);
  if (ids.length !== tickets / TENANTS || new Set(ids).size !== ids.length) throw new Error(`the walk met ${ids.length} tickets`);
  const other = await tools.reference(path.join(data, 'sigap.db'), path.join(data, 'jwt.key'), 1);
  const fast = { port: other.port, token: server.token };
  const script = tenantScript(tools);
  const where = { first: `limit=${LIMIT}`, last: `limit=${LIMIT}&cursor=${ids.at(-LIMIT - 1)}` };
  const ms = { first: [], last: [] };
  const rates = { first: [], last: [], 'first of fastify': [], 'last of fastify': [] };
  for (const query of Object.values(where)) {
    const [ours, theirs] = [await page(server, query), await page(fast, query)];
    const same = (found) => JSON.stringify(found.data.map((ticket) => [ticket.id, ticket.title, ticket.status, ticket.priority]));
    if (ours.data.length !== LIMIT || same(ours) !== same(theirs)) throw new Error(`the reference answers something else to ${query}`);
  }
  for (let round = 0; round < tools.rounds; round++) {
    for (const [name, query] of Object.entries(where)) {
      tools.say(`a tenant's ${name} page, round ${round + 1} of ${tools.rounds}`);
      const measure = async (port, connections, seconds) => {
        const result = await tools.wrk(`http://127.0.0.1:${port}/tickets?${query}`, { token: server.token, script, connections, seconds });
        if (result.bad > 0) throw new Error(`${result.bad} answers were not 2xx`);
        return result.rate;
      };
      ms[name].push(1000 / await measure(server.port, 1, 1));
      rates[name].push(await measure(server.port, 64, SECONDS));
      rates[`${name} of fastify`].push(await measure(other.port, 64, SECONDS));
    }
  }
  const flat = median(ms.last.map((value, i) => value / ms.first[i]));
  tools.figure(`a tenant's last page against its first (${median(ms.first).toFixed(3)} ms → ${median(ms.last).toFixed(3)} ms)`, `${flat.toFixed(2)} ×`,
    'within 1.3', flat <= 1.3 && flat >= 1 / 1.3, `its first page; ${TENANTS} tenants, ${tickets} tickets`);
  for (const name of ['first', 'last']) {
    const ratio = median(rates[name].map((value, i) => value / rates[`${name} of fastify`][i]));
    tools.figure(`a tenant's ${name} page (${Math.round(median(rates[name]))}/s)`, `${ratio.toFixed(1)} × fastify`, 'at least 4', ratio >= 4,
      `fastify + better-sqlite3 (${Math.round(median(rates[`${name} of fastify`]))}/s)`);
  }
  await tools.stop(other.child);
}

async function told(server) {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  return Number(/^sigap_deadlines_told_total (\d+)$/m.exec(text)[1]);
}

/** p99 of reads and of creations that go on beside each other. */
async function mix(tools, server, id, seconds) {
  const at = `http://127.0.0.1:${server.port}`;
  const [reads, creations] = await Promise.all([
    tools.wrk(`${at}/api/ticket/info?ticket_id=ticket_${id}`, { token: server.token, connections: 4, seconds }),
    tools.wrk(`${at}/api/ticket/create`, { connections: 4, seconds, script: tools.createScript(server.userToken) }),
  ]);
  if (reads.bad > 0 || creations.bad > 0) throw new Error(`${reads.bad} reads and ${creations.bad} creations were not 2xx`);
  return { reads: reads.p99, creations: creations.p99 };
}

/** Each told once, and how late at most. */
function lookInside(data, due) {
  const Database = createRequire(path.join(import.meta.dirname, 'reference/package.json'))('better-sqlite3');
  const db = new Database(path.join(data, 'sigap.db'), { readonly: true });
  const BREACHED = 14; // enum activity_action
  const found = db.prepare(`SELECT COUNT(*) AS breaches, COUNT(DISTINCT a.ticket_id) AS tickets, MAX(a.created_at - t.resolve_due_at) / 1000.0 AS late_ms
    FROM activity a JOIN ticket t ON t.id = a.ticket_id WHERE a.action = ? AND a.id > (SELECT MAX(id) FROM activity) - ?`).get(BREACHED, due * 8);
  const levels = db.prepare('SELECT COUNT(*) AS tickets FROM ticket WHERE escalation_level = 1 AND id > (SELECT MAX(id) FROM ticket) - ?').get(due * 8);
  const notices = db.prepare('SELECT COUNT(*) AS notices FROM notice WHERE kind = 6').get();
  db.close();
  return { ...found, levels: levels.tickets, notices: notices.notices };
}

async function deadlines(tools, data, id) {
  const due = tools.quick ? 5000 : 100_000;
  const window = tools.quick ? 10 : 60;
  const lead = tools.quick ? 40 : 90;
  tools.say(`storing ${due} tickets that fall due`);
  const begins = Date.now() + lead * 1000;
  execFileSync(tools.seeder, [`sqlite:${data}/sigap.db`, 'due', String(due), String(TENANTS), String(lead), String(window)]);
  const server = await tools.sigap(data);
  server.token = await tools.enter(server.port, 'master@example.com');
  server.userToken = await tools.enter(server.port, 'user@example.com');
  const idle = [];
  for (let round = 0; round < tools.rounds; round++) {
    tools.say(`reads and creations before, round ${round + 1} of ${tools.rounds}`);
    idle.push(await mix(tools, server, id, SECONDS));
  }
  if (Date.now() > begins) throw new Error('storing the tickets took longer than thought: raise the lead');
  while (Date.now() < begins) {
    tools.say(`waiting for ${due} deadlines`);
    await sleep(100);
  }
  const before = await told(server);
  if (before > due / 100) throw new Error(`${before} were told too early`);
  tools.say(`${due} deadlines pass within ${window} s`);
  const busy = await mix(tools, server, id, window);
  const inTime = await told(server);
  for (let waited = 0; waited < 600 && await told(server) < due; waited++) await sleep(100);
  await sleep(1500);
  const all = await told(server);
  await tools.stop(server.child);
  const found = lookInside(data, due);
  const exact = all === due && found.breaches === due && found.tickets === due && found.levels === due && found.notices >= 3 * due;
  tools.figure(`${due} deadlines within ${window} s: told, each once (${inTime} when the window closed)`, `${found.tickets} of ${due}`, 'all, none twice', exact,
    `${found.breaches} entries in the history, ${found.notices} notices`);
  tools.figure('the latest of them', `${found.late_ms.toFixed(0)} ms after its time`, 'within 1000 ms', found.late_ms < 1000, 'its deadline');
  for (const name of ['reads', 'creations']) {
    const calm = median(idle.map((one) => one[name]));
    tools.figure(`p99 of ${name} meanwhile (${busy[name].toFixed(2)} ms)`, `${(busy[name] / calm).toFixed(1)} × idle`, 'under 5', busy[name] / calm < 5,
      `the same before (${calm.toFixed(2)} ms)`);
  }
}

/** tools: wrk, say, figure, sigap, userAdd, enter, stop, reference, createScript, seeder, work, quick, rounds. */
export async function manyTenants(tools, tickets) {
  const data = path.join(tools.work, 'tenants');
  fs.mkdirSync(data, { recursive: true, mode: 0o700 });
  tools.say(`storing ${tickets} tickets of ${TENANTS} tenants (a few minutes)`);
  execFileSync(tools.seeder, [`sqlite:${data}/sigap.db`, String(tickets), String(TENANTS)], { stdio: 'ignore' });
  tools.userAdd(data, 'master@example.com', 'super_admin');
  tools.userAdd(data, 'user@example.com', 'customer');
  const server = await tools.sigap(data);
  server.token = await tools.enter(server.port, 'master@example.com');
  await pages(tools, server, data, tickets);
  const { id } = (await page(server, 'limit=1', 1)).data[0];
  await tools.stop(server.child);
  await deadlines(tools, data, id);
  fs.rmSync(data, { recursive: true, force: true });
}

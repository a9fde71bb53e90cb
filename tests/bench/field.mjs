// The figures of field service: deep pages, the dashboard, exports, sync. Called by run.mjs with its tools and two
// servers, `a` on a small store and `b` on a large one, each {child, port, token}.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const DAY_MS = 86_400_000;
const day = (ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];

async function getJson(server, where) {
  const answer = await fetch(`http://127.0.0.1:${server.port}${where}`, { headers: { authorization: `Bearer ${server.token}` } });
  if (answer.status !== 200) throw new Error(`${where} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Milliseconds of one call after another on one connection, as the median of some rounds. */
async function oneByOne(tools, server, where) {
  await getJson(server, where);
  const ms = [];
  for (let round = 0; round < tools.rounds; round++) {
    const result = await tools.wrk(`http://127.0.0.1:${server.port}${where}`, { token: server.token, connections: 1, seconds: 1 });
    if (result.bad > 0) throw new Error(`${where}: ${result.bad} answers were not 2xx`);
    ms.push(1000 / result.rate);
  }
  return median(ms);
}

async function deepPages(tools, a, b) {
  const filters = {
    'status, priority, type': 'status=new&priority=high&type=repair',
    'status, type, created': `status=in_progress&type=upgrade&created_from=${day(40)}`,
    'priority, type, scheduled': `priority=low&type=maintenance&scheduled_from=${day(40)}&scheduled_to=${day(-10)}`,
  };
  for (const [name, filter] of Object.entries(filters)) {
    for (const page of [1, 10_000]) {
      tools.say(`tickets by ${name}, page ${page}`);
      const where = `/api/tickets?${filter}&page=${page}&limit=3`;
      const few = await oneByOne(tools, a, where);
      const many = await oneByOne(tools, b, where);
      const rows = (await getJson(b, where)).data.tickets.length;
      tools.figure(`tickets by ${name}, page ${page}, ${rows} rows (${few.toFixed(2)} ms → ${many.toFixed(2)} ms)`, `${(many / few).toFixed(2)} ×`,
        'under 2', many / few < 2, 'the same on the small store');
    }
  }
}

async function dashboard(tools, b) {
  tools.say('the dashboard');
  const ms = await oneByOne(tools, b, '/api/reports/dashboard');
  tools.figure('dashboard on the large store', `${ms.toFixed(2)} ms`, 'under 5 ms', ms < 5, 'the clock, HTTP included');
}

/** Reads an answer to its end, or to so many lines: {first_ms, ms, lines, bytes, most_mb}. */
function drain(tools, server, where, lines_max = Infinity) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const seen = { first_ms: 0, lines: 0, bytes: 0, most_mb: 0 };
    const done = () => resolve({ ...seen, ms: performance.now() - started });
    const request = http.get(`http://127.0.0.1:${server.port}${where}`, { headers: { authorization: `Bearer ${server.token}` } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`${where} answers ${answer.statusCode}`));
      answer.on('data', (piece) => {
        if (seen.first_ms === 0) seen.first_ms = performance.now() - started;
        seen.bytes += piece.length;
        for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) seen.lines++;
        if (seen.lines >= lines_max) {
          done();
          request.destroy();
        }
      });
      answer.on('end', done);
    });
    request.on('error', (error) => (seen.lines >= lines_max ? undefined : reject(error)));
    const watch = setInterval(() => {
      seen.most_mb = Math.max(seen.most_mb, tools.residentMb(server.child));
    }, 20);
    request.on('close', () => clearInterval(watch));
  });
}

async function exports(tools, b) {
  const rows = tools.quick ? 100_000 : 1_000_000;
  const before = tools.residentMb(b.child);
  const runs = [];
  for (let round = 0; round < tools.rounds; round++) {
    tools.say(`CSV of ${rows} tickets, round ${round + 1} of ${tools.rounds}`);
    runs.push(await drain(tools, b, '/api/reports/tickets?format=csv', rows));
    await sleep(200);
  }
  const first = median(runs.map((run) => run.first_ms));
  const rate = median(runs.map((run) => run.lines / (run.ms / 1000)));
  const grown = Math.max(...runs.map((run) => run.most_mb)) - before;
  tools.figure(`CSV of ${rows} tickets: first byte`, `${first.toFixed(0)} ms`, 'within 100 ms', first <= 100, 'the clock');
  tools.figure(`CSV of ${rows} tickets`, `${Math.round(rate / 1000)} k rows/s`, 'at least 300 k', rate >= 300_000, 'the clock, read by node on the same cores');
  tools.figure(`CSV of ${rows} tickets: memory grows`, `${grown.toFixed(1)} MB`, 'under 16 MB', grown < 16, '/proc/PID/status');
  let days = 1;
  let total = 0;
  const filter = () => `status=closed&type=repair&date_from=${day(days)}`;
  for (; days < 60 && total < 10_000; days++) total = (await getJson(b, `/api/reports/tickets?${filter()}&limit=1`)).data.report.total_tickets;
  days -= 1;
  tools.say(`PDF of ${total} rows`);
  const paper = await drain(tools, b, `/api/reports/tickets?format=pdf&${filter()}`);
  const scaled = paper.ms * (10_000 / total);
  tools.figure(`PDF of ${total} rows (${(paper.ms / 1000).toFixed(2)} s, ${(paper.bytes / 1e6).toFixed(1)} MB)`, `${(scaled / 1000).toFixed(2)} s for 10 k`, 'under 3 s',
    scaled < 3000, 'the clock');
}

async function sync(tools, b) {
  const call = async (last_sync) => {
    const answer = await fetch(`http://127.0.0.1:${b.port}/api/mobile/sync`, { method: 'POST', body: JSON.stringify({ last_sync }),
      headers: { authorization: `Bearer ${b.token}`, 'content-type': 'application/json' } });
    if (answer.status !== 200) throw new Error(`sync answers ${answer.status}: ${await answer.text()}`);
    return (await answer.json()).data;
  };
  let position = new Date().toISOString();
  for (let more = true; more;) {
    const got = await call(position);
    position = got.next_sync;
    more = got.has_more;
  }
  tools.say('500 changes');
  const page = (await getJson(b, '/api/tickets?status=assigned&limit=100')).data.tickets;
  for (let n = 0; n < 500; n++) {
    const id = n < page.length ? page[n].id : null;
    const answer = await fetch(id ? `http://127.0.0.1:${b.port}/api/tickets/${id}` : `http://127.0.0.1:${b.port}/api/ticket/create`, {
      method: id ? 'PUT' : 'POST', headers: { authorization: `Bearer ${id ? b.token : b.userToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(id ? { title: `Changed ${n}` } : { ticket_name: `New ${n}`, ticket_explain: 'Need to configure the router in room 302' }) });
    if (answer.status >= 300) throw new Error(`a change answers ${answer.status}: ${await answer.text()}`);
  }
  const ms = [];
  let told = 0;
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    told = (await call(position)).tickets.length;
    ms.push(performance.now() - started);
  }
  tools.figure(`sync of ${told} changed tickets on the large store`, `${median(ms).toFixed(1)} ms`, 'under 20 ms', median(ms) < 20, 'the clock, HTTP and reading included');
}

export async function fieldService(tools, a, b) {
  await deepPages(tools, a, b);
  await dashboard(tools, b);
  await sync(tools, b);
  await exports(tools, b);
}

// `make bench`: the project's figures, as ratios measured in one run on this machine.
//   node tests/bench/run.mjs [--quick] [--only WORD,…]
// --quick stores 200 k instead of 5 M tickets: for a look, not for a figure.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldService } from './field.mjs';
import { openSockets } from './sockets.mjs';
import { manyTenants } from './tenants.mjs';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const build = process.env.SIGAP_BENCH_BUILD ?? path.join(root, 'build/bench');
const sigapBin = process.env.SIGAP_BIN ?? path.join(root, 'build/sigap');
const quick = process.argv.includes('--quick');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';
const LARGE = quick ? 200_000 : 5_000_000;
const SMALL = 10_000;
const ROUNDS = 3;
const SECONDS = 4;
const work = fs.mkdtempSync(path.join(process.env.SIGAP_BENCH_DIR ?? os.tmpdir(), 'sigap-bench-'));
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SIGAP_')));
const started = new Set();
const rows = [];
const middle = {}; // a ticket in the middle of each store

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const say = (text) => process.stderr.isTTY ? process.stderr.write(`\r\x1b[K${text}`) : console.error(text);
const figure = (name, value, wanted, holds, against) => {
  rows.push({ name, value, wanted, holds, against });
  say('');
  console.log(`${holds ? 'holds' : 'MISSES'}  ${name}: ${value} (wanted ${wanted}; against ${against})`);
};

function run(child) {
  started.add(child);
  child.on('exit', () => started.delete(child));
  return child;
}

async function stop(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await Promise.race([gone, sleep(12_000).then(() => child.kill('SIGKILL'))]);
}

function firstLine(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
      const found = text.match(pattern);
      if (found) resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
}

async function sigap(data, flags = [], mail = false) {
  const at = performance.now();
  const child = run(spawn(sigapBin, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--rate-limit', 'off',
    // A mail server that is away: the outbox fills as it does for the reference and the ceiling, nobody delivers.
    '--login-throttle', 'off', '--log-level', 'error', ...(mail ? [] : ['--smtp', 'smtp://127.0.0.1:1']), ...flags],
  { stdio: ['ignore', 'pipe', 'inherit'], env: clean }));
  const port = Number(await firstLine(child, /http:\/\/127\.0\.0\.1:(\d+)/));
  return { child, port, ready_ms: performance.now() - at };
}

function userAdd(data, email, role) {
  execFileSync(sigapBin, ['user', 'add', '--data', data, '--email', email, '--name', 'Bench', '--role', role, '--password-stdin'],
    { input: 'StrongPassword123\n', env: clean });
}

async function post(port, where, body, token) {
  const response = await fetch(`http://127.0.0.1:${port}${where}`, { method: 'POST', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) } });
  return { status: response.status, body: await response.json() };
}

const enter = async (port, email) =>
  (await post(port, '/api/auth/enter', { user_email: email, user_password: 'StrongPassword123' })).body.jwt_token;

// wrk: requests a second, p50/p99 in ms, failures.
function wrk(url, { connections = 64, seconds = SECONDS, token, script, threads = 1 } = {}) {
  const args = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '10s'];
  if (token) args.push('-H', `Authorization: Bearer ${token}`);
  if (script) args.push('-s', script);
  return new Promise((resolve, reject) => {
    const child = run(spawn('wrk', [...args, url], { stdio: ['ignore', 'pipe', 'inherit'] }));
    let text = '';
    child.stdout.on('data', (piece) => { text += piece; });
    child.on('exit', () => {
      const rate = Number(text.match(/Requests\/sec:\s+([\d.]+)/)?.[1]);
      const ms = (line) => {
        const found = text.match(new RegExp(`${line}%\\s+([\\d.]+)(us|ms|s)`));
        return found ? Number(found[1]) * { us: 0.001, ms: 1, s: 1000 }[found[2]] : NaN;
      };
      const total = Number(text.match(/(\d+) requests in/)?.[1] ?? 0);
      const bad = Number(text.match(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0);
      const errors = /Socket errors/.test(text);
      if (!rate) return reject(new Error(`wrk said:\n${text}`));
      resolve({ rate, total, bad, errors, p50: ms(50), p99: ms(99) });
    });
  });
}

function createScript(token) {
  const file = path.join(work, `create-${Math.random().toString(36).slice(2)}.lua`);
  fs.writeFileSync(file, `wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer ${token}"
wrk.body = '{"ticket_name":"Router Problem","ticket_explain":"Need to configure the router in room 302"}'
`);
  return file;
}

async function nginx(bytes) {
  const dir = fs.mkdtempSync(path.join(work, 'nginx-'));
  fs.mkdirSync(path.join(dir, 'www'));
  fs.writeFileSync(path.join(dir, 'www/body.json'), 'x'.repeat(bytes));
  const port = await freePort();
  fs.chmodSync(work, 0o755);
  fs.chmodSync(dir, 0o755);
  fs.writeFileSync(path.join(dir, 'nginx.conf'), `daemon off; worker_processes 2; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 4096; }
http { access_log off; default_type application/json; keepalive_requests 1000000000; sendfile on; tcp_nopush on; open_file_cache max=10;
 client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
 server { listen 127.0.0.1:${port}; root ${dir}/www; } }`);
  const child = run(spawn('nginx', ['-c', path.join(dir, 'nginx.conf'), '-p', dir], { stdio: ['ignore', 'ignore', 'inherit'] }));
  await waitForPort(port);
  return { child, url: `http://127.0.0.1:${port}/body.json` };
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function waitForPort(port) {
  for (let i = 0; i < 200; i++) {
    const ok = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); }).on('error', () => resolve(false));
    });
    if (ok) return;
    await sleep(25);
  }
  throw new Error('the reference does not listen');
}

async function reference(database, key, workers = 2) {
  const child = run(spawn('node', [path.join(here, 'reference/server.mjs'), database, key, String(workers)],
    { stdio: ['ignore', 'pipe', 'inherit'] }));
  return { child, port: Number(await firstLine(child, /port (\d+)/)) };
}

function seed(data, count) {
  fs.mkdirSync(data, { recursive: true, mode: 0o700 });
  const done = spawnSync(path.join(build, 'tests/bench/seed'), [`sqlite:${data}/sigap.db`, String(count)], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  userAdd(data, 'master@example.com', 'super_admin');
  userAdd(data, 'user@example.com', 'customer');
  return done.stdout.trim();
}

const residentMb = (child) => {
  const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
};

async function twoStores() {
  const small = path.join(work, 'small');
  const large = path.join(work, 'large');
  if (!fs.existsSync(large)) {
    say(`storing ${SMALL} tickets`);
    middle.small = seed(small, SMALL);
    say(`storing ${LARGE} tickets (a few minutes)`);
    middle.large = seed(large, LARGE);
  }
  const a = await sigap(small);
  const b = await sigap(large);
  for (const server of [a, b]) {
    server.token = await enter(server.port, 'master@example.com');
    server.userToken = await enter(server.port, 'user@example.com');
  }
  return { small, a, b };
}

async function field() {
  const { a, b } = await twoStores();
  await fieldService({ wrk, say, figure, residentMb, quick, rounds: ROUNDS }, a, b);
  await stop(a.child);
  await stop(b.child);
}

const sockets = () => openSockets({ run, stop, say, figure, sigap, userAdd, residentMb, firstLine, quick, work, rounds: ROUNDS,
  client: path.join(build, 'tests/bench/sockets'), echo: path.join(build, 'tests/socketio-echo'), reference: path.join(here, 'reference/sockets.mjs') });

const tenants = () => manyTenants({ wrk, say, figure, sigap, userAdd, enter, stop, reference, createScript,
  seeder: path.join(build, 'tests/bench/seed'), work, quick, rounds: ROUNDS }, LARGE);

async function reads() {
  const { small, a, b } = await twoStores();
  const [smallId, largeId, tokenA, tokenB] = [middle.small, middle.large, a.token, b.token];
  figure(`ready on a database of ${LARGE} tickets`, `${b.ready_ms.toFixed(0)} ms`, 'under 1000 ms', b.ready_ms < 1000, 'the clock');
  const infoA = `http://127.0.0.1:${a.port}/api/ticket/info?ticket_id=ticket_${smallId}`;
  const infoB = `http://127.0.0.1:${b.port}/api/ticket/info?ticket_id=ticket_${largeId}`;
  const sample = await fetch(infoA, { headers: { authorization: `Bearer ${tokenA}` } });
  if (sample.status !== 200) throw new Error(`info answers ${sample.status}`);
  const bytes = (await sample.text()).length;
  const web = await nginx(bytes);
  const fast = await reference(path.join(small, 'sigap.db'), path.join(small, 'jwt.key'), 1);
  const both = await reference(path.join(small, 'sigap.db'), path.join(small, 'jwt.key'), 2);
  const fastUrl = `http://127.0.0.1:${fast.port}/api/ticket/info?ticket_id=ticket_${smallId}`;
  const check = await fetch(fastUrl, { headers: { authorization: `Bearer ${tokenA}` } });
  if (check.status !== 200) throw new Error(`the reference answers ${check.status}`);
  const bothUrl = fastUrl.replace(`:${fast.port}/`, `:${both.port}/`);
  const rates = { nginx: [], small: [], large: [], fast: [], both: [] };
  for (let round = 0; round < ROUNDS; round++) {
    say(`GET /api/ticket/info, round ${round + 1} of ${ROUNDS}`);
    rates.nginx.push((await wrk(web.url)).rate);
    rates.small.push((await wrk(infoA, { token: tokenA })).rate);
    rates.large.push((await wrk(infoB, { token: tokenB })).rate);
    rates.fast.push((await wrk(fastUrl, { token: tokenA })).rate);
    rates.both.push((await wrk(bothUrl, { token: tokenA })).rate);
  }
  const ratio = (x, y) => median(rates[x].map((value, i) => value / rates[y][i]));
  const perSecond = (x) => `${Math.round(median(rates[x]))}/s`;
  for (const [name, key] of [[`${SMALL}`, 'small'], [`${LARGE}`, 'large']]) {
    const toNginx = ratio(key, 'nginx');
    figure(`info with ${name} tickets (${perSecond(key)})`, `${toNginx.toFixed(2)} of nginx`, 'at least 0.30', toNginx >= 0.3,
      `nginx, 2 workers, a file of ${bytes} bytes (${perSecond('nginx')})`);
    const toFast = ratio(key, 'fast');
    figure(`info with ${name} tickets`, `${toFast.toFixed(1)} × fastify`, 'at least 4', toFast >= 4,
      `fastify + better-sqlite3 (${perSecond('fast')}); a cluster of two of them: ${ratio(key, 'both').toFixed(1)} ×`);
  }
  const flat = ratio('small', 'large');
  figure(`info: ${SMALL} against ${LARGE} tickets`, `${flat.toFixed(2)} ×`, 'within 1.5', flat <= 1.5, 'the small store');
  await stop(fast.child);
  await stop(both.child);
  await stop(web.child);
  await flatLists(a, b, tokenA, tokenB);
  await stop(a.child);
  await stop(b.child);
}

async function flatLists(a, b, tokenA, tokenB) {
  const lists = {
    'hcall count': '/api/ticket/count',
    'hcall fetch, one author and status': '/api/ticket/fetch?author=customer7@example.com&status=doing&limit=2',
    'hcall fetch, newest by status': '/api/ticket/fetch?status=pending&limit=50',
    'tiket list': '/api/ticket?skip=0&limit=20',
    'tiket list, prioritas': '/api/responTeknis/?skip=0&limit=20&prioritas=tinggi',
    'tiket list, email': '/api/responTeknis/?skip=0&limit=10&email=customer7@example.com',
    'tiket list, username part': '/api/responTeknis/?skip=0&limit=20&username=mer%2099',
  };
  for (const [name, where] of Object.entries(lists)) {
    const smallMs = [], largeMs = [];
    for (let round = 0; round < ROUNDS; round++) {
      say(`${name}, round ${round + 1} of ${ROUNDS}`);
      for (const [server, token, list] of [[a, tokenA, smallMs], [b, tokenB, largeMs]]) {
        const result = await wrk(`http://127.0.0.1:${server.port}${where}`, { token, connections: 1, seconds: 1 });
        if (result.bad > 0) throw new Error(`${name}: ${result.bad} answers were not 2xx`);
        list.push(1000 / result.rate);
      }
    }
    const ratio = median(largeMs.map((value, i) => value / smallMs[i]));
    figure(`${name} (${median(smallMs).toFixed(2)} ms → ${median(largeMs).toFixed(2)} ms)`, `${ratio.toFixed(2)} ×`, 'within 2', ratio <= 2,
      `the same with ${SMALL} tickets`);
  }
}

async function writes() {
  for (const connections of [64, 256]) {
    const ratios = { ceiling: [], fast: [] }, rates = [];
    for (let round = 0; round < ROUNDS; round++) {
      say(`durable creation, ${connections} connections, round ${round + 1} of ${ROUNDS}`);
      const raw = path.join(work, `ceiling-${connections}-${round}`);
      fs.mkdirSync(raw);
      const ceiling = Number(execFileSync(path.join(build, 'tests/bench/ceiling'), [`sqlite:${raw}/sigap.db`, String(connections), String(SECONDS)], { encoding: 'utf8' }));
      const data = path.join(work, `create-${connections}-${round}`);
      const server = await sigap(data);
      userAdd(data, 'user@example.com', 'customer');
      userAdd(data, 'master@example.com', 'super_admin');
      const token = await enter(server.port, 'user@example.com');
      const result = await wrk(`http://127.0.0.1:${server.port}/api/ticket/create`, { connections, script: createScript(token) });
      if (result.bad > 0) throw new Error(`${result.bad} creations were refused`);
      const admin = await enter(server.port, 'master@example.com');
      const count = await (await fetch(`http://127.0.0.1:${server.port}/api/ticket/count`, { headers: { authorization: `Bearer ${admin}` } })).json();
      await stop(server.child, 'SIGKILL');
      const again = await sigap(data);
      const kept = await (await fetch(`http://127.0.0.1:${again.port}/api/ticket/count`, { headers: { authorization: `Bearer ${admin}` } })).json();
      await stop(again.child);
      if (kept.tickets_total < result.total || kept.tickets_total < count.tickets_total) {
        throw new Error(`acknowledged ${result.total}, kept ${kept.tickets_total}`);
      }
      const other = path.join(work, `fast-${connections}-${round}`);
      const maker = await sigap(other);
      userAdd(other, 'user@example.com', 'customer');
      const otherToken = await enter(maker.port, 'user@example.com');
      await stop(maker.child);
      const fast = await reference(path.join(other, 'sigap.db'), path.join(other, 'jwt.key'), 1);
      const fastResult = await wrk(`http://127.0.0.1:${fast.port}/api/ticket/create`, { connections, script: createScript(otherToken) });
      await stop(fast.child);
      rates.push(result.rate);
      ratios.ceiling.push(result.rate / ceiling);
      ratios.fast.push(result.rate / fastResult.rate);
      for (const folder of [raw, data, other]) fs.rmSync(folder, { recursive: true, force: true });
    }
    const toCeiling = median(ratios.ceiling);
    figure(`durable creation, ${connections} connections (${Math.round(median(rates))}/s)`, `${toCeiling.toFixed(2)} of the ceiling`, 'at least 0.6',
      toCeiling >= 0.6, 'the same command in group commits without HTTP');
    const toFast = median(ratios.fast);
    figure(`durable creation, ${connections} connections`, `${toFast.toFixed(1)} × fastify`, 'at least 5', toFast >= 5,
      'fastify + better-sqlite3, synchronous=FULL, a transaction a ticket');
  }
}

async function calm() {
  const data = path.join(work, 'calm');
  const id = seed(data, SMALL);
  const server = await sigap(data);
  const admin = await enter(server.port, 'master@example.com');
  const token = await enter(server.port, 'user@example.com');
  const url = `http://127.0.0.1:${server.port}/api/ticket/info?ticket_id=ticket_${id}`;
  const probe = () => wrk(url, { token: admin, connections: 4, seconds: SECONDS });
  const idle = [], creating = [], entering = [];
  for (let round = 0; round < ROUNDS; round++) {
    say(`p99 of reads, round ${round + 1} of ${ROUNDS}`);
    idle.push((await probe()).p99);
    const load = wrk(`http://127.0.0.1:${server.port}/api/ticket/create`, { connections: 256, seconds: SECONDS + 1, script: createScript(token) });
    await sleep(500);
    creating.push((await probe()).p99);
    await load;
    await sleep(2000);
    let stopped = false;
    const logins = Array.from({ length: 200 }, async () => {
      while (!stopped) await enter(server.port, 'user@example.com');
    });
    await sleep(500);
    entering.push((await probe()).p99);
    stopped = true;
    await Promise.all(logins);
  }
  for (const [name, list] of [['256 connections create', creating], ['200 logins queue', entering]]) {
    const ratio = median(list.map((value, i) => value / idle[i]));
    figure(`p99 of reads while ${name} (${median(list).toFixed(2)} ms)`, `${ratio.toFixed(1)} × idle`, 'under 5', ratio < 5,
      `its idle value (${median(idle).toFixed(2)} ms)`);
  }
  await stop(server.child);
}

async function memory() {
  const data = path.join(work, 'memory');
  const first = await sigap(data, [], true);
  figure('ready on an empty folder', `${first.ready_ms.toFixed(0)} ms`, 'under 100 ms', first.ready_ms < 100, 'the clock, schema made');
  await sleep(1500);
  const idle = residentMb(first.child);
  figure('resident memory when idle', `${idle.toFixed(1)} MB`, 'under 16 MB', idle < 16, '/proc/PID/status');
  const sockets = [];
  for (let i = 0; i < 5000; i++) {
    sockets.push(await new Promise((resolve, reject) => {
      const socket = net.connect(first.port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('data', () => resolve(socket));
      socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    }));
  }
  await sleep(500);
  const full = residentMb(first.child);
  figure('resident memory with 5,000 idle connections', `${full.toFixed(1)} MB`, 'under 24 MB', full < 24, '/proc/PID/status');
  for (const socket of sockets) socket.destroy();
  await stop(first.child);
}

async function main() {
  console.log(`${os.cpus().length} cores, ${os.cpus()[0].model}, node ${process.version}${quick ? ', quick' : ''}`);
  for (const [name, part] of Object.entries({ memory, writes, calm, reads, field, sockets, tenants })) {
    if (only === '' || only.split(',').includes(name)) await part();
  }
  const wide = Math.max(...rows.map((row) => row.name.length));
  console.log(`\n${'figure'.padEnd(wide)}  measured                 wanted          against`);
  for (const row of rows) {
    console.log(`${row.name.padEnd(wide)}  ${row.value.padEnd(24)} ${row.wanted.padEnd(15)} ${row.against}${row.holds ? '' : '   MISSES'}`);
  }
}

process.on('SIGINT', () => process.exit(130));
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
  fs.rmSync(work, { recursive: true, force: true });
});
await main();

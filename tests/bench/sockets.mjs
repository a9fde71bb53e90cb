// The figures of open sockets, beside npm's socket.io doing the same on this machine. Called by run.mjs with its tools.
// One client for both (sockets.c), which is no bottleneck of either.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PEOPLE = 50; // who the sockets belong to, in turn
const AT_ONCE = 64; // handshakes
const EVENTS = 15;
const ECHO_SOCKETS = 1000;
const ECHO_RATE = 5; // messages a second of each socket
const PASSWORD = 'StrongPassword123';

const median = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)];

/** A load on this port; ask() gives an order and reads its line. */
function loadOn(tools, port, payloads) {
  const child = tools.run(spawn(tools.client, [String(port), payloads], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const waiting = [];
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
    for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) waiting.shift().resolve(text.slice(0, end).split(' '));
  });
  child.on('exit', (code) => waiting.splice(0).forEach(({ reject }) => reject(new Error(`the load ended with ${code}`))));
  return {
    ask: (order) => new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${order}\n`);
    }),
    stop: () => tools.stop(child),
  };
}

/** Seconds of processor that a process has used. */
function usedSeconds({ pid }) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** A desk with signed-in people, one technician, and the request that moves them. */
async function makeDesk(tools, data) {
  const server = await tools.sigap(data);
  const enter = async (email) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/auth/login`, { method: 'POST', body: JSON.stringify({ email, password: PASSWORD }),
      headers: { 'content-type': 'application/json' } });
    if (answer.status !== 200) throw new Error(`signing in answers ${answer.status}: ${await answer.text()}`);
    return (await answer.json()).data;
  };
  const lines = [];
  for (let i = 0; i < PEOPLE; i++) {
    tools.say(`people for the sockets, ${i + 1} of ${PEOPLE}`);
    tools.userAdd(data, `agent${i}@example.com`, 'customer_service');
    lines.push(JSON.stringify({ token: `Bearer ${(await enter(`agent${i}@example.com`)).tokens.access_token}` }));
  }
  tools.userAdd(data, 'technician@example.com', 'technician');
  const { user, tokens } = await enter('technician@example.com');
  const payloads = path.join(tools.work, 'payloads');
  const request = path.join(tools.work, 'request');
  fs.writeFileSync(payloads, `${lines.join('\n')}\n`);
  const body = JSON.stringify({ lat: -6.2088, lng: 106.8456 });
  fs.writeFileSync(request, `PUT /api/technicians/${user.id}/location HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${tokens.access_token}\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const moved = await fetch(`http://127.0.0.1:${server.port}/api/technicians/${user.id}/location`, { method: 'PUT', body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.access_token}` } });
  if (moved.status !== 200) throw new Error(`a place answers ${moved.status}: ${await moved.text()}`);
  await tools.stop(server.child); // writes its log back: the reference gets a whole copy
  return { payloads, request };
}

/** What so many sockets cost a server, and how fast one event reaches them all. */
async function many(tools, name, server, desk, count, idle_s) {
  const load = loadOn(tools, server.port, desk.payloads);
  await sleep(1000);
  const before = tools.residentMb(server.child);
  tools.say(`${name}: ${count} sockets connect`);
  const seconds = Number((await load.ask(`connect ${count} ${AT_ONCE}`))[0]);
  await sleep(1000);
  const perSocket = ((tools.residentMb(server.child) - before) * 1024) / count;
  tools.say(`${name}: ${count} sockets are idle for ${idle_s} s`);
  const used = usedSeconds(server.child);
  await sleep(idle_s * 1000);
  const idle = ((usedSeconds(server.child) - used) / idle_s) * 100;
  const last = [];
  const first = [];
  const usedBefore = usedSeconds(server.child);
  let bytes = 0;
  for (let i = 0; i < EVENTS; i++) {
    tools.say(`${name}: one event to ${count} sockets, ${i + 1} of ${EVENTS}`);
    const [status, firstMs, lastMs, size] = await load.ask(`fire technician:location_updated ${desk.request}`);
    if (status !== '200') throw new Error(`${name} answers ${status}`);
    first.push(Number(firstMs));
    last.push(Number(lastMs));
    bytes = Number(size);
    await sleep(50);
  }
  const busy = ((usedSeconds(server.child) - usedBefore) / EVENTS) * 1000;
  await load.stop();
  return { rate: count / seconds, perSocket, idle, first: median(first), last: median(last), busy, bytes };
}

async function echoes(tools, port, sockets, seconds) {
  const payloads = path.join(tools.work, 'nobody');
  fs.writeFileSync(payloads, '{}\n');
  const load = loadOn(tools, port, payloads);
  await load.ask(`connect ${sockets} ${AT_ONCE}`);
  await load.ask(`echo ${ECHO_RATE} 1`); // warm
  const [, p50, p99] = (await load.ask(`echo ${ECHO_RATE} ${seconds}`)).map(Number);
  await load.stop();
  return { p50, p99 };
}

async function echoFigure(tools) {
  const ours = [];
  const theirs = [];
  for (let round = 0; round < tools.rounds; round++) {
    for (const [list, words] of [[ours, [tools.echo, '--listen', '127.0.0.1:0', '--ping-interval', '25000', '--ping-timeout', '20000']],
      [theirs, ['node', tools.reference, 'echo']]]) {
      tools.say(`echoes of ${ECHO_SOCKETS} sockets, round ${round + 1} of ${tools.rounds}`);
      const child = tools.run(spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] }));
      const port = Number(await tools.firstLine(child, /(?:port |:)(\d+)\n/));
      list.push(await echoes(tools, port, ECHO_SOCKETS, 4));
      await tools.stop(child);
    }
  }
  const p99 = (list) => median(list.map((one) => one.p99));
  const p50 = (list) => median(list.map((one) => one.p50));
  const ratio = median(ours.map((one, i) => one.p99 / theirs[i].p99));
  tools.figure(`echo at ${ECHO_SOCKETS} sockets, ${ECHO_SOCKETS * ECHO_RATE}/s: p99 ${p99(ours).toFixed(2)} ms (p50 ${p50(ours).toFixed(2)} ms)`,
    `${ratio.toFixed(2)} × socket.io`, 'at most 1', ratio <= 1, `socket.io: p99 ${p99(theirs).toFixed(2)} ms (p50 ${p50(theirs).toFixed(2)} ms)`);
}

export async function openSockets(tools) {
  const count = tools.quick ? 2000 : 10_000;
  const idle_s = tools.quick ? 10 : 50; // 50: every socket is asked twice whether it lives
  const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
  if (files < count + 200) throw new Error(`${count} sockets need more open files than the ${files} allowed here: ulimit -Hn`);
  const data = path.join(tools.work, 'sockets');
  const desk = await makeDesk(tools, data);
  const other = path.join(tools.work, 'sockets-reference');
  fs.cpSync(data, other, { recursive: true, filter: (file) => !file.endsWith('.sock') });
  const server = await tools.sigap(data);
  const ours = await many(tools, 'sigap', server, desk, count, idle_s);
  await tools.stop(server.child);
  const child = tools.run(spawn('node', [tools.reference, 'desk', path.join(other, 'sigap.db'), path.join(other, 'jwt.key')], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const theirs = await many(tools, 'socket.io', { child, port: Number(await tools.firstLine(child, /port (\d+)/)) }, desk, count, idle_s);
  await tools.stop(child);
  tools.figure(`resident memory of one of ${count} sockets`, `${ours.perSocket.toFixed(1)} KB`, 'under 12 KB', ours.perSocket < 12,
    `/proc/PID/status; socket.io: ${theirs.perSocket.toFixed(1)} KB`);
  tools.figure(`processor with ${count} idle sockets`, `${ours.idle.toFixed(2)} %`, 'under 2 %', ours.idle < 2,
    `/proc/PID/stat over ${idle_s} s, of one core; socket.io: ${theirs.idle.toFixed(2)} %`);
  const share = ours.last / theirs.last;
  tools.figure(`one event of ${ours.bytes} bytes to ${count} sockets, its commit included: the last has it after ${ours.last.toFixed(0)} ms (the first ${ours.first.toFixed(1)} ms, ${ours.busy.toFixed(0)} ms of processor)`,
    `${share.toFixed(2)} of socket.io's time`, 'at most 0.5', share <= 0.5, `socket.io, ${theirs.bytes} bytes: ${theirs.last.toFixed(0)} ms (the first ${theirs.first.toFixed(1)} ms, ${theirs.busy.toFixed(0)} ms of processor)`);
  const faster = ours.rate / theirs.rate;
  tools.figure(`sockets connected (${Math.round(ours.rate)}/s)`, `${faster.toFixed(1)} × socket.io`, 'at least 2', faster >= 2,
    `socket.io with the same token and session check: ${Math.round(theirs.rate)}/s`);
  await echoFigure(tools);
}

// Every example of docs/examples, and the commands of docs/FIRST_HOUR.md, run as a reader would run them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { binary, email, eventually, start } from '../contract/harness.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const examples = path.join(root, 'docs/examples');
const PASSWORD = 'A-good-passw0rd!'; // fits the rule of each dialect
let server;
let admin;

before(async () => {
  server = await start();
  admin = email('examples');
  await server.command(['user', 'add', '--email', admin, '--name', 'Examples', '--role', 'super_admin', '--password-stdin'], `${PASSWORD}\n`);
});
after(() => server?.stop());

const environment = (who, password = PASSWORD) => ({ PATH: process.env.PATH, HOME: process.env.HOME, SIGAP_URL: server.url, SIGAP_EMAIL: who, SIGAP_PASSWORD: password });

function run(words, who = admin, password = PASSWORD) {
  return new Promise((resolve) => {
    const child = spawn(words[0], words.slice(1), { env: environment(who, password), stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const shows = {
  'isp.sh': /"title":"No signal since this morning".*A technician comes at two\./s,
  'hcall.sh': /"status":true/,
  'tiket.sh': /"nomor_tiket":"TK\d+".*"total":1/s,
  'tenant.sh': /"title":"Invoice is wrong".*"message":"We are looking into it\.".*\nPages of open tickets: 1\n$/s,
  'ruang.sh': /"message":"User registered successfully".*"role":"PEMINJAM"/s,
};

test('every curl example is known here', () => {
  assert.deepEqual(readdirSync(path.join(examples, 'curl')).filter((name) => name !== 'common.sh').sort(), Object.keys(shows).sort());
});

for (const [name, shown] of Object.entries(shows)) {
  test(`curl/${name} goes through and shows what it made`, async () => {
    const { code, out, err } = await run(['sh', path.join(examples, 'curl', name)], /hcall|tiket/.test(name) ? await customer(name) : admin);
    assert.equal(code, 0, out + err);
    assert.match(out, shown);
  });
}

test('a curl example that is refused ends there, with the words of the server', async () => {
  const { code, out, err } = await run(['sh', path.join(examples, 'curl/ruang.sh')], admin, 'Wrong-passw0rd!');
  assert.notEqual(code, 0);
  assert.equal(out, '');
  assert.match(err, /"message":"Wrong password"\}\n$/);
});

// hcall's example registers itself; tiket's needs somebody who is there.
async function customer(name) {
  const address = email('reader');
  if (name === 'tiket.sh') {
    await server.command(['user', 'add', '--email', address, '--name', 'Reader', '--role', 'customer', '--password-stdin'], `${PASSWORD}\n`);
  }
  return address;
}

const client = /^TK\d+: No signal since this morning \(new\)\nRefused, as it should be: 422 VALIDATION_ERROR: .*priority/;

test('javascript/first-ticket.mjs goes through', async () => {
  const { code, out, err } = await run(['node', path.join(examples, 'javascript/first-ticket.mjs')]);
  assert.equal(code, 0, err);
  assert.match(out, client);
});

test('python/first_ticket.py goes through', async () => {
  const { code, out, err } = await run(['python3', path.join(examples, 'python/first_ticket.py')]);
  assert.equal(code, 0, err);
  assert.match(out, client);
});

test('dart/first_ticket.dart goes through', async (t) => {
  if (spawnSync('dart', ['--version']).status !== 0) return t.skip('dart is not on this machine');
  const { code, out, err } = await run(['dart', 'run', path.join(examples, 'dart/first_ticket.dart')]);
  assert.equal(code, 0, err);
  assert.match(out, client);
});

test('javascript/live.mjs hears of a ticket', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sigap-example-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'));
  copyFileSync(path.join(examples, 'javascript/live.mjs'), path.join(dir, 'live.mjs'));
  const child = spawn('node', [path.join(dir, 'live.mjs')], { env: environment(admin), stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  try {
    await eventually(() => out.includes('Listening.'), 30);
    await run(['sh', path.join(examples, 'curl/isp.sh')]);
    await eventually(() => /ticket:created .*No signal since this morning/.test(out), 30);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

// ---- docs/FIRST_HOUR.md ----

// Its blocks of commands, each with the answer shown beneath it (… stands for anything).
function firstHour() {
  const text = readFileSync(path.join(root, 'docs/FIRST_HOUR.md'), 'utf8');
  const steps = [];
  for (const [, language, block] of text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)) {
    if (language === 'sh') steps.push({ commands: block, shown: null });
    else if (steps.at(-1).shown === null) steps.at(-1).shown = block;
  }
  return steps;
}

const tight = (text) => text.replace(/\s+/g, '');
const pattern = (shown) => new RegExp(`^${tight(shown).split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`);

test('each command of FIRST_HOUR.md goes through on a fresh desk and shows what the page says', async (t) => {
  const fresh = await start();
  t.after(() => fresh.stop());
  const dir = mkdtempSync(path.join(tmpdir(), 'sigap-first-hour-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(path.join(dir, 'build'));
  symlinkSync(binary, path.join(dir, 'build/sigap'));
  // What installs is the packages' own test; the server is the one that runs here.
  const here = firstHour().filter(({ commands }) => !/^(apt-get|make) /.test(commands));
  assert.ok(here.length >= 9, `${here.length} blocks`);
  const script = here.map(({ commands }) => commands.replaceAll('http://127.0.0.1:8080', fresh.url).replaceAll('./var', fresh.data)
    .replaceAll('/tmp/sigap-demo', path.join(dir, 'demo')).replace(/^build\/sigap serve .*\n/m, '')).join('\nprintf "\\0"\n');
  const ran = spawnSync('sh', ['-euc', script], { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME } });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  const answers = ran.stdout.split('\0');
  assert.equal(answers.length, here.length);
  here.forEach(({ commands, shown }, at) => {
    if (shown !== null) assert.match(tight(answers[at]), pattern(shown), commands);
  });
  assert.match(answers.at(-1), /^The password of all of them: \S+$/m);
});

// What the mail tests share: the SMTP server, the desk's people, reading messages back.
import { spawn, execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { email, PASSWORD, start } from '../contract/harness.mjs';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
// Debian's python, which has Debian's aiosmtpd.
const python = '/usr/bin/python3';

/** A loopback address of this test's own, so that its port can be closed and opened again undisturbed. */
export function ownAddress() {
  return `127.${randomInt(1, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
}

/** A place where an SMTP server may be up or down. */
export class SmtpPlace {
  address = ownAddress();
  port = 2525;
  events = [];

  /** options: the flags of smtpd.py. */
  async up(...options) {
    assert.equal(this.child, undefined, 'the SMTP server is up already');
    const args = [path.join(here, 'smtpd.py'), '--address', this.address, '--port', String(this.port), ...options.map(String)];
    this.child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const child = this.child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    this.ended.then(() => {
      if (this.child === child) {
        this.child = undefined;
      }
    });
    const lines = createInterface({ input: child.stdout });
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the SMTP server ended at once (${code}): ${said}`)));
      lines.on('line', (line) => {
        const event = JSON.parse(line);
        if (event.event === 'listening') {
          resolve();
        } else {
          this.events.push(event);
        }
      });
    });
  }

  async down() {
    const child = this.child;
    if (child) {
      child.kill('SIGKILL');
      await this.ended;
    }
  }

  of(kind) {
    return this.events.filter((event) => event.event === kind);
  }

  /** Accepted messages, read. */
  get messages() {
    return this.of('message').map(read);
  }

  /** Accepted messages to one address. */
  to(address) {
    return this.messages.filter((message) => message.envelope.to[0] === address);
  }

  url(user = '', query = '') {
    return `smtp://${user}${this.address}:${this.port}${query}`;
  }
}

/** Waits until `check` gives something true, and returns it. */
export async function until(what, check, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await check();
    if (result) {
      return result;
    }
    if (Date.now() > end) {
      assert.fail(`waited ${seconds} s in vain: ${what}`);
    }
    await sleep(50);
  }
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// ---- the desk ----

/** sigap with a clock that can be moved; stops with the test. */
export async function desk(t, args, { engine = 'sqlite' } = {}) {
  const server = await start({ engine, clock: 0, args: ['--log-level', 'info', ...args] });
  t.after(async () => {
    try {
      await server.stop();
    } catch (error) {
      t.diagnostic(server.log);
      throw error;
    }
  });
  return server;
}

export async function smtp(t) {
  const place = new SmtpPlace();
  t.after(() => place.down());
  return place;
}

/** A signed-in account that came through tiket: {email, token}. */
export async function person(server, { role, address = email('mail'), name = 'Budi Santoso' } = {}) {
  const tiket = server.as('tiket');
  const made = await tiket('POST', '/auth/register', { body: { username: name, email: address, password: PASSWORD, role } });
  assert.equal(made.status, 200, made.text);
  const entered = await tiket('POST', '/auth/login', { body: { email: address, password: PASSWORD } });
  assert.equal(entered.status, 200, entered.text);
  return { email: address, name, token: entered.body.token };
}

export async function ticket(server, owner, text = 'Printer di lantai dua tidak menyala') {
  const made = await server.as('tiket')('POST', '/api/ticket', {
    token: owner.token,
    body: { jenis_permintaan: 'keluhan', prioritas: 'tinggi', deskripsi: text },
  });
  assert.equal(made.status, 201, made.text);
  return made.body;
}

export async function answer(server, staff, id, status, respons) {
  const done = await server.as('tiket')('PUT', `/api/responTeknis/${id}`, { token: staff.token, body: { status, respons } });
  assert.equal(done.status, 200, done.text);
}

/** Rows of the outbox, from the database file (SQLite; the server may run). */
export function outbox(server) {
  const script = `
import json, sqlite3, sys
db = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
rows = db.execute('SELECT m.id, m.state, m.tries, m.reason, m.text, a.email FROM mail m JOIN account a ON a.id = m.account_id ORDER BY m.id')
print(json.dumps([dict(zip(['id', 'state', 'tries', 'reason', 'text', 'email'], row)) for row in rows]))`;
  return JSON.parse(execFileSync(python, ['-c', script, path.join(server.data, 'sigap.db')], { encoding: 'utf8' }));
}
export const WAITING = 1;
export const SENT = 2;
export const FAILED = 3;

/** No address and no secret of the test stands in the logs. */
export function quiet(server, ...secrets) {
  for (const secret of ['@', PASSWORD, ...secrets]) {
    assert.ok(!server.log.includes(secret), `the log tells "${secret}":\n${server.log}`);
  }
}

/** A throwaway certificate for an address: {certificate, key}. */
export function certificate(t, address) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sigap-mail-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const files = { certificate: path.join(dir, 'certificate.pem'), key: path.join(dir, 'key.pem') };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=mail.test',
    '-addext', `subjectAltName=IP:${address}`, '-keyout', files.key, '-out', files.certificate], { stdio: 'ignore' });
  return files;
}

// ---- messages ----

function words(text) {
  return text.replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, base64) => Buffer.from(base64, 'base64').toString('utf8'));
}

function quoted(text) {
  const bytes = text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8').replace(/\r\n/g, '\n');
}

/** {header(name), plain, html, raw} of message text. */
export function parse(raw) {
  const cut = raw.indexOf('\r\n\r\n');
  const lines = raw.slice(0, cut).replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const header = (name) => {
    const found = lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}: `));
    assert.ok(found.length <= 1, `${name} stands ${found.length} times`);
    return found[0] && words(found[0].slice(name.length + 2));
  };
  const boundary = /boundary="([^"]+)"/.exec(header('Content-Type'))[1];
  const parts = raw.slice(cut).split(`--${boundary}`).slice(1, -1);
  const [plain, html] = parts.map((part) => quoted(part.slice(part.indexOf('\r\n\r\n') + 4)));
  assert.match(parts[0], /^\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
  assert.match(parts[1], /^\r\nContent-Type: text\/html; charset=utf-8\r\n/);
  for (const line of raw.slice(cut).split('\r\n')) {
    assert.ok(line.length <= 76 && !/[\r\n]/.test(line), `a body line is not as it should be: ${line}`);
  }
  return { header, plain, html, raw };
}

function read(event) {
  const { data, ...envelope } = event;
  assert.equal(envelope.to.length, 1, 'each recipient alone');
  return { envelope, ...parse(Buffer.from(data, 'base64').toString('utf8')) };
}

export { email, PASSWORD, read };

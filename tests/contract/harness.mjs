// What every contract test needs: a server of its own on a free port, accounts, and requests that read like a transcript.
import { spawn, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import assert from 'node:assert/strict';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const binary = process.env.SIGAP_BIN ?? path.join(root, 'build/test/sigap');

export const PASSWORD = 'Password123'; // the documents' own sample

/** The databases a test runs on: the embedded one, and PostgreSQL where the run provides a cluster. */
export function engines() {
  return process.env.SIGAP_TEST_POSTGRES ? ['sqlite', 'pgsql'] : ['sqlite'];
}

let counter = 0;
/** An address nobody has yet. */
export function email(name = 'someone') {
  counter += 1;
  return `${name}.${process.pid}.${counter}@example.com`;
}

// ---- PostgreSQL: a database for each server, dropped with it ----

// Tests look into it with psql as the system does; else its row-level security would show them nothing.
process.env.PGOPTIONS = '-c sigap.tenant=0';

async function psql(statement) {
  await run('psql', ['--no-psqlrc', '--quiet', '--dbname', process.env.SIGAP_TEST_POSTGRES, '--command', statement]);
}

async function makeDatabase() {
  const name = `sigap_${process.pid}_${randomBytes(4).toString('hex')}`;
  /* A copy of one that has the schema takes a fraction of the time in which the server would make it. */
  const template = process.env.SIGAP_TEST_TEMPLATE;
  await psql(`CREATE DATABASE ${name}${template ? ` TEMPLATE ${template} STRATEGY file_copy` : ''}`);
  const [, server, , query = ''] = /^(postgres(?:ql)?:\/\/[^/?]*)(\/[^?]*)?(\?.*)?$/.exec(process.env.SIGAP_TEST_POSTGRES);
  return { url: `${server}/${name}${query}`, drop: () => psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

// ---- the server ----

function firstAddress(child, said) {
  return new Promise((resolve, reject) => {
    let out = '';
    const timer = setTimeout(() => reject(new Error(`the server did not say its address in 30 s:\n${out}${said()}`)), 30000);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      out += text;
      const found = /http:\/\/[^\s]+:\d+/.exec(out);
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the server ended at once (${code ?? signal}):\n${out}${said()}`));
    });
  });
}

const running = new Set();
process.on('exit', () => {
  for (const server of running) {
    server.child.kill('SIGKILL');
    rmSync(server.dir, { recursive: true, force: true });
  }
});

class Server {
  /** All accounts that seed() makes have this password. */
  password = PASSWORD;

  static async start({ engine = 'sqlite', args = [], clock = null } = {}) {
    const server = new Server();
    server.engine = engine;
    server.dir = mkdtempSync(path.join(tmpdir(), 'sigap-contract-'));
    server.data = path.join(server.dir, 'data');
    server.database = engine === 'pgsql' ? await makeDatabase() : null;
    server.args = args;
    if (clock !== null) {
      server.clockFile = path.join(server.dir, 'clock');
      writeFileSync(server.clockFile, `${clock}\n`);
    }
    await server.up();
    return server;
  }

  where() {
    return ['--data', this.data, ...(this.database ? ['--database', this.database.url] : [])];
  }

  async up() {
    const args = ['serve', ...this.where(), '--listen', '127.0.0.1:0', '--rate-limit', 'off', '--log-level', 'warn'];
    if (!this.args.includes('--login-throttle')) {
      args.push('--login-throttle', 'off');
    }
    if (this.clockFile) {
      args.push('--clock-file', this.clockFile);
    }
    this.log = '';
    this.out = '';
    this.child = spawn(binary, [...args, ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.out += text));
    running.add(this);
    this.url = await firstAddress(this.child, () => this.log);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  }

  /** SIGTERM, and ten seconds later SIGKILL. Resolves with how it ended. */
  async down() {
    this.agent.destroy();
    const child = this.child;
    running.delete(this);
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    if (child.exitCode !== null || child.signalCode !== null) {
      return { code: child.exitCode, signal: child.signalCode };
    }
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10000);
    const how = await ended;
    clearTimeout(timer);
    return how;
  }

  async stop() {
    const how = await this.down();
    await this.database?.drop();
    rmSync(this.dir, { recursive: true, force: true });
    assert.deepEqual(how, { code: 0, signal: null }, `the server should end well when asked to:\n${this.log}`);
  }

  async restart() {
    const how = await this.down();
    assert.deepEqual(how, { code: 0, signal: null }, `the server should end well when asked to:\n${this.log}`);
    await this.up();
  }

  /** Seconds to add to the server's clock from now on. */
  setClock(seconds) {
    writeFileSync(this.clockFile, `${seconds}\n`);
  }

  /** Runs `sigap COMMAND… --data …` beside the server and returns what it printed. */
  async command(words, input = '') {
    const child = spawn(binary, [...words, ...this.where()], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    assert.equal(code, 0, `sigap ${words.join(' ')} failed:\n${out}${err}`);
    return out;
  }

  /** An account by the command line, as an operator makes it: {email, name, role, id, uuid}. */
  async seed(role, { address = email(role), name = `A ${role}`, tenant } = {}) {
    const words = ['user', 'add', '--email', address, '--name', name, '--role', role, '--password-stdin'];
    const out = await this.command(tenant ? [...words, '--tenant', String(tenant)] : words, `${PASSWORD}\n`);
    return { email: address, name, role, ...JSON.parse(out) };
  }

  async seedTenant(domain, { name = domain, timezone } = {}) {
    const words = ['tenant', 'add', '--name', name, '--domain', domain, ...(timezone ? ['--timezone', timezone] : [])];
    return JSON.parse(await this.command(words));
  }

  /** One request, exactly as told; nothing is added but Host and framing. Of a body that is null, only the size in the headers is sent. */
  raw(method, target, headers, body) {
    return new Promise((resolve, reject) => {
      const request = http.request(this.url, { path: target, method, headers, agent: this.agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (body === null) {
            request.destroy();
          }
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString('utf8');
          resolve({ status: response.statusCode, headers: response.headers, bytes, text, body: parsed(text) });
        });
      });
      request.on('error', reject);
      if (body === null) {
        request.flushHeaders();
      } else {
        request.end(body);
      }
    });
  }

  /** Calls as a client of one dialect makes them: api('POST', '/api/auth/enter', {body: {…}, token}); `text` may be bytes; of a body of
   * `announced` bytes only the size is sent. */
  as(dialect) {
    return async (method, target, { body, form, text, announced, token, headers = {} } = {}) => {
      const sent = { ...headers };
      let payload;
      if (form !== undefined) {
        sent['Content-Type'] ??= 'application/x-www-form-urlencoded';
        payload = new URLSearchParams(form).toString();
      } else if (text !== undefined) {
        sent['Content-Type'] ??= 'application/json';
        payload = text;
      } else if (body !== undefined) {
        sent['Content-Type'] ??= 'application/json';
        payload = JSON.stringify(body);
      }
      if (announced !== undefined) {
        sent['Content-Type'] ??= 'application/json';
        sent['Content-Length'] = announced;
        payload = null;
      } else if (payload !== undefined) {
        sent['Content-Length'] = Buffer.byteLength(payload);
      } else if (method !== 'GET' && method !== 'HEAD') {
        sent['Content-Length'] = 0;
      }
      if (token !== undefined) {
        sent.Authorization = `Bearer ${token}`;
      }
      const answer = await this.raw(method, target, sent, payload);
      // These paths are the one dialect's or the other's, as the header says, whoever calls.
      const headed = Object.keys(sent).some((name) => /^x-tenant-id$/i.test(name));
      const foreign = target.startsWith('/api/tickets') && dialect === (headed ? 'isp' : 'tenant');
      if (!foreign) {
        record(dialect, method, target, body ?? form, answer);
      }
      assert.equal(answer.headers['x-content-type-options'], 'nosniff', `${method} ${target} answers without nosniff`);
      return answer;
    };
  }
}

/** A server of its own for a test or a group of tests. */
export function start(options) {
  return Server.start(options);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// ---- the record: every exchange as a line of JSON, for the check against the published schemas ----

const recordDir = process.env.SIGAP_TEST_RECORD;
const recordFile = recordDir && path.join(recordDir, `${process.pid}.jsonl`);
const RECORDED_TEXT_MAX = 1024 * 1024;

function record(dialect, method, target, request, answer) {
  if (!recordFile || answer.text.length > RECORDED_TEXT_MAX || JSON.stringify(request ?? null).length > RECORDED_TEXT_MAX) {
    return;
  }
  mkdirSync(recordDir, { recursive: true });
  const type = answer.headers['content-type']?.split(';')[0];
  // Of what is no JSON the type alone is judged.
  const response = answer.body ?? (type === 'application/json' ? answer.text : '');
  const line = { dialect, method, path: target, status: answer.status, request, type, response };
  appendFileSync(recordFile, `${JSON.stringify(line)}\n`);
}

// ---- claims about answers ----

/** The answer is exactly this, but for a `reason` that may stand beside an error's message. */
export function says(answer, status, body) {
  const { reason, ...rest } = answer.body ?? {};
  assert.deepEqual({ status: answer.status, body: rest }, { status, body }, answer.text);
  if (reason !== undefined) {
    assert.equal(typeof reason, 'string');
    assert.ok(status >= 400);
  }
}

/** RFC 3339, as every time on the wire. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Waits until the check holds, at most `seconds`. */
export async function eventually(check, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await check();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < end, `it should have come true within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

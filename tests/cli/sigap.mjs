// The program as an operator meets it: commands with their words, and servers that a test ends itself.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binary } from '../contract/harness.mjs';

/** The environment without settings of whoever runs the tests. */
export function environment(more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('SIGAP_'));
  return { ...Object.fromEntries(kept), ...more };
}

/** A folder of the test's own, gone when the test ends. */
export function folder(t) {
  const made = mkdtempSync(path.join(tmpdir(), 'sigap-cli-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Runs `sigap WORDS…` to its end: {code, signal, out, err}. */
export function sigap(words, { input = '', env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, words, { env: environment(env), cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), 30000);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.stdin.on('error', () => {}); // it need not read what it does not want
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out, err });
    });
  });
}

/** `sigap serve WORDS…` until it says its address; ends with the test. */
export async function serve(t, words, { env = {}, cwd } = {}) {
  const child = spawn(binary, ['serve', ...words], { env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, out: '', err: '' };
  server.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  server.end = (signal = 'SIGTERM') => {
    child.kill(signal);
    return server.ended;
  };
  t.after(() => server.end('SIGKILL'));
  child.stderr.setEncoding('utf8').on('data', (text) => (server.err += text));
  await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      server.out += text;
      const found = /http:\/\/\S+:\d+/.exec(server.out);
      if (found) {
        server.url = found[0];
        resolve();
      }
    });
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`the server ended at once (${code ?? signal}):\n${server.out}${server.err}`)));
  });
  return server;
}

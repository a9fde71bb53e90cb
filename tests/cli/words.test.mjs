// What every command says of itself, and how it takes wrong words.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder, sigap } from './sigap.mjs';

const COMMANDS = [
  'serve', 'user add', 'user list', 'user passwd', 'user disable', 'tenant add', 'tenant list', 'tenant disable',
  'migrate', 'doctor', 'openapi', 'demo', 'version',
];

test('every command explains itself with an example and exits 0', async () => {
  for (const command of COMMANDS) {
    const { code, out, err } = await sigap([...command.split(' '), '--help']);
    assert.equal(code, 0, command);
    assert.equal(err, '', command);
    assert.match(out, new RegExp(`Usage: sigap ${command}`), command);
    assert.match(out, new RegExp(`Example:\\n  sigap ${command}`), command);
    assert.ok(out.endsWith('\n'), command);
  }
});

test('the example of a command is one that it takes', async (t) => {
  const dir = folder(t);
  // The demonstration takes its time, and is looked at by a test of its own.
  const without = ['serve', 'doctor', 'tenant disable', 'user passwd', 'user disable', 'demo'];
  for (const command of COMMANDS.filter((name) => !without.includes(name))) {
    const help = await sigap([...command.split(' '), '--help']);
    const example = /Example:\n {2}sigap (.*)/.exec(help.out)[1].split(' ').filter((word) => word !== '');
    const at = example.indexOf('--data');
    if (at >= 0) {
      example.splice(at, 2);
    }
    const taken = ['openapi', 'version'].includes(command) ? example : [...example, '--data', path.join(dir, 'data')];
    const { code, err } = await sigap(taken, { input: 'a-good-password\n' });
    assert.equal(code, 0, `${command}: ${err}`);
  }
});

test('sigap alone, help and --help list all commands', async () => {
  for (const words of [[], ['help'], ['--help'], ['-h']]) {
    const { code, out } = await sigap(words);
    assert.equal(code, 0);
    for (const command of COMMANDS) {
      assert.ok(out.includes(`sigap ${command}`), `${command} is not in the overview`);
    }
  }
});

test('the version is told both ways', async () => {
  const word = await sigap(['version']);
  const flag = await sigap(['--version']);
  assert.equal(word.code, 0);
  assert.match(word.out, /^sigap \d+\.\d+\.\d+\n$/);
  assert.deepEqual(flag, word);
});

test('an unknown flag exits 2 and names the nearest one', async (t) => {
  const dir = folder(t);
  for (const [words, nearest] of [
    [['serve', '--lisen', '127.0.0.1:0'], '--listen'],
    [['user', 'add', '--emial', 'a@example.com'], '--email'],
    [['doctor', '--jsn'], '--json'],
    [['migrate', '--dat', dir], '--data'],
    [['tenant', 'add', '--domian=x'], '--domain'],
  ]) {
    const { code, out, err } = await sigap(words);
    assert.equal(code, 2, words.join(' '));
    assert.equal(out, '');
    assert.match(err, new RegExp(`^sigap: .*did you mean ${nearest}\\?`), words.join(' '));
  }
});

test('an unknown command exits 2 and names the nearest one', async () => {
  const { code, err } = await sigap(['serv']);
  assert.equal(code, 2);
  assert.match(err, /serve/);
  const second = await sigap(['user', 'ad']);
  assert.equal(second.code, 2);
  assert.match(second.err, /add/);
});

test('a flag of another command, a missing one and a missing value exit 2 with a sentence', async () => {
  for (const [words, said] of [
    [['migrate', '--smtp', 'smtp://x'], /`sigap migrate` does not take --smtp/],
    [['user', 'add', '--name', 'Ani', '--role', 'customer', '--password-stdin'], /`sigap user add` needs --email/],
    [['user', 'add', '--email', 'a@example.com', '--name', 'Ani', '--role', 'customer'], /--password-stdin/],
    [['serve', '--listen'], /--listen needs a value/],
    [['serve', '--threads', 'many'], /--threads/],
    [['tenant', 'disable', '--id', '0'], /--id/],
    [['openapi', 'hcall', 'tiket'], /openapi/],
  ]) {
    const { code, err } = await sigap(words);
    assert.equal(code, 2, words.join(' '));
    assert.match(err, said);
    assert.match(err, /^sigap: .*\n$/);
  }
});

test('an unknown SIGAP_ variable is a warning, a known one no news', async (t) => {
  const dir = folder(t);
  const { code, err } = await sigap(['migrate', '--data', dir], { env: { SIGAP_LISTEM: '1', SIGAP_LISTEN: '127.0.0.1:0' } });
  assert.equal(code, 0);
  assert.match(err, /SIGAP_LISTEM means nothing to Sigap; did you mean SIGAP_LISTEN\?/);
  assert.doesNotMatch(err, /SIGAP_LISTEN means/);
});

test('an unknown line of the configuration exits 2, names line and nearest setting', async (t) => {
  const file = path.join(folder(t), 'sigap.conf');
  writeFileSync(file, '# mine\n\nlisten = 127.0.0.1:0\ncors-origin = https://a.example\n');
  const { code, err } = await sigap(['serve', '--config', file]);
  assert.equal(code, 2);
  assert.match(err, /Line 4 of .*cors-origin.*did you mean "cors-origins"\?/);
});

test('openapi lists the dialects, prints one, and refuses an unknown one', async () => {
  const list = await sigap(['openapi']);
  assert.equal(list.code, 0);
  const names = list.out.trim().split('\n').map((line) => line.split('\t')[0]);
  assert.deepEqual([...names].sort(), ['hcall', 'isp', 'ruang', 'tenant', 'tiket'], list.out);
  for (const name of names) {
    const { code, out } = await sigap(['openapi', name, '--public-url', 'https://desk.example.com']);
    assert.equal(code, 0);
    const document = JSON.parse(out);
    assert.equal(document.openapi, '3.1.0');
    const mounts = { isp: ['', '/v1'], tenant: ['', '/api'] }[name] ?? [''];
    assert.deepEqual(document.servers, mounts.map((mount) => ({ url: `https://desk.example.com${mount}` })));
  }
  const unknown = await sigap(['openapi', 'hcal']);
  assert.equal(unknown.code, 2);
  assert.equal(unknown.out, '');
  assert.match(unknown.err, /no dialect "hcal"/);
});

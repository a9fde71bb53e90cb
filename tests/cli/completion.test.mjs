// The scripts of `sigap completion`, used by the real shells.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sigap } from './sigap.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'sigap-completion-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const script = async (shell) => {
  const printed = await sigap(['completion', shell]);
  assert.equal(printed.code, 0, printed.err);
  const file = path.join(folder, `sigap.${shell}`);
  writeFileSync(file, printed.out);
  return file;
};

/** What bash offers after these words, the last of which is being typed. */
const bash = (file, ...words) => execFileSync('bash', ['--norc', '-c', `
  compopt() { :; }
  source "$1"; shift
  COMP_WORDS=(sigap "$@"); COMP_CWORD=$#
  _sigap; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', file, ...words], { encoding: 'utf8', cwd: folder }).split('\n').filter(Boolean);

const fish = (file, line) => execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', file, line],
  { encoding: 'utf8', cwd: folder, env: { ...process.env, HOME: folder } }).split('\n').filter(Boolean).map((told) => told.split('\t')[0]);

// zsh completes on a terminal only: one is made, the line and two tabs are typed, and what stands there is read.
const TERMINAL = `
import os, pty, sys, time, select
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", HOME=sys.argv[2], COLUMNS="200")
    os.execvp("zsh", ["zsh", "-f", "-i"])
told = b""
def until(mark, seconds=20):
    global told
    end = time.time() + seconds
    while mark not in told and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]:
            told += os.read(fd, 65536)
    if mark not in told: sys.exit("not seen: %r in %r" % (mark, told))
    before, _, told = told.partition(mark)
    return before + mark
os.write(fd, b"PS1='READY> '; LISTMAX=1000; autoload -U compinit; compinit -u -D; source %s; echo LOAD''ED\\n" % sys.argv[1].encode())
until(b"LOADED")
until(b"READY> ")
os.write(fd, sys.argv[3].encode() + b"\\t\\t")
print(until(sys.argv[4].encode()).decode())
os.write(fd, b"\\x03exit\\n")
`;
const zsh = (file, line, mark) => execFileSync('/usr/bin/python3', ['-c', TERMINAL, file, folder, line, mark], { encoding: 'utf8' });

test('names the shells, and refuses others', async () => {
  assert.equal((await sigap(['completion'])).out, 'bash\nfish\nzsh\n');
  const other = await sigap(['completion', 'tcsh']);
  assert.equal(other.code, 2);
  assert.match(other.err, /no completion for "tcsh"; `sigap completion` lists the shells\./);
});

test('bash completes commands, what they do, their options and values', async () => {
  const file = await script('bash');
  assert.deepEqual(bash(file, 'do'), ['doctor']);
  assert.ok(bash(file, '').includes('serve') && bash(file, '').includes('user'));
  assert.deepEqual(bash(file, 'user', ''), ['--help', 'add', 'list', 'passwd', 'disable']);
  assert.deepEqual(bash(file, 'user', 'add', '--pa'), ['--password-stdin']);
  assert.deepEqual(bash(file, 'user', 'list', '--pa'), []);
  assert.deepEqual(bash(file, 'serve', '--log-format', ''), ['text', 'json']);
  assert.deepEqual(bash(file, 'openapi', 't').sort(), ['tenant', 'tiket']);
  assert.deepEqual(bash(file, 'restore', 'sigap.b'), ['sigap.bash']);
  assert.deepEqual(bash(file, 'serve', '--config', 'sigap.b'), ['sigap.bash']);
});

test('fish completes commands, what they do, their options and values', async () => {
  const file = await script('fish');
  assert.deepEqual(fish(file, 'sigap do'), ['doctor']);
  assert.deepEqual(fish(file, 'sigap user ').sort(), ['add', 'disable', 'list', 'passwd']);
  assert.deepEqual(fish(file, 'sigap user add --pa'), ['--password-stdin']);
  assert.deepEqual(fish(file, 'sigap user list --pa'), []);
  assert.deepEqual(fish(file, 'sigap serve --log-format '), ['json', 'text']);
  assert.deepEqual(fish(file, 'sigap openapi t').sort(), ['tenant', 'tiket']);
  assert.deepEqual(fish(file, 'sigap restore sigap.f'), ['sigap.fish']);
});

test('zsh completes commands, what they do, their options and values', async () => {
  const file = await script('zsh');
  zsh(file, 'sigap doc', 'sigap doctor');
  assert.match(zsh(file, 'sigap user ', 'passwd'), /Deactivate an account/);
  zsh(file, 'sigap user add --pa', '--password-stdin');
  zsh(file, 'sigap serve --log-format t', 'text');
  zsh(file, 'sigap openapi ru', 'ruang');
});

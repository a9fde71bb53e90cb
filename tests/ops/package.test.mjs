// The Debian package as an operator meets it: `make deb`, dpkg -i, the service's own command line until it says that it is ready,
// an upgrade, a removal. It is installed into an overlay over this machine's files, which goes away with the test.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(path.join(tmpdir(), 'sigap-package-'));
const merged = path.join(dir, 'merged');
let deb;
let mounted = false;

function mountOverlay() {
  for (const part of ['upper', 'work', 'merged']) mkdirSync(path.join(dir, part));
  const options = `lowerdir=/,upperdir=${dir}/upper,workdir=${dir}/work`;
  mounted = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options, merged]).status === 0;
}

const inside = (words, options = {}) =>
  spawnSync('chroot', [merged, ...words], { encoding: 'utf8', env: { PATH: process.env.PATH, DEBIAN_FRONTEND: 'noninteractive' }, ...options });

function ok(result, what) {
  assert.equal(result.status, 0, `${what}:\n${result.stdout}${result.stderr}`);
  return result.stdout + result.stderr;
}

before(() => {
  execFileSync('make', ['-C', root, 'deb'], { stdio: ['ignore', 'ignore', 'inherit'] });
  deb = path.join(root, 'build', readdirSync(path.join(root, 'build')).find((name) => /^sigap_.*\.deb$/.test(name)));
  if (process.getuid() === 0) mountOverlay();
}, { timeout: 900_000 });

after(() => {
  if (mounted) spawnSync('umount', ['-l', merged]);
  rmSync(dir, { recursive: true, force: true });
});

test('the package depends on what the program is linked with, and carries the unit, the man page and the settings', () => {
  const control = execFileSync('dpkg-deb', ['-f', deb], { encoding: 'utf8' });
  for (const name of ['libsqlite3-0', 'libpq5', 'libsodium23', 'libjansson4', 'libcurl4', 'adduser', 'libcairo2']) {
    assert.match(control, new RegExp(`Depends:.*\\b${name}\\b`));
  }
  const files = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' });
  for (const name of ['./usr/bin/sigap', './lib/systemd/system/sigap.service', './usr/share/man/man1/sigap.1.gz', './usr/share/bash-completion/completions/sigap',
    './usr/share/fish/vendor_completions.d/sigap.fish', './usr/share/zsh/vendor-completions/_sigap', './etc/sigap/sigap.conf']) {
    assert.ok(files.includes(`${name}\n`), name);
  }
  assert.equal(execFileSync('dpkg-deb', ['--info', deb, 'conffiles'], { encoding: 'utf8' }).trim(), '/etc/sigap/sigap.conf');
});

test('the unit is hardened, and systemd finds nothing wrong with it', (t) => {
  const unit = path.join(root, 'packaging/debian/sigap.service');
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('systemd-analyze is not on this machine');
  const judged = spawnSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' });
  const exposure = Number(/exposure level for sigap.service: ([\d.]+)/.exec(judged.stdout)?.[1]);
  assert.ok(exposure < 2, judged.stdout.slice(-400) + judged.stderr);
  const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  const other = verified.stderr.split('\n').filter((line) => line && !/is not executable|man sigap\(1\)/.test(line));
  assert.deepEqual(other, []);
});

// What systemd does with Type=notify: starts the command and waits for READY=1 on a datagram socket (here socat's part is python's).
function serveAsTheUnitSays() {
  const unit = readFileSync(path.join(merged, 'lib/systemd/system/sigap.service'), 'utf8');
  const command = /^ExecStart=(.*)$/m.exec(unit)[1].split(' ');
  const script = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('/run/sigap-test-notify')
os.chmod('/run/sigap-test-notify', 0o777)
print('bound', flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
`;
  const said = [];
  const manager = spawn('chroot', [merged, '/usr/bin/python3', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    const state = { manager, said, child: null, out: '' };
    manager.stdout.setEncoding('utf8').on('data', (text) => {
      said.push(...text.trim().split('\n'));
      if (said.includes('bound') && !state.child) {
        state.child = spawn('chroot', ['--userspec=sigap:sigap', merged, ...command],
          { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, NOTIFY_SOCKET: '/run/sigap-test-notify' } });
        state.child.stdout.setEncoding('utf8').on('data', (piece) => { state.out += piece; });
        state.child.stderr.setEncoding('utf8').on('data', (piece) => { state.out += piece; });
        state.child.on('exit', (code) => !said.includes('READY=1') && reject(new Error(`ended with ${code}:\n${state.out}`)));
      }
      if (said.includes('READY=1')) resolve(state);
    });
    setTimeout(() => reject(new Error(`no READY=1 in a minute:\n${state.out}`)), 60_000).unref();
  });
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function down(state) {
  const ended = new Promise((resolve) => state.child.once('exit', (code, signal) => resolve(code ?? signal)));
  state.child.kill('SIGTERM');
  const how = await ended;
  state.manager.kill('SIGKILL');
  rmSync(path.join(merged, 'run/sigap-test-notify'), { force: true });
  return how;
}

test('it installs, serves as its unit says, keeps its tickets over an upgrade and a removal, and takes its settings along when purged', async (t) => {
  if (!mounted) return t.skip('needs root and overlay mounts');
  rmSync(path.join(merged, 'etc/sigap'), { recursive: true, force: true });
  const first = ok(inside(['dpkg', '--force-depends', '-i', deb]), 'dpkg -i');
  assert.match(first, /Make the first administrator with:/);
  assert.match(readFileSync(path.join(merged, 'etc/passwd'), 'utf8'), /^sigap:/m);
  assert.equal(execFileSync('chroot', [merged, 'stat', '-c', '%U:%G %a', '/var/lib/sigap', '/etc/sigap/sigap.conf'], { encoding: 'utf8' }),
    'sigap:sigap 700\nroot:sigap 640\n');
  const port = await freePort();
  const conf = path.join(merged, 'etc/sigap/sigap.conf');
  writeFileSync(conf, readFileSync(conf, 'utf8').replace('127.0.0.1:8080', `127.0.0.1:${port}`));

  let service = await serveAsTheUnitSays();
  const registered = await fetch(`http://127.0.0.1:${port}/api/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_name: 'John Doe', user_email: 'johndoe@example.com', user_password: 'Password123' }) });
  assert.ok(registered.ok, await registered.text());
  assert.equal(await down(service), 0);
  assert.ok(service.said.includes('STOPPING=1'), 'the manager hears of the end, too');

  const again = ok(inside(['dpkg', '--force-depends', '-i', deb]), 'the upgrade');
  assert.doesNotMatch(again, /Make the first administrator/);
  assert.match(readFileSync(conf, 'utf8'), new RegExp(`127.0.0.1:${port}`), 'changed settings stay');
  service = await serveAsTheUnitSays();
  const entered = await fetch(`http://127.0.0.1:${port}/api/auth/enter`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_email: 'johndoe@example.com', user_password: 'Password123' }) });
  assert.ok(entered.ok, await entered.text());
  assert.equal(await down(service), 0);

  ok(inside(['dpkg', '-r', 'sigap']), 'dpkg -r');
  assert.ok(!existsSync(path.join(merged, 'usr/bin/sigap')));
  assert.ok(existsSync(path.join(merged, 'var/lib/sigap/sigap.db')), 'the tickets stay');
  assert.match(ok(inside(['dpkg', '-P', 'sigap']), 'dpkg -P'), /The data stays in \/var\/lib\/sigap/);
  assert.ok(!existsSync(path.join(merged, 'etc/sigap')));
  assert.ok(existsSync(path.join(merged, 'var/lib/sigap/sigap.db')), 'even then');
});

// `sigap demo` as an operator meets it.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { folder, serve, sigap } from './sigap.mjs';

test('demo fills a new data directory, says who can sign in, and is refused a second time', async (t) => {
  const data = path.join(folder(t), 'data');
  const made = await sigap(['demo', '--data', data]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^The demonstration desk is there: three tenants, their people, ninety days of tickets\.\n/);
  for (const said of [
    /^The operator, at whatever host name the server has:$/m,
    /^Nusa Fiber, at the host name nusa\.localhost:$/m,
    /^Bahari Net, at the host name bahari\.localhost:$/m,
    /^ {2}super_admin {8}admin@operator\.demo\.invalid$/m,
    /^ {2}customer {11}customer1@bahari\.demo\.invalid$/m,
    /^The password of all of them: [A-R][a-z2-9]{5}-[a-z2-9]{5}[2-9]$/m,
  ]) {
    assert.match(made.out, said);
  }
  const again = await sigap(['demo', '--data', data]);
  assert.deepEqual([again.code, again.out, again.err], [1, '', 'sigap: The demonstration desk is in this database already. For another one name a data directory of its own.\n']);
  const { out } = await sigap(['user', 'list', '--data', data]);
  assert.equal(out.split('\n').filter((line) => line.includes('@operator.demo.invalid')).length, 40);
});

test('demo beside a running server goes through the server, with another password each time', async (t) => {
  const passwords = [];
  for (let i = 0; i < 2; i++) {
    const data = path.join(folder(t), 'data');
    const server = await serve(t, ['--data', data, '--listen', '127.0.0.1:0']);
    const made = await sigap(['demo', '--data', data]);
    assert.equal(made.code, 0, made.err);
    const password = /^The password of all of them: (\S+)$/m.exec(made.out)[1];
    const answer = await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'supervisor@operator.demo.invalid', password }),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual(await server.end(), { code: 0, signal: null });
    passwords.push(password);
  }
  assert.notEqual(passwords[0], passwords[1]);
});

test('demo takes no word', async (t) => {
  const { code, out, err } = await sigap(['demo', 'now', '--data', path.join(folder(t), 'data')]);
  assert.deepEqual([code, out, err], [2, '', 'sigap: `sigap demo` takes no word "now".\n']);
});

// The Postman collection of each dialect, run from top to bottom by newman against a server with the demonstration desk.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import newman from 'newman';
import { serve, sigap } from '../cli/sigap.mjs';
import { eventually } from '../contract/harness.mjs';
import { mailsNow, tokenOf } from '../contract/isp.mjs';

const dialects = ['tiket', 'hcall', 'isp', 'tenant', 'ruang'];
let folder;
let password;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sigap-postman-'));
  const made = await sigap(['demo', '--data', path.join(folder, 'demo')]);
  assert.equal(made.code, 0, made.err);
  password = /^The password of all of them: (\S+)$/m.exec(made.out)[1];
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A server of its own with a copy of the demonstration desk. */
async function desk(t, name) {
  const data = path.join(folder, name);
  cpSync(path.join(folder, 'demo'), data, { recursive: true });
  return { data, ...await serve(t, ['--data', data, '--listen', '127.0.0.1:0', '--public-url', 'https://desk.example', '--rate-limit', 'off']) };
}

async function printed(...words) {
  const { code, out, err } = await sigap(words);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

function run(collection, variables, more = {}) {
  const envVar = Object.entries({ password, ...variables }).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    newman.run({ collection, envVar, ...more }, (error, summary) => (error ? reject(error) : resolve(summary.run)));
  });
}

// Every request was answered, every test held, and none was skipped; what went wrong, in words.
function assertGreen({ executions, failures }) {
  assert.deepEqual(failures.map(({ source, error }) => `${source?.id}: ${error.message}`), []);
  for (const { item, response, assertions } of executions) {
    assert.ok(response !== undefined, `${item.id} was answered`);
    assert.ok(assertions.length >= 2, `${item.id} has tests`);
    assert.deepEqual(assertions.filter((one) => one.skipped || one.error), [], item.id);
  }
}

const itemsOf = (collection) => collection.item.flatMap((one) => one.item);
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

for (const dialect of dialects) {
  test(`${dialect}: the collection runs to its end with every test green, twice, and has every operation once`, async (t) => {
    const server = await desk(t, dialect);
    const collection = await printed('postman', dialect);
    const specification = await printed('openapi', dialect);
    const items = itemsOf(collection);
    const operations = Object.values(specification.paths).flatMap((one) => METHODS.filter((method) => one[method]).map((method) => one[method]));
    const signIns = items.filter((one) => one.id.includes('-'));
    assert.equal(items.length - signIns.length + 1, operations.length, 'each operation but the sign-in once');
    assert.deepEqual(new Set(items.map((one) => one.id.split('-')[0])), new Set(operations.map((one) => one.operationId)));
    for (let round = 0; round < 2; round++) {
      const done = await run(collection, { baseUrl: server.url });
      assertGreen(done);
      assert.deepEqual(done.executions.map((one) => one.item.id), items.map((one) => one.id));
    }
    const schemas = (await run(collection, { baseUrl: server.url })).executions
      .filter((one) => one.assertions.some((said) => said.assertion === 'The body fits its schema'));
    assert.ok(schemas.length >= items.length / 2, 'most answers are held against a schema');
    assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
  });
}

test('with the token of the mail the request that waits for it sets the new password', async (t) => {
  const server = await desk(t, 'mailed');
  const collection = await printed('postman', 'isp');
  const email = 'mailed@example.com'; // to those of the demonstration nothing is mailed
  const made = await sigap(['user', 'add', '--email', email, '--name', 'Mailed', '--role', 'customer_service', '--password-stdin', '--data', server.data],
    { input: 'Password123\n' });
  assert.equal(made.code, 0, made.err);
  const asked = await fetch(`${server.url}/api/auth/forgot-password`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email }),
  });
  assert.equal(asked.status, 200, await asked.text());
  const mail = await eventually(() => mailsNow(server, email).find((one) => one.includes('/reset-password?token=')), 60); // the demonstration's own mails go first
  const token = tokenOf(mail);
  const done = await run(collection, { baseUrl: server.url, reset_token: token }, { folder: 'ispResetPassword' });
  assertGreen(done);
  assert.deepEqual(done.executions.map((one) => one.response.code), [200]);
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
});

test('a test of the collection fails where the server answers otherwise than documented', async (t) => {
  const server = await desk(t, 'otherwise');
  const collection = await printed('postman', 'tiket');
  const { failures } = await run(collection, { baseUrl: server.url, password: 'Wrong-password1' }, { folder: '1. Sign in' });
  assert.ok(failures.some(({ error }) => error.test === 'The status is as documented'));
  const { failures: ofBody } = await run(JSON.parse(JSON.stringify(collection).replaceAll('\\"total\\":{', '\\"total\\":{\\"minimum\\":1e9,')),
    { baseUrl: server.url });
  assert.ok(ofBody.some(({ error }) => error.test === 'The body fits its schema'), JSON.stringify(ofBody.map(({ error }) => error.message)));
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
});

test('each collection is served as it is printed, with the address that the server is known by', async (t) => {
  const data = path.join(folder, 'empty');
  const server = await serve(t, ['--data', data, '--listen', '127.0.0.1:0', '--public-url', 'https://desk.example']);
  for (const dialect of dialects) {
    const answer = await fetch(`${server.url}/postman/${dialect}.json`);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    const served = await answer.json();
    assert.deepEqual(served, await printed('postman', dialect, '--public-url', 'https://desk.example'));
    assert.equal(served.variable.find((one) => one.key === 'baseUrl').value, 'https://desk.example');
  }
  for (const name of ['nothing.json', 'isp', 'isp.yaml', 'isp.json.json']) {
    assert.equal((await fetch(`${server.url}/postman/${name}`)).status, 404, name);
  }
  const { code, err } = await sigap(['postman', 'nothing']);
  assert.deepEqual([code, err], [2, 'sigap: there is no dialect "nothing"; `sigap postman` lists them.\n']);
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.err);
});

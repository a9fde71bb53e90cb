// The page at /docs in a real browser: it lists the dialects, lets a person sign in and try a call, and keeps to its own
// content security policy, without the world outside.
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { email, start } from '../contract/harness.mjs';

let server;
let browser;
let admin;

before(async () => {
  server = await start();
  admin = await server.seed('super_admin', { address: email('docs') });
  browser = await chromium.launch({
    executablePath: process.env.SIGAP_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// A page that notes whatever goes wrong in it, and every address that it asks for.
async function open(hash = '') {
  const page = await browser.newPage();
  const wrong = [];
  const asked = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${server.url}/docs${hash}`);
  await page.locator('.opblock').first().waitFor({ timeout: 60_000 });
  return { page, wrong, asked };
}

test('the page lists every dialect that is served and shows its specification', async () => {
  const dialects = (await server.raw('GET', '/docs/dialects.json', {})).body;
  assert.ok(dialects.length >= 3);
  for (const { name, title } of dialects) {
    const { page, wrong } = await open(`#${name}`);
    assert.deepEqual(await page.locator('#dialects a b').allTextContents(), dialects.map((dialect) => dialect.name));
    assert.equal(await page.locator('#dialects a[aria-current] b').textContent(), name);
    assert.match(await page.locator('.info .title').textContent(), new RegExp(title.slice(0, 10)));
    const specification = (await server.raw('GET', `/openapi/${name}.json`, {})).body;
    const operations = Object.values(specification.paths)
      .flatMap((item) => Object.keys(item).filter((key) => ['get', 'put', 'post', 'delete', 'patch'].includes(key)));
    assert.equal(await page.locator('.opblock').count(), operations.length, `${name}: every operation stands on the page`);
    assert.deepEqual(wrong, [], `${name}: nothing is refused by the policy and nothing throws`);
    await page.close();
  }
});

test('whoever signs in with the box can try a call, and after signing out cannot', async () => {
  const { page, wrong } = await open('#isp');
  const row = page.locator('#operations-tag-tickets, .opblock-tag').first();
  await row.waitFor();
  await page.fill('input[name=email]', admin.email);
  await page.fill('input[name=password]', server.password);
  await page.click('#sign-in button[type=submit]');
  await page.locator('#who', { hasText: `Signed in as ${admin.email}` }).waitFor();
  const me = page.locator('.opblock', { has: page.locator('[data-path="/api/auth/me"]') });
  await me.locator('.opblock-summary-control').click();
  await me.locator('button.execute').click();
  await me.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  assert.match(await me.locator('.live-responses-table').textContent(), new RegExp(admin.email.replaceAll('.', '\\.')));
  await page.click('#sign-out');
  await page.locator('#who', { hasText: 'Signed out' }).waitFor();
  await me.locator('button.execute').click();
  await me.locator('.live-responses-table .response-col_status', { hasText: '401' }).waitFor();
  // The browser itself notes a 401 of the call that was meant to fail.
  assert.deepEqual(wrong.filter((text) => !text.includes('401')), []);
  await page.close();
});

// Opens the call of this method and path in the dialect that the page shows, and sends it as the page filled it in.
async function execute(page, method, path) {
  const call = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) });
  await call.locator('.opblock-summary-control').click();
  await call.locator('button.execute').click();
  const live = call.locator('.live-responses-table');
  await live.locator('tbody .response-col_status').waitFor();
  return { status: await live.locator('tbody .response-col_status').innerText(), body: await live.locator('.response-col_description').last().innerText() };
}

test('calls go through as the page fills them in, one after the other, and lists show what was made', async () => {
  const { page } = await open('#hcall');
  await page.fill('input[name=email]', admin.email);
  await page.fill('input[name=password]', server.password);
  await page.click('#sign-in button[type=submit]');
  await page.locator('#who', { hasText: 'Signed in as' }).waitFor();
  for (const [dialect, method, path, status, body] of [
    ['hcall', 'post', '/api/ticket/create', 200, /Ticket has been created/],
    ['tiket', 'post', '/api/ticket', 201, /"nomor_tiket": "TK/],
    ['tenant', 'post', '/tickets', 201, /ticket created/],
    ['isp', 'get', '/api/tickets', 200, /"total": 3/],
    ['ruang', 'get', '/api/v1/pengguna', 200, /Users data retrieved successfully/],
  ]) {
    await page.click(`#dialects a[data-name=${dialect}]`);
    await page.locator('.info .title', { hasText: dialect === 'tenant' ? 'Tickets of many tenants' : new RegExp(`^${dialect}`, 'i') }).waitFor();
    const answer = await execute(page, method, path);
    assert.match(answer.status, new RegExp(`^${status}`), `${dialect}: ${answer.body}`);
    assert.match(answer.body, body, dialect);
  }
  await page.close();
});

test('the page tells of each API whose it is', async () => {
  const { page } = await open();
  const told = await page.locator('#dialects a span').allTextContents();
  assert.ok(told.includes('IT help desks'), told.join('\n'));
  assert.deepEqual(told.filter((text) => !/^[A-Z].{10,}[^.]$/.test(text)), []);
  await page.close();
});

test('a wrong password is told on the page', async () => {
  const { page } = await open();
  await page.fill('input[name=email]', admin.email);
  await page.fill('input[name=password]', 'Wrong-Password1');
  await page.click('#sign-in button[type=submit]');
  await page.locator('#who.wrong', { hasText: 'E-mail or password is wrong.' }).waitFor();
  await page.close();
});

test('the page asks nobody but this server', async () => {
  const { page, asked } = await open('#hcall');
  assert.ok(asked.length >= 6);
  assert.deepEqual(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:')), []);
  await page.close();
});

test('the pages are told with a policy that lets nothing foreign in, and packed for those who take that', async () => {
  const packed = await server.raw('GET', '/docs', { 'Accept-Encoding': 'br, gzip' });
  const plain = await server.raw('GET', '/docs/', {});
  assert.equal(packed.status, 200);
  assert.equal(packed.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
  for (const answer of [packed, plain]) {
    const policy = answer.headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.match(answer.headers.vary, /Accept-Encoding/);
  }
  assert.equal((await server.raw('GET', '/docs', { 'Accept-Encoding': 'gzip;q=0' })).headers['content-encoding'], undefined);
  const bundle = await server.raw('GET', '/docs/swagger-ui-bundle.js', { 'Accept-Encoding': 'gzip;q=0, identity' });
  assert.equal(bundle.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.ok(bundle.bytes.length > 1_000_000);
  assert.equal((await server.raw('GET', '/docs/nothing.js', {})).status, 404);
});

test('the root leads to the page', async () => {
  const answer = await server.raw('GET', '/', {});
  assert.deepEqual([answer.status, answer.headers.location], [302, '/docs']);
});

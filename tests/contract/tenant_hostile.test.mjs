// tenant: every field of every route gets values it must not take. Each is a documented 4xx in the envelope, every faulty
// field is told at once, none is a 5xx, and nothing has changed afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { engines } from './harness.mjs';
import { operationsOf, resolve, specification, withText, wrongBodies, wrongBodyStatus, wrongParameters, wrongTexts, wrongTokens } from './hostile.mjs';
import { Desk, data } from './tenant.mjs';

const document = specification('tenant');
const operations = operationsOf(document);
const MESSAGES = ['validation error', 'malformed request', 'invalid id', 'unauthorized', 'token expired', 'invalid credentials', 'session ended', 'ticket not found', 'tenant not found',
  'This is larger than allowed.', 'This kind of body is not taken here.'];

for (const engine of engines()) {
  describe(`tenant: wrong values for every field of every route on ${engine}`, () => {
    let desk;
    let boss;
    let ticket;
    let first;
    let tried = 0;

    /** Everything that a hostile request could have changed, as the highest role sees it. */
    const everything = async () => ({
      tickets: await desk.list(boss),
      ticket: await desk.shown(boss, ticket),
      activities: await desk.activities(boss, ticket),
      targets: await desk.targets(boss),
      notices: await desk.notices(boss),
    });
    before(async () => {
      desk = await Desk.start({ engine });
      const { id } = await desk.tenant('one.example');
      boss = await desk.person('super_admin', id);
      const customer = await desk.person('customer', id);
      ticket = (await desk.create(customer)).id;
      await desk.replied(customer, ticket, 'Halo');
      first = await everything();
    });
    after(() => desk?.stop());

    const refused = (answer, operation, what) => {
      tried += 1;
      assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
      assert.ok(operation.responses[answer.status] || answer.status === 400, `${what}: ${answer.status} is not documented`);
      assert.deepEqual(Object.keys(answer.body ?? {}), ['success', 'message', 'data', 'meta', 'errors'], `${what}: ${answer.text}`);
      const { success, message, data: none, meta, errors } = answer.body;
      assert.deepEqual([success, none], [false, null]);
      assert.equal(meta.request_id, answer.headers['x-request-id']);
      assert.ok(MESSAGES.includes(message) || answer.status === 415 || answer.status === 413, `${what}: ${message}`);
      assert.equal(errors !== null, ['validation error', 'invalid id'].includes(message), `${what}: ${answer.text}`);
      assert.ok(Object.values(errors ?? {}).every((reasons) => reasons.length > 0 && reasons.every((reason) => typeof reason === 'string' && reason.length > 3)), answer.text);
    };
    const call = (method, target, more = {}) => desk.call(method, target, boss, more);
    const target = (path, query = '') => path.replace('{id}', ticket) + query;
    const exampleOf = (operation) => structuredClone(operation.requestBody?.content['application/json']?.example ?? null);
    const right = { limit: '20', domain: 'one.example' };
    const queryOf = (operation, wrong = {}) => {
      const pairs = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'query' && (parameter.required || parameter.name in wrong))
        .map(({ name }) => `${name}=${wrong[name] ?? right[name]}`);
      return pairs.length > 0 ? `?${pairs.join('&')}` : '';
    };

    it('names fields to try', () => {
      assert.equal(operations.length, 12);
      assert.equal(operations.filter(({ operation }) => operation.requestBody).length, 5);
    });

    for (const { method, path, operation } of operations) {
      const content = operation.requestBody?.content ?? {};
      const schema = content['application/json'] && resolve(document, content['application/json'].schema);
      const name = `${method} ${path}`;

      it(name, async () => {
        const good = exampleOf(operation);
        if (good) {
          const send = async (text, what = text) => {
            const answer = await call(method, target(path), { text });
            refused(answer, operation, `${name} with ${what.slice(0, 300)}`);
            return answer;
          };
          for (const text of wrongBodies(good)) {
            const answer = await send(text);
            assert.equal(answer.status, wrongBodyStatus(operation, text), text.slice(0, 100));
            assert.ok(answer.status === 413 || answer.body.message === 'malformed request', answer.text);
          }
          for (const key of schema.required ?? []) {
            const { [key]: gone, ...rest } = good;
            assert.notEqual(gone, undefined, `${key} stands in the example`);
            assert.deepEqual(Object.keys((await send(JSON.stringify(rest), `no ${key}`)).body.errors), [key]);
          }
          for (const [key, property] of Object.entries(schema.properties)) {
            const { [key]: gone, ...rest } = good;
            for (const text of wrongTexts(document, property, schema.required?.includes(key))) {
              const { body } = await send(withText(rest, key, text));
              assert.ok(body.errors === null || key in body.errors, `${name}: ${key} with ${text.slice(0, 100)}: ${JSON.stringify(body)}`);
            }
          }
          // All of them at once: each is told.
          const { body } = await send(JSON.stringify(Object.fromEntries(Object.keys(schema.properties).map((key) => [key, [[]]]))));
          assert.deepEqual(Object.keys(body.errors).sort(), Object.keys(schema.properties).sort());
          for (const key of Object.keys(good).filter((one) => typeof good[one] === 'string')) {
            for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
              const [head, tail] = JSON.stringify({ ...good, [key]: '@@' }).split('@@');
              await send(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]), `bytes ${bytes} in ${key}`);
            }
          }
          for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx', 'x', ';']) {
            const headers = { 'Content-Type': type, 'X-Tenant-ID': String(boss.tenant) };
            const answer = await desk.api(method, target(path), { body: good, token: boss.token, headers });
            refused(answer, operation, `${name} as ${type}`);
            assert.equal(answer.status, 415);
          }
          const large = await desk.api(method, target(path), { announced: 99999999, token: boss.token, headers: { 'X-Tenant-ID': String(boss.tenant) } });
          assert.equal(large.status, 413, large.text);
          refused(large, operation, `${name} with too large a body`);
        }
        for (const parameter of (operation.parameters ?? []).filter((one) => one.in === 'query')) {
          for (const value of wrongParameters(parameter)) {
            const answer = await call(method, target(path, queryOf(operation, { [parameter.name]: value })));
            refused(answer, operation, `${name} with ${parameter.name}=${value.slice(0, 100)}`);
          }
        }
        if (path.includes('{id}')) {
          for (const id of ['0', '-1', 'x', 'TK20240614000001', `ticket_${ticket}`, `${ticket}0`, ticket.slice(1), ticket.replaceAll('-', ''), '%00', '%ff',
            "'%20OR%201=1--", '9'.repeat(40), 'x'.repeat(3000)]) {
            const answer = await call(method, path.replace('{id}', id) + queryOf(operation), { body: good ?? undefined });
            assert.ok([400, 404].includes(answer.status), `${name} with the id ${id.slice(0, 60)}: ${answer.text}`);
            if (!id.startsWith('%')) {
              assert.equal(answer.body.message, 'invalid id', `${id}: ${answer.text}`);
            }
          }
          const nobody = await call(method, path.replace('{id}', '00000000-0000-0000-0000-000000000000') + queryOf(operation), { body: good ?? undefined });
          refused(nobody, operation, `${name} of nothing`);
          assert.equal(nobody.body.message, 'ticket not found');
        }
        assert.deepEqual(await everything(), first, 'nothing has changed');
      });

      if (operation.responses['401'] && path !== '/api/auth/login') {
        it(`${name} without a token that is good`, async () => {
          for (const headers of wrongTokens(boss.token)) {
            const answer = await desk.api(method, target(path, queryOf(operation)),
              { body: exampleOf(operation) ?? undefined, headers: { ...headers, 'X-Tenant-ID': String(boss.tenant) } });
            assert.equal(answer.status, 401, `${JSON.stringify(headers).slice(0, 200)}: ${answer.text}`);
            refused(answer, operation, name);
          }
          assert.deepEqual(await everything(), first, 'nothing has changed');
        });
      }
    }

    it('a key twice, a key unknown: the first is refused, the second not looked at', async () => {
      const twice = await call('GET', '/tickets?limit=1&limit=2');
      assert.equal(twice.status, 400, twice.text);
      data(await call('GET', '/tickets?limit=1&colour=red'));
    });

    it('tells nobody of a fault of its own', () => {
      assert.ok(tried > 500, `${tried} tries`);
      assert.ok(!/A request failed|Sanitizer|runtime error/.test(desk.server.log), desk.server.log);
    });
  });
}

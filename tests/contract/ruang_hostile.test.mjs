// ruang: every field of every route gets values it must not take. Each is a documented 4xx in the envelope, every faulty
// field is told at once, none is a 5xx, and nothing has changed afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { engines } from './harness.mjs';
import { operationsOf, resolve, specification, withText, wrongBodies, wrongBodyStatus, wrongParameters, wrongTexts, wrongTokens } from './hostile.mjs';
import { BAD_TOKEN, Desk, LOGIN_FIRST } from './ruang.mjs';

const document = specification('ruang');
const operations = operationsOf(document);

for (const engine of engines()) {
  describe(`ruang: wrong values for every field of every route on ${engine}`, () => {
    let desk;
    let api;
    let borrower;
    let free;
    let first;
    let tried = 0;

    const everything = async () => ({
      users: (await api('GET', '/api/v1/pengguna?size=100', { token: desk.super.token })).body,
      teams: (await api('GET', '/api/v1/tim-kerja?size=100', { token: desk.super.token })).body,
      me: (await api('GET', '/api/v1/me', { token: desk.super.token })).body,
    });

    before(async () => {
      desk = await Desk.start({ engine });
      api = desk.api;
      borrower = await desk.borrower();
      free = await desk.team();
      first = await everything();
    });
    after(() => desk?.stop());

    const refused = (answer, operation, what) => {
      tried += 1;
      assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
      assert.ok(operation.responses[answer.status], `${what}: ${answer.status} is not documented`);
      const { error, message, errors, ...rest } = answer.body ?? {};
      assert.deepEqual(rest, {}, `${what}: ${answer.text}`);
      assert.equal(error, true);
      assert.ok(message.length > 5, answer.text);
      assert.ok(errors === undefined || Object.values(errors).every((reason) => typeof reason === 'string' && reason.length > 3), answer.text);
      return answer;
    };

    const target = (path, query = '') => path.replace('{id}', path.includes('tim-kerja') ? free.id : borrower.id) + query;
    /** A whole, right body: the specification's own example, about what exists. */
    const exampleOf = (operation) => {
      const good = structuredClone(operation.requestBody?.content['application/json']?.example ?? null);
      return good && 'tim_kerja_id' in good ? { ...good, tim_kerja_id: free.id } : good;
    };

    it('names fields to try', () => {
      assert.equal(operations.length, 13);
      assert.equal(operations.filter(({ operation }) => operation.requestBody).length, 6);
    });

    for (const { method, path, operation } of operations) {
      const content = operation.requestBody?.content ?? {};
      const schema = content['application/json'] && resolve(document, content['application/json'].schema);
      const name = `${method} ${path}`;

      it(name, async () => {
        const { token } = desk.super;
        const good = exampleOf(operation);
        if (good) {
          const send = async (text, what = text) => refused(await api(method, target(path), { text, token }), operation, `${name} with ${what.slice(0, 300)}`);
          for (const text of wrongBodies(good)) {
            assert.equal((await send(text)).status, wrongBodyStatus(operation, text), text.slice(0, 100));
          }
          for (const key of schema.required ?? []) {
            const { [key]: gone, ...rest } = good;
            assert.notEqual(gone, undefined, `${key} stands in the example`);
            await send(JSON.stringify(rest), `no ${key}`);
          }
          for (const [key, property] of Object.entries(schema.properties)) {
            const { [key]: gone, ...rest } = good;
            // An empty team is none, and a truth is also taken as its text.
            const taken = { tim_kerja_id: ['""'], is_aktif: [] }[key] ?? [];
            for (const text of wrongTexts(document, property, schema.required?.includes(key)).filter((one) => !taken.includes(one))) {
              await send(withText(rest, key, text));
            }
          }
          // All of them at once: each is told.
          const all = Object.fromEntries(Object.keys(schema.properties).map((key) => [key, [[]]]));
          const { body } = await send(JSON.stringify(all));
          assert.equal(body.message, 'Validation failed');
          assert.deepEqual(Object.keys(body.errors).sort(), Object.keys(all).sort(), name);
          for (const key of Object.keys(good).filter((one) => typeof good[one] === 'string')) {
            for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
              const [head, tail] = JSON.stringify({ ...good, [key]: '@@' }).split('@@');
              await send(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]), `bytes ${bytes} in ${key}`);
            }
          }
          for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'x', ';']) {
            const answer = await api(method, target(path), { body: good, token, headers: { 'Content-Type': type } });
            assert.equal(refused(answer, operation, `${name} as ${type}`).status, 415);
          }
          assert.equal(refused(await api(method, target(path), { announced: 99999999, token }), operation, name).status, 413);
        }
        for (const parameter of (operation.parameters ?? []).filter((one) => one.in === 'query')) {
          for (const value of wrongParameters(parameter)) {
            const answer = await api(method, target(path, `?${parameter.name}=${value}`), { token });
            refused(answer, operation, `${name} with ${parameter.name}=${value.slice(0, 100)}`);
          }
        }
        if (path.includes('{id}')) {
          for (const id of ['0', '-1', 'x', `${free.id}0`, free.id.slice(1), free.id.replaceAll('-', ''), '%00', '%ff', '%2e%2e', '%zz', '..',
            "'%20OR%201=1--", '9'.repeat(40), 'x'.repeat(3000), '00000000-0000-0000-0000-000000000000']) {
            const answer = await api(method, path.replace('{id}', id), { body: good ?? undefined, token });
            assert.equal(answer.status, 404, `${name} with the id ${id.slice(0, 60)}: ${answer.text}`);
          }
        }
        assert.deepEqual(await everything(), first, 'nothing has changed');
      });

      if (operation.responses['401'] && !path.endsWith('/login')) {
        it(`${name} without a token that is good`, async () => {
          for (const headers of wrongTokens(desk.super.token)) {
            const answer = await api(method, target(path), { body: exampleOf(operation) ?? undefined, headers });
            assert.equal(answer.status, 401, `${JSON.stringify(headers).slice(0, 200)}: ${answer.text}`);
            assert.ok([LOGIN_FIRST.message, BAD_TOKEN.message].includes(answer.body.message), answer.text);
            refused(answer, operation, name);
          }
          assert.deepEqual(await everything(), first, 'nothing has changed');
        });
      }
    }

    it('tells nobody of a fault of its own', () => {
      assert.ok(tried > 500, `${tried} tries`);
      assert.ok(!/A request failed|Sanitizer|runtime error/.test(desk.server.log), desk.server.log);
    });
  });
}

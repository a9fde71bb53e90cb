// isp: every field of every route gets values it must not take. Each is a documented 4xx in the envelope, every faulty
// field is told at once, none is a 5xx, and nothing has changed afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, start } from './harness.mjs';
import { operationsOf, resolve, specification, withText, wrongBodies, wrongBodyStatus, wrongParameters, wrongTexts, wrongTokens } from './hostile.mjs';
import { person } from './isp.mjs';
import { World, multipart, paper } from './isp_matrix.mjs';

const document = specification('isp');
const operations = operationsOf(document);
const CODES = [
  'BAD_REQUEST', 'VALIDATION_ERROR', 'UNAUTHORIZED', 'TOKEN_EXPIRED', 'INVALID_CREDENTIALS', 'RESOURCE_NOT_FOUND', 'DUPLICATE_ENTRY', 'INVALID_STATE',
  'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE',
];
const CODE_OF = { 400: /^(BAD_REQUEST|VALIDATION_ERROR)$/, 413: /^PAYLOAD_TOO_LARGE$/, 415: /^UNSUPPORTED_MEDIA_TYPE$/, 422: /^VALIDATION_ERROR$/ };
const DAYS = ['x', '2025-13-01', '2025-02-30', '20250101', '2025-1-1', '2025-01-01T', '-1', '99999-01-01'];
const PDF = paper('plan');

for (const engine of engines()) {
  describe(`isp: wrong values for every field of every route on ${engine}`, () => {
    let server;
    let api;
    let token;
    let ids; // what stands for {id} in each path, and for the ids in bodies
    let world;
    let first;
    let tried = 0;

    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      world = await World.make(server);
      token = (await person(server, 'super_admin')).token;
      const { people, standing, item } = world;
      ids = {
        users: people.hidden.id, customers: people.hidden.id, customer_id: people.hidden.id, tickets: standing.ticket.foreign,
        ticket_id: standing.ticket.foreign, technicians: people.colleague.id, technician_id: people.colleague.id, items: item,
        item_id: item, assignments: standing.assignment.foreign, notifications: standing.notice.foreign, files: standing.file.foreign,
        webhooks: standing.webhook.foreign,
      };
      first = await world.everything();
    });
    after(() => server?.stop());

    const refused = (answer, operation, what) => {
      tried += 1;
      assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
      assert.ok(operation.responses[answer.status] || answer.status === 400, `${what}: ${answer.status} is not documented`);
      assert.deepEqual(Object.keys(answer.body ?? {}), ['success', 'error'], `${what}: ${answer.text}`);
      assert.equal(answer.body.success, false);
      const { code, message, details = {}, ...rest } = answer.body.error;
      assert.deepEqual(rest, {});
      assert.ok(CODES.includes(code) && (CODE_OF[answer.status]?.test(code) ?? true), `${what}: ${answer.status} ${code}`);
      assert.ok(message.length > 5);
      assert.ok(Object.values(details).every((reason) => typeof reason === 'string' && reason.length > 3), answer.text);
      assert.ok(answer.status !== 422 || Object.keys(details).length > 0, `${what} names no field: ${answer.text}`);
    };

    const idOf = (path) => ids[/\/(\w+)\/\{id\}/.exec(path)?.[1]];
    const deliveryOf = (path) => world.standing.delivery[idOf(path)];
    const target = (path, query = '') => path.replace('{id}', idOf(path)).replace('{delivery}', deliveryOf(path)) + query;
    /** A whole, right body: the specification's own example, about what exists. */
    const exampleOf = (operation) => {
      const good = structuredClone(operation.requestBody?.content['application/json']?.example ?? null);
      for (const name of Object.keys(good ?? {}).filter((key) => ids[key])) {
        good[name] = ids[name];
      }
      if (good?.email) {
        good.email = 'new@example.com';
      }
      return good;
    };

    it('names fields to try', () => {
      assert.ok(operations.length >= 50);
      assert.ok(operations.filter(({ operation }) => operation.requestBody).length >= 20);
      for (const { path } of operations.filter((one) => one.path.includes('{id}'))) {
        assert.ok(idOf(path), path);
      }
    });

    for (const { method, path, operation } of operations) {
      const content = operation.requestBody?.content ?? {};
      const schema = content['application/json'] && resolve(document, content['application/json'].schema);
      const name = `${method} ${path}`;

      it(name, async () => {
        const good = exampleOf(operation);
        if (good) {
          const send = async (text, what = text) => {
            const answer = await api(method, target(path), { text, token });
            refused(answer, operation, `${name} with ${what.slice(0, 300)}`);
            return answer;
          };
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
            for (const text of wrongTexts(document, property, schema.required?.includes(key))) {
              await send(withText(rest, key, text));
            }
          }
          // All of them at once: each is told.
          const all = Object.fromEntries(Object.keys(schema.properties).map((key) => [key, [[]]]));
          const { body } = await send(JSON.stringify(all));
          for (const key of Object.keys(all)) {
            const told = Object.keys(body.error.details ?? {});
            assert.ok(told.some((one) => one === key || one.startsWith(`${key}.`) || one.startsWith(`${key}[`)), `${name}: ${key} is not among ${told}`);
          }
          // Bytes that are no UTF-8, in the place of every text.
          for (const key of Object.keys(good).filter((one) => typeof good[one] === 'string')) {
            for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
              const [head, tail] = JSON.stringify({ ...good, [key]: '@@' }).split('@@');
              await send(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]), `bytes ${bytes} in ${key}`);
            }
          }
          for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'x', ';']) {
            const answer = await api(method, target(path), { body: good, token, headers: { 'Content-Type': type } });
            refused(answer, operation, `${name} as ${type}`);
            assert.equal(answer.status, 415);
          }
        }
        const query = (operation.parameters ?? []).filter((one) => one.in === 'query');
        for (const parameter of query) {
          const days = /(_from|_to)$/.test(parameter.name) ? DAYS : [];
          for (const value of [...wrongParameters(parameter), ...days]) {
            const answer = await api(method, target(path, `?${parameter.name}=${value}`), { token });
            refused(answer, operation, `${name} with ${parameter.name}=${value.slice(0, 100)}`);
          }
          if (parameter.name.endsWith('_to')) {
            const from = parameter.name.replace('_to', '_from');
            const answer = await api(method, target(path, `?${from}=2025-03-02&${parameter.name}=2025-03-01`), { token });
            refused(answer, operation, `${name} from a later day to an earlier one`);
            assert.equal(answer.status, 422);
          }
        }
        if (query.length > 1) {
          const wrong = query.filter(({ schema: { type, enum: words } }) => words || [type].flat()[0] !== 'string').map((one) => one.name);
          const answer = await api(method, target(path, `?${wrong.map((one) => `${one}=-7x`).join('&')}`), { token });
          refused(answer, operation, `${name} with all wrong`);
          assert.deepEqual(Object.keys(answer.body.error.details).sort(), wrong.sort());
        }
        if (path.includes('{id}')) {
          for (const id of ['0', '-1', 'x', 'TK20240614000001', `ticket_${idOf(path)}`, `${idOf(path)}0`, idOf(path).slice(1), '%00', '%ff', '%2e%2e',
            '%2F', '%zz', "'%20OR%201=1--", '9'.repeat(40), 'x'.repeat(3000), '00000000-0000-0000-0000-000000000000']) {
            const answer = await api(method, path.replace('{id}', id).replace('{delivery}', deliveryOf(path)), { body: good ?? undefined, token });
            refused(answer, operation, `${name} with the id ${id.slice(0, 60)}`);
            assert.ok([400, 404, ...(content['multipart/form-data'] ? [415] : [])].includes(answer.status), answer.text);
          }
        }
        assert.deepEqual(await world.everything(), first, 'nothing has changed');
      });

      if (operation.security === undefined) {
        it(`${name} without a token that is good`, async () => {
          for (const headers of wrongTokens(token)) {
            const answer = await api(method, target(path), { body: exampleOf(operation) ?? undefined, headers });
            assert.equal(answer.status, 401, `${JSON.stringify(headers).slice(0, 200)}: ${answer.text}`);
            refused(answer, operation, name);
          }
          assert.deepEqual(await world.everything(), first, 'nothing has changed');
        });
      }
    }

    it('takes no form that is broken, and no part that is wrong', async () => {
      const operation = document.paths['/api/mobile/upload'].post;
      const good = multipart('a.pdf', PDF, { type: 'document', ticket_id: ids.tickets });
      good.text = String(good.text);
      const type = good.headers['Content-Type'];
      const boundary = type.split('=')[1];
      const send = async (text, contentType = type) => {
        const answer = await api('POST', '/api/mobile/upload', { text, token, headers: { 'Content-Type': contentType } });
        refused(answer, operation, `the form ${JSON.stringify(String(text).slice(0, 300))} as ${contentType}`);
      };
      for (const text of ['', '--', boundary, `--${boundary}`, `--${boundary}--`, `--${boundary}\r\n`, good.text.slice(0, -4), good.text.slice(0, -20),
        good.text.slice(2), good.text.replaceAll('\r\n', '\n'), good.text.replaceAll(boundary, 'other'), good.text.replaceAll('name=', 'nam='),
        good.text.replaceAll('form-data', 'attachment'), good.text.replace('name="type"', 'name="type'), good.text.replace('document', 'docu\u0000ment'),
        good.text.replace('name="type"', `name="${'x'.repeat(70000)}"`), good.text.replace('filename="a.pdf"', `filename="${'x'.repeat(300)}"`),
        good.text.replace('filename="a.pdf"', 'filename="a\u0001.pdf"'), good.text.replace('%PDF', '%PFD'), good.text.replace(PDF, ''),
        '{"type":"document"}', `${`--${boundary}\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n`.repeat(500)}${good.text}`]) {
        await send(text);
      }
      for (const contentType of ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="', 'multipart/mixed; boundary=x',
        `multipart/form-data; boundary=${'x'.repeat(200)}`, 'multipart/form-data; boundary=other', 'application/json']) {
        await send(good.text, contentType);
      }
      for (const texts of [{}, { type: '' }, { type: 'video' }, { type: 'photo' }, { type: 'signature' }, { type: 'document', ticket_id: 'x' },
        { type: 'document', ticket_id: '0190163d-8694-739b-aea5-966c26f8ad91' }, { type: 'x'.repeat(100000) }]) {
        await send(String(multipart('a.pdf', PDF, texts).text).replaceAll(/------?[0-9a-f]{16}/g, `--${boundary}`));
      }
      assert.deepEqual(await world.everything(), first, 'nothing has changed');
    });

    it('signs nobody in with what is no password of theirs', async () => {
      const { email } = world.people.manager;
      for (const password of ['', ' ', PASSWORD.toLowerCase(), `${PASSWORD} `, ` ${PASSWORD}`, `${PASSWORD}\u0000`, "' OR 1=1--", 'x'.repeat(1024),
        'x'.repeat(1025)]) {
        const answer = await api('POST', '/api/auth/login', { body: { email, password } });
        refused(answer, document.paths['/api/auth/login'].post, JSON.stringify(password).slice(0, 60));
        assert.ok([400, 401, 422].includes(answer.status), answer.text);
      }
    });

    it('tells nobody of a fault of its own', () => {
      assert.ok(tried > 3000, `${tried} tries`);
      assert.ok(!/A request failed|Sanitizer|runtime error/.test(server.log), server.log);
    });
  });
}

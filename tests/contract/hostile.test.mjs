// Every field of every route, as the program's own specification names them, gets values it must not take: each is a
// 4xx in the dialect's envelope, none is a 5xx, and nothing has changed afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, start } from './harness.mjs';
import { operationsOf, resolve, specification, withText, wrongBodies, wrongParameters, wrongTexts, wrongTokens } from './hostile.mjs';

/** The dialect's error, whatever it says. */
const envelopes = {
  hcall(answer) {
    const { message, reason, ...rest } = answer.body ?? {};
    assert.deepEqual(rest, { status: false }, answer.text);
    assert.equal(typeof message, 'string');
    assert.ok(reason === undefined || typeof reason === 'string');
  },
  tiket(answer) {
    const { message, status, error, errors, ...rest } = answer.body ?? {};
    assert.deepEqual(rest, {}, answer.text);
    assert.equal(typeof message, 'string');
    assert.ok(status === undefined || status === answer.status, answer.text);
    assert.ok(error === undefined || error === 1);
    assert.ok(errors === undefined || Object.values(errors).every((reason) => typeof reason === 'string'));
  },
};

for (const engine of engines()) {
  for (const dialect of ['hcall', 'tiket']) {
    describe(`${dialect}: wrong values for every field of every route on ${engine}`, () => {
      const document = specification(dialect);
      let server;
      let api;
      let token;
      let ticket; // the uuid of the one ticket there is
      let first;
      let tried = 0;
      const operations = operationsOf(document);

      /** Everything that a hostile request could have changed, as the highest role sees it. */
      const everything = async () => {
        const tiket = server.as('tiket');
        const hcall = server.as('hcall');
        return {
          tickets: (await tiket('GET', '/api/ticket?skip=0&limit=100', { token })).body,
          info: (await hcall('GET', `/api/ticket/info?ticket_id=ticket_${ticket}`, { token })).body,
          count: (await hcall('GET', '/api/ticket/count', { token })).body,
          users: (await hcall('GET', '/api/user/fetch', { token })).body,
        };
      };

      const refused = (answer, what) => {
        tried += 1;
        assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
        envelopes[dialect](answer);
      };

      /** A whole, right body: the specification's own example, about the ticket that exists. */
      const exampleOf = (operation) => {
        const content = operation.requestBody?.content['application/json'];
        if (!content) {
          return null;
        }
        const good = structuredClone(content.example);
        return 'ticket_id' in good ? { ...good, ticket_id: `ticket_${ticket}` } : good;
      };
      const target = (path, query = '') => path.replace('{id}', ticket) + query;
      const queryOf = (operation, wrong = {}) => {
        const pairs = (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'query' && (parameter.required || parameter.name in wrong))
          .map((parameter) => {
            const right = parameter.name === 'ticket_id' ? `ticket_${ticket}` : parameter.name === 'limit' ? '20' : '0';
            return `${parameter.name}=${wrong[parameter.name] ?? right}`;
          });
        return pairs.length > 0 ? `?${pairs.join('&')}` : '';
      };

      before(async () => {
        server = await start({ engine });
        api = server.as(dialect);
        const hcall = server.as('hcall');
        const master = await server.seed('super_admin');
        await server.seed('super_admin');
        const enter = { user_email: master.email, user_password: PASSWORD };
        token = (await hcall('POST', '/api/auth/enter', { body: enter })).body.jwt_token;
        const made = { jenis_permintaan: 'keluhan', prioritas: 'rendah', deskripsi: 'Satu-satunya' };
        ticket = (await server.as('tiket')('POST', '/api/ticket', { body: made, token })).body._id;
        first = await everything();
        assert.equal(first.tickets.total, 1);
      });
      after(() => server?.stop());

      it('names fields to try', () => {
        const bodies = operations.filter(({ operation }) => operation.requestBody);
        assert.equal(bodies.length, { hcall: 10, tiket: 4 }[dialect]);
        assert.ok(bodies.every(({ operation }) => Object.keys(operation.requestBody.content['application/json'].example).length > 0));
      });

      for (const { method, path, operation } of operations) {
        const content = operation.requestBody?.content ?? {};
        const schema = content['application/json'] && resolve(document, content['application/json'].schema);

        it(`${method} ${path}`, async () => {
          const good = exampleOf(operation);
          if (good) {
            const send = async (text, what = text) =>
              refused(await api(method, target(path), { text, token }), `${method} ${path} with ${what.slice(0, 300)}`);
            for (const text of wrongBodies(good)) {
              await send(text);
            }
            for (const name of schema.required ?? []) {
              const { [name]: gone, ...rest } = good;
              assert.notEqual(gone, undefined, `${name} stands in the example`);
              await send(JSON.stringify(rest), `no ${name}`);
            }
            for (const [name, property] of Object.entries(schema.properties)) {
              const { [name]: gone, ...rest } = good;
              for (const text of wrongTexts(document, property, schema.required?.includes(name))) {
                await send(withText(rest, name, text));
              }
            }
            // Bytes that are no UTF-8, in the place of every text.
            for (const name of Object.keys(good).filter((key) => typeof good[key] === 'string')) {
              for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
                const [head, tail] = JSON.stringify({ ...good, [name]: '@@' }).split('@@');
                const payload = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
                const headers = { 'Content-Type': 'application/json', 'Content-Length': payload.length, Authorization: `Bearer ${token}` };
                refused(await server.raw(method, target(path), headers, payload), `${method} ${path} with bytes ${bytes} in ${name}`);
              }
            }
            for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx', 'x', ';']) {
              const answer = await api(method, target(path), { body: good, token, headers: { 'Content-Type': type } });
              refused(answer, `${method} ${path} as ${type}`);
              assert.equal(answer.status, 415);
            }
          }
          if (content['application/x-www-form-urlencoded']) {
            const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
            const whole = new URLSearchParams(good).toString();
            const name = Object.keys(good)[0];
            const pairs = Array.from({ length: 101 }, (_, i) => `k${i}=1`).join('&');
            for (const text of ['', '=', '&&', whole.replace('=', ''), `${whole}&${name}=x`, `${whole}&x=%`, `${whole}&x=%00`,
              `${whole}&x=%ff`, `${whole}&%c0%80=1`, `${whole}&${pairs}`, JSON.stringify(good)]) {
              refused(await api(method, target(path), { text, token, headers }), `${method} ${path} with the form ${text.slice(0, 200)}`);
            }
          }
          for (const parameter of (operation.parameters ?? []).filter((one) => one.in === 'query')) {
            for (const value of wrongParameters(parameter)) {
              const answer = await api(method, target(path, queryOf(operation, { [parameter.name]: value })), { token });
              refused(answer, `${method} ${path} with ${parameter.name}=${value.slice(0, 100)}`);
            }
          }
          if (path.includes('{id}')) {
            for (const id of ['0', '-1', 'x', 'TK20240614000001', `ticket_${ticket}`, `${ticket}0`, ticket.slice(1), ticket.replaceAll('-', ''),
              '%00', '%ff', '%2e%2e', '%2E', '%2F', '%zz', '..', "'%20OR%201=1--", '9'.repeat(40), 'x'.repeat(3000), '00000000-0000-0000-0000-000000000000']) {
              const answer = await api(method, path.replace('{id}', id), { body: good ?? undefined, token });
              assert.equal(answer.status, 404, `${method} ${path} with the id ${id.slice(0, 60)}: ${answer.text}`);
            }
          }
          assert.deepEqual(await everything(), first, 'nothing has changed');
        });

        if (operation.responses['401']) {
          it(`${method} ${path} without a token that is good`, async () => {
            for (const headers of wrongTokens(token)) {
              const body = exampleOf(operation) ?? undefined;
              const answer = await api(method, target(path, queryOf(operation)), { body, headers });
              assert.equal(answer.status, 401, `${JSON.stringify(headers).slice(0, 200)}: ${answer.text}`);
              envelopes[dialect](answer);
            }
            assert.deepEqual(await everything(), first, 'nothing has changed');
          });
        }
      }

      it('tells nobody of a fault of its own', () => {
        assert.ok(tried > { hcall: 1000, tiket: 500 }[dialect], `${tried} tries`);
        assert.ok(!/A request failed|Sanitizer|runtime error/.test(server.log), server.log);
      });
    });
  }
}

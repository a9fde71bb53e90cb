// hcall: what strangers, broken clients and attackers send. Each gets a clear answer, and nothing stays behind.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, engines, says, start } from './harness.mjs';

const INVALID = { message: 'Invalid data', status: false };

for (const engine of engines()) {
  describe(`hcall bad input on ${engine}`, () => {
    let server;
    let api;
    let token;
    before(async () => {
      server = await start({ engine });
      api = server.as('hcall');
      const master = await server.seed('super_admin');
      const body = { user_email: master.email, user_password: PASSWORD };
      token = (await api('POST', '/api/auth/enter', { body })).body.jwt_token;
    });
    after(async () => {
      const count = await api('GET', '/api/ticket/count', { token });
      assert.equal(count.body.tickets_total, 0, 'refused requests leave nothing behind');
      await server?.stop();
    });

    const create = (text, headers) => api('POST', '/api/ticket/create', { text, token, headers });
    const whole = '"ticket_name":"a","ticket_explain":"b"';

    it('refuses what is not a JSON object', async () => {
      for (const text of [
        '',
        ' ',
        '{',
        '}',
        'null',
        'true',
        '7',
        '"text"',
        '[]',
        `[{${whole}}]`,
        `{${whole}`,
        `{${whole},}`,
        `{${whole}} {}`,
        `{${whole}}x`,
        `{'ticket_name':'a'}`,
        `{${whole},"x":01}`,
        `{${whole},"x":NaN}`,
        `{${whole},"x":"\\x"}`,
        `{${whole},"x":"\\ud800"}`,
        `{${whole},"x":"\u0001"}`,
        `\ufeff{${whole}}`,
      ]) {
        says(await create(text), 400, INVALID);
      }
    });

    it('refuses a key twice, also deep inside', async () => {
      says(await create(`{${whole},"ticket_name":"c"}`), 400, INVALID);
      says(await create(`{${whole},"x":{"y":{"z":1,"z":1}}}`), 400, INVALID);
    });

    it('refuses more than 32 levels', async () => {
      const nested = (depth) => `{${whole},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      says(await create(nested(32)), 400, INVALID);
      says(await create(nested(100000)), 400, INVALID);
      says(await create(`{${whole},"x":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`), 400, INVALID);
    });

    it('refuses what is not UTF-8', async () => {
      for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        const payload = Buffer.concat([Buffer.from('{"ticket_name":"a'), Buffer.from(bytes), Buffer.from('","ticket_explain":"b"}')]);
        const headers = { 'Content-Type': 'application/json', 'Content-Length': payload.length, Authorization: `Bearer ${token}` };
        says(await server.raw('POST', '/api/ticket/create', headers, payload), 400, INVALID);
      }
    });

    it('takes JSON only', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml']) {
        const answer = await create(`{${whole}}`, { 'Content-Type': type });
        assert.equal(answer.status, 415, answer.text);
        assert.equal(answer.body.status, false);
        assert.equal(typeof answer.body.message, 'string');
      }
    });

    it('refuses a body over its route’s limit with 413', async () => {
      const body = { user_email: 'a@example.com', user_password: 'x'.repeat(2 * 1024 * 1024) };
      const answer = await api('POST', '/api/auth/enter', { body }).catch((error) => error);
      if (!(answer instanceof Error)) {
        assert.equal(answer.status, 413);
        assert.equal(answer.body.status, false);
      }
      const count = await api('GET', '/api/ticket/count', { token });
      assert.equal(count.status, 200);
    });

    it('answers unknown paths with 404 and wrong methods with 405 and Allow, in this dialect’s envelope', async () => {
      for (const path of ['/api/user/nothing', '/api/user/fetch/more', '/api/master/', '/api/user/', '/api/ticket/create/more/still']) {
        const answer = await api('GET', path, { token });
        says(answer, 404, { message: 'Not found', status: false });
      }
      const wrong = [
        ['GET', '/api/master/create', 'POST'],
        ['DELETE', '/api/user/fetch', 'GET'],
        ['GET', '/api/user/delete', 'POST'],
        ['PUT', '/api/auth/enter', 'POST'],
        ['PATCH', '/api/auth/register', 'POST'],
      ];
      for (const [method, path, allowed] of wrong) {
        const answer = await api(method, path, { token });
        says(answer, 405, { message: 'Method not allowed', status: false });
        assert.ok(answer.headers.allow.split(', ').includes(allowed), answer.headers.allow);
      }
    });

    it('takes a slash at the end, but no other letter case', async () => {
      assert.equal((await api('GET', '/api/ticket/count/', { token })).status, 200);
      assert.equal((await api('GET', '/api/user/fetch/?role=master', { token })).status, 200);
      assert.equal((await api('GET', '/API/User/Fetch', { token })).status, 404);
    });

    it('answers HEAD as GET without a body', async () => {
      const answer = await api('HEAD', '/api/ticket/count', { token });
      assert.equal(answer.status, 200);
      assert.equal(answer.text, '');
      assert.ok(Number(answer.headers['content-length']) > 0);
    });

    it('gives every answer JSON, a request id and no word about itself', async () => {
      const answers = [
        await api('GET', '/api/ticket/count', { token }),
        await api('GET', '/api/ticket/count'),
        await api('GET', '/api/user/nothing'),
        await create('{'),
      ];
      for (const answer of answers) {
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.equal(answer.headers.server, undefined);
        assert.equal(answer.headers['x-powered-by'], undefined);
        assert.ok(answer.headers['x-request-id']);
      }
    });

    it('is no place for SQL, paths or templates', async () => {
      for (const evil of ["' OR 1=1 --", '"; DROP TABLE ticket; --', '../../etc/passwd', '{{7*7}}', '%s%n', '${jndi:ldap://x}']) {
        const body = { user_email: evil, user_password: evil };
        says(await api('POST', '/api/auth/enter', { body }), 400, { message: "Email aren't registered", status: false });
        const query = encodeURIComponent(evil);
        says(await api('GET', `/api/user/fetch?email=${query}`, { token }), 404, {
          message: "Email aren't registered",
          status: false,
        });
        says(await api('GET', `/api/ticket/fetch?author=${query}`, { token }), 404, {
          message: "Author don't have tickets",
          status: false,
        });
      }
    });
  });
}

// Sessions that end at once, tokens that are none, and the counters of failed sign-ins.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, eventually, says, start } from './harness.mjs';

const HCALL = { message: 'Unauthorized', status: false };
const TIKET = { status: 401, message: 'Unauthorized' };

/** What every test here does: sign in, and ask whether a token is good on both dialects. */
function people(server) {
  const hcall = server.as('hcall');
  const tiket = server.as('tiket');
  const enter = (address, password = PASSWORD, headers = {}) =>
    hcall('POST', '/api/auth/enter', { body: { user_email: address, user_password: password }, headers });
  const token = async (address, password) => {
    const answer = await enter(address, password);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.jwt_token;
  };
  const alive = async (value) => {
    const answer = await tiket('GET', '/api/ticket?skip=0&limit=1', { token: value });
    if (answer.status !== 200) {
      says(answer, 401, TIKET);
      says(await hcall('GET', '/api/ticket/count', { token: value }), 401, HCALL);
      says(await hcall('POST', '/api/ticket/create', { body: { ticket_name: 'a', ticket_explain: 'b' }, token: value }), 401, HCALL);
    }
    return answer.status === 200;
  };
  return { hcall, tiket, enter, token, alive };
}

for (const engine of engines()) {
  describe(`sessions on ${engine}`, () => {
    let server;
    let p;
    before(async () => {
      server = await start({ engine });
      p = people(server);
    });
    after(() => server?.stop());

    it('end with a logout, this one and no other, on every dialect', async () => {
      const { email: address } = await server.seed('manager');
      const [one, two] = [await p.token(address), await p.token(address)];
      assert.notEqual(one, two);
      assert.ok((await p.alive(one)) && (await p.alive(two)));
      says(await p.tiket('POST', '/auth/logout', { token: one }), 200, { status: 200, message: 'Succesfully Logged Out' });
      assert.ok(!(await p.alive(one)));
      assert.ok(await p.alive(two));
      says(await p.tiket('POST', '/auth/logout', { token: one }), 401, TIKET);
    });

    it('are ended once where many log out at a time', async () => {
      const { email: address } = await server.seed('customer');
      const token = await p.token(address);
      const answers = await Promise.all(Array.from({ length: 30 }, () => p.tiket('POST', '/auth/logout', { token })));
      assert.ok(answers.some((answer) => answer.status === 200));
      assert.ok(answers.every((answer) => [200, 401].includes(answer.status)));
      assert.ok(!(await p.alive(token)));
    });

    it('of a deleted user all end before the answer is there', async () => {
      const { email: boss } = await server.seed('super_admin');
      const master = await p.token(boss);
      for (let round = 0; round < 10; round++) {
        const { email: address } = await server.seed('manager');
        const tokens = [await p.token(address), await p.token(address)];
        assert.ok((await p.alive(tokens[0])) && (await p.alive(tokens[1])));
        const answer = await p.hcall('POST', '/api/user/delete', { body: { user_email: address }, token: master });
        assert.equal(answer.status, 200);
        assert.ok(!(await p.alive(tokens[0])) && !(await p.alive(tokens[1])));
      }
      assert.ok(await p.alive(master));
    });

    it('of a master end with its own deletion, however many ask for it', async () => {
      const { email: address } = await server.seed('super_admin');
      const token = await p.token(address);
      assert.ok(await p.alive(token));
      const body = { user_email: address, user_password: PASSWORD };
      const answers = await Promise.all(Array.from({ length: 20 }, () => p.hcall('POST', '/api/master/delete', { body })));
      const gone = answers.filter((answer) => answer.status === 200);
      assert.equal(gone.length, 1);
      for (const answer of answers.filter((one) => one !== gone[0])) {
        says(answer, 404, { message: 'Master user not found', status: false });
      }
      assert.ok(!(await p.alive(token)));
    });

    it('die with their account, under the very calls that use them', async () => {
      // A caller that never stops asking: once the command has answered, not one more call succeeds.
      const { email: address } = await server.seed('technician');
      const token = await p.token(address);
      let stopped = false;
      const after = [];
      const asking = Array.from({ length: 8 }, async () => {
        while (!stopped || after.length < 50) {
          const late = stopped;
          const { status } = await p.hcall('GET', '/api/ticket/count', { token });
          if (late) {
            after.push(status);
          }
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.command(['user', 'disable', '--email', address]);
      stopped = true;
      await Promise.all(asking);
      assert.ok(after.every((status) => status === 401), after.join(' '));
    });

    it('survive a restart, and no server with another key', async () => {
      const { email: address } = await server.seed('customer');
      const token = await p.token(address);
      await server.restart();
      assert.ok(await p.alive(token));
      const other = await start({ engine });
      try {
        await other.seed('customer', { address });
        const q = people(other);
        const theirs = await q.token(address);
        assert.ok(!(await q.alive(token)) && !(await p.alive(theirs)));
        assert.ok((await p.alive(token)) && (await q.alive(theirs)));
      } finally {
        await other.stop();
      }
    });

    it('open with no token but the very one', async () => {
      const { email: address } = await server.seed('manager');
      const token = await p.token(address);
      const [head, payload, signature] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url'));
      const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const signed = (first, second, key) => `${first}.${second}.${createHmac('sha256', key).update(`${first}.${second}`).digest('base64url')}`;
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = letters.indexOf(signature.at(-1));
      for (const [what, forged] of Object.entries({
        'no algorithm': `${text({ alg: 'none', typ: 'JWT' })}.${payload}.`,
        'no algorithm, but a signature': `${text({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
        'another algorithm': signed(text({ alg: 'HS512', typ: 'JWT' }), payload, 'x'),
        'a header of one’s own': signed(text({ alg: 'HS256', typ: 'JWT', jwk: { k: 'x' } }), payload, 'x'),
        'the header in another order': signed(text({ typ: 'JWT', alg: 'HS256' }), payload, 'x'),
        'no signature': `${head}.${payload}.`,
        'nothing behind the payload': `${head}.${payload}`,
        'an empty key': signed(head, payload, ''),
        'another key': signed(head, payload, 'x'.repeat(32)),
        'another session': `${head}.${text({ ...claims, sid: claims.sid + 1 })}.${signature}`,
        'a longer life': `${head}.${text({ ...claims, exp: claims.exp + 86400 })}.${signature}`,
        'another key id': `${head}.${text({ ...claims, kid: '00000000' })}.${signature}`,
        'a cut signature': token.slice(0, -1),
        'a padded signature': `${token}=`,
        'the unused bits of the last letter': `${token.slice(0, -1)}${letters[last ^ 1]}`,
        'a fourth part': `${token}.x`,
        'the token twice': `${token}${token}`,
        'a very long one': `${head}.${payload.repeat(40)}.${signature}`,
      })) {
        assert.ok(!(await p.alive(forged)), what);
      }
      assert.ok(await p.alive(token));
    });

    it('last 24 hours by tiket’s login, too', async () => {
      const clocked = await start({ engine, clock: 0 });
      try {
        const q = people(clocked);
        const { email: address } = await clocked.seed('customer');
        const { token } = (await q.tiket('POST', '/auth/login', { body: { email: address, password: PASSWORD } })).body;
        assert.ok(await q.alive(token));
        clocked.setClock(86400 - 60);
        await new Promise((resolve) => setTimeout(resolve, 500));
        assert.ok(await q.alive(token));
        clocked.setClock(86400 + 60);
        await eventually(async () => !(await q.alive(token)));
        says(await q.tiket('POST', '/auth/logout', { token }), 401, TIKET);
      } finally {
        await clocked.stop();
      }
    });
  });

  describe(`failed sign-ins on ${engine}`, () => {
    let server;
    let p;
    /** Tries from an address of one's own: the proxy in front is believed. */
    const from = (ip) => ({ 'X-Forwarded-For': ip });
    const wrong = (address, ip) => p.enter(address, 'WrongPassword1', from(ip));
    const right = async (address, ip) => (await p.enter(address, PASSWORD, from(ip))).status;
    const said = (answer) => {
      assert.equal(answer.status, 429, answer.text);
      assert.equal(answer.body.status, false);
      const seconds = Number(answer.headers['retry-after']);
      assert.ok(seconds > 0 && seconds <= 900, answer.headers['retry-after']);
    };
    before(async () => {
      server = await start({ engine, clock: 0, args: ['--login-throttle', 'on', '--trusted-proxies', '127.0.0.1'] });
      p = people(server);
    });
    after(() => server?.stop());

    it('are five for an account from an address, also all at once', async () => {
      const { email: address } = await server.seed('customer');
      const answers = await Promise.all(Array.from({ length: 40 }, () => wrong(address, '10.1.0.1')));
      const tried = answers.filter((answer) => answer.status === 400);
      assert.ok(tried.length >= 5 && tried.length <= 6, `${tried.length} passwords were tried`);
      answers.filter((answer) => answer.status !== 400).forEach(said);
      assert.equal(await right(address, '10.1.0.1'), 429);
      assert.equal(await right(address.toUpperCase(), '10.1.0.1'), 429);
      assert.equal(await right(address, '10.1.0.2'), 200);
      assert.equal(await right(address, '10.1.0.1'), 429); // another address's success forgives this one nothing
      // tiket counts the same failures, and says so in its own way.
      const answer = await p.tiket('POST', '/auth/login', { body: { email: address, password: PASSWORD }, headers: from('10.1.0.1') });
      assert.equal(answer.status, 429);
      assert.equal(answer.body.status, 429);
    });

    it('are forgotten for the pair by a success', async () => {
      const { email: address } = await server.seed('super_admin');
      const guess = async (times) => {
        for (let i = 0; i < times; i++) {
          assert.equal((await wrong(address, '10.2.0.1')).status, 400);
        }
      };
      await guess(4);
      assert.equal(await right(address, '10.2.0.1'), 200);
      await guess(4);
      // A deletion that is refused is a failure like any other.
      const body = { user_email: address, user_password: 'WrongPassword1' };
      const answer = await p.hcall('POST', '/api/master/delete', { body, headers: from('10.2.0.1') });
      says(answer, 403, { message: 'Invalid master credentials', status: false });
      assert.equal(await right(address, '10.2.0.1'), 429);
      said(await p.hcall('POST', '/api/master/delete', { body: { ...body, user_password: PASSWORD }, headers: from('10.2.0.1') }));
    });

    it('are fifty for an account from anywhere and a hundred for an address, whoever it guesses; all survive a restart', async () => {
      const { email: address } = await server.seed('customer');
      for (let i = 0; i < 50; i++) {
        assert.equal((await wrong(address, `10.3.0.${i}`)).status, 400, `try ${i}`);
      }
      assert.equal(await right(address, '10.3.1.1'), 429);

      const { email: other } = await server.seed('customer');
      for (let i = 0; i < 100; i++) {
        assert.equal((await wrong(email('nobody'), '10.4.0.1')).status, 400, `try ${i}`);
      }
      assert.equal(await right(other, '10.4.0.1'), 429);
      assert.equal(await right(other, '10.4.0.2'), 200);

      await server.restart();
      assert.equal(await right(address, '10.3.1.1'), 429);
      assert.equal(await right(other, '10.4.0.1'), 429);
      server.setClock(901);
      await eventually(async () => (await right(address, '10.3.1.1')) === 200);
      assert.equal(await right(other, '10.4.0.1'), 200);
    });
  });
}

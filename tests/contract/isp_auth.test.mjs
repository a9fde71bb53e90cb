// isp: signing in, tokens, passwords. Every answer that the document shows stands here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { JWT, PASSWORD, TIME, UUID, email, engines, eventually, start } from './harness.mjs';
import { data, login, mails, mailsNow, person, refuses, tokenOf } from './isp.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

for (const engine of engines()) {
  describe(`isp sign-in on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine, clock: 0 });
      api = server.as('isp');
    });
    after(() => server?.stop());
    const refresh = (token) => api('POST', '/api/auth/refresh', { body: { refresh_token: token } });
    const me = (token) => api('GET', '/api/auth/me', { token });

    it('signs in as the document shows', async () => {
      const { email: address, uuid, name } = await server.seed('technician');
      const answer = await api('POST', '/api/auth/login', { body: { email: address.toUpperCase(), password: PASSWORD } });
      const { user, tokens, ...rest } = data(answer);
      assert.deepEqual(rest, {});
      assert.deepEqual(user, {
        id: uuid,
        email: address,
        role: 'technician',
        profile: { full_name: name, phone: null, avatar: null, customer_id: null, technician_id: uuid },
      });
      assert.deepEqual(Object.keys(tokens), ['access_token', 'refresh_token', 'expires_in']);
      assert.match(tokens.access_token, JWT);
      assert.match(tokens.refresh_token, JWT);
      assert.equal(tokens.expires_in, 900);
      assert.ok(tokens.access_token.startsWith('eyJhbGciOiJIUzI1NiIs'));
    });

    it('tells who one is, on either mount', async () => {
      const customer = await person(server, 'customer');
      for (const mount of ['', '/v1']) {
        const { user } = data(await api('GET', `${mount}/api/auth/me`, { token: customer.token }));
        assert.deepEqual(Object.keys(user), ['id', 'email', 'role', 'is_active', 'profile', 'created_at', 'updated_at']);
        assert.equal(user.id, customer.uuid);
        assert.equal(user.is_active, true);
        assert.equal(user.profile.customer_id, customer.uuid);
        assert.equal(user.profile.technician_id, null);
        assert.match(user.created_at, TIME);
        assert.match(user.id, UUID);
      }
    });

    it('says the same to a wrong password, an unknown address and a deactivated account', async () => {
      const { email: address } = await server.seed('technician');
      const gone = await server.seed('technician');
      await server.command(['user', 'disable', '--email', gone.email]);
      const answers = [];
      for (const [who, password] of [[address, 'WrongPassword1'], [email('nobody'), PASSWORD], [gone.email, PASSWORD], ['no address', 'x']]) {
        const answer = await api('POST', '/api/auth/login', { body: { email: who, password } });
        refuses(answer, 401, 'INVALID_CREDENTIALS');
        answers.push(answer.text);
      }
      assert.equal(new Set(answers).size, 1);
    });

    it('names every faulty field at once', async () => {
      refuses(await api('POST', '/api/auth/login', { body: {} }), 422, 'VALIDATION_ERROR', ['email', 'password']);
      refuses(await api('POST', '/api/auth/login', { body: { email: 1, password: null, remember_me: 'maybe' } }), 422, 'VALIDATION_ERROR', [
        'email',
        'password',
        'remember_me',
      ]);
      refuses(await api('POST', '/api/auth/refresh', { body: {} }), 422, 'VALIDATION_ERROR', ['refresh_token']);
      refuses(await api('POST', '/api/auth/reset-password', { body: { password: 'short' } }), 422, 'VALIDATION_ERROR', [
        'token',
        'password',
        'password_confirmation',
      ]);
      // domain.md: "`details` lists every fault at once", also what two fields say together.
      refuses(await api('POST', '/api/auth/reset-password', { body: { password: 'long enough', password_confirmation: 'other' } }), 422, 'VALIDATION_ERROR', [
        'token',
        'password_confirmation',
      ]);
      for (const text of ['', '{', '[]', 'null', '{"email":"a@example.com","email":"b@example.com","password":"x"}']) {
        refuses(await api('POST', '/api/auth/login', { text }), 400, 'BAD_REQUEST');
      }
      refuses(await api('POST', '/api/auth/login', { body: { email: 'a'.repeat(300), password: 'x'.repeat(1025) } }), 422, 'VALIDATION_ERROR', [
        'email',
        'password',
      ]);
    });

    it('refreshes as often as wanted, each token once', async () => {
      const somebody = await person(server, 'technician');
      let token = somebody.refresh;
      const seen = new Set([token, somebody.token]);
      for (let i = 0; i < 5; i += 1) {
        const answer = data(await refresh(token));
        assert.deepEqual(Object.keys(answer), ['tokens', 'access_token', 'refresh_token']);
        assert.equal(answer.access_token, answer.tokens.access_token);
        assert.equal(answer.refresh_token, answer.tokens.refresh_token);
        assert.equal(answer.tokens.expires_in, 900);
        assert.equal(data(await me(answer.access_token)).user.id, somebody.uuid);
        assert.ok(!seen.has(answer.access_token) && !seen.has(answer.refresh_token));
        seen.add(answer.access_token).add(answer.refresh_token);
        token = answer.refresh_token;
      }
    });

    it('takes neither kind of token for the other', async () => {
      const somebody = await person(server, 'technician');
      refuses(await me(somebody.refresh), 401, 'UNAUTHORIZED');
      refuses(await refresh(somebody.token), 401, 'UNAUTHORIZED');
      for (const token of ['', 'x', 'a.b.c', `${somebody.refresh.slice(0, -3)}AAA`, 'ÿ'.repeat(100)]) {
        const answer = await refresh(token);
        assert.equal(answer.status, 401, answer.text);
      }
      data(await refresh(somebody.refresh));
    });

    it('gives one successor to fifty refreshes at once', async () => {
      const somebody = await person(server, 'technician');
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(somebody.refresh)));
      const successors = new Set(answers.map((answer) => data(answer).refresh_token));
      assert.equal(successors.size, 1);
      data(await refresh([...successors][0]));
    });

    it('refuses no token, a foreign one, and the body with a signed-out one', async () => {
      refuses(await api('GET', '/api/auth/me'), 401, 'UNAUTHORIZED');
      refuses(await me('a.b.c'), 401, 'UNAUTHORIZED');
      // "an expired one, or one that somebody else signed, is TOKEN_EXPIRED"
      refuses(await me('eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.AAAA'), 401, 'TOKEN_EXPIRED');
      const somebody = await person(server, 'technician');
      assert.deepEqual(data(await api('POST', '/api/auth/logout', { token: somebody.token })), { message: 'Signed out' });
      refuses(await me(somebody.token), 401, 'UNAUTHORIZED');
      refuses(await api('POST', '/api/auth/logout', { token: somebody.token }), 401, 'UNAUTHORIZED');
      refuses(await refresh(somebody.refresh), 401, 'UNAUTHORIZED');
    });

    it('changes the own password, and ends the other sessions', async () => {
      const somebody = await person(server, 'customer');
      const other = (await login(server, somebody.email)).tokens;
      const change = (body) => api('PUT', '/api/auth/password', { body, token: somebody.token });
      const fresh = { password: 'fresh password', password_confirmation: 'fresh password' };
      refuses(await change({ current_password: 'wrong', ...fresh }), 422, 'VALIDATION_ERROR', ['current_password']);
      refuses(await change({ current_password: PASSWORD, ...fresh, password_confirmation: 'other' }), 422, 'VALIDATION_ERROR', [
        'password_confirmation',
      ]);
      refuses(await change({ current_password: PASSWORD, password: 'short', password_confirmation: 'short' }), 422, 'VALIDATION_ERROR', [
        'password',
      ]);
      refuses(await change({}), 422, 'VALIDATION_ERROR', ['current_password', 'password', 'password_confirmation']);
      // domain.md: "`details` lists every fault at once".
      refuses(await change({ ...fresh, password_confirmation: 'other' }), 422, 'VALIDATION_ERROR', ['current_password', 'password_confirmation']);
      data(await me(other.access_token));
      data(await change({ current_password: PASSWORD, ...fresh }));
      data(await me(somebody.token));
      refuses(await me(other.access_token), 401, 'UNAUTHORIZED');
      refuses(await refresh(other.refresh_token), 401, 'UNAUTHORIZED');
      refuses(await api('POST', '/api/auth/login', { body: { email: somebody.email, password: PASSWORD } }), 401, 'INVALID_CREDENTIALS');
      await login(server, somebody.email, 'fresh password');
    });
  });

  describe(`isp tokens in time on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine, clock: 0 });
      api = server.as('isp');
    });
    after(() => server?.stop());
    const refresh = (token) => api('POST', '/api/auth/refresh', { body: { refresh_token: token } });
    const me = (token) => api('GET', '/api/auth/me', { token });
    let clock = 0;
    /** Moves the server's clock on, and waits until it knows. */
    async function later(seconds) {
      clock += seconds;
      server.setClock(clock);
      const told = async () => Date.parse((await api('GET', '/api/auth/me')).headers.date ?? '') / 1000;
      if (Number.isNaN(await told())) {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return;
      }
      await eventually(async () => (await told()) >= Date.now() / 1000 + clock - 2);
    }

    it('ends an access token after 900 seconds, also where nothing was written since', async () => {
      const somebody = await person(server, 'technician');
      data(await me(somebody.token));
      data(await me(somebody.token));
      await later(880);
      data(await me(somebody.token));
      await later(21);
      refuses(await me(somebody.token), 401, 'TOKEN_EXPIRED');
      const next = data(await refresh(somebody.refresh));
      data(await me(next.access_token));
    });

    it('ends the family where a used token comes again after 10 seconds', async () => {
      const somebody = await person(server, 'technician');
      const next = data(await refresh(somebody.refresh));
      assert.equal(data(await refresh(somebody.refresh)).refresh_token, next.refresh_token);
      await later(15);
      refuses(await refresh(somebody.refresh), 401, 'UNAUTHORIZED');
      refuses(await me(next.access_token), 401, 'UNAUTHORIZED');
      refuses(await refresh(next.refresh_token), 401, 'UNAUTHORIZED');
    });

    it('keeps a session 7 days, and a remembered one 30 days from each refresh', async () => {
      const account = await server.seed('technician');
      let plain = (await login(server, account.email)).tokens.refresh_token;
      let remembered = (await login(server, account.email, PASSWORD, { remember_me: true })).tokens.refresh_token;
      const lives = (token) => claims(token).exp - claims(token).iat;
      assert.equal(lives(plain), 7 * DAY);
      assert.equal(lives(remembered), 30 * DAY);
      await later(6 * DAY);
      plain = data(await refresh(plain)).refresh_token;
      assert.ok(Math.abs(lives(plain) - DAY) < 60);
      await later(20 * DAY);
      refuses(await refresh(plain), 401, 'TOKEN_EXPIRED');
      remembered = data(await refresh(remembered)).refresh_token;
      assert.equal(lives(remembered), 30 * DAY);
      await later(29 * DAY);
      remembered = data(await refresh(remembered)).refresh_token;
      await later(31 * DAY);
      refuses(await refresh(remembered), 401, 'TOKEN_EXPIRED');
    });

    it('kills a reset link after 30 minutes and an invitation after 7 days', async () => {
      const account = await server.seed('customer');
      const reset = (token, password) =>
        api('POST', '/api/auth/reset-password', { body: { token, password, password_confirmation: password } });
      data(await api('POST', '/api/auth/forgot-password', { body: { email: account.email } }));
      const token = tokenOf((await mails(server, account.email, 1))[0]);
      await later(30 * 60 + 5);
      refuses(await reset(token, 'fresh password'), 422, 'VALIDATION_ERROR', ['token']);

      const admin = await person(server, 'super_admin');
      const address = email('invited');
      const body = { full_name: 'I', phone: '1', email: address, address: 'A', coordinates: { lat: 0, lng: 0 }, service_area: 'S' };
      data(await api('POST', '/api/customers', { body, token: admin.token }), 201);
      const invitation = tokenOf((await mails(server, address, 1))[0]);
      await later(7 * DAY - HOUR);
      data(await reset(invitation, 'fresh password'));
      await login(server, address, 'fresh password');
    });
  });

  describe(`isp forgotten passwords on ${engine}`, () => {
    const publicUrl = 'https://desk.example/sub';
    let server;
    let api;
    before(async () => {
      server = await start({ engine, args: ['--public-url', publicUrl] });
      api = server.as('isp');
    });
    after(() => server?.stop());
    const forgot = (address, headers) => api('POST', '/api/auth/forgot-password', { body: { email: address }, headers });
    const reset = (token, password, confirmation = password) =>
      api('POST', '/api/auth/reset-password', { body: { token, password, password_confirmation: confirmation } });

    it('mails a link to the public address, which works once and ends all sessions', async () => {
      const somebody = await person(server, 'customer');
      data(await forgot(somebody.email.toUpperCase(), { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' }));
      const [mail] = await mails(server, somebody.email, 1);
      assert.match(mail, /^Subject: Choose a new password\r?$/m);
      assert.ok(mail.includes(`${publicUrl}/reset-password?token=`), mail);
      assert.ok(!mail.includes('evil.example'));
      assert.ok(mail.includes('30 minutes'));
      const token = tokenOf(mail);
      refuses(await reset(token, 'short'), 422, 'VALIDATION_ERROR', ['password']);
      refuses(await reset(token, 'fresh password', 'other password'), 422, 'VALIDATION_ERROR', ['password_confirmation']);
      data(await reset(token, 'fresh password'));
      refuses(await api('GET', '/api/auth/me', { token: somebody.token }), 401, 'UNAUTHORIZED');
      refuses(await reset(token, 'other password'), 422, 'VALIDATION_ERROR', ['token']);
      await login(server, somebody.email, 'fresh password');
    });

    it('lets a newer mail kill the older link', async () => {
      const { email: address } = await server.seed('customer');
      data(await forgot(address));
      await mails(server, address, 1);
      data(await forgot(address));
      const [older, newer] = (await mails(server, address, 2)).map(tokenOf);
      assert.notEqual(older, newer);
      refuses(await reset(older, 'fresh password'), 422, 'VALIDATION_ERROR', ['token']);
      data(await reset(newer, 'fresh password'));
    });

    it('sets one password of ten uses at once', async () => {
      const { email: address } = await server.seed('customer');
      data(await forgot(address));
      const token = tokenOf((await mails(server, address, 1))[0]);
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => reset(token, `fresh password ${i}`)));
      const won = answers.filter((answer) => answer.status === 200);
      assert.equal(won.length, 1);
      for (const answer of answers) {
        if (answer !== won[0]) {
          refuses(answer, 422, 'VALIDATION_ERROR', ['token']);
        }
      }
      await login(server, address, `fresh password ${answers.indexOf(won[0])}`);
    });

    it('answers alike for any address, and mails nobody who is not there', async () => {
      const { email: address } = await server.seed('customer');
      const gone = await server.seed('customer');
      await server.command(['user', 'disable', '--email', gone.email]);
      const nobody = email('nobody');
      const answers = [];
      for (const who of [address, nobody, gone.email]) {
        const answer = await forgot(who);
        data(answer);
        answers.push(answer.text);
      }
      assert.equal(new Set(answers).size, 1);
      await mails(server, address, 1);
      assert.equal(mailsNow(server, nobody).length, 0);
      assert.equal(mailsNow(server, gone.email).length, 0);
      refuses(await forgot('no address'), 422, 'VALIDATION_ERROR', ['email']);
    });

    it('takes as long for an unknown address as for a known one', async () => {
      const { email: address } = await server.seed('customer');
      const time = async (who) => {
        const begun = process.hrtime.bigint();
        data(await forgot(who));
        return Number(process.hrtime.bigint() - begun) / 1e6;
      };
      const known = [];
      const unknown = [];
      for (let i = 0; i < 40; i += 1) {
        known.push(await time(address));
        unknown.push(await time(email('nobody')));
      }
      const median = (list) => list.sort((a, b) => a - b)[list.length / 2];
      const [a, b] = [median(known), median(unknown)];
      assert.ok(Math.abs(a - b) < 3 + 0.5 * Math.min(a, b), `known ${a} ms, unknown ${b} ms`);
    });
  });

  describe(`isp throttling on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine, args: ['--login-throttle', 'on'] });
      api = server.as('isp');
    });
    after(() => server?.stop());

    it('refuses the sixth try in a quarter of an hour, the current password and a dead refresh token too', async () => {
      const somebody = await person(server, 'technician');
      const other = await person(server, 'technician');
      const tries = {
        login: () => api('POST', '/api/auth/login', { body: { email: somebody.email, password: 'WrongPassword1' } }),
        refresh: () => api('POST', '/api/auth/refresh', { body: { refresh_token: 'a.b.c' } }),
        password: () =>
          api('PUT', '/api/auth/password', {
            body: { current_password: 'wrong', password: 'fresh password', password_confirmation: 'fresh password' },
            token: other.token,
          }),
      };
      for (const [name, attempt] of Object.entries(tries)) {
        for (let i = 0; i < 5; i += 1) {
          assert.notEqual((await attempt()).status, 429, name);
        }
        const refused = await attempt();
        refuses(refused, 429, 'RATE_LIMIT_EXCEEDED');
        assert.ok(Number(refused.headers['retry-after']) > 800, name);
      }
      // Neither a good password nor a good refresh token of others is kept out.
      data(await api('POST', '/api/auth/refresh', { body: { refresh_token: somebody.refresh } }));
      await login(server, (await server.seed('customer')).email);
    });

    it('mails one address five links in a quarter of an hour', async () => {
      const { email: address } = await server.seed('customer');
      for (let i = 0; i < 8; i += 1) {
        data(await api('POST', '/api/auth/forgot-password', { body: { email: address } }));
      }
      await mails(server, address, 5);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(mailsNow(server, address).length, 5);
    });
  });
}

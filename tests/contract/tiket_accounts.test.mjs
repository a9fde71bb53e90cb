// tiket: registering, signing in and out.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { JWT, PASSWORD, TIME, UUID, email, engines, says, start } from './harness.mjs';

const PERSON = { username: 'Budi Santoso', password: 'Rahasia123' };
const INVALID_LOGIN = { status: 400, error: 1, message: 'Email or password is invalid' };

function saysUser(user, expected) {
  assert.deepEqual(Object.keys(user).sort(), ['_id', 'createdAt', 'email', 'role', 'updatedAt', 'username']);
  assert.match(user._id, UUID);
  assert.match(user.createdAt, TIME);
  assert.match(user.updatedAt, TIME);
  for (const [key, value] of Object.entries(expected)) {
    assert.equal(user[key], value);
  }
}

function saysRegistered(answer, expected) {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body).sort(), ['data', 'message', 'status']);
  assert.equal(answer.body.status, 200);
  assert.equal(answer.body.message, 'Succesfully Registered');
  saysUser(answer.body.data, expected);
  assert.ok(!/argon2|rahasia|password/i.test(answer.text), 'no answer tells a password or a hash');
  return answer.body.data;
}

/** A fault of some fields: 400 with a message, and a map of the fields beside it. */
function saysFault(answer, ...fields) {
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.body.status, 400);
  assert.equal(typeof answer.body.message, 'string');
  assert.deepEqual(Object.keys(answer.body.errors).sort(), fields.sort());
}

for (const engine of engines()) {
  describe(`tiket accounts on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine });
      api = server.as('tiket');
      await server.seed('manager'); // so that the desk has staff
    });
    after(() => server?.stop());

    const register = (body, options) => api('POST', '/auth/register', { body: { ...PERSON, ...body }, ...options });
    const login = (address, password = PERSON.password) =>
      api('POST', '/auth/login', { body: { email: address, password } });

    it('registers a user and logs in and out', async () => {
      const address = email('budi');
      const made = saysRegistered(await register({ email: address }), { username: 'Budi Santoso', email: address, role: 'user' });

      const answer = await login(address);
      assert.equal(answer.status, 200);
      assert.deepEqual(Object.keys(answer.body).sort(), ['data', 'message', 'signed', 'status', 'token']);
      assert.equal(answer.body.status, 200);
      assert.equal(answer.body.message, 'Succesfully Logged In');
      assert.deepEqual(answer.body.data, made);
      assert.match(answer.body.signed, JWT);
      assert.equal(answer.body.token, answer.body.signed);
      const claims = JSON.parse(Buffer.from(answer.body.token.split('.')[1], 'base64url'));
      assert.equal(claims.exp - claims.iat, 86400);

      const { token } = answer.body;
      assert.equal((await api('GET', '/api/ticket?skip=0&limit=20', { token })).status, 200);
      says(await api('POST', '/auth/logout', { token }), 200, { status: 200, message: 'Succesfully Logged Out' });
      // Ended at once.
      says(await api('GET', '/api/ticket?skip=0&limit=20', { token }), 401, { status: 401, message: 'Unauthorized' });
      says(await api('POST', '/auth/logout', { token }), 401, { status: 401, message: 'Unauthorized' });
      says(await api('POST', '/auth/logout'), 401, { status: 401, message: 'Unauthorized' });
    });

    it('takes forms, slashes at the end, any letter case, and bare tokens', async () => {
      const address = email('form');
      const form = { ...PERSON, email: address };
      saysRegistered(await api('POST', '/Auth/Register/', { form }), { email: address });
      const answer = await api('POST', '/AUTH/LOGIN/', { form: { email: address, password: PERSON.password } });
      assert.equal(answer.status, 200);
      const { token } = answer.body;
      for (const value of [token, `Bearer ${token}`, `bearer ${token}`]) {
        const list = await api('GET', '/api/ticket/?skip=0&limit=20', { headers: { Authorization: value } });
        assert.equal(list.status, 200, list.text);
      }
      says(await api('POST', '/auth/logout/', { headers: { Authorization: token } }), 200, {
        status: 200,
        message: 'Succesfully Logged Out',
      });
    });

    it('refuses an address that is taken, in any letter case', async () => {
      const address = email('taken');
      saysRegistered(await register({ email: address }), {});
      for (const again of [address, address.toUpperCase()]) {
        saysFault(await register({ email: again }), 'email');
      }
    });

    it('says which fields of a registration are wrong', async () => {
      const good = email();
      saysFault(await register({ email: 'no address' }), 'email');
      saysFault(await register({ email: good, username: 'ab' }), 'username');
      saysFault(await register({ email: good, username: '   ' }), 'username');
      saysFault(await register({ email: good, username: 'x'.repeat(256) }), 'username');
      for (const weak of ['', 'Pendek1', 'semuakecil1', 'SEMUABESAR1', 'TanpaAngka']) {
        saysFault(await register({ email: good, password: weak }), 'password');
      }
      saysFault(await register({ email: good, role: 'master' }), 'role');
      saysFault(await api('POST', '/auth/register', { body: {} }), 'username', 'email', 'password');
      saysFault(await api('POST', '/auth/register', { form: { email: good } }), 'username', 'password');
      const malformed = await api('POST', '/auth/register', { text: '{' });
      assert.equal(malformed.status, 400);
      assert.equal(malformed.body.status, 400);
      // None of these left anything behind; three letters are enough.
      saysRegistered(await register({ email: good, username: 'abc' }), { username: 'abc' });
    });

    it('tells a wrong address and a wrong password alike', async () => {
      const address = email('ani');
      saysRegistered(await register({ email: address }), {});
      says(await login(address, 'Salah12345'), 400, INVALID_LOGIN);
      says(await login(email('nobody')), 400, INVALID_LOGIN);
      says(await login('no address'), 400, INVALID_LOGIN);
      says(await login(address, ''), 400, INVALID_LOGIN);
      const { errors, ...rest } = (await api('POST', '/auth/login', { body: {} })).body;
      assert.deepEqual(rest, INVALID_LOGIN);
      assert.deepEqual(Object.keys(errors).sort(), ['email', 'password']);
    });

    it('lets the admin role be registered only by who may make such an account', async () => {
      const refused = await register({ email: email(), role: 'admin' });
      assert.equal(refused.status, 403);
      assert.equal(refused.body.status, 403);
      const tokens = {};
      for (const role of ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer']) {
        const account = await server.seed(role);
        tokens[role] = (await login(account.email, PASSWORD)).body.token;
        const address = email('staff');
        const answer = await register({ email: address, role: 'admin' }, { token: tokens[role] });
        if (role === 'super_admin' || role === 'manager') {
          saysRegistered(answer, { role: 'admin' });
          // An admin of this dialect is customer service: it sees every ticket and lists no accounts.
          const { token } = (await login(address)).body;
          assert.equal((await server.as('hcall')('GET', '/api/user/fetch', { token })).status, 403);
          assert.equal((await server.as('hcall')('GET', '/api/ticket/fetch', { token })).status, 200);
        } else {
          assert.equal(answer.status, 403, answer.text);
        }
      }
      // Anybody may register a user, with a token or without, even a dead one.
      saysRegistered(await register({ email: email(), role: 'user' }, { token: tokens.customer }), { role: 'user' });
      saysRegistered(await register({ email: email(), role: 'user' }, { token: 'dead' }), { role: 'user' });
    });

    it('lets the very first staff register itself, once', async () => {
      const fresh = await start({ engine });
      try {
        const call = fresh.as('tiket');
        const first = { ...PERSON, email: email('first'), role: 'admin' };
        saysRegistered(await call('POST', '/auth/register', { body: first }), { role: 'admin' });
        const tries = Array.from({ length: 10 }, () =>
          call('POST', '/auth/register', { body: { ...first, email: email('second') } }),
        );
        for (const answer of await Promise.all(tries)) {
          assert.equal(answer.status, 403, answer.text);
        }
        // Only at the operator: another tenant's staff is made by its managers.
        await fresh.seedTenant('two.example');
        const there = await call('POST', '/auth/register', {
          body: { ...first, email: email('third') },
          headers: { Host: 'two.example' },
        });
        assert.equal(there.status, 403);
      } finally {
        await fresh.stop();
      }
    });

    it('slows down guessing', async () => {
      const strict = await start({ engine, args: ['--login-throttle', 'on'] });
      try {
        const call = strict.as('tiket');
        const account = await strict.seed('customer');
        const wrong = { email: account.email, password: 'Salah12345' };
        for (let i = 0; i < 5; i++) {
          says(await call('POST', '/auth/login', { body: wrong }), 400, INVALID_LOGIN);
        }
        const answer = await call('POST', '/auth/login', { body: { ...wrong, password: PASSWORD } });
        assert.equal(answer.status, 429);
        assert.equal(answer.body.status, 429);
        assert.ok(Number(answer.headers['retry-after']) > 0);
      } finally {
        await strict.stop();
      }
    });

    it('takes a token of another dialect, and gives one to it', async () => {
      const hcall = server.as('hcall');
      const address = email('both');
      const body = { user_name: 'Both', user_email: address, user_password: PASSWORD };
      const token = (await hcall('POST', '/api/auth/register', { body })).body.jwt_token;
      assert.equal((await api('GET', '/api/ticket?skip=0&limit=1', { token })).status, 200);
      const other = (await login(address, PASSWORD)).body.token;
      assert.equal(
        (await hcall('POST', '/api/ticket/create', { body: { ticket_name: 'a', ticket_explain: 'b' }, token: other })).status,
        200,
      );
    });
  });
}

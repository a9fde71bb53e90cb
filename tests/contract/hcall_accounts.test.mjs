// hcall: masters, signing in, and the people of the desk. Every answer that the document shows stands here word for word.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { JWT, PASSWORD, TIME, email, engines, eventually, says, start } from './harness.mjs';

const NOT_AUTHORIZED = { message: 'User role not authorized for this endpoint', status: false };

function saysToken(answer, message) {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body).sort(), ['jwt_token', 'message', 'status']);
  assert.equal(answer.body.message, message);
  assert.match(answer.body.jwt_token, JWT);
  assert.equal(answer.body.status, true);
  return answer.body.jwt_token;
}

for (const engine of engines()) {
  describe(`hcall masters on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine });
      api = server.as('hcall');
    });
    after(() => server?.stop());

    const create = (address, password = 'StrongPassword123') =>
      api('POST', '/api/master/create', { body: { master_email: address, master_password: password } });
    const remove = (address, password = 'StrongPassword123') =>
      api('POST', '/api/master/delete', { body: { user_email: address, user_password: password } });

    it('creates a master once, refuses the second, deletes it by its own credentials', async () => {
      const token = saysToken(await create('master@example.com'), 'Master user has been created');
      says(await create('other@example.com'), 403, { message: 'Master user already exists', status: false });
      // Once there is a master the endpoint is disabled, whatever is sent.
      says(await create('other@example.com', 'weak'), 403, { message: 'Master user already exists', status: false });

      const users = await api('GET', '/api/user/fetch?role=master', { token });
      assert.equal(users.status, 200);
      assert.deepEqual(users.body.users, [{ user_name: 'master', user_email: 'master@example.com', user_role: 'master' }]);

      says(await remove('master@example.com', 'WrongPassword1'), 403, { message: 'Invalid master credentials', status: false });
      says(await remove('nobody@example.com'), 404, { message: 'Master user not found', status: false });
      says(await remove('MASTER@example.com'), 200, { message: 'Master user has been deleted', status: true });
      says(await remove('master@example.com'), 404, { message: 'Master user not found', status: false });
      says(await api('GET', '/api/user/fetch', { token }), 401, { message: 'Unauthorized', status: false });
    });

    it('can be created again after that, and deleted by master_* keys', async () => {
      saysToken(await create('again@example.com'), 'Master user has been created');
      says(
        await api('POST', '/api/master/delete', {
          body: { master_email: 'again@example.com', master_password: 'StrongPassword123' },
        }),
        200,
        { message: 'Master user has been deleted', status: true },
      );
    });

    it('refuses weak passwords, bad addresses and missing fields', async () => {
      for (const weak of ['', 'Short1A', 'alllowercase1', 'ALLUPPERCASE1', 'NoDigitsHere']) {
        says(await create('weak@example.com', weak), 400, { message: 'Password is invalid', status: false });
      }
      const invalid = { message: 'Invalid data', status: false };
      says(await create('not-an-address'), 400, invalid);
      says(await api('POST', '/api/master/create', { body: { master_email: 'a@example.com' } }), 400, invalid);
      says(await api('POST', '/api/master/create', { body: {} }), 400, invalid);
      says(await api('POST', '/api/master/delete', { body: { user_email: 'a@example.com' } }), 400, invalid);
    });

    it('takes no account of another role for a master', async () => {
      const user = email('user');
      await api('POST', '/api/auth/register', { body: { user_name: 'U', user_email: user, user_password: PASSWORD } });
      says(await remove(user, PASSWORD), 404, { message: 'Master user not found', status: false });
      says(await create(user), 400, { message: 'Email already exists', status: false });
    });

    it('makes exactly one master of a hundred parallel tries', async () => {
      const tries = Array.from({ length: 100 }, (_, i) => create(`race${i}@example.com`));
      const answers = await Promise.all(tries);
      const won = answers.filter((answer) => answer.status === 200);
      assert.equal(won.length, 1);
      for (const answer of answers) {
        if (answer !== won[0]) {
          says(answer, 403, { message: 'Master user already exists', status: false });
        }
      }
      const token = saysToken(won[0], 'Master user has been created');
      const masters = await api('GET', '/api/user/fetch?role=master', { token });
      assert.equal(masters.body.users.length, 1);
    });
  });

  describe(`hcall sign-in on ${engine}`, () => {
    let server;
    let api;
    before(async () => {
      server = await start({ engine });
      api = server.as('hcall');
    });
    after(() => server?.stop());

    it('registers and logs in as the document shows', async () => {
      const person = { user_name: 'John Doe', user_email: 'johndoe@example.com', user_password: 'Password123' };
      saysToken(await api('POST', '/api/auth/register', { body: person }), 'User has been registered');
      says(await api('POST', '/api/auth/register', { body: person }), 400, { message: 'Email already exists', status: false });
      says(await api('POST', '/api/auth/register', { body: { ...person, user_email: 'JohnDoe@Example.com' } }), 400, {
        message: 'Email already exists',
        status: false,
      });

      const enter = (address, password) =>
        api('POST', '/api/auth/enter', { body: { user_email: address, user_password: password } });
      const token = saysToken(await enter('johndoe@example.com', 'Password123'), 'User has been loged in');
      saysToken(await enter('JOHNDOE@example.com', 'Password123'), 'User has been loged in');
      says(await enter('nobody@example.com', 'Password123'), 400, { message: "Email aren't registered", status: false });
      says(await enter('no address', 'Password123'), 400, { message: "Email aren't registered", status: false });
      says(await enter('johndoe@example.com', 'password123'), 400, { message: 'Password is incorrect', status: false });

      const ticket = { ticket_name: 'A', ticket_explain: 'B' };
      says(await api('POST', '/api/ticket/create', { body: ticket, token }), 200, {
        message: 'Ticket has been created',
        status: true,
      });
    });

    it('says what is wrong with a registration', async () => {
      const register = (body) => api('POST', '/api/auth/register', { body });
      const person = { user_name: 'A', user_email: email(), user_password: PASSWORD };
      for (const weak of ['', 'Short1A', 'alllowercase1', 'ALLUPPERCASE1', 'NoDigitsHere']) {
        says(await register({ ...person, user_password: weak }), 400, { message: 'Password is invalid', status: false });
      }
      const invalid = { message: 'Invalid data', status: false };
      const missing = await register({ user_password: PASSWORD });
      says(missing, 400, invalid);
      assert.match(missing.body.reason, /user_name is required/);
      assert.match(missing.body.reason, /user_email is required/);
      says(await register({ ...person, user_email: 'no address' }), 400, invalid);
      says(await register({ ...person, user_name: '   ' }), 400, invalid);
      says(await register({ ...person, user_name: 'x'.repeat(256) }), 400, invalid);
      says(await register({ ...person, user_name: 'a\u0000b' }), 400, invalid);
      says(await register({ ...person, user_name: 5 }), 400, invalid);
      says(await register({ ...person, user_password: null }), 400, invalid);
      // None of these left anything behind.
      saysToken(await register({ ...person, user_name: 'ü'.repeat(255) }), 'User has been registered');
    });

    it('takes 24 hours for the life of a token', async () => {
      const clocked = await start({ engine, clock: 0 });
      try {
        const call = clocked.as('hcall');
        const master = await clocked.seed('super_admin');
        const body = { user_email: master.email, user_password: PASSWORD };
        const token = saysToken(await call('POST', '/api/auth/enter', { body }), 'User has been loged in');
        const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
        assert.equal(claims.exp - claims.iat, 86400);
        clocked.setClock(86400 - 60);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        assert.equal((await call('GET', '/api/ticket/count', { token })).status, 200);
        clocked.setClock(86400 + 60);
        await eventually(async () => (await call('GET', '/api/ticket/count', { token })).status === 401);
      } finally {
        await clocked.stop();
      }
    });

    it('answers 401 wherever a token is needed and none is good', async () => {
      const endpoints = [
        ['GET', '/api/user/fetch'],
        ['POST', '/api/user/create'],
        ['POST', '/api/user/delete'],
        ['POST', '/api/ticket/create'],
        ['POST', '/api/ticket/edit'],
        ['POST', '/api/ticket/update'],
        ['POST', '/api/ticket/remove'],
        ['GET', '/api/ticket/fetch'],
        ['GET', '/api/ticket/count'],
        ['GET', '/api/ticket/info'],
      ];
      const none = { alg: 'none', typ: 'JWT' };
      const forged = [none, { sub: 'x', exp: 9999999999 }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      for (const [method, path] of endpoints) {
        const body = method === 'POST' ? {} : undefined;
        for (const headers of [
          {},
          { Authorization: '' },
          { Authorization: 'Bearer' },
          { Authorization: 'Bearer x.y.z' },
          { Authorization: `Bearer ${forged}.` },
          { Authorization: 'Basic dXNlcjpwYXNz' },
        ]) {
          const answer = await api(method, path, { body, headers });
          says(answer, 401, { message: 'Unauthorized', status: false });
          assert.equal(answer.body.reason, undefined);
        }
      }
    });

    it('slows down guessing with 429 and Retry-After, also at /master/delete, and over a restart', async () => {
      const strict = await start({ engine, args: ['--login-throttle', 'on'] });
      try {
        const call = strict.as('hcall');
        const master = await strict.seed('super_admin');
        const other = await strict.seed('customer');
        const wrong = { user_email: master.email, user_password: 'WrongPassword1' };
        for (let i = 0; i < 5; i++) {
          const path = i % 2 === 0 ? '/api/auth/enter' : '/api/master/delete';
          assert.ok([400, 403].includes((await call('POST', path, { body: wrong })).status));
        }
        for (const path of ['/api/auth/enter', '/api/master/delete']) {
          const answer = await call('POST', path, { body: { ...wrong, user_password: PASSWORD } });
          assert.equal(answer.status, 429, answer.text);
          assert.equal(answer.body.status, false);
          assert.ok(Number(answer.headers['retry-after']) > 0 && Number(answer.headers['retry-after']) <= 900);
        }
        const body = { user_email: other.email, user_password: PASSWORD };
        saysToken(await call('POST', '/api/auth/enter', { body }), 'User has been loged in');
        await strict.restart();
        assert.equal((await call('POST', '/api/auth/enter', { body: wrong })).status, 429);
      } finally {
        await strict.stop();
      }
    });
  });

  describe(`hcall users on ${engine}`, () => {
    let server;
    let api;
    const token = {};
    const account = {};
    before(async () => {
      server = await start({ engine });
      api = server.as('hcall');
      for (const role of ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer']) {
        account[role] = await server.seed(role);
        const body = { user_email: account[role].email, user_password: PASSWORD };
        token[role] = saysToken(await api('POST', '/api/auth/enter', { body }), 'User has been loged in');
      }
    });
    after(() => server?.stop());

    const create = (role, user, as = 'super_admin') =>
      api('POST', '/api/user/create', {
        body: { user_name: 'John Doe', user_password: 'Password123', user_role: role, ...user },
        token: token[as],
      });
    const remove = (address, as = 'super_admin') =>
      api('POST', '/api/user/delete', { body: { user_email: address }, token: token[as] });
    const CREATED = { message: 'User has been created', status: true };
    const DELETED = { message: 'User has been deleted', status: true };
    const INVALID = { message: 'Invalid data', status: false };

    it('creates users: a master any, an admin only users', async () => {
      says(await create('user', { user_email: email() }), 200, CREATED);
      says(await create('admin', { user_email: email() }), 200, CREATED);
      says(await create('user', { user_email: email() }, 'manager'), 200, CREATED);
      says(await create('admin', { user_email: email() }, 'manager'), 403, NOT_AUTHORIZED);
    });

    it('creates an admin as what the desk calls a manager', async () => {
      const user_email = email('admin');
      says(await create('admin', { user_email }), 200, CREATED);
      const body = { user_email, user_password: 'Password123' };
      const made = saysToken(await api('POST', '/api/auth/enter', { body }), 'User has been loged in');
      // A manager may delete users and nobody less may.
      const victim = email();
      says(await create('user', { user_email: victim }), 200, CREATED);
      says(await api('POST', '/api/user/delete', { body: { user_email: victim }, token: made }), 200, DELETED);
    });

    it('refuses what the document refuses', async () => {
      const user_email = email();
      says(await create('user', { user_email }), 200, CREATED);
      says(await create('user', { user_email: user_email.toUpperCase() }), 400, {
        message: 'Email already exists',
        status: false,
      });
      says(await create('master', { user_email: email() }), 400, INVALID);
      says(await create(undefined, { user_email: email() }), 400, INVALID);
      says(await create('customer_service', { user_email: email() }), 400, INVALID);
      says(await create('user', { user_email: 'nowhere' }), 400, INVALID);
      says(await create('user', {}), 400, INVALID);
      says(await create('user', { user_email: email(), user_password: 'weak' }), 400, {
        message: 'Password is invalid',
        status: false,
      });
    });

    it('lets only those in whose role may', async () => {
      for (const role of ['customer', 'technician', 'customer_service']) {
        says(await api('GET', '/api/user/fetch', { token: token[role] }), 403, NOT_AUTHORIZED);
      }
      for (const role of ['customer', 'technician', 'customer_service', 'supervisor']) {
        says(await create('user', { user_email: email() }, role), 403, NOT_AUTHORIZED);
        says(await remove(account.customer.email, role), 403, NOT_AUTHORIZED);
      }
      assert.equal((await api('GET', '/api/user/fetch', { token: token.supervisor })).status, 200);
      // The role comes before the body: nothing about it is told to who may not call.
      says(await api('POST', '/api/user/create', { body: { x: 1 }, token: token.customer }), 403, NOT_AUTHORIZED);
      says(await api('POST', '/api/user/delete', { text: '{', token: token.customer }), 403, NOT_AUTHORIZED);
    });

    it('tells one user', async () => {
      const user_email = email('jane');
      says(await create('user', { user_name: 'Jane "J" Smith 🙂', user_email }), 200, CREATED);
      for (const query of [user_email, user_email.toUpperCase(), `${user_email}&role=user`]) {
        const answer = await api('GET', `/api/user/fetch?email=${query}`, { token: token.manager });
        assert.match(answer.body.user_created_at, TIME);
        says(answer, 200, {
          user_name: 'Jane "J" Smith 🙂',
          user_email,
          user_password: '********',
          user_created_at: answer.body.user_created_at,
          user_role: 'user',
          status: true,
        });
      }
      says(await api('GET', '/api/user/fetch?email=johndoe@example.com', { token: token.manager }), 404, {
        message: "Email aren't registered",
        status: false,
      });
      // Both must match.
      says(await api('GET', `/api/user/fetch?email=${user_email}&role=admin`, { token: token.manager }), 404, {
        message: 'No users found with specified role',
        status: false,
      });
    });

    it('lists users, also by role', async () => {
      const all = await api('GET', '/api/user/fetch', { token: token.manager });
      assert.equal(all.status, 200);
      assert.equal(all.body.status, true);
      const mine = (role) => all.body.users.find((user) => user.user_email === account[role].email);
      assert.deepEqual(mine('super_admin'), {
        user_name: 'A super_admin',
        user_email: account.super_admin.email,
        user_role: 'master',
      });
      for (const role of ['manager', 'supervisor', 'customer_service', 'technician']) {
        assert.equal(mine(role).user_role, 'admin');
      }
      assert.equal(mine('customer').user_role, 'user');
      for (const role of ['user', 'admin', 'master']) {
        const some = await api('GET', `/api/user/fetch?role=${role}`, { token: token.manager });
        assert.deepEqual(
          some.body.users,
          all.body.users.filter((user) => user.user_role === role),
        );
      }
      says(await api('GET', '/api/user/fetch?role=wizard', { token: token.manager }), 404, {
        message: 'No users found with specified role',
        status: false,
      });
      // A filter left empty is no filter.
      assert.deepEqual((await api('GET', '/api/user/fetch?email=&role=', { token: token.manager })).body, all.body);
    });

    it('pages on from any account', async () => {
      const all = (await api('GET', '/api/user/fetch', { token: token.manager })).body.users;
      const rest = await api('GET', `/api/user/fetch?after=${account.manager.uuid}`, { token: token.manager });
      const at = all.findIndex((user) => user.user_email === account.manager.email);
      assert.deepEqual(rest.body.users, all.slice(at + 1));
      says(await api('GET', '/api/user/fetch?after=x', { token: token.manager }), 400, INVALID);
    });

    it('ends a session at once when the operator disables the account or changes its password', async () => {
      const enter = async (address, password) =>
        api('POST', '/api/auth/enter', { body: { user_email: address, user_password: password } });
      const changed = await server.seed('manager');
      const old = (await enter(changed.email, PASSWORD)).body.jwt_token;
      await server.command(['user', 'passwd', '--email', changed.email, '--password-stdin'], 'Different123\n');
      says(await api('GET', '/api/ticket/count', { token: old }), 401, { message: 'Unauthorized', status: false });
      says(await enter(changed.email, PASSWORD), 400, { message: 'Password is incorrect', status: false });
      const fresh = saysToken(await enter(changed.email, 'Different123'), 'User has been loged in');
      await server.command(['user', 'disable', '--email', changed.email]);
      says(await api('GET', '/api/ticket/count', { token: fresh }), 401, { message: 'Unauthorized', status: false });
      says(await enter(changed.email, 'Different123'), 400, { message: "Email aren't registered", status: false });
    });

    it('deletes a user: sign-in ends at once, the address is free again, the tickets stay', async () => {
      const user_email = email('leaver');
      const body = { user_email, user_password: 'Password123' };
      says(await create('user', { user_name: 'Old Name', user_email }), 200, CREATED);
      const old = saysToken(await api('POST', '/api/auth/enter', { body }), 'User has been loged in');
      await api('POST', '/api/ticket/create', { body: { ticket_name: 'Left behind', ticket_explain: 'x' }, token: old });

      says(await remove(user_email, 'manager'), 200, DELETED);
      says(await remove(user_email), 404, { message: "Email aren't registered", status: false });
      says(await api('POST', '/api/ticket/create', { body: { ticket_name: 'a', ticket_explain: 'b' }, token: old }), 401, {
        message: 'Unauthorized',
        status: false,
      });
      says(await api('POST', '/api/auth/enter', { body }), 400, { message: "Email aren't registered", status: false });
      const tickets = await api('GET', '/api/ticket/fetch', { token: token.manager });
      assert.ok(tickets.body.tickets.some((ticket) => ticket.ticket_name === 'Left behind'));

      says(await create('user', { user_name: 'New Name', user_email }), 200, CREATED);
      says(await api('GET', `/api/ticket/fetch?author=${user_email}`, { token: token.manager }), 404, {
        message: "Author don't have tickets",
        status: false,
      });
    });

    it('deletes nobody above the caller, nor the caller, nor the last master', async () => {
      for (const target of ['manager', 'super_admin']) {
        says(await remove(account[target].email, 'manager'), 403, NOT_AUTHORIZED);
      }
      says(await remove(account.super_admin.email, 'super_admin'), 403, NOT_AUTHORIZED);
      says(await api('POST', '/api/user/delete', { body: {}, token: token.manager }), 400, INVALID);
      says(await remove('nowhere', 'manager'), 404, { message: "Email aren't registered", status: false });
    });
  });

  describe(`hcall tenants on ${engine}`, () => {
    it('keeps the people and tickets of tenants apart', async () => {
      const server = await start({ engine });
      try {
        const api = server.as('hcall');
        await server.seedTenant('one.example');
        const port = new URL(server.url).port;
        const one = { Host: `one.example:${port}` };
        const address = email('both');
        const body = { master_email: address, master_password: PASSWORD };
        const here = saysToken(await api('POST', '/api/master/create', { body }), 'Master user has been created');
        const there = saysToken(
          await api('POST', '/api/master/create', { body, headers: one }),
          'Master user has been created',
        );
        const user = { user_name: 'U', user_email: email('u'), user_password: PASSWORD };
        const there_user = saysToken(
          await api('POST', '/api/auth/register', { body: user, headers: one }),
          'User has been registered',
        );
        says(await api('POST', '/api/auth/enter', { body: user }), 400, { message: "Email aren't registered", status: false });

        // The token's own tenant counts, whatever the host.
        const ticket = { ticket_name: 'Theirs', ticket_explain: 'x' };
        await api('POST', '/api/ticket/create', { body: ticket, token: there_user });
        assert.deepEqual((await api('GET', '/api/ticket/fetch', { token: here, headers: one })).body.tickets, []);
        const theirs = (await api('GET', '/api/ticket/fetch', { token: there })).body.tickets;
        assert.equal(theirs.length, 1);
        const foreign = { ticket_id: theirs[0].ticket_id };
        const missing = { message: "Ticket hasn't found", status: false };
        says(await api('GET', `/api/ticket/info?ticket_id=${foreign.ticket_id}`, { token: here }), 404, missing);
        says(await api('POST', '/api/ticket/remove', { body: foreign, token: here }), 404, missing);
        says(await api('POST', '/api/ticket/edit', { body: { ...foreign, ticket_status: 'doing' }, token: here }), 404, missing);
        says(await api('POST', '/api/user/delete', { body: { user_email: user.user_email }, token: here }), 404, {
          message: "Email aren't registered",
          status: false,
        });
      } finally {
        await server.stop();
      }
    });
  });
}

// What `sigap user` and `sigap tenant` do to those who are signed in, and to their passwords.
import { test, describe } from 'node:test';
import assert from 'node:assert/strict';
import { engines, start } from '../contract/harness.mjs';
import { sigap } from './sigap.mjs';

const PASSWORD = 'Password123';

function add(where, email, input = `${PASSWORD}\n`) {
  const words = ['user', 'add', '--email', email, '--name', 'Ani', '--role', 'customer', '--password-stdin'];
  return sigap([...words, ...where], { input });
}

async function enter(server, email, password = PASSWORD) {
  const answer = await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: email, user_password: password } });
  return answer;
}

for (const engine of engines()) {
  describe(`sessions on ${engine}`, () => {
    test('the newline of the password is cut, and only one', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      for (const [input, password] of [['Password1\n', 'Password1'], ['Password2', 'Password2'], ['Password3\n\n', 'Password3\n'], ['Pass word 4 \n', 'Pass word 4 ']]) {
        const email = `cut${password.length}${password.at(8)?.charCodeAt(0)}@example.com`;
        const made = await add(server.where(), email, input);
        assert.equal(made.code, 0, made.err);
        assert.equal((await enter(server, email, password)).status, 200, JSON.stringify(password));
        assert.equal((await enter(server, email, `${password}\n`)).status, 400);
      }
    });

    test('passwd, disable and a disabled tenant end live sessions at once', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const as = server.as('hcall');
      const alive = async (token) => (await as('GET', '/api/ticket/count', { token })).status;
      const ends = [
        ['passwd', async (who) => sigap(['user', 'passwd', '--email', who.email, '--password-stdin', ...server.where()], { input: 'Another-Password1\n' })],
        ['disable', async (who) => sigap(['user', 'disable', '--email', who.email.toUpperCase(), ...server.where()])],
      ];
      for (const [what, end] of ends) {
        const who = await server.seed('technician');
        const { jwt_token: token } = (await enter(server, who.email)).body;
        assert.equal(await alive(token), 200);
        const { code, err } = await end(who);
        assert.equal(code, 0, err);
        assert.equal(await alive(token), 401, `${what} left a session alive`);
        assert.equal((await enter(server, who.email)).status, 400, 'the old password is dead');
        assert.equal((await enter(server, who.email, 'Another-Password1')).status, what === 'passwd' ? 200 : 400);
      }
      const tenant = await server.seedTenant('two.example.com');
      const who = await server.seed('technician', { tenant: tenant.id });
      const answer = await as('POST', '/api/auth/enter', { headers: { Host: 'two.example.com' }, body: { user_email: who.email, user_password: PASSWORD } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(await alive(answer.body.jwt_token), 200);
      const { code, err } = await sigap(['tenant', 'disable', '--id', String(tenant.id), ...server.where()]);
      assert.equal(code, 0, err);
      assert.equal(await alive(answer.body.jwt_token), 401);
    });

    test('what was made before the server started is there in it', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      await server.down();
      assert.equal((await add(server.where(), 'early@example.com')).code, 0);
      await server.up();
      assert.equal((await enter(server, 'early@example.com')).status, 200);
    });

    test('parallel commands all succeed', async (t) => {
      const server = await start({ engine });
      t.after(() => server.stop());
      const made = await Promise.all(Array.from({ length: 12 }, (_, i) => add(server.where(), `many${i}@example.com`)));
      assert.deepEqual(made.map((one) => one.code), Array(12).fill(0), made.map((one) => one.err).join(''));
      assert.equal(new Set(made.map((one) => JSON.parse(one.out).id)).size, 12);
    });
  });
}

// No dialect, no role, no id and no word opens one tenant to the people of another: every route that takes an id or
// filters a list, made from the program's own specification, is tried on a tenant whose every word is known.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { io } from 'socket.io-client';

import { PASSWORD, engines, eventually, start } from './harness.mjs';
import { DIALECTS, Planted, operations, readable, requestsOf, told } from './isolation.mjs';
import { ROLES } from './isp_matrix.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Where a refusal is another one for what is there but somebody else's: only inside of a tenant (hcall.md). */
const isStaff = (role) => role !== 'customer';

for (const engine of engines()) {
  describe(`isolation of tenants in every dialect on ${engine}`, { timeout: 280000 }, () => {
    let server;
    let ours;
    let theirs;
    const callers = [];
    const ears = [];
    before(async () => {
      server = await start({ engine, args: ['--log-level', 'debug'] });
      [ours, theirs] = await Promise.all(
        ['ours.example', 'theirs.example'].map(async (domain) => Planted.make(server, { ...(await server.seedTenant(domain)), domain })),
      );
      for (const role of ROLES) {
        callers.push({ role, where: 'another tenant', ...ours.world.people[role] });
      }
      for (const role of ['super_admin', 'technician', 'customer']) {
        const account = await server.seed(role);
        const answer = await server.as('isp')('POST', '/api/auth/login', { body: { email: account.email, password: PASSWORD } });
        callers.push({ role, where: 'the operator', ...account, token: answer.body.data.tokens.access_token });
      }
      for (const caller of callers) {
        const socket = io(server.url, { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token: caller.token } });
        const heard = [];
        socket.onAny((...args) => heard.push(JSON.stringify(args)));
        await new Promise((resolve, reject) => {
          socket.once('connect', resolve);
          socket.once('connect_error', reject);
        });
        ears.push({ caller, socket, heard });
      }
    });
    after(async () => {
      for (const { socket } of ears) {
        socket.disconnect();
      }
      await server?.stop();
    });

    const send = (dialect, { method, path: target, body, text, headers = {} }, token, more = {}) =>
      server.as(dialect)(method, target, { body, text, token, headers: { ...headers, ...more } });

    /** The operator's staff look after every tenant in the tenant dialect. */
    const mayLook = (caller, dialect) => caller.where === 'the operator' && isStaff(caller.role) && dialect === 'tenant';

    for (const dialect of DIALECTS) {
      it(`${dialect}: what names another tenant’s things is answered as what nobody has, tells nothing and changes nothing`, async () => {
        const first = await theirs.rows();
        let tried = 0;
        for (const one of operations.filter((operation) => operation.dialect === dialect)) {
          for (const caller of callers.filter((somebody) => !mayLook(somebody, dialect))) {
            for (const request of requestsOf(one, theirs, ours)) {
              const what = `${one.name} by a ${caller.role} of ${caller.where}: ${request.method} ${request.path} ${JSON.stringify(request.body ?? '')}`;
              const answer = await send(dialect, request, caller.token);
              tried += 1;
              assert.deepEqual(theirs.leaks(readable(answer), request.said), [], `${what} tells: ${answer.text.slice(0, 1000)}`);
              assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
              if (request.unknown && request.method !== 'GET') {
                assert.ok(answer.status >= 400, `${what} is done: ${answer.status} ${answer.text.slice(0, 300)}`);
              }
              if (request.unknown) {
                const nobody = await send(dialect, request.unknown, caller.token);
                assert.deepEqual(told(answer, request.said), told(nobody), `${what} is not answered as what nobody has`);
              }
            }
          }
        }
        assert.ok(tried > 50, `${tried}`);
        assert.deepEqual(await theirs.rows(), first);
      });

      it(`${dialect}: nobody but the operator’s staff selects another tenant`, async () => {
        const first = await theirs.rows();
        for (const one of operations.filter((operation) => operation.dialect === dialect && !/logout/.test(operation.path))) {
          for (const caller of callers.filter(({ where, role }) => where !== 'the operator' || !isStaff(role))) {
            const [request] = requestsOf(one, theirs, theirs);
            if (request) {
              const answer = await send(dialect, request, caller.token, { 'X-Tenant-ID': String(theirs.number) });
              // With the header, isp's tickets are the tenant dialect's, which has fewer routes.
              const refusals = /^\/api\/tickets/.test(request.path) ? [403, 404, 405] : [403];
              assert.ok(refusals.includes(answer.status), `${one.name} by a ${caller.role} of ${caller.where}: ${answer.status} ${answer.text.slice(0, 300)}`);
              assert.deepEqual(theirs.leaks(readable(answer), request.said), []);
            }
          }
        }
        assert.deepEqual(await theirs.rows(), first);
      });
    }

    it('signs nobody in, and mails nobody, at the door of another tenant', async () => {
      const first = await theirs.rows();
      const { email } = theirs.world.people.manager;
      const doors = [
        ['isp', '/api/auth/login', { email, password: PASSWORD }], ['tiket', '/auth/login', { email, password: PASSWORD }],
        ['hcall', '/api/auth/enter', { user_email: email, user_password: PASSWORD }], ['tenant', '/api/auth/login', { email, password: PASSWORD }],
      ];
      for (const [dialect, target, body] of doors) {
        const headers = { Host: 'ours.example', ...(dialect === 'tenant' ? { 'X-Tenant-ID': String(ours.number) } : {}) };
        const answer = await server.as(dialect)('POST', target, { body, headers });
        assert.ok([400, 401, 404].includes(answer.status), `${dialect}: ${answer.status} ${answer.text}`);
        assert.deepEqual(theirs.leaks(answer.text, [email]), []);
      }
      const forgotten = await server.as('isp')('POST', '/api/auth/forgot-password', { body: { email }, headers: { Host: 'ours.example' } });
      assert.equal(forgotten.status, 200);
      assert.deepEqual(await theirs.rows(), first);
    });

    it('lets an address of another tenant be used: whether it is there is no answer', async () => {
      const { email } = theirs.world.people.hidden.email ? theirs.world.people.hidden : theirs.world.people.peer;
      const profile = { full_name: 'Somebody', phone: '1' };
      await ours.world.must('POST', '/api/users', { email, password: PASSWORD, role: 'customer', profile });
    });

    it('moves no figure and wakes no socket elsewhere, whatever happens in a tenant', async () => {
      const figures = async () => {
        const all = { ...(await ours.world.everything()) };
        const { token } = ours.world.people.super_admin;
        for (const [dialect, target] of [
          ['isp', '/api/reports/dashboard'], ['isp', '/api/reports/tickets?format=csv'], ['isp', '/api/reports/inventory'], ['isp', '/api/reports/performance'],
          ['hcall', '/api/ticket/count'], ['hcall', '/api/user/fetch'], ['tiket', '/api/ticket?skip=0&limit=100'], ['tenant', '/vendor/tickets/sla'],
          ['ruang', '/api/v1/tim-kerja'], ['ruang', '/api/v1/pengguna'],
        ]) {
          const answer = await server.as(dialect)('GET', target, { token });
          assert.equal(answer.status, 200, `${target}: ${answer.text}`);
          all[target] = told(answer).text;
        }
        return all;
      };
      const first = await figures();
      const { world } = theirs;
      for (const relation of ['own', 'work', 'free', 'foreign']) {
        const ticket = await world.newTicket(relation, theirs.word('busy'));
        await world.must('POST', `/api/tickets/${ticket}/comments`, { comment: theirs.word('busy') });
        await world.must('PUT', `/api/tickets/${ticket}/status`, { status: 'resolved', notes: theirs.word('busy') });
        theirs.secrets.push(ticket);
      }
      await world.newItem();
      await world.must('PUT', `/api/technicians/${world.people.colleague.id}/location`, { lat: 1, lng: 2 }, 'colleague');
      await theirs.fillTickets();
      assert.deepEqual(await figures(), first);
      // Everybody who hears anything has heard of their own by now.
      const word = ours.word('end');
      const mark = await ours.world.newTicket('own', word);
      await eventually(() => ears.filter(({ heard }) => heard.some((one) => one.includes(word))).length >= 5);
      await pause(300);
      for (const { caller, heard } of ears) {
        assert.deepEqual(theirs.leaks(heard.join('\n')), [], `the socket of a ${caller.role} of ${caller.where}`);
      }
      assert.ok(mark);
    });

    it('writes to nobody about another tenant’s things, and no word of anybody into its log', async () => {
      const folder = path.join(server.data, 'mail');
      await eventually(() => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.eml')));
      let own = 0;
      for (const name of readdirSync(folder).filter((file) => file.endsWith('.eml'))) {
        const text = readFileSync(path.join(folder, name), 'utf8').replace(/=\r?\n/g, '');
        const to = /^To: .*$/im.exec(text)[0];
        own += ours.leaks(to).length > 0 ? 1 : 0;
        if (ours.leaks(to).length > 0 || callers.some(({ email }) => to.includes(email))) {
          assert.deepEqual(theirs.leaks(text.replace(/^(Message-ID|Date):.*$/gim, '')), [], `${to}`);
        }
      }
      assert.ok(own > 0, 'there are mails of one’s own to look into');
      // Ids may stand there.
      const texts = [...ours.secrets, ...theirs.secrets].filter((word) => !/^[0-9a-f-]{36}$/.test(word));
      assert.deepEqual(texts.filter((word) => server.log.includes(word)), []);
      assert.ok(!/Sanitizer|runtime error/.test(server.log), server.log);
    });

    it('was asked in the right way: each request does its work where the things are one’s own', async () => {
      const missing = [];
      const wanted = operations.filter((one) => requestsOf(one, theirs, ours).some(({ unknown }) => unknown));
      wanted.sort((a, b) => Number(a.method === 'DELETE' || /delete|remove/i.test(a.name)) - Number(b.method === 'DELETE' || /delete|remove/i.test(b.name)));
      for (const one of wanted) {
        let worked = false;
        for (const role of ['super_admin', 'colleague', 'customer', 'technician']) {
          for (const request of worked ? [] : requestsOf(one, ours, ours)) {
            worked ||= (await send(one.dialect, request, ours.world.people[role].token)).status < 300;
          }
        }
        if (!worked) {
          missing.push(one.name);
        }
      }
      assert.deepEqual(missing, []);
      assert.ok(wanted.length > 40, `${wanted.length}`);
    });

    it('shuts a deactivated tenant at once, in every dialect and for whoever acts in it', async () => {
      const calls = [['hcall', '/api/ticket/count'], ['tiket', '/api/ticket?skip=0&limit=1'], ['isp', '/api/auth/me'], ['tenant', '/tickets?limit=1'], ['ruang', '/api/v1/me']];
      const ask = (dialect, target, token, headers) => server.as(dialect)('GET', target, { token, headers });
      const header = { 'X-Tenant-ID': String(theirs.number) };
      const { token, email } = theirs.world.people.manager;
      const operator = callers.find(({ where, role }) => where === 'the operator' && role === 'super_admin').token;
      const socket = io(server.url, { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token } });
      await new Promise((resolve) => socket.once('connect', resolve));
      const closed = new Promise((resolve) => socket.once('disconnect', resolve));
      for (const [dialect, target] of calls) {
        assert.equal((await ask(dialect, target, token)).status, 200, target);
        assert.ok((await ask(dialect, target, operator, header)).status < 300, `${target} by the operator`);
      }
      await server.command(['tenant', 'disable', '--id', String(theirs.number)]);
      for (const [dialect, target] of calls) {
        assert.equal((await ask(dialect, target, token)).status, 401, target);
        assert.equal((await ask(dialect, target, operator, header)).status, 403, `${target} by the operator`);
      }
      const door = await server.as('isp')('POST', '/api/auth/login', { body: { email, password: PASSWORD }, headers: { Host: 'theirs.example' } });
      assert.ok([401, 403].includes(door.status), door.text);
      await closed;
      for (const [dialect, target] of calls) {
        assert.equal((await ask(dialect, target, ours.world.people.super_admin.token)).status, 200, target);
      }
    });
  });
}

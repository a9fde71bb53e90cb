// isp: webhooks as the Standard Webhooks specification says, with receivers that are well, slow, broken, gone and away.
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';

import { Webhook } from 'standardwebhooks';

import { TIME, UUID, engines, eventually, start } from './harness.mjs';
import { data, login, person, refuses } from './isp.mjs';
import { given, moved, people, ticketOf } from './isp_desk.mjs';

const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';
const DAY = 86400;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A receiver that writes down what it is sent; `answer` says what it answers: {status, headers}, or null never. */
class Receiver {
  heard = [];
  answer = () => ({ status: 204 });

  static async open(port = 0) {
    const receiver = new Receiver();
    receiver.server = http.createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const one = { path: request.url, method: request.method, headers: request.headers, text, body: JSON.parse(text) };
        receiver.heard.push(one);
        const answer = receiver.answer(one);
        if (answer) {
          response.writeHead(answer.status, answer.headers).end(answer.text);
        }
      });
    });
    receiver.server.listen(port, '127.0.0.1');
    await once(receiver.server, 'listening');
    receiver.port = receiver.server.address().port;
    return receiver;
  }

  url(path = '/in') {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Once so many were heard (of a type, where one is named): these. */
  async wait(count, type, seconds = 20) {
    const found = () => this.heard.filter((one) => !type || one.body.type === type);
    await eventually(() => found().length >= count, seconds);
    return found();
  }
}

for (const engine of engines()) {
  describe(`webhooks on ${engine}`, () => {
    let server;
    let api;
    let who;
    let offset = 0;
    const receivers = [];
    before(async () => {
      server = await start({ engine, clock: 0, args: ['--webhook-private', 'on'] });
      api = server.as('isp');
      who = await people(server, ['manager', 'supervisor', 'technician', 'customer']);
    });
    after(async () => {
      await Promise.all(receivers.map((receiver) => receiver.close()));
      await server?.stop();
    });

    const receive = async (port) => {
      const receiver = await Receiver.open(port);
      receivers.push(receiver);
      return receiver;
    };
    /** The server's clock goes on by so many seconds. */
    const later = async (seconds) => {
      offset += seconds;
      server.setClock(offset);
      // The clock is read many times a second; a new token tells when.
      await eventually(async () => {
        const { access_token: token } = (await login(server, who.manager.email)).tokens;
        const { iat } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
        return Math.abs(iat - Date.now() / 1000 - offset) < 3;
      });
      for (const one of Object.values(who)) {
        one.token = (await login(server, one.email)).tokens.access_token;
      }
    };
    const create = async (url, more = {}, by = who.manager) =>
      data(await api('POST', '/api/webhooks', { body: { url, ...more }, token: by.token }), 201);
    const drop = async ({ webhook }) => data(await api('DELETE', `/api/webhooks/${webhook.id}`, { token: who.manager.token }));
    const get = async (id) => data(await api('GET', `/api/webhooks/${id}`, { token: who.manager.token })).webhook;
    const log = async (id, query = '') => data(await api('GET', `/api/webhooks/${id}/deliveries${query}`, { token: who.manager.token }));
    const settled = (id, check) => eventually(async () => (await log(id, '?limit=100')).deliveries.find(check), 30);

    it('posts every kind of event, signed, in the words of the sockets', async () => {
      const receiver = await receive();
      const made = await create(receiver.url('/in?a=b'), { description: 'Billing' });
      const { webhook, secret } = made;
      assert.match(webhook.id, UUID);
      assert.match(webhook.created_at, TIME);
      assert.deepEqual(webhook, {
        id: webhook.id, url: receiver.url('/in?a=b'), description: 'Billing', types: [], is_active: true, disabled_reason: null,
        disabled_at: null, failing_since: null, created_at: webhook.created_at, updated_at: webhook.updated_at,
      });
      const ticket = await ticketOf(server, who.customer);
      await given(server, ticket, who.technician, who.manager);
      await moved(server, ticket, 'in_progress', who.technician);
      const me = `/api/technicians/${who.technician.uuid}`;
      data(await api('PUT', `${me}/location`, { body: { lat: -6.2, lng: 106.8 }, token: who.technician.token }));
      data(await api('PUT', `${me}/availability`, { body: { is_available: false, reason: 'Lunch' }, token: who.technician.token }));
      data(await api('PUT', `${me}/availability`, { body: { is_available: true }, token: who.technician.token }));
      const heard = await receiver.wait(7);
      const verifier = new Webhook(secret);
      for (const one of heard) {
        assert.equal(one.method, 'POST');
        assert.equal(one.path, '/in?a=b');
        assert.equal(one.headers['content-type'], 'application/json');
        assert.match(one.headers['user-agent'], /^Sigap\//);
        assert.match(one.headers['webhook-id'], UUID);
        assert.deepEqual(verifier.verify(one.text, one.headers), one.body);
        assert.deepEqual(Object.keys(one.body), ['type', 'timestamp', 'data']);
        assert.match(one.body.timestamp, TIME);
      }
      assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(heard[0].text, heard[0].headers));
      assert.equal(new Set(heard.map((one) => one.headers['webhook-id'])).size, heard.length);
      const told = heard.filter((one) => one.body.data.ticket).map((one) => one.body);
      assert.deepEqual(told.map(({ type }) => type), ['ticket.created', 'ticket.assigned', 'ticket.status_changed', 'ticket.status_changed']);
      assert.ok(told.every((one) => one.data.ticket.id === ticket.id));
      assert.equal(told[0].data.created_by.id, who.customer.uuid);
      assert.equal(told[1].data.technician.id, who.technician.uuid);
      assert.deepEqual([told[3].data.old_status, told[3].data.new_status], ['assigned', 'in_progress']);
      const people_told = heard.filter((one) => !one.body.data.ticket).map((one) => one.body);
      assert.deepEqual(people_told.map(({ type }) => type), [
        'technician.location_updated', 'technician.availability_changed', 'technician.availability_changed',
      ]);
      assert.deepEqual(people_told[0].data.location, { lat: -6.2, lng: 106.8 });
      assert.deepEqual(people_told.slice(1).map((one) => one.data), [
        { technician_id: who.technician.uuid, is_available: false }, { technician_id: who.technician.uuid, is_available: true },
      ]);
      await settled(webhook.id, (one) => one.state === 'delivered');
      await drop(made);
    });

    it('tells only what was asked for, only of its own tenant, and nothing from before', async () => {
      const [mine, theirs] = [await receive(), await receive()];
      const tenant = await server.seedTenant(`other-${engine}.example`);
      const headers = { Host: `other-${engine}.example` };
      const enter = async (role) => {
        const account = await server.seed(role, { tenant: tenant.id });
        const answer = await api('POST', '/api/auth/login', { body: { email: account.email, password: server.password }, headers });
        return { ...account, token: data(answer).tokens.access_token };
      };
      const [manager, customer] = [await enter('manager'), await enter('customer')];
      await ticketOf(server, who.customer, { title: 'Before' });
      const own = await create(mine.url(), { types: ['ticket.status_changed'] });
      assert.deepEqual(own.webhook.types, ['ticket.status_changed']);
      await create(theirs.url(), {}, manager);
      const here = await ticketOf(server, who.customer);
      const there = await ticketOf(server, customer);
      await moved(server, there, 'pending', manager);
      await moved(server, here, 'pending', who.manager);
      const [status] = await mine.wait(1);
      assert.deepEqual([status.body.type, status.body.data.ticket.id], ['ticket.status_changed', here.id]);
      const heard = await theirs.wait(2);
      await pause(500);
      assert.deepEqual(heard.map((one) => [one.body.type, one.body.data.ticket.id]), [['ticket.created', there.id], ['ticket.status_changed', there.id]]);
      assert.equal(mine.heard.length, 1);
      assert.equal(theirs.heard.length, 2);
      const list = data(await api('GET', '/api/webhooks', { token: manager.token })).webhooks;
      assert.deepEqual(list.map((one) => one.url), [theirs.url()]);
      refuses(await api('GET', `/api/webhooks/${own.webhook.id}`, { token: manager.token }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await api('GET', `/api/webhooks/${own.webhook.id}/deliveries`, { token: manager.token }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await api('POST', `/api/webhooks/${own.webhook.id}/test`, { token: manager.token }), 404, 'RESOURCE_NOT_FOUND');
      await drop(own);
    });

    it('shows a secret when it is made and at its rotation, where the one before signs for a day more', async () => {
      const receiver = await receive();
      const made = await create(receiver.url(), { types: ['ticket.created'] });
      const { id } = made.webhook;
      const rotated = data(await api('POST', `/api/webhooks/${id}/rotate-secret`, { token: who.manager.token }));
      assert.match(rotated.secret, /^whsec_[\w+/]{43}=$/);
      assert.notEqual(rotated.secret, made.secret);
      for (const path of ['/api/webhooks', `/api/webhooks/${id}`]) {
        const { text } = await api('GET', path, { token: who.manager.token });
        assert.ok(!text.includes('whsec_') && !text.includes('secret'), text);
      }
      await ticketOf(server, who.customer);
      const [one] = await receiver.wait(1);
      assert.equal(one.headers['webhook-signature'].split(' ').length, 2);
      new Webhook(made.secret).verify(one.text, one.headers);
      new Webhook(rotated.secret).verify(one.text, one.headers);
      await later(DAY + 1);
      await ticketOf(server, who.customer);
      const { headers, text } = (await receiver.wait(2))[1];
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      assert.equal(headers['webhook-signature'], new Webhook(rotated.secret).sign(headers['webhook-id'], at, text));
      assert.ok(!server.log.includes('whsec_'), server.log);
      await drop(made);
    });

    it('tries again after growing pauses, with the same id, and keeps a ticket’s events in order', async () => {
      const receiver = await receive();
      const made = await create(receiver.url(), { types: ['ticket.created', 'ticket.status_changed'] });
      const { id } = made.webhook;
      receiver.answer = (one) => ({ status: one.body.data.ticket.title === 'Stuck' && receiver.broken ? 500 : 200 });
      receiver.broken = true;
      const first = await ticketOf(server, who.customer, { title: 'Stuck' });
      await moved(server, first, 'pending', who.manager);
      const other = await ticketOf(server, who.customer, { title: 'Free' });
      await eventually(() => receiver.heard.some((one) => one.body.data.ticket.id === other.id));
      const waiting = await settled(id, (one) => one.attempts === 1 && one.reason);
      assert.equal(waiting.state, 'waiting');
      assert.equal(waiting.http_status, 500);
      assert.equal(waiting.reason, 'The receiver answered 500.');
      const wait = Date.parse(waiting.next_attempt_at) - Date.parse(waiting.last_attempt_at);
      assert.ok(wait > 4000 && wait < 6500, `${wait}`);
      await later(10);
      const again = await settled(id, (one) => one.id === waiting.id && one.attempts === 2 && one.next_attempt_at > waiting.next_attempt_at);
      const longer = Date.parse(again.next_attempt_at) - Date.parse(again.last_attempt_at);
      assert.ok(longer > 250000 && longer < 350000, `${longer}`);
      receiver.broken = false;
      await later(400);
      const done = await settled(id, (one) => one.id === waiting.id && one.state === 'delivered');
      assert.equal(done.attempts, 3);
      assert.deepEqual([done.http_status, done.reason, done.next_attempt_at], [200, null, null]);
      const stuck = await eventually(() => {
        const list = receiver.heard.filter((one) => one.body.data.ticket.id === first.id);
        return list.length >= 4 && list;
      });
      assert.deepEqual(stuck.map((one) => one.body.type), ['ticket.created', 'ticket.created', 'ticket.created', 'ticket.status_changed']);
      assert.equal(new Set(stuck.slice(0, 3).map((one) => one.headers['webhook-id'])).size, 1);
      assert.equal(new Set(stuck.slice(0, 3).map((one) => one.text)).size, 1);
      assert.equal(stuck[0].headers['webhook-id'], waiting.id);
      await drop(made);
    });

    it('follows no redirect, and asks a receiver that is gone no more', async () => {
      const receiver = await receive();
      receiver.answer = (one) => (one.path === '/moved' ? { status: 302, headers: { Location: receiver.url('/there') } } : { status: 410 });
      const moving = await create(receiver.url('/moved'), { types: ['ticket.created'] });
      const gone = await create(receiver.url('/gone'), { types: ['ticket.created'] });
      await ticketOf(server, who.customer);
      const one = await settled(moving.webhook.id, ({ reason }) => reason);
      assert.equal(one.reason, 'The receiver answered 302; redirects are not followed.');
      assert.equal(one.state, 'waiting');
      assert.equal((await settled(gone.webhook.id, ({ reason }) => reason)).state, 'failed');
      const now = await get(gone.webhook.id);
      assert.deepEqual([now.is_active, now.disabled_reason], [false, 'gone']);
      assert.match(now.disabled_at, TIME);
      refuses(await api('POST', `/api/webhooks/${now.id}/test`, { token: who.manager.token }), 409, 'INVALID_STATE');
      assert.ok(receiver.heard.every(({ path }) => path !== '/there'));
      const back = data(await api('PUT', `/api/webhooks/${now.id}`, { body: { is_active: true }, token: who.manager.token })).webhook;
      assert.deepEqual([back.is_active, back.disabled_reason, back.disabled_at], [true, null, null]);
      await drop(moving);
      await drop(gone);
    });

    it('disables a receiver that fails for five days', async () => {
      const receiver = await receive();
      receiver.answer = () => ({ status: 503 });
      const made = await create(receiver.url(), { types: ['ticket.created'] });
      const { id } = made.webhook;
      await ticketOf(server, who.customer);
      await receiver.wait(1);
      await settled(id, (one) => one.reason);
      for (const [attempts, hours] of [[2, 25], [3, 25], [4, 25], [5, 25]]) {
        await later(hours * 3600);
        await settled(id, (one) => one.attempts === attempts);
        await eventually(async () => (await log(id)).deliveries[0].next_attempt_at !== null && receiver.heard.length >= attempts);
        assert.equal((await get(id)).is_active, true);
      }
      await later(25 * 3600);
      const now = await eventually(async () => {
        const one = await get(id);
        return !one.is_active && one;
      });
      assert.equal(now.disabled_reason, 'failing');
      assert.ok(Date.parse(now.disabled_at) - Date.parse(now.failing_since) >= 5 * DAY * 1000);
      await drop(made);
    });

    it('waits for nobody: a receiver that is slow holds up no other', async () => {
      const [slow, quick] = [await receive(), await receive()];
      slow.answer = () => null;
      const held = await create(slow.url(), { types: ['ticket.created'] });
      const free = await create(quick.url(), { types: ['ticket.created'] });
      for (let i = 0; i < 5; i += 1) {
        await ticketOf(server, who.customer);
      }
      const begun = Date.now();
      await quick.wait(5);
      assert.ok(Date.now() - begun < 10000);
      assert.equal(slow.heard.length, 1); // one at a time
      const one = await settled(held.webhook.id, ({ reason }) => reason);
      assert.equal(one.reason, 'There was no answer within 15 seconds.');
      assert.equal(one.http_status, null);
      assert.ok(one.took_ms >= 14900 && one.took_ms < 20000, `${one.took_ms}`);
      await drop(held);
      await drop(free);
    });

    it('loses nothing with a receiver that is down and a server that is killed, and repeats under the same id', async () => {
      const receiver = await receive();
      const { port } = receiver;
      receiver.answer = () => null; // killed while it is under way
      const made = await create(receiver.url(), { types: ['ticket.created'] });
      const { id } = made.webhook;
      const ticket = await ticketOf(server, who.customer);
      await receiver.wait(1);
      server.child.kill('SIGKILL');
      await once(server.child, 'exit');
      await receiver.close();
      receivers.splice(receivers.indexOf(receiver), 1);
      await server.up();
      api = server.as('isp');
      const second = await ticketOf(server, who.customer);
      await later(70); // the lease of who died ends
      const failed = await settled(id, (one) => one.reason);
      assert.match(failed.reason, /^There was no answer: /);
      server.child.kill('SIGKILL');
      await once(server.child, 'exit');
      await server.up();
      const back = await receive(port);
      await later(400);
      const heard = await back.wait(2);
      assert.deepEqual(heard.map((one) => one.body.data.ticket.id).sort(), [ticket.id, second.id].sort());
      const repeated = heard.find((one) => one.body.data.ticket.id === ticket.id);
      assert.equal(repeated.headers['webhook-id'], receiver.heard[0].headers['webhook-id']);
      await pause(500);
      assert.equal(back.heard.length, 2);
      await drop(made);
    });

    it('shows what was delivered, and sends it again', async () => {
      const receiver = await receive();
      const made = await create(receiver.url());
      const { id } = made.webhook;
      const tested = data(await api('POST', `/api/webhooks/${id}/test`, { token: who.manager.token }), 202).delivery;
      assert.deepEqual([tested.type, tested.state, tested.attempts], ['webhook.test', 'waiting', 0]);
      assert.deepEqual([tested.http_status, tested.took_ms, tested.last_attempt_at], [null, null, null]);
      const [test] = await receiver.wait(1);
      assert.deepEqual(test.body, { type: 'webhook.test', timestamp: test.body.timestamp, data: { webhook_id: id } });
      assert.equal(test.headers['webhook-id'], tested.id);
      await ticketOf(server, who.customer);
      await receiver.wait(2);
      const done = await settled(id, (one) => one.type === 'ticket.created' && one.state === 'delivered');
      const full = data(await api('GET', `/api/webhooks/${id}/deliveries/${done.id}`, { token: who.manager.token })).delivery;
      assert.deepEqual(full, { ...done, payload: receiver.heard[1].body });
      const pages = [];
      for (let before = ''; before !== null; ) {
        const page = await log(id, `?limit=1${before && `&before=${before}`}`);
        pages.push(...page.deliveries);
        before = page.next;
      }
      assert.deepEqual(pages.map((one) => one.type), ['ticket.created', 'webhook.test']);
      assert.deepEqual((await log(id, '?state=failed')).deliveries, []);
      assert.equal((await log(id, '?state=delivered')).deliveries.length, 2);
      const metrics = (await server.raw('GET', '/metrics', {})).text;
      assert.ok(Number(/^sigap_webhook_deliveries_total\{result="delivered"\} (\d+)$/m.exec(metrics)[1]) >= 2);
      const replayed = data(await api('POST', `/api/webhooks/${id}/deliveries/${done.id}/replay`, { token: who.manager.token }), 202).delivery;
      assert.equal(replayed.state, 'waiting');
      const [, first, again] = await receiver.wait(3);
      assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
      assert.equal(again.text, first.text);
      refuses(await api('POST', `/api/webhooks/${id}/deliveries/${NOBODY}/replay`, { token: who.manager.token }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await api('GET', `/api/webhooks/${id}/deliveries/x`, { token: who.manager.token }), 400, 'VALIDATION_ERROR', ['id']);
      refuses(await api('GET', `/api/webhooks/${id}/deliveries?limit=101&state=lost&before=x`, { token: who.manager.token }), 422, 'VALIDATION_ERROR', [
        'before', 'limit', 'state',
      ]);
      await drop(made);
      refuses(await api('GET', `/api/webhooks/${id}`, { token: who.manager.token }), 404, 'RESOURCE_NOT_FOUND');
      await ticketOf(server, who.customer);
      await pause(1500);
      assert.equal(receiver.heard.length, 3);
    });

    it('refuses what is wrong, whom it is not for, and a twenty-first', async () => {
      const token = who.manager.token;
      refuses(await api('POST', '/api/webhooks', { body: {}, token }), 422, 'VALIDATION_ERROR', ['url']);
      refuses(await api('POST', '/api/webhooks', { body: { url: 'ftp://x.example/', description: 'x'.repeat(256) }, token }), 422, 'VALIDATION_ERROR', ['description']);
      refuses(await api('POST', '/api/webhooks', { body: { url: 'ftp://x.example/' }, token }), 422, 'VALIDATION_ERROR', ['url']);
      refuses(await api('POST', '/api/webhooks', { body: { url: 'https://x.example/', types: ['ticket.created', 'ticket.eaten', 'webhook.test'] }, token }), 422, 'VALIDATION_ERROR', [
        'types[1]', 'types[2]',
      ]);
      for (const role of ['supervisor', 'technician', 'customer']) {
        refuses(await api('GET', '/api/webhooks', { token: who[role].token }), 403, 'INSUFFICIENT_PERMISSIONS');
        refuses(await api('POST', '/api/webhooks', { body: { url: 'https://x.example/' }, token: who[role].token }), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      refuses(await api('GET', '/api/webhooks'), 401, 'UNAUTHORIZED');
      const made = [];
      for (let i = data(await api('GET', '/api/webhooks', { token })).webhooks.length; i < 20; i += 1) {
        made.push(await create('http://127.0.0.1:1/', { is_active: false }));
      }
      refuses(await api('POST', '/api/webhooks', { body: { url: 'https://x.example/' }, token }), 409, 'INVALID_STATE');
      await Promise.all(made.map(drop));
    });

    it('goes to no address that is not public, however it is written, unless it is told to', async () => {
      const strict = await start({ engine });
      try {
        const call = strict.as('isp');
        const manager = await person(strict, 'manager');
        const customer = await person(strict, 'customer');
        const receiver = await receive();
        for (const host of ['127.0.0.1', 'localhost', '10.0.0.1', '169.254.169.254', '[::1]', '192.168.1.1', '[::ffff:127.0.0.1]']) {
          const answer = await call('POST', '/api/webhooks', { body: { url: `http://${host}:${receiver.port}/` }, token: manager.token });
          refuses(answer, 422, 'VALIDATION_ERROR', ['url']);
        }
        for (const host of ['2130706433', '0x7f000001', '127.1', 'x.localhost']) {
          const answer = await call('POST', '/api/webhooks', { body: { url: `http://${host}:${receiver.port}/` }, token: manager.token });
          const { webhook } = data(answer, 201);
          await ticketOf(strict, customer);
          const one = await eventually(async () => {
            const path = `/api/webhooks/${webhook.id}/deliveries`;
            return data(await call('GET', path, { token: manager.token })).deliveries.find(({ reason }) => reason);
          });
          assert.equal(one.reason, "The receiver's address is not public.", host);
        }
        assert.deepEqual(receiver.heard, []);
      } finally {
        await strict.stop();
      }
    });

    it('tells nobody of a fault of its own', () => {
      assert.ok(!/A request failed|Sanitizer|runtime error/.test(server.log), server.log);
    });
  });
}

describe('webhooks of several servers on one PostgreSQL', { skip: !engines().includes('pgsql') }, () => {
  it('sends each event once, whichever server takes it, also when one is killed', async () => {
    const args = ['--webhook-private', 'on', '--jwt-secret', 'one secret of more than thirty-two bytes for all'];
    const first = await start({ engine: 'pgsql', args });
    const second = await start({ engine: 'pgsql', args });
    await second.down();
    const own = second.database;
    second.database = { url: first.database.url, drop: () => own.drop() };
    await second.up();
    const receiver = await Receiver.open();
    try {
      const manager = await person(first, 'manager');
      const customer = await person(first, 'customer');
      const body = { url: receiver.url(), types: ['ticket.created'] };
      data(await first.as('isp')('POST', '/api/webhooks', { body, token: manager.token }), 201);
      const tickets = await Promise.all(Array.from({ length: 40 }, (_, i) => ticketOf(i % 2 ? first : second, customer)));
      await receiver.wait(40, undefined, 60);
      const told = () => receiver.heard.map((one) => one.body.data.ticket.id).sort();
      assert.deepEqual(told(), tickets.map(({ id }) => id).sort());
      second.child.kill('SIGKILL');
      await once(second.child, 'exit');
      tickets.push(...(await Promise.all(Array.from({ length: 10 }, () => ticketOf(first, customer)))));
      await eventually(() => new Set(receiver.heard.map((one) => one.body.data.ticket.id)).size === 50, 90);
      await pause(1500);
      assert.deepEqual([...new Set(told())], tickets.map(({ id }) => id).sort());
      // What the killed one had sent and not yet noted comes again, as the same delivery.
      assert.equal(new Set(receiver.heard.map((one) => one.headers['webhook-id'])).size, 50);
    } finally {
      await receiver.close();
      await second.up();
      await second.stop();
      await first.stop();
    }
  });
});

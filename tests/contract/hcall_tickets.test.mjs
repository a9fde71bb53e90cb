// hcall: tickets from creation to removal. Every answer that the document shows stands here word for word.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, TIME, email, engines, says, start } from './harness.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
const STAFF = ROLES.slice(0, 5);
const NOT_AUTHORIZED = { message: 'User role not authorized for this endpoint', status: false };
const NOT_FOUND = { message: "Ticket hasn't found", status: false };
const INVALID = { message: 'Invalid data', status: false };
const NO_TICKETS = { message: "Author don't have tickets", status: false };
const TICKET_ID = /^ticket_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UNKNOWN = 'ticket_123e4567-e89b-12d3-a456-426614174000';

/** A server with a signed-in account of every role, and words for what they do. */
async function desk(options) {
  const server = await start(options);
  const api = server.as('hcall');
  const token = {};
  const account = {};
  const enter = async (address) =>
    (await api('POST', '/api/auth/enter', { body: { user_email: address, user_password: PASSWORD } })).body.jwt_token;
  for (const role of ROLES) {
    account[role] = await server.seed(role);
    token[role] = await enter(account[role].email);
  }
  const post = (path, body, as) => api('POST', path, { body, token: token[as] ?? as });
  const get = (path, as) => api('GET', path, { token: token[as] ?? as });
  /** Somebody new: {email, token}. */
  const customer = async () => {
    const address = email('customer');
    const body = { user_name: 'A customer', user_email: address, user_password: PASSWORD };
    return { email: address, token: (await api('POST', '/api/auth/register', { body })).body.jwt_token };
  };
  /** Creates a ticket and returns its id. */
  const ticket = async (as = 'customer', name = 'Router Problem', explain = 'Need to configure the router in room 302') => {
    says(await post('/api/ticket/create', { ticket_name: name, ticket_explain: explain }, as), 200, {
      message: 'Ticket has been created',
      status: true,
    });
    const { tickets } = (await get('/api/ticket/fetch', 'manager')).body;
    assert.equal(tickets[0].ticket_name, name);
    return tickets[0].ticket_id;
  };
  const info = async (id, as = 'manager') => get(`/api/ticket/info?ticket_id=${id}`, as);
  return { server, api, account, token, post, get, customer, ticket, info };
}

for (const engine of engines()) {
  describe(`hcall tickets on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('creates a ticket for users and masters, and for no admin', async () => {
      const body = { ticket_name: 'Router Problem', ticket_explain: 'Need to configure the router in room 302' };
      for (const role of ['customer', 'super_admin']) {
        says(await d.post('/api/ticket/create', body, role), 200, { message: 'Ticket has been created', status: true });
      }
      for (const role of ['manager', 'supervisor', 'customer_service', 'technician']) {
        says(await d.post('/api/ticket/create', body, role), 403, {
          message: 'Admin role not authorized to create tickets',
          status: false,
        });
      }
      // The role is judged before the body.
      says(await d.post('/api/ticket/create', {}, 'manager'), 403, {
        message: 'Admin role not authorized to create tickets',
        status: false,
      });
    });

    it('refuses a ticket without a name or an explanation, or of other types', async () => {
      const before = (await d.get('/api/ticket/count', 'manager')).body.tickets_total;
      const whole = { ticket_name: 'a', ticket_explain: 'b' };
      for (const body of [
        {},
        { ticket_name: 'a' },
        { ticket_explain: 'b' },
        { ...whole, ticket_name: '' },
        { ...whole, ticket_name: ' \t ' },
        { ...whole, ticket_name: 'x'.repeat(256) },
        { ...whole, ticket_name: 'a\u0000' },
        { ...whole, ticket_name: 'a\u001b[31m' },
        { ...whole, ticket_name: 7 },
        { ...whole, ticket_name: null },
        { ...whole, ticket_name: ['a'] },
        { ...whole, ticket_explain: 'x'.repeat(64 * 1024 + 1) },
        { ...whole, ticket_explain: {} },
        { ...whole, tickes_images: 'none' },
        { ...whole, tickes_images: [1] },
        { ...whole, tickes_images: {} },
      ]) {
        says(await d.post('/api/ticket/create', body, 'customer'), 400, INVALID);
      }
      assert.equal((await d.get('/api/ticket/count', 'manager')).body.tickets_total, before);
    });

    it('gives every text back exactly as it was sent', async () => {
      const name = '  "quotes" \\ <b>&amp;</b> é 漢字 🙂 \u202e % _ \' ; -- ';
      const explain = `line one\nline two\ttab\r\n${'ж'.repeat(32 * 1024 - 20)}`;
      const id = await d.ticket('customer', name, explain);
      const { body } = await d.info(id);
      assert.equal(body.ticket_name, name);
      assert.equal(body.ticket_explain, explain);
    });

    it('tells all about a ticket', async () => {
      const id = await d.ticket();
      assert.match(id, TICKET_ID);
      const answer = await d.info(id);
      assert.match(answer.body.ticket_date, TIME);
      assert.ok(Math.abs(Date.parse(answer.body.ticket_date) - Date.now()) < 60000);
      says(answer, 200, {
        ticket_id: id,
        ticket_name: 'Router Problem',
        ticket_status: 'pending',
        ticket_explain: 'Need to configure the router in room 302',
        ticket_images: [],
        ticket_history: [],
        ticket_date: answer.body.ticket_date,
        status: true,
      });
    });

    it('finds nothing under an id of nothing', async () => {
      const near = (await d.ticket()).slice(0, -1);
      for (const id of [UNKNOWN, 'ticket_028492wsd88178', 'nonsense', near, `${near}g`, "'; DROP TABLE ticket; --"]) {
        says(await d.info(encodeURIComponent(id)), 404, NOT_FOUND);
        says(await d.post('/api/ticket/edit', { ticket_id: id, ticket_status: 'doing' }, 'manager'), 404, NOT_FOUND);
        says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: 'x' }, 'manager'), 404, NOT_FOUND);
        for (const role of ['customer', 'manager']) {
          says(await d.post('/api/ticket/remove', { ticket_id: id }, role), 404, NOT_FOUND);
        }
      }
      says(await d.info(`${near}%00`), 400, INVALID);
      says(await d.get('/api/ticket/info', 'manager'), 400, INVALID);
      says(await d.get('/api/ticket/info?ticket_id=', 'manager'), 400, INVALID);
      // "anything else in its place is 404 `Ticket hasn't found`, only a missing or empty one 400"
      for (const ticket_id of ['', undefined]) {
        says(await d.post('/api/ticket/edit', { ticket_id, ticket_status: 'doing' }, 'manager'), 400, INVALID);
        says(await d.post('/api/ticket/update', { ticket_id, ticket_return: 'x' }, 'manager'), 400, INVALID);
        says(await d.post('/api/ticket/remove', { ticket_id }, 'customer'), 400, INVALID);
      }
      says(await d.post('/api/ticket/remove', { ticket_id: 7 }, 'customer'), 400, INVALID);
    });

    it('edits the status, with the words of the document', async () => {
      const id = await d.ticket();
      const edit = (ticket_status) => d.post('/api/ticket/edit', { ticket_id: id, ticket_status }, 'manager');
      const EDITED = { message: 'Ticket has been edited', status: true };
      for (const word of ['doing', 'conclued', 'pending', 'pending', 'conclued', 'doing', 'doing']) {
        says(await edit(word), 200, EDITED);
        assert.equal((await d.info(id)).body.ticket_status, word);
      }
      says(await edit('concluded'), 200, EDITED); // the right spelling is taken, the documented one is shown
      assert.equal((await d.info(id)).body.ticket_status, 'conclued');
      for (const wrong of ['done', 'DOING', '', 'assigned', 3, null, undefined]) {
        says(await edit(wrong), 400, INVALID);
      }
      says(await d.post('/api/ticket/edit', { ticket_status: 'doing' }, 'manager'), 400, INVALID);
      assert.equal((await d.info(id)).body.ticket_status, 'conclued');
    });

    it('keeps the history in time order', async () => {
      const id = await d.ticket();
      const update = (text, as) => d.post('/api/ticket/update', { ticket_id: id, ticket_return: text }, as);
      const entries = ['Purchasing routers', 'Configuring notebook', 'Clean screen', 'Fünf\nsechs'];
      for (const [i, text] of entries.entries()) {
        says(await update(text, STAFF[i]), 200, { message: 'Update has been setting up', status: true });
      }
      const { ticket_history: history } = (await d.info(id)).body;
      assert.deepEqual(
        history.map((entry) => entry.ticket_return),
        entries,
      );
      for (const [i, entry] of history.entries()) {
        assert.deepEqual(Object.keys(entry), ['ticket_return', 'ticket_date']);
        assert.match(entry.ticket_date, TIME);
        assert.ok(i === 0 || Date.parse(history[i - 1].ticket_date) <= Date.parse(entry.ticket_date));
      }
      for (const wrong of ['', '  ', 5, null, undefined, 'x'.repeat(64 * 1024 + 1)]) {
        says(await update(wrong, 'manager'), 400, INVALID);
      }
      assert.equal((await d.info(id)).body.ticket_history.length, entries.length);
    });

    it('tells a long history whole', async () => {
      const id = await d.ticket();
      const text = (i) => `${i} ${'ж'.repeat(32 * 1024 - 8)}`;
      for (let i = 0; i < 90; i++) {
        says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: text(i) }, 'manager'), 200, {
          message: 'Update has been setting up',
          status: true,
        });
      }
      const { ticket_history: history } = (await d.info(id)).body;
      assert.equal(history.length, 90);
      assert.ok(history.every((entry, i) => entry.ticket_return === text(i)));
    });

    it('shuts users out of edit, update, fetch, count, info and the users', async () => {
      const id = await d.ticket();
      says(await d.post('/api/ticket/edit', { ticket_id: id, ticket_status: 'doing' }, 'customer'), 403, NOT_AUTHORIZED);
      says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: 'x' }, 'customer'), 403, NOT_AUTHORIZED);
      says(await d.get('/api/ticket/fetch', 'customer'), 403, NOT_AUTHORIZED);
      says(await d.get('/api/ticket/count', 'customer'), 403, NOT_AUTHORIZED);
      says(await d.info(id, 'customer'), 403, NOT_AUTHORIZED);
      says(await d.get('/api/user/fetch', 'customer'), 403, NOT_AUTHORIZED);
      says(await d.post('/api/user/create', {}, 'customer'), 403, NOT_AUTHORIZED);
      says(await d.post('/api/user/delete', {}, 'customer'), 403, NOT_AUTHORIZED);
    });

    it('lets every admin and master edit, update, fetch, count and read', async () => {
      for (const role of ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician']) {
        const id = await d.ticket();
        says(await d.post('/api/ticket/edit', { ticket_id: id, ticket_status: 'doing' }, role), 200, {
          message: 'Ticket has been edited',
          status: true,
        });
        says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: `By a ${role}` }, role), 200, {
          message: 'Update has been setting up',
          status: true,
        });
        const { body } = await d.info(id, role);
        assert.equal(body.ticket_status, 'doing');
        assert.equal(body.ticket_history[0].ticket_return, `By a ${role}`);
        assert.ok((await d.get('/api/ticket/fetch', role)).body.tickets.some((ticket) => ticket.ticket_id === id));
        assert.ok((await d.get('/api/ticket/count', role)).body.tickets_doing > 0);
      }
    });

    it('lets a user remove own tickets only', async () => {
      const REMOVED = { message: 'Ticket has been removed', status: true };
      const somebody = await d.customer();
      const id = await d.ticket(somebody.token);
      says(await d.post('/api/ticket/remove', { ticket_id: id }, 'customer'), 403, {
        message: 'User can only remove their own tickets',
        status: false,
      });
      says(await d.post('/api/ticket/remove', { ticket_id: id }, somebody.token), 200, REMOVED);
      // Removed is removed for all.
      says(await d.post('/api/ticket/remove', { ticket_id: id }, somebody.token), 404, NOT_FOUND);
      says(await d.post('/api/ticket/remove', { ticket_id: id }, 'customer'), 404, NOT_FOUND);
      says(await d.info(id), 404, NOT_FOUND);
      says(await d.post('/api/ticket/edit', { ticket_id: id, ticket_status: 'doing' }, 'manager'), 404, NOT_FOUND);
      says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: 'x' }, 'manager'), 404, NOT_FOUND);
      says(await d.get(`/api/ticket/fetch?author=${somebody.email}`, 'manager'), 404, NO_TICKETS);
    });

    it('lets managers and masters remove any ticket, and the other admins none', async () => {
      for (const role of ['supervisor', 'customer_service', 'technician']) {
        const id = await d.ticket();
        says(await d.post('/api/ticket/remove', { ticket_id: id }, role), 403, {
          message: 'User can only remove their own tickets',
          status: false,
        });
        assert.equal((await d.info(id)).status, 200);
      }
      for (const role of ['manager', 'super_admin']) {
        const id = await d.ticket();
        says(await d.post('/api/ticket/remove', { ticket_id: id }, role), 200, {
          message: 'Ticket has been removed',
          status: true,
        });
      }
    });

    it('shows a technician what is theirs or nobody’s, and gives them what they work on', async () => {
      const technician = async () => {
        const { email: address } = await d.server.seed('technician');
        const body = { user_email: address, user_password: PASSWORD };
        return (await d.api('POST', '/api/auth/enter', { body })).body.jwt_token;
      };
      const [one, other] = [await technician(), await technician()];
      const id = await d.ticket();
      const edit = (word, as) => d.post('/api/ticket/edit', { ticket_id: id, ticket_status: word }, as);
      const EDITED = { message: 'Ticket has been edited', status: true };
      assert.equal((await d.info(id, one)).status, 200);
      assert.equal((await d.info(id, other)).status, 200);
      // Writing a word that the ticket reads as already changes nothing: it stays nobody's.
      says(await edit('pending', one), 200, EDITED);
      assert.equal((await d.info(id, other)).status, 200);
      says(await edit('doing', one), 200, EDITED);
      assert.equal((await d.info(id, one)).body.ticket_status, 'doing');
      // Taken: for the other one it is not there.
      says(await d.info(id, other), 404, NOT_FOUND);
      says(await edit('conclued', other), 404, NOT_FOUND);
      says(await d.post('/api/ticket/update', { ticket_id: id, ticket_return: 'x' }, other), 404, NOT_FOUND);
      const seen = async (as) => (await d.get('/api/ticket/fetch?status=doing', as)).body.tickets ?? [];
      assert.ok((await seen(one)).some((ticket) => ticket.ticket_id === id));
      assert.ok(!(await seen(other)).some((ticket) => ticket.ticket_id === id));
      const doing = async (as) => (await d.get('/api/ticket/count', as)).body.tickets_doing;
      assert.equal(await doing(one), (await doing(other)) + 1);
    });
  });

  describe(`hcall ticket lists on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('is an empty list without filters and 404 with one, while there are no tickets', async () => {
      says(await d.get('/api/ticket/fetch', 'manager'), 200, { tickets: [], status: true });
      says(await d.get('/api/ticket/fetch?status=pending', 'manager'), 404, NO_TICKETS);
      says(await d.get(`/api/ticket/fetch?author=${d.account.customer.email}`, 'manager'), 404, NO_TICKETS);
      says(await d.get('/api/ticket/fetch?date=2025-03-27', 'manager'), 404, NO_TICKETS);
      says(await d.get('/api/ticket/count', 'manager'), 200, {
        tickets_total: 0,
        tickets_pending: 0,
        tickets_doing: 0,
        tickets_conclued: 0,
        status: true,
      });
    });

    it('lists newest first, by author, status and date, and counts live', async () => {
      const [one, two] = [await d.customer(), await d.customer()];
      const a = await d.ticket(one.token, 'Printer Problem');
      const b = await d.ticket(one.token, 'Monitor Problem');
      const c = await d.ticket(two.token, 'Keyboard Problem');
      await d.post('/api/ticket/edit', { ticket_id: b, ticket_status: 'doing' }, 'manager');
      await d.post('/api/ticket/edit', { ticket_id: c, ticket_status: 'conclued' }, 'manager');
      const list = async (query) => (await d.get(`/api/ticket/fetch${query}`, 'manager')).body.tickets.map((t) => t.ticket_id);

      const all = await d.get('/api/ticket/fetch', 'manager');
      assert.deepEqual(
        all.body.tickets.map(({ ticket_date, ...rest }) => {
          assert.match(ticket_date, TIME);
          return rest;
        }),
        [
          { ticket_id: c, ticket_name: 'Keyboard Problem', ticket_status: 'conclued', ticket_author: two.email },
          { ticket_id: b, ticket_name: 'Monitor Problem', ticket_status: 'doing', ticket_author: one.email },
          { ticket_id: a, ticket_name: 'Printer Problem', ticket_status: 'pending', ticket_author: one.email },
        ],
      );
      assert.equal(all.body.status, true);
      assert.deepEqual(await list('?status=pending'), [a]);
      assert.deepEqual(await list('?status=doing'), [b]);
      assert.deepEqual(await list('?status=conclued'), [c]);
      assert.deepEqual(await list('?status=concluded'), [c]);
      assert.deepEqual(await list(`?author=${one.email}`), [b, a]);
      assert.deepEqual(await list(`?author=${one.email.toUpperCase()}`), [b, a]);
      assert.deepEqual(await list(`?author=${one.email}&status=pending`), [a]);
      assert.deepEqual(await list('?author=&status=&date='), [c, b, a]);
      const day = (offset) => new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10);
      assert.deepEqual(await list(`?author=${one.email}&date=${day(-1)}`), [b, a]);
      assert.deepEqual(await list(`?date=${day(-1)}&status=doing`), [b]);
      says(await d.get(`/api/ticket/fetch?date=${day(2)}`, 'manager'), 404, NO_TICKETS);
      // "on or after that day", however long ago it was
      for (const date of ['0001-01-01', '1900-01-01', '1969-12-31', '1970-01-01']) {
        assert.deepEqual(await list(`?date=${date}`), [c, b, a], date);
      }
      says(await d.get(`/api/ticket/fetch?author=${one.email}&status=conclued`, 'manager'), 404, NO_TICKETS);
      says(await d.get('/api/ticket/fetch?author=nobody@example.com', 'manager'), 404, NO_TICKETS);
      says(await d.get('/api/ticket/fetch?author=nonsense', 'manager'), 404, NO_TICKETS);

      says(await d.get('/api/ticket/count', 'manager'), 200, {
        tickets_total: 3,
        tickets_pending: 1,
        tickets_doing: 1,
        tickets_conclued: 1,
        status: true,
      });
      await d.post('/api/ticket/remove', { ticket_id: a }, one.token);
      says(await d.get('/api/ticket/count', 'manager'), 200, {
        tickets_total: 2,
        tickets_pending: 0,
        tickets_doing: 1,
        tickets_conclued: 1,
        status: true,
      });
      assert.deepEqual(await list(`?before=${c}`), [b]);
      // Additive: a client that wants few says so, and is told where the next ones are.
      const short = await d.get('/api/ticket/fetch?limit=1', 'manager');
      assert.deepEqual(short.body.tickets.map((ticket) => ticket.ticket_id), [c]);
      assert.equal(short.headers.link, `</api/ticket/fetch?limit=1&before=${c}>; rel="next"`);
      assert.deepEqual(await list(`?limit=1&before=${c}`), [b]);
      for (const limit of ['0', '10001', 'x', '-1', '1.5']) {
        says(await d.get(`/api/ticket/fetch?limit=${limit}`, 'manager'), 400, INVALID);
      }
      says(await d.get(`/api/ticket/fetch?before=${UNKNOWN}`, 'manager'), 404, NOT_FOUND);
    });

    it('refuses dates that are none and statuses that are none', async () => {
      for (const date of ['2025-13-01', '2025-02-30', '0000-01-01', '1900-02-29', '27-03-2025', '2025-3-27', 'yesterday', '2025-03-27T00:00:00Z', '%20']) {
        says(await d.get(`/api/ticket/fetch?date=${date}`, 'manager'), 404, { message: 'Invalid date format', status: false });
      }
      // What is written wrongly comes before what is not there.
      says(await d.get('/api/ticket/fetch?date=x&author=nobody@example.com', 'manager'), 404, {
        message: 'Invalid date format',
        status: false,
      });
      says(await d.get('/api/ticket/fetch?status=open', 'manager'), 400, INVALID);
      says(await d.get('/api/ticket/fetch?status=pending&status=doing', 'manager'), 400, INVALID);
      says(await d.get('/api/ticket/fetch?author=%ff', 'manager'), 400, INVALID);
      says(await d.get('/api/ticket/fetch?author=%zz', 'manager'), 400, INVALID);
    });

    it('lists ten thousand tickets at once and pages on beyond', async () => {
      const somebody = await d.customer();
      const before = (await d.get('/api/ticket/count', 'manager')).body.tickets_total;
      const created = 10100;
      for (let i = 0; i < created; i += 100) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, () =>
            d.post('/api/ticket/create', { ticket_name: `Bulk ${i / 100}`, ticket_explain: 'x' }, somebody.token),
          ),
        );
        assert.ok(answers.every((answer) => answer.status === 200));
      }
      const first = await d.get('/api/ticket/fetch', 'manager');
      assert.equal(first.body.tickets.length, 10000);
      const bulk = (answer) => answer.body.tickets.map((ticket) => Number(/^Bulk (\d+)$/.exec(ticket.ticket_name)?.[1] ?? -1));
      const order = bulk(first);
      assert.ok(order.every((number, i) => i === 0 || order[i - 1] >= number), 'newest first');

      const [, next, rest] = /^<([^>]+)>; rel="(\w+)"$/.exec(first.headers.link);
      assert.equal(rest, 'next');
      const second = await d.get(next, 'manager');
      assert.equal(second.headers.link, undefined);
      assert.equal(second.body.tickets.length, before + created - 10000);
      const ids = [...first.body.tickets, ...second.body.tickets].map((ticket) => ticket.ticket_id);
      assert.equal(new Set(ids).size, before + created);
      if (engine === 'sqlite') {
        assert.deepEqual(ids, [...ids].sort().reverse()); // one writer: time order is id order
      }

      // The filters go with the page.
      const query = `?author=${encodeURIComponent(somebody.email)}&status=pending`;
      const mine = await d.get(`/api/ticket/fetch${query}`, 'manager');
      assert.equal(mine.body.tickets.length, 10000);
      const more = await d.get(/^<([^>]+)>/.exec(mine.headers.link)[1], 'manager');
      assert.equal(more.body.tickets.length, created - 10000);
      assert.ok(more.body.tickets.every((ticket) => ticket.ticket_author === somebody.email));
      assert.equal((await d.get('/api/ticket/count', 'manager')).body.tickets_total, before + created);
    });
  });

  describe(`hcall days on ${engine}`, () => {
    it('takes a day in the time zone of the desk', async () => {
      // 18:30 in UTC is 01:30 of the next day in Jakarta.
      const wanted = Date.UTC(2030, 0, 1, 18, 30) / 1000;
      const clock = wanted - Math.floor(Date.now() / 1000);
      const d = await desk({ engine, clock, args: ['--timezone', 'Asia/Jakarta'] });
      try {
        const id = await d.ticket();
        assert.match((await d.info(id)).body.ticket_date, /^2030-01-01T18:3\d/);
        const list = (date) => d.get(`/api/ticket/fetch?date=${date}`, 'manager');
        assert.equal((await list('2030-01-01')).body.tickets.length, 1);
        assert.equal((await list('2030-01-02')).body.tickets.length, 1); // on that day counts
        says(await list('2030-01-03'), 404, NO_TICKETS);
      } finally {
        await d.server.stop();
      }
    });
  });

  describe(`hcall clean-up on ${engine}`, () => {
    it('removes what was conclued long enough ago, and nothing else', async () => {
      const d = await desk({ engine, clock: 0, args: ['--hcall-purge-days', '7', '--hcall-purge-status', 'conclued'] });
      try {
        const done = await d.ticket('customer', 'Done');
        const open = await d.ticket('customer', 'Open');
        await d.post('/api/ticket/edit', { ticket_id: done, ticket_status: 'conclued' }, 'manager');
        d.server.setClock(6 * 86400);
        await d.server.restart();
        const enter = async () => {
          const body = { user_email: d.account.manager.email, user_password: PASSWORD };
          d.token.manager = (await d.api('POST', '/api/auth/enter', { body })).body.jwt_token;
        };
        await enter();
        assert.equal((await d.info(done)).status, 200);
        d.server.setClock(8 * 86400);
        await d.server.restart();
        await enter();
        for (let i = 0; i < 100 && (await d.info(done)).status === 200; i++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        says(await d.info(done), 404, NOT_FOUND);
        assert.equal((await d.info(open)).status, 200);
        assert.equal((await d.get('/api/ticket/count', 'manager')).body.tickets_total, 1);
      } finally {
        await d.server.stop();
      }
    });
  });
}

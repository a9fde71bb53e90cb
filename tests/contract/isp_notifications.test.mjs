// isp: notifications of what others did, in the reader's language.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { TIME, UUID, email, engines, start, PASSWORD } from './harness.mjs';
import { data, login, person, refuses } from './isp.mjs';
import { given, moved, people, ticketOf } from './isp_desk.mjs';

const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';

for (const engine of engines()) {
  describe(`isp notifications on ${engine}`, () => {
    let server;
    let api;
    let who;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      who = await people(server, ['manager', 'supervisor', 'technician', 'customer']);
    });
    after(() => server?.stop());

    const list = async (token, query = '') => data(await api('GET', `/api/notifications${query}`, { token }));
    const read = (id, token) => api('PUT', `/api/notifications/${id}/read`, { token });
    const readAll = async (token) => data(await api('PUT', '/api/notifications/mark-all-read', { token }));

    it('tells a technician of an assignment as the document shows it', async () => {
      const ticket = await ticketOf(server, who.customer, { title: 'No internet' });
      await given(server, ticket, who.technician, who.manager);
      const answer = await api('GET', '/api/notifications?page=1&limit=20&is_read=false&type=ticket_assigned', { token: who.technician.token });
      const [notification] = answer.body.data.notifications;
      assert.match(notification.id, UUID);
      assert.match(notification.created_at, TIME);
      assert.deepEqual(answer.body, {
        success: true,
        data: {
          notifications: [
            {
              id: notification.id,
              type: 'ticket_assigned',
              title: 'Ticket assigned',
              message: `Ticket ${ticket.ticket_number} was assigned to you: No internet`,
              data: { ticket_id: ticket.id, ticket_number: ticket.ticket_number, title: 'No internet' },
              is_read: false,
              created_at: notification.created_at,
            },
          ],
          unread_count: 1,
          pagination: { current_page: 1, per_page: 20, total: 1, total_pages: 1 },
        },
      });
    });

    it('tells the customer of a new status, with the status', async () => {
      const ticket = await ticketOf(server, who.customer);
      await readAll(who.customer.token);
      await moved(server, ticket, 'in_progress', who.manager);
      const { notifications } = await list(who.customer.token, '?is_read=false&type=ticket_status');
      assert.equal(notifications.length, 1);
      assert.equal(notifications[0].message, `Ticket ${ticket.ticket_number} is now in progress: No internet`);
      assert.deepEqual(notifications[0].data, {
        ticket_id: ticket.id,
        ticket_number: ticket.ticket_number,
        title: 'No internet',
        status: 'in_progress',
      });
    });

    it('speaks Indonesian to who came through an Indonesian dialect', async () => {
      const account = { username: 'Ani', email: email('ani'), password: PASSWORD };
      assert.equal((await server.as('tiket')('POST', '/auth/register', { body: account })).status, 200);
      const ani = await login(server, account.email);
      const body = { jenis_permintaan: 'masalah teknis', prioritas: 'tinggi', deskripsi: 'Internet mati' };
      const made = await server.as('tiket')('POST', '/api/ticket', { body, token: ani.tokens.access_token });
      assert.equal(made.status, 201, made.text);
      const number = made.body.nomor_tiket;
      const all = data(await api('GET', '/api/tickets', { token: ani.tokens.access_token })).tickets;
      await moved(server, all.find((ticket) => ticket.ticket_number === number), 'in_progress', who.manager);
      const { notifications } = await list(ani.tokens.access_token);
      assert.equal(notifications[0].title, 'Status tiket berubah');
      assert.equal(notifications[0].message, `Tiket ${number} kini sedang dikerjakan: Internet mati`);
    });

    it('tells supervisors up of a low stock, once a crossing', async () => {
      const item = data(
        await api('POST', '/api/inventory/items', {
          body: { name: 'Router', category: 'Net', sku: 'R-1', unit_price: 1, stock_quantity: 5, min_stock_level: 3 },
          token: who.manager.token,
        }),
        201,
      ).item;
      for (const stock of [4, 3, 2]) {
        await api('PUT', `/api/inventory/items/${item.id}`, { body: { stock_quantity: stock }, token: who.manager.token });
      }
      const { notifications } = await list(who.supervisor.token, '?type=low_stock');
      assert.deepEqual(
        notifications.map(({ title, message, data: what }) => ({ title, message, what })),
        [{ title: 'Low stock', message: 'Router: 3 left in stock', what: { item_id: item.id, name: 'Router', stock: 3 } }],
      );
      assert.deepEqual((await list(who.technician.token, '?type=low_stock')).notifications, []);
      assert.deepEqual((await list(who.manager.token, '?type=low_stock')).notifications, []); // who did it knows
    });

    it('marks one as read, and again without a change, and no foreign one', async () => {
      const ticket = await ticketOf(server, who.customer);
      await given(server, ticket, who.technician, who.manager);
      const before = await list(who.technician.token);
      const [first] = before.notifications;
      for (let i = 0; i < 2; i += 1) {
        const { notification } = data(await read(first.id, who.technician.token));
        assert.deepEqual(notification, { ...first, is_read: true });
        assert.equal((await list(who.technician.token)).unread_count, before.unread_count - 1);
      }
      assert.deepEqual((await list(who.technician.token, '?is_read=true')).notifications, [{ ...first, is_read: true }]);
      refuses(await read(first.id, who.supervisor.token), 404, 'RESOURCE_NOT_FOUND');
      refuses(await read(NOBODY, who.technician.token), 404, 'RESOURCE_NOT_FOUND');
      refuses(await read('7', who.technician.token), 400, 'VALIDATION_ERROR', ['id']);
    });

    it('marks all as read at once', async () => {
      const { unread_count: unread } = await list(who.technician.token);
      assert.ok(unread > 0);
      assert.deepEqual(await readAll(who.technician.token), { message: 'All notifications are read', updated: unread });
      assert.equal((await readAll(who.technician.token)).updated, 0);
      const { notifications, unread_count: left } = await list(who.technician.token);
      assert.equal(left, 0);
      assert.ok(notifications.every((one) => one.is_read));
    });

    it('pages newest first and refuses what is no filter', async () => {
      const { total } = (await list(who.technician.token)).pagination;
      assert.ok(total >= 2);
      const pages = [];
      for (let page = 1; page <= total; page += 1) {
        pages.push(...(await list(who.technician.token, `?page=${page}&limit=1`)).notifications);
      }
      assert.deepEqual(pages, (await list(who.technician.token, '?limit=100')).notifications);
      const times = pages.map((one) => Date.parse(one.created_at));
      assert.deepEqual(times, [...times].sort((a, b) => b - a));
      assert.deepEqual((await list(who.technician.token, '?page=1000')).notifications, []);
      const wrong = await api('GET', '/api/notifications?limit=101&is_read=perhaps&type=gossip', { token: who.technician.token });
      refuses(wrong, 422, 'VALIDATION_ERROR', ['limit', 'is_read', 'type']);
      for (const [method, path] of [
        ['GET', '/api/notifications'],
        ['PUT', '/api/notifications/mark-all-read'],
        ['PUT', `/api/notifications/${NOBODY}/read`],
      ]) {
        refuses(await api(method, path), 401, 'UNAUTHORIZED');
      }
    });

    it('has nothing for somebody new', async () => {
      const stranger = await person(server, 'customer');
      assert.deepEqual(await list(stranger.token), {
        notifications: [],
        unread_count: 0,
        pagination: { current_page: 1, per_page: 20, total: 0, total_pages: 0 },
      });
    });
  });
}

// isp: items in stock, what technicians carry, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { TIME, UUID, engines, start } from './harness.mjs';
import { refuses } from './isp.mjs';
import { closed, given, people, ticketOf } from './isp_desk.mjs';

/** The document's request body, with values. */
const ROUTER = {
  name: 'Router AX-3000',
  category: 'Networking',
  sku: 'RT-AX3000',
  description: 'Dual band, four ports',
  unit_price: 150000.5,
  stock_quantity: 25,
  min_stock_level: 5,
};
const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';

for (const engine of engines()) {
  describe(`isp inventory on ${engine}`, () => {
    let server;
    let api;
    let who;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      who = await people(server, ['manager', 'supervisor', 'customer_service', 'technician', 'customer']);
    });
    after(() => server?.stop());

    let counter = 0;
    const create = (change = {}, token = who.manager.token) => {
      counter += 1;
      return api('POST', '/api/inventory/items', { body: { ...ROUTER, sku: `SKU-${counter}`, ...change }, token });
    };
    const made = async (change) => (await create(change)).body.data.item;
    const get = async (id) => (await api('GET', `/api/inventory/items/${id}`, { token: who.manager.token })).body.data.item;
    const update = (id, body, token = who.manager.token) => api('PUT', `/api/inventory/items/${id}`, { body, token });
    const list = (query, token = who.manager.token) => api('GET', `/api/inventory/items${query}`, { token });

    /** An open ticket of the technician. */
    const job = async (technician = who.technician) => {
      const ticket = await ticketOf(server, who.customer);
      await given(server, ticket, technician, who.manager);
      return ticket;
    };
    const assign = (body, token = who.manager.token) => api('POST', '/api/inventory/assignments', { body, token });
    const back = (id, body, token = who.manager.token) => api('PUT', `/api/inventory/assignments/${id}/return`, { body, token });

    it('adds an item as the document shows it, and lists it in the same shape', async () => {
      const answer = await create({ sku: 'RT-AX3000' });
      assert.equal(answer.status, 201, answer.text);
      const { item } = answer.body.data;
      assert.match(item.id, UUID);
      assert.match(item.created_at, TIME);
      assert.deepEqual(answer.body, {
        success: true,
        data: {
          item: {
            id: item.id,
            name: 'Router AX-3000',
            category: 'Networking',
            sku: 'RT-AX3000',
            description: 'Dual band, four ports',
            unit_price: 150000.5,
            stock_quantity: 25,
            min_stock_level: 5,
            is_low_stock: false,
            created_at: item.created_at,
          },
        },
      });
      const all = await list('?page=1&limit=20&category=Networking&search=router&low_stock=false');
      assert.equal(all.status, 200, all.text);
      assert.deepEqual(all.body, {
        success: true,
        data: { items: [item], pagination: { current_page: 1, per_page: 20, total: 1, total_pages: 1 } },
      });
      assert.deepEqual((await api('GET', `/v1/api/inventory/items/${item.id}`, { token: who.technician.token })).body.data.item, item);
    });

    it('prints prices as they were sent, exactly', async () => {
      for (const text of ['150000.5', '100', '0', '0.0001', '999999999999.9999', '1000000000000', '0.1', '123456.789', '2.5']) {
        counter += 1;
        const body = JSON.stringify({ ...ROUTER, sku: `PRICE-${counter}` }).replace('150000.5', text);
        const answer = await api('POST', '/api/inventory/items', { text: body, token: who.manager.token });
        assert.equal(answer.status, 201, answer.text);
        assert.ok(answer.text.includes(`"unit_price":${text},`), `${text}: ${answer.text}`);
        const again = await api('GET', `/api/inventory/items/${answer.body.data.item.id}`, { token: who.manager.token });
        assert.ok(again.text.includes(`"unit_price":${text},`), again.text);
      }
    });

    it('tells every faulty field at once, and takes no number that no stock can have', async () => {
      refuses(await create({ name: ' ', category: '', sku: 'x'.repeat(101), unit_price: -1, stock_quantity: -1, min_stock_level: 1.5 }), 422, 'VALIDATION_ERROR', [
        'name',
        'category',
        'sku',
        'unit_price',
        'stock_quantity',
        'min_stock_level',
      ]);
      refuses(await create({ stock_quantity: 1e300, min_stock_level: 1000000001, unit_price: 1e300 }), 422, 'VALIDATION_ERROR', [
        'stock_quantity',
        'min_stock_level',
        'unit_price',
      ]);
      refuses(await create({ unit_price: 1.00001 }), 422, 'VALIDATION_ERROR', ['unit_price']);
      refuses(await create({ unit_price: 1e-9 }), 422, 'VALIDATION_ERROR', ['unit_price']);
      refuses(await create({ unit_price: '12' }), 422, 'VALIDATION_ERROR', ['unit_price']);
      // domain.md: "`details` lists every fault at once"; isp.md: "`unit_price` has at most four decimals".
      refuses(await create({ name: ' ', unit_price: 1.00001 }), 422, 'VALIDATION_ERROR', ['name', 'unit_price']);
      refuses(await api('POST', '/api/inventory/items', { body: {}, token: who.manager.token }), 422, 'VALIDATION_ERROR', [
        'name',
        'category',
        'sku',
        'unit_price',
        'stock_quantity',
        'min_stock_level',
      ]);
    });

    it('refuses a stock-keeping unit that is there already', async () => {
      const item = await made();
      refuses(await create({ sku: item.sku.toLowerCase() }), 409, 'DUPLICATE_ENTRY');
    });

    it('changes the fields that are named and no others', async () => {
      const item = await made();
      const answer = await update(item.id, { stock_quantity: 4, description: null });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.body.data.item, { ...item, stock_quantity: 4, description: null, is_low_stock: true });
      assert.deepEqual((await update(item.id, {})).body.data.item, answer.body.data.item);
      refuses(await update(item.id, { stock_quantity: -1 }), 422, 'VALIDATION_ERROR', ['stock_quantity']);
      refuses(await update(item.id, { unit_price: 0.00001 }), 422, 'VALIDATION_ERROR', ['unit_price']);
      refuses(await update(item.id, { unit_price: 0.00001, stock_quantity: -1 }), 422, 'VALIDATION_ERROR', ['unit_price', 'stock_quantity']);
      refuses(await update(NOBODY, { stock_quantity: 1 }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await update('7', { stock_quantity: 1 }), 400, 'VALIDATION_ERROR', ['id']);
      const other = await made();
      refuses(await update(other.id, { sku: item.sku }), 409, 'DUPLICATE_ENTRY');
    });

    it('lets supervisors up write, staff read, and customers do neither', async () => {
      const item = await made();
      for (const role of ['customer_service', 'technician']) {
        assert.equal((await list('', who[role].token)).status, 200);
        refuses(await create({}, who[role].token), 403, 'INSUFFICIENT_PERMISSIONS');
        refuses(await update(item.id, { stock_quantity: 1 }, who[role].token), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      for (const [method, path] of [
        ['GET', '/api/inventory/items'],
        ['GET', `/api/inventory/items/${item.id}`],
        ['GET', '/api/inventory/assignments'],
      ]) {
        refuses(await api(method, path, { token: who.customer.token }), 403, 'INSUFFICIENT_PERMISSIONS');
        refuses(await api(method, path), 401, 'UNAUTHORIZED');
      }
      for (const [method, path] of [
        ['POST', '/api/inventory/items'],
        ['PUT', `/api/inventory/items/${item.id}`],
        ['POST', '/api/inventory/assignments'],
        ['PUT', `/api/inventory/assignments/${NOBODY}/return`],
      ]) {
        refuses(await api(method, path, { body: {} }), 401, 'UNAUTHORIZED');
        refuses(await api(method, path, { body: ROUTER, token: who.customer.token }), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      assert.equal((await create({}, who.supervisor.token)).status, 201);
    });

    it('pages and filters lists, and refuses what no page can be', async () => {
      const { total } = (await list('')).body.data.pagination;
      const page = (await list('?page=2&limit=1')).body.data;
      assert.equal(page.items.length, 1);
      assert.deepEqual(page.pagination, { current_page: 2, per_page: 1, total, total_pages: total });
      assert.deepEqual((await list('?page=1000&limit=100')).body.data.items, []);
      const low = (await list('?low_stock=true&limit=100')).body.data.items;
      assert.ok(low.length > 0 && low.every((item) => item.is_low_stock));
      assert.deepEqual((await list('?search=%25')).body.data.items, []);
      refuses(await list('?page=0&limit=101&low_stock=maybe'), 422, 'VALIDATION_ERROR', ['page', 'limit', 'low_stock']);
    });

    it('gives pieces to a technician for a job, and takes them out of stock', async () => {
      const item = await made({ stock_quantity: 10 });
      const ticket = await job();
      const answer = await assign({
        item_id: item.id,
        technician_id: who.technician.uuid,
        ticket_id: ticket.id,
        quantity: 2,
        serial_numbers: ['SN-0001', 'SN-0002'],
      });
      assert.equal(answer.status, 201, answer.text);
      const { assignment } = answer.body.data;
      assert.match(assignment.id, UUID);
      assert.match(assignment.created_at, TIME);
      assert.deepEqual(assignment, {
        id: assignment.id,
        item_id: item.id,
        technician_id: who.technician.uuid,
        ticket_id: ticket.id,
        item: { id: item.id, name: item.name, sku: item.sku },
        technician: { id: who.technician.uuid, full_name: who.technician.name },
        ticket: { id: ticket.id, ticket_number: assignment.ticket.ticket_number },
        quantity: 2,
        serial_numbers: ['SN-0001', 'SN-0002'],
        status: 'assigned',
        quantity_returned: 0,
        quantity_good: 0,
        quantity_damaged: 0,
        quantity_lost: 0,
        notes: null,
        created_at: assignment.created_at,
        updated_at: assignment.created_at,
        returned_at: null,
      });
      assert.match(assignment.ticket.ticket_number, /^TK\d{14,}$/);
      assert.equal((await get(item.id)).stock_quantity, 8);
      for (const query of [`technician_id=${who.technician.uuid}&ticket_id=${ticket.id}&status=assigned`, `ticket_id=${ticket.id}`]) {
        const found = await api('GET', `/api/inventory/assignments?${query}`, { token: who.customer_service.token });
        assert.deepEqual(found.body.data, {
          assignments: [assignment],
          pagination: { current_page: 1, per_page: 20, total: 1, total_pages: 1 },
        });
      }
      const none = await api('GET', `/api/inventory/assignments?ticket_id=${ticket.id}&status=returned`, { token: who.manager.token });
      assert.deepEqual(none.body.data.assignments, []);
      refuses(await api('GET', '/api/inventory/assignments?status=gone&technician_id=7', { token: who.manager.token }), 422, 'VALIDATION_ERROR', [
        'status',
        'technician_id',
      ]);
      refuses(
        await assign({ item_id: item.id, technician_id: who.technician.uuid, ticket_id: ticket.id, quantity: 1, serial_numbers: ['SN-0002'] }),
        409,
        'DUPLICATE_ENTRY',
      );
    });

    it('never gives more than there is', async () => {
      const item = await made({ stock_quantity: 3 });
      const ticket = await job();
      const body = { item_id: item.id, technician_id: who.technician.uuid, ticket_id: ticket.id, quantity: 4 };
      refuses(await assign(body), 409, 'INSUFFICIENT_STOCK');
      const answers = await Promise.all(Array.from({ length: 12 }, () => assign({ ...body, quantity: 1 })));
      assert.equal(answers.filter((answer) => answer.status === 201).length, 3);
      assert.equal(answers.filter((answer) => answer.status === 409 && answer.body.error.code === 'INSUFFICIENT_STOCK').length, 9);
      assert.equal((await get(item.id)).stock_quantity, 0);
    });

    it('tells what does not fit: what is not there, not theirs, or not open', async () => {
      const item = await made();
      const ticket = await job();
      const good = { item_id: item.id, technician_id: who.technician.uuid, ticket_id: ticket.id, quantity: 1 };
      refuses(await assign({ ...good, item_id: NOBODY }), 422, 'VALIDATION_ERROR', ['item_id']);
      refuses(await assign({ ...good, technician_id: who.manager.uuid }), 422, 'VALIDATION_ERROR', ['technician_id']);
      refuses(await assign({ ...good, ticket_id: NOBODY }), 422, 'VALIDATION_ERROR', ['ticket_id']);
      refuses(await assign({ ...good, quantity: 0 }), 422, 'VALIDATION_ERROR', ['quantity']);
      refuses(await assign({ ...good, serial_numbers: ['A', 'B'] }), 422, 'VALIDATION_ERROR', ['serial_numbers']);
      refuses(await assign({}), 422, 'VALIDATION_ERROR', ['item_id', 'technician_id', 'ticket_id', 'quantity']);
      const loose = await ticketOf(server, who.customer);
      refuses(await assign({ ...good, ticket_id: loose.id }), 422, 'VALIDATION_ERROR', ['ticket_id']);
      await closed(server, ticket, who.manager);
      refuses(await assign(good), 422, 'VALIDATION_ERROR', ['ticket_id']);
      assert.equal((await get(item.id)).stock_quantity, 25);
    });

    it('lets technicians take for themselves and give back their own, and see no others', async () => {
      const [other] = Object.values(await people(server, ['technician']));
      const item = await made();
      const ticket = await job();
      const body = { item_id: item.id, technician_id: who.technician.uuid, ticket_id: ticket.id, quantity: 1 };
      refuses(await assign(body, other.token), 403, 'INSUFFICIENT_PERMISSIONS');
      refuses(await assign(body, who.customer_service.token), 403, 'INSUFFICIENT_PERMISSIONS');
      const answer = await assign(body, who.technician.token);
      assert.equal(answer.status, 201, answer.text);
      const { id } = answer.body.data.assignment;
      assert.deepEqual((await api('GET', '/api/inventory/assignments', { token: other.token })).body.data.assignments, []);
      refuses(await back(id, { quantity_returned: 1 }, other.token), 404, 'RESOURCE_NOT_FOUND');
      assert.equal((await back(id, { quantity_returned: 1 }, who.technician.token)).status, 200);
    });

    it('puts what comes back good into stock, what is damaged or lost not, and never more than was given', async () => {
      const item = await made({ stock_quantity: 10 });
      const ticket = await job();
      const { id } = (await assign({ item_id: item.id, technician_id: who.technician.uuid, ticket_id: ticket.id, quantity: 5 })).body.data.assignment;
      const part = await back(id, { quantity_returned: 2, condition: 'good', notes: 'unused' });
      assert.equal(part.status, 200, part.text);
      assert.equal(part.body.data.assignment.status, 'assigned');
      assert.equal(part.body.data.assignment.quantity_good, 2);
      assert.equal((await get(item.id)).stock_quantity, 7);
      refuses(await back(id, { quantity_returned: 4 }), 422, 'VALIDATION_ERROR', ['quantity_returned']);
      refuses(await back(id, { quantity_returned: 0, condition: 'new' }), 422, 'VALIDATION_ERROR', ['quantity_returned', 'condition']);
      await back(id, { quantity_returned: 1, condition: 'damaged' });
      const last = (await back(id, { quantity_returned: 2, condition: 'lost', notes: 'fell off a roof' })).body.data.assignment;
      assert.equal(last.status, 'returned');
      assert.match(last.returned_at, TIME);
      assert.equal(last.quantity_returned, 5);
      assert.equal(last.quantity_damaged, 1);
      assert.equal(last.quantity_lost, 2);
      assert.equal(last.notes, 'unused\nfell off a roof');
      assert.equal((await get(item.id)).stock_quantity, 7);
      refuses(await back(id, { quantity_returned: 1 }), 409, 'INVALID_STATE');
      refuses(await back(NOBODY, { quantity_returned: 1 }), 404, 'RESOURCE_NOT_FOUND');
    });

    it('answers a page of items with texts of full length', async () => {
      const description = 'ä'.repeat(32 * 1024);
      for (let i = 0; i < 100; i += 1) {
        assert.equal((await create({ category: 'Long', description })).status, 201);
      }
      const page = await list('?category=long&limit=100');
      assert.equal(page.status, 200);
      assert.equal(page.body.data.items.length, 100);
      assert.ok(page.body.data.items.every((item) => item.description === description));
    });
  });
}

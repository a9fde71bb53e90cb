// isp: the dashboard and the three reports, as JSON, CSV and PDF; who sees them, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { email, engines, eventually } from './harness.mjs';
import { cells, file, paper, records } from './isp_report_files.mjs';
import { HOUR, PRIORITIES, STATUSES, TYPES, UNKNOWN, desk, refused, succeeded } from './isp_ticket_desk.mjs';

const REPORTS = ['tickets', 'performance', 'inventory'];
const FIGURES = ['completed', 'average_completion_time', 'average_rating', 'on_time_rate', 'first_call_resolution'];
/** Each stands in a row of its own; the spreadsheet must show all and run none. */
const TITLES = ['=HYPERLINK("http://evil.example","Click")', '+62 812 3456', '-12.5', '@SUM(A1:A9)', 'He said "down, again", twice', '＝1+1',
  'Tidak ada koneksi — 没有网络 — لا يوجد اتصال'];

const counted = (key, words, counts) => words.map((word) => ({ [key]: word, count: counts[word] ?? 0 }));

for (const engine of engines()) {
  describe(`isp reports on ${engine}`, () => {
    let d;
    let today; // in Jakarta
    let clock;
    const tomorrow = () => new Date(Date.parse(today) + 24 * HOUR * 1000).toISOString().slice(0, 10);

    /** Hours after six in the morning, in Jakarta. */
    const wait = async (hours) => {
      d.server.setClock(clock + Math.round(hours * HOUR));
      await new Promise((resolve) => setTimeout(resolve, 1500)); // the file is read every second
      for (const who of ['manager', 'supervisor', 'customer_service', 'technician', 'colleague', 'customer', 'neighbour', 'super_admin']) {
        await d.signIn(who);
      }
    };
    const report = async (name, query = '', who = 'manager') => succeeded(await d.get(`/api/reports/${name}${query}`, who));
    const download = async (name, query, who = 'manager') => {
      const answer = await file(d.server, `/api/reports/${name}${query}`, d.token[who]);
      assert.equal(answer.status, 200, answer.text);
      return answer;
    };
    const rate = async (id, rating, who = 'customer') => succeeded(await d.post(`/api/tickets/${id}/rating`, who, { rating }));

    const ids = {};
    before(async () => {
      // Six in the morning of the next day but one in Jakarta is 23:00 UTC of the day before.
      const midnight = Math.floor(Date.now() / 86400000) * 86400 + 86400;
      clock = midnight + 23 * HOUR - Math.floor(Date.now() / 1000);
      today = new Date((midnight + 86400) * 1000).toISOString().slice(0, 10);
      d = await desk({ engine, clock, args: ['--timezone', 'Asia/Jakarta'] });
      d.account.strange = await d.server.seed('customer', { name: '=cmd|calc', address: email('strange') });
      // Solved in time, by the first technician, rated.
      const good = await d.make({ priority: 'high', type: 'repair' });
      await d.assign(good.id, 'technician');
      // Solved late, rated.
      const late = await d.make({ priority: 'emergency', type: 'maintenance', customer_id: d.account.neighbour.uuid });
      await d.assign(late.id, 'colleague');
      // Solved, opened again, solved by the other one.
      const again = await d.make({ priority: 'normal', type: 'repair' });
      await d.assign(again.id, 'technician');
      // Late and still open; waiting for somebody else; just written down.
      const overdue = await d.make({ priority: 'emergency', type: 'upgrade' });
      const waiting = await d.make({ priority: 'emergency', type: 'disconnection' });
      await d.move(waiting.id, 'pending');
      const removed = await d.make();
      Object.assign(ids, { good: good.id, late: late.id, again: again.id, overdue: overdue.id, waiting: waiting.id });
      for (const title of TITLES) {
        await d.make({ title, priority: 'low', type: 'new_installation', customer_id: d.account.strange.uuid });
      }
      await d.remove(`/api/tickets/${removed.id}`, 'manager');
      await wait(1.5);
      succeeded(await d.move(good.id, 'resolved', 'technician'));
      succeeded(await d.move(again.id, 'resolved', 'technician'));
      await wait(2);
      succeeded(await d.move(again.id, 'assigned', 'customer'));
      await d.assign(again.id, 'colleague');
      await wait(3);
      succeeded(await d.move(again.id, 'resolved', 'colleague'));
      succeeded(await d.move(late.id, 'closed', 'colleague'));
      await rate(good.id, 5);
      await rate(late.id, 2, 'neighbour');
      await d.server.seed('technician', { name: 'Somebody idle' });
      const idle = await d.server.seed('technician', { name: 'Somebody ill' });
      succeeded(await d.put(`/api/technicians/${idle.uuid}/availability`, 'manager', { is_available: false, reason: 'Ill' }));
    });
    after(() => d?.server.stop());

    it('tells the dashboard word for word as the document has it', async () => {
      const board = await eventually(async () => {
        const found = await report('dashboard');
        return found.summary.overdue_tickets === 1 && found;
      });
      assert.deepEqual(board.summary, {
        total_tickets: 12,
        pending_tickets: 9,
        completed_today: 3,
        overdue_tickets: 1,
        active_technicians: 3,
        customer_satisfaction: 3.5,
      });
      const { charts } = board;
      assert.deepEqual(Object.keys(charts), ['tickets_by_status', 'tickets_by_priority', 'completion_trend', 'technician_performance']);
      assert.deepEqual(charts.tickets_by_status, counted('status', STATUSES, { new: 8, pending: 1, resolved: 2, closed: 1 }));
      assert.deepEqual(charts.tickets_by_priority, counted('priority', PRIORITIES, { low: 7, normal: 1, high: 1, emergency: 3 }));
      assert.equal(charts.completion_trend.length, 30);
      assert.deepEqual(charts.completion_trend.at(-1), { date: today, completed: 3, created: 12 });
      assert.deepEqual(charts.completion_trend[0], {
        date: new Date(Date.parse(today) - 29 * 24 * HOUR * 1000).toISOString().slice(0, 10),
        completed: 0,
        created: 0,
      });
      assert.deepEqual(charts.technician_performance, [
        {
          technician_id: d.account.colleague.uuid,
          full_name: 'The colleague',
          completed: 2,
          average_completion_time: charts.technician_performance[0].average_completion_time,
          average_rating: 2,
          on_time_rate: 50,
          first_call_resolution: 50,
        },
        {
          technician_id: d.account.technician.uuid,
          full_name: 'The technician',
          completed: 1,
          average_completion_time: charts.technician_performance[1].average_completion_time,
          average_rating: 5,
          on_time_rate: 100,
          first_call_resolution: 100,
        },
      ]);
      // From the assignment to the solution: three hours and one hour; one and a half. The clock runs meanwhile.
      const [of, mine] = charts.technician_performance.map((one) => one.average_completion_time);
      assert.ok(Math.abs(of - 2) < 0.1, String(of));
      assert.ok(Math.abs(mine - 1.5) < 0.1, String(mine));
    });

    it('tells a technician’s performance word for word as the document has it', async () => {
      const { performance } = succeeded(await d.get(`/api/technicians/${d.account.colleague.uuid}/performance`, 'manager'));
      assert.deepEqual(Object.keys(performance), ['total_tickets', 'completed_tickets', 'pending_tickets', 'average_completion_time',
        'average_rating', 'completion_rate', 'on_time_rate', 'first_call_resolution', 'monthly_stats']);
      const { average_completion_time, monthly_stats, ...rest } = performance;
      assert.ok(Math.abs(average_completion_time - 2) < 0.1);
      assert.deepEqual(rest, {
        total_tickets: 2,
        completed_tickets: 2,
        pending_tickets: 0,
        average_rating: 2,
        completion_rate: 100,
        on_time_rate: 50,
        first_call_resolution: 50,
      });
      assert.equal(monthly_stats.length, 12);
      assert.deepEqual(monthly_stats.at(-1), { month: today.slice(0, 7), completed: 2, average_rating: 2 });
      assert.deepEqual(monthly_stats[0], { month: monthly_stats[0].month, completed: 0, average_rating: 0 });
    });

    it('reports tickets with counts of all that fit and a page of them', async () => {
      const all = await report('tickets');
      assert.deepEqual(Object.keys(all), ['report', 'tickets', 'pagination']);
      assert.deepEqual(all.report, {
        date_from: null,
        date_to: null,
        total_tickets: 12,
        by_status: counted('status', STATUSES, { new: 8, pending: 1, resolved: 2, closed: 1 }),
        by_priority: counted('priority', PRIORITIES, { low: 7, normal: 1, high: 1, emergency: 3 }),
        by_type: counted('type', TYPES, { repair: 2, maintenance: 1, upgrade: 1, disconnection: 1, new_installation: 7 }),
      });
      assert.deepEqual(all.pagination, { current_page: 1, per_page: 20, total: 12, total_pages: 1 });
      assert.deepEqual(all.tickets, succeeded(await d.get('/api/tickets', 'manager')).tickets);
      const page = await report('tickets', '?page=2&limit=5');
      assert.deepEqual(page.tickets, all.tickets.slice(5, 10));
      assert.deepEqual(page.report, all.report);
    });

    it('narrows tickets by each filter, in every format alike', async () => {
      const theirs = d.account.colleague.uuid;
      for (const [query, expected] of [
        [`?technician_id=${theirs}`, ['late', 'again']],
        [`?customer_id=${d.account.neighbour.uuid}`, ['late']],
        ['?status=pending', ['waiting']],
        ['?type=repair', ['good', 'again']],
        [`?type=repair&status=resolved&technician_id=${theirs}&customer_id=${d.account.customer.uuid}&date_from=${today}&date_to=${today}`, ['again']],
        [`?type=repair&date_from=${today}`, ['good', 'again']],
        [`?type=repair&date_to=${today}`, ['good', 'again']],
        [`?date_from=${tomorrow()}`, []],
        [`?technician_id=${UNKNOWN}`, []],
      ]) {
        const json = await report('tickets', query);
        const wanted = expected.map((name) => ids[name]).sort();
        assert.deepEqual(json.tickets.map((one) => one.id).sort(), wanted, query);
        assert.equal(json.report.total_tickets, expected.length, query);
        assert.equal(json.pagination.total, expected.length, query);
        for (const key of ['by_status', 'by_priority', 'by_type']) {
          assert.equal(json.report[key].reduce((sum, one) => sum + one.count, 0), expected.length, `${query} ${key}`);
        }
        const rows = records((await download('tickets', `${query}&format=csv`)).text);
        assert.deepEqual(rows.map((row) => row.id).sort(), wanted, query);
        const text = paper((await download('tickets', `${query}&format=pdf`)).bytes).text;
        assert.equal((text.match(/TK\d{14}/g) ?? []).length, expected.length, query);
      }
    });

    it('sends tickets as CSV that a spreadsheet shows and does not run', async () => {
      const answer = await download('tickets', '?format=csv');
      assert.equal(answer.type, 'text/csv; charset=utf-8');
      assert.equal(answer.name, `tickets-${today}.csv`);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.deepEqual(cells(answer.text)[0], ['ticket_number', 'id', 'created_at', 'type', 'priority', 'status', 'title', 'customer',
        'customer_id', 'technician', 'technician_id', 'scheduled_at', 'sla_deadline', 'completed_at', 'rating']);
      const rows = records(answer.text);
      const shown = (await report('tickets')).tickets;
      assert.deepEqual(rows.map((row) => [row.ticket_number, row.id, row.status, row.created_at]),
        shown.map((one) => [one.ticket_number, one.id, one.status, one.created_at]));
      const guarded = (text) => (/^[=+@＝]/.test(text) ? `'${text}` : text);
      for (const title of TITLES) {
        assert.equal(rows.filter((row) => row.title === guarded(title)).length, 1, title);
      }
      assert.equal(rows.filter((row) => row.customer === "'=cmd|calc").length, TITLES.length);
      const late = rows.find((row) => row.id === ids.late);
      const detail = await d.read(ids.late);
      assert.deepEqual(late, {
        ticket_number: detail.ticket_number,
        id: ids.late,
        created_at: detail.created_at,
        type: 'maintenance',
        priority: 'emergency',
        status: 'closed',
        title: detail.title,
        customer: 'The neighbour',
        customer_id: d.account.neighbour.uuid,
        technician: 'The colleague',
        technician_id: d.account.colleague.uuid,
        scheduled_at: '',
        sla_deadline: detail.sla_deadline,
        completed_at: detail.completed_at,
        rating: '2',
      });
    });

    it('reports performance by day, week, month and year', async () => {
      for (const [period, count, name] of [['daily', 30, today], ['monthly', 12, today.slice(0, 7)], ['yearly', 5, today.slice(0, 4)], ['weekly', 12, null]]) {
        const { report: found } = await report('performance', `?period=${period}`);
        assert.deepEqual(Object.keys(found), ['period', 'date_from', 'date_to', 'summary', 'periods', 'technicians']);
        assert.equal(found.period, period);
        assert.equal(found.date_to, today);
        assert.equal(found.periods.length, count, period);
        assert.deepEqual(Object.keys(found.summary), ['created', ...FIGURES]);
        assert.deepEqual(Object.keys(found.periods[0]), ['period', 'date_from', 'date_to', 'created', ...FIGURES]);
        const last = found.periods.at(-1);
        assert.equal(last.date_to, today);
        assert.deepEqual([last.created, last.completed, last.average_rating, last.on_time_rate, last.first_call_resolution], [12, 3, 3.5, 66.7, 66.7]);
        assert.equal(found.periods.reduce((sum, one) => sum + one.completed, 0), 3);
        assert.equal(found.summary.completed, 3);
        if (name === null) {
          assert.equal(new Date(`${last.period}T00:00:00Z`).getUTCDay(), 1, 'a week begins on Monday');
        } else {
          assert.equal(last.period, name);
        }
        for (let i = 1; i < count; i++) {
          assert.equal(Date.parse(found.periods[i].date_from) - Date.parse(found.periods[i - 1].date_to), 24 * HOUR * 1000, 'without a gap');
        }
        const rows = records((await download('performance', `?period=${period}&format=csv`)).text);
        assert.deepEqual(rows.map((row) => [row.period, Number(row.completed), Number(row.average_rating)]),
          found.periods.map((one) => [one.period, one.completed, one.average_rating]));
      }
      const unsaid = (await report('performance')).report;
      assert.equal(unsaid.period, 'monthly');
      assert.deepEqual(unsaid.technicians.map((one) => [one.technician_id, one.completed]),
        [[d.account.colleague.uuid, 2], [d.account.technician.uuid, 1]]);
      const cut = (await report('performance', `?period=monthly&date_from=2026-01-15&date_to=2026-03-10`)).report;
      assert.deepEqual(cut.periods.map((one) => [one.period, one.date_from, one.date_to]),
        [['2026-01', '2026-01-15', '2026-01-31'], ['2026-02', '2026-02-01', '2026-02-28'], ['2026-03', '2026-03-01', '2026-03-10']]);
    });

    it('takes every day that there was, also where 1970 begins with its own first moment', async () => {
      const { id } = await d.server.seedTenant('utc.example', { timezone: 'UTC' });
      const stranger = await d.server.seed('manager', { tenant: id });
      await d.server.seed('customer', { tenant: id });
      const { body } = await d.api('POST', '/api/auth/login', {
        body: { email: stranger.email, password: d.server.password }, headers: { Host: 'utc.example' } });
      d.token.utc = body.data.tokens.access_token;
      const days = [['created_from=0001-01-01', 1], ['created_from=1970-01-01', 1], ['created_to=1970-01-01', 0], ['created_to=1969-12-31', 0]];
      for (const [query, count] of days) {
        const { customers, pagination } = succeeded(await d.get(`/api/customers?${query}`, 'utc'));
        assert.deepEqual([customers.length, pagination.total], [count, count], query);
      }
      for (const [from, to, count] of [['1900-01-01', '1969-12-31', 70], ['1970-01-01', '1979-12-31', 10], ['0001-01-01', '0001-12-31', 1]]) {
        const { periods } = (await report('performance', `?period=yearly&date_from=${from}&date_to=${to}`, 'utc')).report;
        assert.deepEqual([periods.length, periods.at(0).date_from, periods.at(-1).date_to], [count, from, to]);
      }
      assert.match(paper((await download('performance', '?format=pdf&period=yearly&date_from=1970-01-01', 'utc')).bytes).text, /1 \w+ 1970/);
      for (const name of REPORTS) {
        refused(await d.get(`/api/reports/${name}?date_from=1970-01-01&date_to=1969-12-31`, 'utc'), 422, 'VALIDATION_ERROR', ['date_to']);
      }
    });

    it('reports the stock and what moved', async () => {
      const item = async (more) => {
        const body = { name: 'Router', category: 'Network', sku: more.sku, unit_price: 150000.5, stock_quantity: 10, min_stock_level: 2, ...more };
        return succeeded(await d.post('/api/inventory/items', 'manager', body), 201).item;
      };
      const router = await item({ sku: 'RT-1' });
      const cable = await item({ sku: '=1+1', name: 'Cable', category: 'Passive', unit_price: 1000, stock_quantity: 3, min_stock_level: 3 });
      const job = await d.make();
      await d.assign(job.id, 'technician');
      const given = succeeded(await d.post('/api/inventory/assignments', 'manager',
        { item_id: router.id, technician_id: d.account.technician.uuid, ticket_id: job.id, quantity: 5 }), 201).assignment;
      const back = (quantity_returned, condition) =>
        d.put(`/api/inventory/assignments/${given.id}/return`, 'manager', { quantity_returned, condition });
      succeeded(await back(2, 'good'));
      succeeded(await back(1, 'lost'));
      const sums = { assigned_out: 2, added: 13, assigned: 5, returned: 2, damaged: 0, lost: 1 };
      const all = await report('inventory', `?date_from=${today}&date_to=${today}`);
      assert.deepEqual(all.report, {
        date_from: today, date_to: today, total_items: 2, low_stock_items: 1, total_stock: 10, stock_value: 1053003.5, ...sums });
      assert.deepEqual(all.items, [
        { id: cable.id, name: 'Cable', category: 'Passive', sku: '=1+1', stock_quantity: 3, min_stock_level: 3, is_low_stock: true, unit_price: 1000,
          stock_value: 3000, assigned_out: 0, added: 3, assigned: 0, returned: 0, damaged: 0, lost: 0 },
        { id: router.id, name: 'Router', category: 'Network', sku: 'RT-1', stock_quantity: 7, min_stock_level: 2, is_low_stock: false,
          unit_price: 150000.5, stock_value: 1050003.5, assigned_out: 2, added: 10, assigned: 5, returned: 2, damaged: 0, lost: 1 },
      ]);
      for (const [query, skus] of [['?low_stock_only=true', ['=1+1']], ['?category=network', ['RT-1']], ['?category=Network&low_stock_only=true', []],
        ['?low_stock_only=false', ['=1+1', 'RT-1']]]) {
        const json = await report('inventory', query);
        assert.deepEqual(json.items.map((one) => one.sku), skus, query);
        assert.equal(json.report.total_items, skus.length, query);
        assert.equal(json.pagination.total, skus.length, query);
        const rows = records((await download('inventory', `${query}&format=csv`)).text);
        assert.deepEqual(rows.map((row) => row.sku), skus.map((sku) => (sku[0] === '=' ? `'${sku}` : sku)), query);
      }
      const before = await report('inventory', `?date_to=${new Date(Date.parse(today) - 86400000).toISOString().slice(0, 10)}`);
      assert.equal(before.report.assigned, 0, 'nothing had moved yesterday');
      assert.equal(before.report.total_stock, 10, 'the stock is that of now');
      const pdf = paper((await download('inventory', '?format=pdf')).bytes);
      assert.match(pdf.text, /1,053,003\.50/);
      assert.match(pdf.text, /RT-1\s+Router\s+Network/);
      succeeded(await d.move(job.id, 'closed'));
      succeeded(await d.remove(`/api/tickets/${job.id}`, 'manager'));
    });

    it('sends each report as a document to print, in the reader’s language', async () => {
      const titles = { tickets: 'Ticket report', performance: 'Performance report', inventory: 'Inventory report' };
      for (const name of REPORTS) {
        const answer = await download(name, '?format=pdf');
        assert.equal(answer.type, 'application/pdf');
        assert.equal(answer.name, `${name}-${today}.pdf`);
        const pdf = paper(answer.bytes);
        assert.equal(pdf.title, titles[name]);
        assert.match(pdf.text, new RegExp(`Page 1 of ${pdf.pages}`));
        assert.match(pdf.text, /\(Asia\/Jakarta\)/);
      }
      const { text } = paper((await download('tickets', `?format=pdf&technician_id=${d.account.colleague.uuid}&status=closed`)).bytes);
      assert.match(text, /Status: Closed · Technician: The colleague/);
      assert.match(text, new RegExp(`${today} \\d\\d:\\d\\d`));
      const mine = paper((await download('performance', '?format=pdf&period=daily', 'technician')).bytes);
      assert.match(mine.text, /Technician: The technician/);
      assert.doesNotMatch(mine.text, /Created/);
    });

    it('shows a technician their own work and nobody else’s', async () => {
      const own = (await report('performance', '', 'technician')).report;
      assert.equal(own.summary.completed, 1);
      assert.deepEqual(own.technicians.map((one) => one.technician_id), [d.account.technician.uuid]);
      const said = (await report('performance', `?technician_id=${d.account.technician.uuid}`, 'technician')).report;
      assert.deepEqual(said, own);
      for (const other of [d.account.colleague.uuid, UNKNOWN]) {
        for (const format of ['json', 'csv', 'pdf']) {
          refused(await d.get(`/api/reports/performance?technician_id=${other}&format=${format}`, 'technician'), 403, 'INSUFFICIENT_PERMISSIONS');
        }
        refused(await d.get(`/api/technicians/${other}/performance`, 'technician'), 404, 'RESOURCE_NOT_FOUND');
      }
      const { performance } = succeeded(await d.get(`/api/technicians/${d.account.technician.uuid}/performance`, 'technician'));
      assert.equal(performance.completed_tickets, 1);
    });

    it('opens the reports to the roles of the table alone', async () => {
      const open = {
        dashboard: ['super_admin', 'manager', 'supervisor', 'customer_service'],
        tickets: ['super_admin', 'manager', 'supervisor', 'customer_service'],
        performance: ['super_admin', 'manager', 'supervisor', 'technician'],
        inventory: ['super_admin', 'manager', 'supervisor'],
      };
      for (const [name, roles] of Object.entries(open)) {
        for (const who of ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer']) {
          const answer = await d.get(`/api/reports/${name}`, who);
          if (roles.includes(who)) {
            succeeded(answer);
          } else {
            refused(answer, 403, 'INSUFFICIENT_PERMISSIONS');
          }
        }
        refused(await d.api('GET', `/api/reports/${name}`), 401, 'UNAUTHORIZED');
      }
      refused(await d.get(`/api/technicians/${d.account.technician.uuid}/performance`, 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
    });

    it('keeps another tenant’s figures out', async () => {
      const { id } = await d.server.seedTenant('elsewhere.example', { timezone: 'Asia/Makassar' });
      const stranger = await d.server.seed('manager', { tenant: id });
      const { body } = await d.api('POST', '/api/auth/login', {
        body: { email: stranger.email, password: d.server.password }, headers: { Host: 'elsewhere.example' } });
      d.token.stranger = body.data.tokens.access_token;
      assert.equal((await report('dashboard', '', 'stranger')).summary.total_tickets, 0);
      assert.deepEqual((await report('tickets', `?technician_id=${d.account.technician.uuid}`, 'stranger')).tickets, []);
      assert.deepEqual((await report('performance', `?technician_id=${d.account.technician.uuid}`, 'stranger')).report.summary.completed, 0);
      assert.equal((await report('inventory', '', 'stranger')).report.total_items, 0);
      assert.deepEqual(records((await download('tickets', '?format=csv', 'stranger')).text), []);
      const { text } = paper((await download('tickets', `?format=pdf&technician_id=${d.account.technician.uuid}`, 'stranger')).bytes);
      assert.doesNotMatch(text, /The technician/, 'the name is another tenant’s');
      refused(await d.get(`/api/technicians/${d.account.technician.uuid}/performance`, 'stranger'), 404, 'RESOURCE_NOT_FOUND');
    });

    it('refuses what is wrong with each fault’s name', async () => {
      for (const [name, query, fields] of [
        ...REPORTS.map((one) => [one, '?format=xlsx', ['format']]),
        ...REPORTS.map((one) => [one, `?date_from=${tomorrow()}&date_to=${today}`, ['date_to']]),
        ...REPORTS.map((one) => [one, '?date_from=yesterday&date_to=2026-02-30', ['date_from', 'date_to']]),
        ['tickets', '?status=done&type=cleaning&technician_id=7&customer_id=x', ['status', 'type', 'technician_id', 'customer_id']],
        // domain.md: "`details` lists every fault at once".
        ...REPORTS.map((one) => [one, '?format=xlsx&date_from=yesterday&date_to=2026-02-30', ['format', 'date_from', 'date_to']]),
        ...REPORTS.map((one) => [one, `?format=xlsx&date_from=${tomorrow()}&date_to=${today}`, ['format', 'date_to']]),
        ['tickets', '?limit=101&page=0', ['limit', 'page']],
        ['performance', '?period=hourly&technician_id=7', ['period', 'technician_id']],
        ['performance', `?date_from=${tomorrow()}`, ['date_from']],
        ['performance', `?period=hourly&date_from=${tomorrow()}`, ['period', 'date_from']],
        ['performance', '?period=daily&date_from=1980-01-01', []],
        ['performance', '?period=daily&date_from=1900-01-01', []],
        ['performance', '?period=weekly&date_from=0001-01-01', []],
        ['inventory', '?low_stock_only=maybe', ['low_stock_only']],
        ['inventory', `?category=${'x'.repeat(256)}`, ['category']],
      ]) {
        refused(await d.get(`/api/reports/${name}${query}`, 'manager'), 422, 'VALIDATION_ERROR', fields);
      }
      succeeded(await d.get(`/api/reports/inventory?category=${'x'.repeat(255)}`, 'manager'));
      refused(await d.get('/api/technicians/seven/performance', 'manager'), 400, 'VALIDATION_ERROR', ['id']);
      refused(await d.get(`/api/technicians/${UNKNOWN}/performance`, 'manager'), 404, 'RESOURCE_NOT_FOUND');
    });

    it('sends thousands of rows in order, each once, while others write', async () => {
      const COUNT = 1234; // more than are read at once
      let left = COUNT;
      const writer = async () => {
        while (left > 0) {
          left -= 1;
          await d.make({ type: 'upgrade', priority: 'low' }, 'manager');
        }
      };
      await Promise.all(Array.from({ length: 16 }, writer));
      let writing = true;
      const others = (async () => {
        while (writing) {
          await d.make({ type: 'repair' }, 'manager');
        }
      })();
      const rows = records((await download('tickets', `?format=csv&type=upgrade&date_from=${today}`)).text);
      const pdf = paper((await download('tickets', '?format=pdf&type=upgrade')).bytes);
      writing = false;
      await others;
      const { report: found } = await report('tickets', '?type=upgrade');
      assert.equal(found.total_tickets, COUNT + 1);
      const numbers = rows.map((row) => Number(row.ticket_number.slice(10)));
      assert.equal(new Set(numbers).size, COUNT + 1);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
      assert.deepEqual((pdf.text.match(/TK\d{14}/g) ?? []).map((number) => Number(number.slice(10))), numbers);
    });

    it('serves the reports under /v1 as well', async () => {
      assert.deepEqual(succeeded(await d.get('/v1/api/reports/dashboard', 'manager')), await report('dashboard'));
    });
  });
}

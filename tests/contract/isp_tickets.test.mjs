// isp: tickets from creation to rating. Every example of the document stands here word for word.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { TIME, UUID, engines } from './harness.mjs';
import { DAY, HOUR, PHOTO, PLACE, STAFF, STATUSES, UNKNOWN, desk, lines, refused, succeeded } from './isp_ticket_desk.mjs';

// The keys of the document's list item, and what is added to them.
const TICKET_KEYS = [
  'id', 'ticket_number', 'customer', 'technician', 'type', 'priority', 'status', 'title', 'description', 'location',
  'scheduled_at', 'completed_at', 'sla_deadline', 'created_at', 'updated_at', 'category', 'rating', 'feedback',
].sort();

for (const engine of engines()) {
  describe(`isp tickets on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('creates a ticket as the document shows it', async () => {
      const body = {
        customer_id: d.account.customer.uuid,
        type: 'new_installation',
        priority: 'normal',
        title: 'Install fibre',
        description: 'Second floor.\nRing twice.',
        location: { lat: -6.2088, lng: 106.8456 },
        scheduled_at: '2031-10-20T16:00:00+07:00',
        attachments: [PHOTO],
      };
      const { ticket } = succeeded(await d.post('/api/tickets', 'customer_service', body), 201);
      assert.deepEqual(Object.keys(ticket).sort(), TICKET_KEYS);
      assert.match(ticket.id, UUID);
      assert.match(ticket.ticket_number, /^TK\d{8}\d{6,}$/);
      assert.match(ticket.created_at, TIME);
      assert.match(ticket.updated_at, TIME);
      assert.equal(Date.parse(ticket.sla_deadline) - Date.parse(ticket.created_at), DAY * 1000);
      assert.deepEqual(ticket, {
        id: ticket.id,
        ticket_number: ticket.ticket_number,
        customer: { id: d.account.customer.uuid, full_name: 'The customer', phone: null, address: null },
        technician: null,
        type: 'new_installation',
        priority: 'normal',
        status: 'new',
        category: 'technical',
        title: 'Install fibre',
        description: 'Second floor.\nRing twice.',
        location: { lat: -6.2088, lng: 106.8456 },
        scheduled_at: '2031-10-20T09:00:00Z',
        completed_at: null,
        sla_deadline: ticket.sla_deadline,
        rating: null,
        feedback: null,
        created_at: ticket.created_at,
        updated_at: ticket.created_at,
      });
    });

    it('tells all about a ticket as the document shows it', async () => {
      const made = await d.make({ attachments: [PHOTO, 'https://files.example.com/contract.pdf'] });
      succeeded(await d.post(`/api/tickets/${made.id}/comments`, 'customer', { comment: 'Please hurry', attachments: [PHOTO] }), 201);
      await d.assign(made.id);
      const answer = await d.get(`/api/tickets/${made.id}`, 'customer');
      const { ticket } = succeeded(answer);
      assert.deepEqual(Object.keys(ticket).sort(), [...TICKET_KEYS, 'attachments', 'comments', 'history'].sort());
      assert.deepEqual(ticket.technician, { id: d.account.technician.uuid, full_name: 'The technician', phone: null });
      assert.equal(ticket.status, 'assigned');
      assert.equal(ticket.attachments.length, 2);
      const [photo] = ticket.attachments;
      assert.deepEqual(photo, {
        id: photo.id,
        filename: 'modem.jpg',
        url: PHOTO,
        type: 'link',
        uploaded_by: d.account.customer_service.uuid,
        uploaded_at: photo.uploaded_at,
      });
      assert.match(photo.id, UUID);
      assert.match(photo.uploaded_at, TIME);
      assert.equal(ticket.comments.length, 1);
      const [comment] = ticket.comments;
      assert.deepEqual(comment, {
        id: comment.id,
        user: { id: d.account.customer.uuid, full_name: 'The customer', role: 'customer' },
        comment: 'Please hurry',
        attachments: [{ ...comment.attachments[0], filename: 'modem.jpg', url: PHOTO, uploaded_by: d.account.customer.uuid }],
        created_at: comment.created_at,
      });
      assert.deepEqual(lines(ticket.history), [
        'created >',
        `sla_started >${ticket.sla_deadline}`,
        'commented >',
        'assigned >The technician',
        'status_changed new>assigned',
      ]);
      for (const entry of ticket.history) {
        assert.deepEqual(Object.keys(entry).sort(), ['action', 'created_at', 'id', 'new_value', 'old_value', 'user']);
        assert.match(entry.id, UUID);
        assert.match(entry.created_at, TIME);
      }
      assert.deepEqual(ticket.history[0].user, {
        id: d.account.customer_service.uuid,
        full_name: 'The customer_service',
        role: 'customer_service',
      });
      assert.equal(ticket.history[3].old_value, null);
    });

    it('lists as the document shows it', async () => {
      const made = await d.make();
      const data = succeeded(await d.get('/api/tickets?limit=1', 'manager'));
      assert.deepEqual(Object.keys(data), ['tickets', 'pagination']);
      assert.deepEqual(data.tickets, [made]);
      const { total } = data.pagination;
      assert.deepEqual(data.pagination, { current_page: 1, per_page: 1, total, total_pages: total });
      assert.equal(succeeded(await d.get('/v1/api/tickets', 'manager')).pagination.per_page, 20);
    });

    it('assigns as the document shows it', async () => {
      const made = await d.make();
      const { ticket } = succeeded(
        await d.post(`/api/tickets/${made.id}/assign`, 'supervisor', {
          technician_id: d.account.technician.uuid,
          scheduled_at: '2031-10-21T02:00:00Z',
          notes: 'Bring a ladder',
        }),
      );
      assert.deepEqual(ticket, {
        ...made,
        technician: { id: d.account.technician.uuid, full_name: 'The technician', phone: null },
        status: 'assigned',
        scheduled_at: '2031-10-21T02:00:00Z',
        updated_at: ticket.updated_at,
      });
      assert.deepEqual(lines((await d.read(made.id)).history).slice(2), [
        'assigned >The technician',
        'status_changed new>assigned',
        'scheduled_at_changed >2031-10-21T02:00:00Z',
        'note >Bring a ladder',
      ]);
      // The same technician again changes schedule and notes only.
      const again = { technician_id: d.account.technician.uuid, scheduled_at: '2031-10-22T02:00:00Z', notes: null };
      assert.equal(succeeded(await d.post(`/api/tickets/${made.id}/assign`, 'supervisor', again)).ticket.scheduled_at, again.scheduled_at);
      assert.equal((await d.read(made.id)).history.length, 7);
    });

    it('sets the status as the document shows it', async () => {
      const made = await d.make();
      await d.assign(made.id);
      const body = { status: 'in_progress', notes: 'On my way', attachments: [PHOTO] };
      const { ticket } = succeeded(await d.put(`/api/tickets/${made.id}/status`, 'technician', body));
      assert.equal(ticket.status, 'in_progress');
      const read = await d.read(made.id);
      assert.deepEqual(lines(read.history).slice(-2), ['status_changed assigned>in_progress', 'note >On my way']);
      assert.equal(read.attachments.length, 1);
      for (const status of STATUSES) {
        const moved = succeeded(await d.move(made.id, status)).ticket;
        assert.equal(moved.status, status);
        assert.equal(moved.completed_at !== null, status === 'resolved' || status === 'closed');
      }
    });

    it('takes comments as the document shows it', async () => {
      const made = await d.make();
      const { comment } = succeeded(
        await d.post(`/api/tickets/${made.id}/comments`, 'technician', { comment: 'The fibre at the pole was cut.', attachments: [PHOTO] }),
        201,
      );
      assert.deepEqual(Object.keys(comment).sort(), ['attachments', 'comment', 'created_at', 'id', 'user']);
      assert.deepEqual(comment.user, { id: d.account.technician.uuid, full_name: 'The technician', role: 'technician' });
      assert.deepEqual((await d.read(made.id)).comments, [comment]);
      assert.deepEqual((await d.read(made.id)).attachments, []);
    });

    it('changes the fields that are named, and no others', async () => {
      const made = await d.make();
      const change = async (body, as = 'manager') => succeeded(await d.put(`/api/tickets/${made.id}`, as, body)).ticket;
      const sent = {
        title: 'Slow internet',
        description: 'Only in the evening',
        type: 'maintenance',
        priority: 'low',
        category: 'billing',
        location: { lat: 1.5, lng: -2.25 },
        scheduled_at: '2031-01-02T03:04:05Z',
      };
      let now = made;
      for (const [key, value] of Object.entries(sent)) {
        const changed = await change({ [key]: value });
        const expected = { ...now, [key]: value, updated_at: changed.updated_at };
        if (key === 'priority') {
          expected.sla_deadline = changed.sla_deadline;
          assert.equal(Date.parse(changed.sla_deadline) - Date.parse(made.created_at), 48 * HOUR * 1000);
        }
        assert.deepEqual(changed, expected);
        now = changed;
      }
      assert.deepEqual(await change({}), now);
      assert.deepEqual(await change(sent), now);
      assert.deepEqual(await change({ unheard_of: 1, status: 'closed' }), now);
      const emptied = await change({ location: null, scheduled_at: null });
      assert.equal(emptied.location, null);
      assert.equal(emptied.scheduled_at, null);
      assert.deepEqual(
        (await d.read(made.id)).history.map((entry) => entry.action),
        [
          'created', 'sla_started', 'title_changed', 'description_changed', 'type_changed', 'priority_changed', 'sla_changed',
          'category_changed', 'location_changed', 'scheduled_at_changed', 'location_changed', 'scheduled_at_changed',
        ],
      );
    });

    it('lets everybody change what is theirs to change', async () => {
      const free = await d.make();
      const taken = await d.make();
      await d.assign(taken.id);
      const fields = {
        title: 'x', description: 'x', location: PLACE, scheduled_at: '2031-01-02T03:04:05Z', type: 'upgrade', priority: 'low',
        category: 'account',
      };
      const may = async (id, as) => {
        const names = [];
        for (const [key, value] of Object.entries(fields)) {
          const answer = await d.put(`/api/tickets/${id}`, as, { [key]: value });
          if (answer.status === 200) {
            names.push(key);
          } else {
            refused(answer, 403, 'INSUFFICIENT_PERMISSIONS');
          }
        }
        return names;
      };
      assert.deepEqual(await may(free.id, 'customer'), ['title', 'description', 'location']);
      assert.deepEqual(await may(taken.id, 'customer'), []); // not new any more
      assert.deepEqual(await may(free.id, 'technician'), []);
      assert.deepEqual(await may(taken.id, 'technician'), ['description', 'location', 'scheduled_at']);
      assert.deepEqual(await may(taken.id, 'customer_service'), Object.keys(fields));
    });

    it('shows a ticket with as many attachments as one may have', async () => {
      const { id } = await d.make();
      /* Long names: together more than a request of the quick lanes may hold. */
      const link = (n) => `https://files.example.com/${'photo-'.repeat(60)}${n}.jpg`;
      for (let n = 0; n < 100; n++) {
        const attachments = Array.from({ length: 10 }, (_, i) => link(n * 10 + i));
        succeeded(await d.post(`/api/tickets/${id}/comments`, 'customer', { comment: `Photos ${n}`, attachments }), 201);
      }
      const ticket = await d.read(id, 'customer');
      assert.equal(ticket.comments.length, 100);
      const urls = ticket.comments.flatMap((one) => one.attachments.map((each) => each.url));
      assert.equal(new Set(urls).size, 1000);
      assert.ok(ticket.comments.every((one) => one.attachments.length === 10));
    });

    it('deletes softly and restores', async () => {
      const made = await d.make();
      refused(await d.remove(`/api/tickets/${made.id}`, 'supervisor'), 403, 'INSUFFICIENT_PERMISSIONS');
      assert.deepEqual(succeeded(await d.remove(`/api/tickets/${made.id}`, 'customer')), { message: 'Ticket deleted' });
      for (const answer of [
        await d.get(`/api/tickets/${made.id}`, 'manager'),
        await d.put(`/api/tickets/${made.id}`, 'manager', { title: 'x' }),
        await d.move(made.id, 'closed'),
        await d.post(`/api/tickets/${made.id}/assign`, 'manager', { technician_id: d.account.technician.uuid }),
        await d.post(`/api/tickets/${made.id}/comments`, 'manager', { comment: 'x' }),
        await d.post(`/api/tickets/${made.id}/rating`, 'customer', { rating: 5 }),
        await d.remove(`/api/tickets/${made.id}`, 'manager'),
        await d.post(`/api/tickets/${made.id}/restore`, 'neighbour'),
      ]) {
        refused(answer, 404, 'RESOURCE_NOT_FOUND');
      }
      const { ticket } = succeeded(await d.post(`/api/tickets/${made.id}/restore`, 'customer'));
      assert.deepEqual(ticket, { ...made, updated_at: ticket.updated_at });
      assert.deepEqual(lines((await d.read(made.id)).history).slice(2), ['deleted >', 'restored >']);
      // What a manager deleted, a customer does not bring back.
      succeeded(await d.remove(`/api/tickets/${made.id}`, 'manager'));
      refused(await d.post(`/api/tickets/${made.id}/restore`, 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
      succeeded(await d.post(`/api/tickets/${made.id}/restore`, 'manager'));
    });

    it('lets staff below managers delete and restore nothing, not even what they wrote', async () => {
      for (const as of ['supervisor', 'customer_service', 'technician']) {
        const body = { jenis_permintaan: 'masalah teknis', prioritas: 'tinggi', deskripsi: `The chair of the ${as}` };
        const written = await d.server.as('tiket')('POST', '/api/ticket', { token: d.token[as], body });
        assert.ok(written.status < 300, written.text);
        const { tickets } = succeeded(await d.get('/api/tickets?limit=100', as));
        const { id } = tickets.find((one) => one.description === body.deskripsi);
        refused(await d.remove(`/api/tickets/${id}`, as), 403, 'INSUFFICIENT_PERMISSIONS');
        await d.assign(id, 'colleague');
        const hidden = as === 'technician'; /* what another technician has */
        const [http, code] = hidden ? [404, 'RESOURCE_NOT_FOUND'] : [403, 'INSUFFICIENT_PERMISSIONS'];
        refused(await d.remove(`/api/tickets/${id}`, as), http, code);
        succeeded(await d.remove(`/api/tickets/${id}`, 'manager'));
        refused(await d.post(`/api/tickets/${id}/restore`, as), 404, 'RESOURCE_NOT_FOUND');
      }
    });

    it('lets the customer rate what was solved, and nobody else', async () => {
      const made = await d.make();
      const rate = (as, body) => d.post(`/api/tickets/${made.id}/rating`, as, body);
      refused(await rate('customer', { rating: 5 }), 409, 'INVALID_STATE');
      await d.assign(made.id);
      succeeded(await d.move(made.id, 'resolved', 'technician'));
      for (const rating of [0, 6, 4.5, '5', null, undefined]) {
        refused(await rate('customer', { rating }), 422, 'VALIDATION_ERROR', ['rating']);
      }
      for (const as of ['manager', 'technician']) {
        refused(await rate(as, { rating: 5 }), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      refused(await rate('neighbour', { rating: 5 }), 404, 'RESOURCE_NOT_FOUND');
      assert.equal(succeeded(await rate('customer', { rating: 2, feedback: 'Late' })).ticket.feedback, 'Late');
      const { ticket } = succeeded(await rate('customer', { rating: 4, feedback: '' }));
      assert.equal(ticket.rating, 4);
      assert.equal(ticket.feedback, null);
      assert.deepEqual(lines((await d.read(made.id)).history).slice(-2), ['rated >2', 'rated 2>4']);
    });

    // ---- who ----

    it('lets staff create for a customer, and a customer for themself', async () => {
      for (const as of STAFF) {
        const ticket = await d.make({}, as);
        assert.equal(ticket.customer.id, d.account.customer.uuid);
        // A technician's own work is theirs at once.
        assert.equal(ticket.technician?.id, as === 'technician' ? d.account.technician.uuid : undefined);
        assert.equal(ticket.status, as === 'technician' ? 'assigned' : 'new');
        refused(await d.post('/api/tickets', as, { ...d.example(), customer_id: undefined }), 422, 'VALIDATION_ERROR', ['customer_id']);
        for (const customer_id of [UNKNOWN, d.account.manager.uuid, d.account[as].uuid]) {
          refused(await d.post('/api/tickets', as, d.example({ customer_id })), 422, 'VALIDATION_ERROR', ['customer_id']);
        }
      }
      assert.equal((await d.make({ customer_id: undefined }, 'neighbour')).customer.id, d.account.neighbour.uuid);
      assert.equal((await d.make({ customer_id: d.account.neighbour.uuid }, 'neighbour')).customer.id, d.account.neighbour.uuid);
      refused(await d.post('/api/tickets', 'neighbour', d.example()), 403, 'INSUFFICIENT_PERMISSIONS');
      refused(await d.post('/api/tickets', 'neighbour', d.example({ customer_id: UNKNOWN })), 403, 'INSUFFICIENT_PERMISSIONS');
    });

    it('shows a ticket to those who may read it, and is not found for all others', async () => {
      const free = await d.make();
      const taken = await d.make();
      await d.assign(taken.id);
      const readers = async (id) => {
        const names = [];
        for (const as of [...STAFF, 'colleague', 'customer', 'neighbour']) {
          const answer = await d.get(`/api/tickets/${id}`, as);
          if (answer.status === 200) {
            names.push(as);
          } else {
            refused(answer, 404, 'RESOURCE_NOT_FOUND');
          }
        }
        return names;
      };
      assert.deepEqual(await readers(free.id), [...STAFF, 'colleague', 'customer']);
      assert.deepEqual(await readers(taken.id), [...STAFF, 'customer']);
      assert.deepEqual(await readers(UNKNOWN), []);
      refused(await d.move(taken.id, 'closed', 'colleague'), 404, 'RESOURCE_NOT_FOUND');
      refused(await d.post(`/api/tickets/${taken.id}/comments`, 'neighbour', { comment: 'x' }), 404, 'RESOURCE_NOT_FOUND');
    });

    it('wants a live token everywhere', async () => {
      const id = (await d.make()).id;
      for (const [method, path] of [
        ['GET', '/api/tickets'],
        ['POST', '/api/tickets'],
        ['GET', `/api/tickets/${id}`],
        ['PUT', `/api/tickets/${id}`],
        ['DELETE', `/api/tickets/${id}`],
        ['POST', `/api/tickets/${id}/restore`],
        ['POST', `/api/tickets/${id}/assign`],
        ['PUT', `/api/tickets/${id}/status`],
        ['POST', `/api/tickets/${id}/comments`],
        ['POST', `/api/tickets/${id}/rating`],
        ['GET', `/api/customers/${d.account.customer.uuid}/tickets`],
        ['GET', `/api/technicians/${d.account.technician.uuid}/tickets`],
      ]) {
        refused(await d.api(method, path), 401, 'UNAUTHORIZED');
      }
    });

    it('refuses an id that is no uuid', async () => {
      for (const id of ['1', 'nonsense', `${UNKNOWN}0`, '%27%20OR%201=1']) {
        for (const answer of [
          await d.get(`/api/tickets/${id}`, 'manager'),
          await d.put(`/api/tickets/${id}`, 'manager', { title: 'x' }),
          await d.remove(`/api/tickets/${id}`, 'manager'),
          await d.move(id, 'closed'),
          await d.get(`/api/customers/${id}/tickets`, 'manager'),
          await d.get(`/api/technicians/${id}/tickets`, 'manager'),
        ]) {
          refused(answer, 400, 'VALIDATION_ERROR', ['id']);
        }
      }
    });

    // ---- input ----

    it('tells every faulty field of a new ticket at once', async () => {
      const wrong = (body, fields, as = 'manager') =>
        d.post('/api/tickets', as, body).then((answer) => refused(answer, 422, 'VALIDATION_ERROR', fields));
      await wrong({}, ['customer_id', 'type', 'priority', 'title', 'description', 'location']);
      await wrong({}, ['type', 'priority', 'title', 'description', 'location'], 'customer');
      await wrong(
        {
          customer_id: 'me', type: 'fix', priority: 'urgent', category: 'other', title: ' ', description: 7,
          location: { lat: 91, lng: 'east' }, scheduled_at: 'tomorrow', attachments: [7],
        },
        [
          'customer_id', 'type', 'priority', 'category', 'title', 'description', 'location.lat', 'location.lng', 'scheduled_at',
          'attachments[0]',
        ],
      );
      await wrong(d.example({ location: { lat: 1 } }), ['location.lng']);
      await wrong(d.example({ title: 'x'.repeat(256) }), ['title']);
      await wrong(d.example({ description: 'x'.repeat(64 * 1024 + 1) }), ['description']);
      await wrong(d.example({ title: 'a\u0007' }), ['title']);
      await wrong(d.example({ attachments: Array(11).fill(PHOTO) }), ['attachments']);
      await wrong(d.example({ attachments: [PHOTO, 'nonsense', 'ftp://example.com/x'] }), ['attachments[1]', 'attachments[2]']);
      await wrong(d.example({ attachments: [`/api/files/${UNKNOWN}`] }), ['attachments[0]']);
      refused(await d.api('POST', '/api/tickets', { text: '{', token: d.token.manager }), 400, 'BAD_REQUEST');
    });

    it('tells every faulty field of the other calls at once', async () => {
      const { id } = await d.make();
      const wrong = async (answer, fields) => refused(await answer, 422, 'VALIDATION_ERROR', fields);
      await wrong(d.put(`/api/tickets/${id}`, 'manager', { title: '', type: 'x', priority: 1, location: {} }), [
        'title', 'type', 'priority', 'location.lat', 'location.lng',
      ]);
      await wrong(d.post(`/api/tickets/${id}/assign`, 'manager', { scheduled_at: 5, notes: {} }), ['technician_id', 'scheduled_at', 'notes']);
      await wrong(d.put(`/api/tickets/${id}/status`, 'manager', { status: 'done', attachments: 'x' }), ['status', 'attachments']);
      await wrong(d.put(`/api/tickets/${id}/status`, 'manager', {}), ['status']);
      await wrong(d.post(`/api/tickets/${id}/comments`, 'manager', { comment: ' ' }), ['comment']);
      await wrong(d.post(`/api/tickets/${id}/comments`, 'manager', { comment: 'a\u0007' }), ['comment']);
      await wrong(d.post(`/api/tickets/${id}/comments`, 'manager', { comment: 'x', attachments: ['x'] }), ['attachments[0]']);
      const read = await d.read(id);
      assert.deepEqual(read.comments, []);
      assert.equal(read.status, 'new');
    });

    it('gives every text back exactly as it was sent', async () => {
      const title = '  "quotes" \\ <b>&amp;</b> é 漢字 🙂 \u202e % _ \' ; -- ';
      const description = `line one\nline two\ttab\r\n${'ж'.repeat(32 * 1024 - 20)}`;
      const made = await d.make({ title, description });
      assert.equal(made.title, title);
      const read = await d.read(made.id);
      assert.equal(read.title, title);
      assert.equal(read.description, description);
    });

    it('lists a hundred long tickets, and tells a long history whole', async () => {
      const description = 'ж'.repeat(32 * 1024);
      const { id } = await d.make({ description });
      for (let i = 0; i < 99; i++) {
        await d.make({ description });
      }
      const data = succeeded(await d.get('/api/tickets?limit=100', 'manager'));
      assert.equal(data.tickets.length, 100);
      assert.ok(data.tickets.every((ticket) => ticket.description === description));
      for (let i = 0; i < 80; i++) {
        succeeded(await d.post(`/api/tickets/${id}/comments`, 'manager', { comment: `${i} ${'ж'.repeat(32 * 1024 - 8)}` }), 201);
      }
      const { comments } = await d.read(id);
      assert.ok(comments.every((comment, i) => comment.comment.startsWith(`${i} `)));
      assert.equal(comments.length, 80);
    });

    // ---- assignment ----

    it('assigns to active and available technicians of open tickets only', async () => {
      const { id } = await d.make();
      const assign = (technician_id, as = 'manager') => d.post(`/api/tickets/${id}/assign`, as, { technician_id });
      for (const who of ['manager', 'customer']) {
        refused(await assign(d.account[who].uuid), 422, 'VALIDATION_ERROR', ['technician_id']);
      }
      refused(await assign(UNKNOWN), 422, 'VALIDATION_ERROR', ['technician_id']);
      refused(await assign(d.account.technician.uuid, 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
      refused(await assign(d.account.colleague.uuid, 'technician'), 403, 'INSUFFICIENT_PERMISSIONS');
      const gone = await d.server.seed('technician');
      await d.server.command(['user', 'disable', '--email', gone.email]);
      refused(await assign(gone.uuid), 422, 'VALIDATION_ERROR', ['technician_id']);
      const path = `/api/technicians/${d.account.colleague.uuid}/availability`;
      succeeded(await d.put(path, 'colleague', { is_available: false, reason: 'Ill' }));
      refused(await assign(d.account.colleague.uuid), 409, 'TECHNICIAN_UNAVAILABLE');
      succeeded(await d.put(path, 'colleague', { is_available: true }));
      succeeded(await assign(d.account.colleague.uuid));
      for (const status of ['resolved', 'closed']) {
        succeeded(await d.move(id, status));
        refused(await assign(d.account.technician.uuid), 409, 'INVALID_STATE');
      }
      succeeded(await d.move(id, 'new'));
      // Nobody gives away what another technician has; a free one everybody takes.
      refused(await assign(d.account.technician.uuid, 'technician'), 404, 'RESOURCE_NOT_FOUND');
      const free = await d.make();
      await d.assign(free.id, 'technician', 'technician');
    });

    it('lets a customer close and reopen, and nothing else', async () => {
      const { id } = await d.make();
      await d.assign(id);
      for (const status of STATUSES.filter((one) => one !== 'assigned')) {
        refused(await d.move(id, status, 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      for (const word of ['new', 'assigned', 'in_progress']) {
        succeeded(await d.move(id, 'resolved', 'technician'));
        succeeded(await d.move(id, 'closed', 'customer'));
        const { ticket } = succeeded(await d.move(id, word, 'customer'));
        assert.equal(ticket.status, 'assigned');
        assert.equal(ticket.completed_at, null);
      }
      // "pending" does not ask for work to go on.
      for (const done of ['resolved', 'closed']) {
        succeeded(await d.move(id, done));
        refused(await d.move(id, 'pending', 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
      }
      const free = await d.make();
      succeeded(await d.move(free.id, 'resolved'));
      assert.equal(succeeded(await d.move(free.id, 'in_progress', 'customer')).ticket.status, 'new');
    });

    it('tells the notices and mails of what happens to the other party', async () => {
      const told = async (as) =>
        succeeded(await d.get('/api/notifications?limit=100', as)).notifications.filter((one) => one.data.ticket_id === id).map((one) => one.type);
      const { id } = await d.make({ customer_id: undefined }, 'customer');
      assert.equal((await told('customer_service')).length, 1);
      assert.equal((await told('technician')).length, 0);
      await d.assign(id);
      assert.equal((await told('technician')).length, 1);
      succeeded(await d.post(`/api/tickets/${id}/comments`, 'technician', { comment: 'Soon' }), 201);
      succeeded(await d.move(id, 'resolved', 'technician'));
      assert.equal((await told('customer')).length, 2);
      succeeded(await d.post(`/api/tickets/${id}/comments`, 'customer', { comment: 'Thanks' }), 201);
      assert.equal((await told('technician')).length, 2);
      assert.equal((await told('customer_service')).length, 1);
    });

    it('shows one ticket in every dialect, whatever is attached to it', async () => {
      const { id } = await d.make({ title: 'In every dialect', attachments: [PHOTO] });
      succeeded(await d.post(`/api/tickets/${id}/comments`, 'customer', { comment: 'See', attachments: [PHOTO] }), 201);
      const hcall = d.server.as('hcall');
      const info = await hcall('GET', `/api/ticket/info?ticket_id=ticket_${id}`, { token: d.token.manager });
      assert.equal(info.status, 200, info.text);
      assert.equal(info.body.ticket_name, 'In every dialect');
      assert.deepEqual(info.body.ticket_images, []);
      assert.equal(info.body.ticket_history[0].ticket_return, 'See');
    });

    // ---- lists of persons ----

    it("lists a customer's and a technician's tickets", async () => {
      const somebody = await d.server.seed('customer');
      const worker = await d.server.seed('technician');
      const made = [];
      for (let i = 0; i < 5; i++) {
        made.unshift(await d.make({ customer_id: somebody.uuid }));
      }
      for (const ticket of made.slice(0, 3)) {
        succeeded(await d.post(`/api/tickets/${ticket.id}/assign`, 'manager', { technician_id: worker.uuid }));
      }
      const ids = async (path, as = 'manager') => {
        const data = succeeded(await d.get(path, as));
        assert.deepEqual(Object.keys(data), ['tickets', 'pagination']);
        return [data.pagination.total, ...data.tickets.map((ticket) => ticket.id)];
      };
      const all = made.map((ticket) => ticket.id);
      const today = made[0].created_at.slice(0, 10);
      for (const [base, expected] of [
        [`/api/customers/${somebody.uuid}/tickets`, all],
        [`/api/technicians/${worker.uuid}/tickets`, all.slice(0, 3)],
      ]) {
        const total = expected.length;
        assert.deepEqual(await ids(base), [total, ...expected]);
        assert.deepEqual(await ids(`${base}?page=2&limit=2`), [total, ...expected.slice(2, 4)]);
        assert.deepEqual(await ids(`${base}?page=9&limit=2`), [total]);
        assert.deepEqual(await ids(`${base}?status=assigned`), [3, ...all.slice(0, 3)]);
        assert.deepEqual(await ids(`${base}?status=closed`), [0]);
        assert.deepEqual(await ids(`${base}?date_from=${today}`), [total, ...expected]);
        assert.deepEqual(await ids(`${base}?date_to=2020-01-01`), [0]);
        // domain.md: "`details` lists every fault at once".
        refused(await d.get(`${base}?status=open&date_from=x&limit=101&page=0`, 'manager'), 422, 'VALIDATION_ERROR', ['status', 'date_from', 'limit', 'page']);
        refused(await d.get(`${base}?date_from=x&date_to=2020-13-01`, 'manager'), 422, 'VALIDATION_ERROR', ['date_from', 'date_to']);
        refused(await d.get(base.replace(/[0-9a-f-]{36}/, UNKNOWN), 'manager'), 404, 'RESOURCE_NOT_FOUND');
      }
      refused(await d.get(`/api/customers/${somebody.uuid}/tickets`, 'customer'), 404, 'RESOURCE_NOT_FOUND');
      refused(await d.get(`/api/technicians/${worker.uuid}/tickets`, 'technician'), 404, 'RESOURCE_NOT_FOUND');
      refused(await d.get(`/api/technicians/${worker.uuid}/tickets`, 'customer'), 403, 'INSUFFICIENT_PERMISSIONS');
      const own = succeeded(await d.get(`/api/customers/${d.account.neighbour.uuid}/tickets`, 'neighbour'));
      assert.ok(own.tickets.every((ticket) => ticket.customer.id === d.account.neighbour.uuid));
    });
  });
}

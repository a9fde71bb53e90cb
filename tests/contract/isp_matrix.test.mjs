// isp: the permission table, held against every route with everybody, on things of their own, of others and of another
// tenant. What is refused changes nothing and tells nothing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, start } from './harness.mjs';
import { operationsOf, specification } from './hostile.mjs';
import { PLACE, ROLES, World, multipart, paper } from './isp_matrix.mjs';

/** The table of who may what, with its columns in the order of ROLES. */
const TABLE = {
  anyone: ['all', 'all', 'all', 'all', 'all', 'all'],
  signed_in: ['all', 'all', 'all', 'all', 'all', 'all'],
  ticket_create: ['all', 'all', 'all', 'all', 'all', 'own'],
  ticket_read: ['all', 'all', 'all', 'all', 'readable', 'own'],
  ticket_assign: ['all', 'all', 'all', 'all', 'readable', 'no'],
  ticket_status: ['all', 'all', 'all', 'all', 'own', 'own'],
  ticket_reply: ['all', 'all', 'all', 'all', 'readable', 'own'],
  ticket_remove: ['all', 'all', 'no', 'no', 'no', 'own'],
  ticket_rate: ['no', 'no', 'no', 'no', 'no', 'own'],
  ticket_change: ['all', 'all', 'all', 'all', 'own', 'own'],
  account_list: ['all', 'all', 'all', 'no', 'no', 'no'],
  account_read: ['all', 'all', 'all', 'own', 'own', 'own'],
  account_write: ['all', 'below', 'no', 'no', 'no', 'no'],
  profile_write: ['all', 'below or own', 'own', 'own', 'own', 'own'],
  customer_read: ['all', 'all', 'all', 'all', 'own', 'own'],
  customer_create: ['all', 'all', 'all', 'all', 'no', 'no'],
  customer_write: ['all', 'all', 'all', 'all', 'no', 'own'],
  technician_read: ['all', 'all', 'all', 'all', 'own', 'no'],
  technician_write: ['all', 'all', 'all', 'no', 'own', 'no'],
  technician_skills: ['all', 'all', 'all', 'no', 'no', 'no'],
  inventory_read: ['all', 'all', 'all', 'all', 'all', 'no'],
  assignment_read: ['all', 'all', 'all', 'all', 'own', 'no'],
  inventory_write: ['all', 'all', 'all', 'no', 'no', 'no'],
  inventory_assign: ['all', 'all', 'all', 'no', 'own', 'no'],
  dashboard: ['all', 'all', 'all', 'all', 'no', 'no'],
  report: ['all', 'all', 'all', 'no', 'own', 'no'],
  report_stock: ['all', 'all', 'all', 'no', 'no', 'no'],
  notice: ['own', 'own', 'own', 'own', 'own', 'own'],
  webhook: ['all', 'all', 'no', 'no', 'no', 'no'],
  file_loose: ['all', 'all', 'all', 'own', 'own', 'own'],
};

const isStaff = (role) => ROLES.indexOf(role) < 4;
const isSupervisor = (role) => ROLES.indexOf(role) < 3;

/**
 * The kinds of things that a path or a body names. `relations`: how things can stand to somebody of this role; `sees`:
 * whether they see one that stands so; `at`: one that stands there, `fresh`: one that may be changed.
 */
const ticketKind = (at, fresh) => ({
  relations: () => ['own', 'free', 'foreign'],
  sees: (role, relation) => isStaff(role) || relation === 'own' || (role === 'technician' && relation === 'free'),
  at,
  fresh,
});
/** The ticket that is somebody's own: a technician's is the one they work on. */
const stands = (relation, role) => (relation === 'own' && role === 'technician' ? 'work' : relation);

const KINDS = {
  ticket: ticketKind((w, r, role) => w.standing.ticket[stands(r, role)], (w, r, role) => w.newTicket(stands(r, role))),
  removed: {
    ...ticketKind((w, r, role) => w.standing.removed[stands(r, role)], (w, r, role) => w.newRemoved(stands(r, role))),
    sees: () => false,
  },
  file: ticketKind((w, r, role) => w.standing.file[stands(r, role)]),
  loose: { relations: () => ['foreign'], sees: (role) => isSupervisor(role), at: (w, r) => w.standing.loose[r] },
  user: {
    relations: () => ['own', 'foreign', 'peer'],
    sees: (role, relation) => isSupervisor(role) || relation === 'own',
    at: (w, r, role) => ({ own: w.people[role], foreign: w.people.hidden, peer: w.people.peer })[r].id,
    fresh: async (w, r, role) => (r === 'own' ? w.people[role].id : r === 'foreign' ? w.customer('fresh') : (await w.user('manager', 'fresh')).id),
  },
  customer: {
    relations: (role) => (isStaff(role) ? ['foreign'] : ['own', 'foreign']),
    sees: (role, relation) => isStaff(role) || relation === 'own',
    at: (w, r, role) => ({ own: role === 'technician' ? w.people.patron : w.people.customer, foreign: w.people.hidden })[r].id,
    fresh: (w, r, role) => (r === 'own' ? w.people[role].id : w.customer('fresh')),
  },
  technician: {
    relations: (role) => (role === 'technician' ? ['own', 'foreign'] : ['foreign']),
    sees: (role, relation) => isStaff(role) || relation === 'own',
    at: (w, r, role) => (r === 'own' ? w.people[role] : w.people.colleague).id,
    fresh: async (w, r, role) => (r === 'own' ? w.people[role].id : (await w.user('technician', 'fresh')).id),
  },
  item: { relations: () => ['foreign'], sees: () => true, at: (w) => w.item, fresh: (w) => w.newItem() },
  assignment: {
    relations: (role) => (role === 'technician' ? ['own', 'foreign'] : ['foreign']),
    sees: (role, relation) => isStaff(role) || relation === 'own',
    at: (w, r) => w.standing.assignment[r],
    fresh: (w, r) => w.newAssignment(r),
  },
  notice: {
    relations: (role) => (['technician', 'customer'].includes(role) ? ['own', 'foreign'] : ['foreign']),
    sees: (role, relation) => relation === 'own',
    at: (w, r) => w.standing.notice[r],
    fresh: (w, r, role) => w.newNotice(role),
  },
  webhook: { relations: () => ['foreign'], sees: (role) => ROLES.indexOf(role) < 2, at: (w) => w.standing.webhook.foreign, fresh: (w) => w.newWebhook() },
  role: { relations: () => ['foreign', 'peer'], sees: () => true, at: (w, r) => (r === 'peer' ? 'manager' : 'customer_service') },
};

const upload = (ticket) => multipart('plan.pdf', paper('plan'), { type: 'document', ticket_id: ticket });
let counter = 0;
const unique = () => `u${(counter += 1)}`;

/**
 * How each route is called. `kind`: what its :id names, `rule`: the row of the table where the route's own permission
 * is wider, `body`: by the thing's id, whose world it is of, who asks, and that one's world. `elsewhere`: the answers
 * where a body names another tenant's thing; `lists`: queries to ask for, with the other world's things among them;
 * `refuses`: those that somebody who may ask may not ask.
 */
const ROUTES = {
  ispLogin: { body: (id, w, role, mine) => ({ email: mine.people[role]?.email ?? 'a@example.com', password: PASSWORD }), open: true },
  ispRefresh: { body: () => ({ refresh_token: 'eyJhbGciOiJIUzI1NiIs' }), open: true },
  ispForgotPassword: { body: () => ({ email: 'nobody@example.com' }), open: true },
  ispResetPassword: { body: () => ({ token: 'x', password: PASSWORD, password_confirmation: PASSWORD }), open: true },
  ispLogout: { leaves: true },
  ispMe: {},
  ispChangePassword: { rule: 'signed_in', body: () => ({ current_password: PASSWORD, password: PASSWORD, password_confirmation: PASSWORD }) },
  ispUserList: { lists: (other) => ['', `?search=${other.words.peer}`, '?role=manager&limit=100', `?search=${other.words.hidden}`] },
  ispUserCreate: {
    kind: 'role',
    body: (id) => ({ email: email('new'), password: PASSWORD, role: id, profile: { full_name: 'New', phone: '1' } }),
  },
  ispUserGet: { kind: 'user', rule: 'account_read' },
  ispUserUpdate: { kind: 'user', rule: 'profile_write', body: () => ({ profile: { phone: `+62 ${unique()}` } }) },
  ispUserDelete: { kind: 'user', relations: () => ['foreign', 'peer'] },
  ispCustomerList: { lists: (other) => ['', '?limit=100', `?search=${other.words.hidden}`, `?service_area=Area%20${other.words.hidden}`] },
  ispCustomerCreate: {
    rule: 'customer_create',
    body: () => ({ full_name: 'New', phone: '1', email: email('new'), address: 'Jalan', coordinates: PLACE, service_area: 'Bogor' }),
  },
  ispCustomerGet: { kind: 'customer', rule: 'customer_read' },
  ispCustomerUpdate: { kind: 'customer', body: () => ({ address: `Jalan ${unique()}` }) },
  ispCustomerTickets: { kind: 'customer', rule: 'customer_read' },
  ispTicketList: {
    lists: (other) => ['', '?limit=100', `?customer_id=${other.people.hidden.id}`, `?technician_id=${other.people.colleague.id}`, '?status=assigned'],
  },
  ispTicketCreate: {
    kind: 'customer', relations: (role) => ({ technician: ['own'], customer: ['own', 'foreign'] })[role] ?? ['foreign'],
    hidden: [403], elsewhere: [403, 404, 422],
    fresh: (w, relation, role) => (relation === 'own' ? KINDS.customer.at(w, relation, role) : w.customer('fresh')),
    body: (id) => ({ customer_id: id, type: 'repair', priority: 'low', title: 'New', description: 'New', location: PLACE }),
  },
  ispTicketGet: { kind: 'ticket' },
  ispTicketChange: { kind: 'ticket', body: () => ({ description: `Now ${unique()}` }) },
  ispTicketDelete: { kind: 'ticket', rule: 'ticket_remove' },
  ispTicketRestore: { kind: 'removed', rule: 'ticket_remove' },
  ispTicketAssign: {
    kind: 'ticket',
    body: (id, w, role, mine, relation) => ({
      technician_id: (relation === 'foreign' && role !== 'technician' ? mine.people.colleague : mine.people.technician).id, notes: 'Now',
    }),
  },
  ispTicketStatus: {
    kind: 'ticket',
    fresh: (w, relation, role) => (role === 'customer' ? w.newSolved('own') : KINDS.ticket.fresh(w, relation, role)),
    body: (id, w, role) => ({ status: role === 'customer' ? 'closed' : 'in_progress' }),
  },
  ispTicketComment: { kind: 'ticket', body: () => ({ comment: `Said ${unique()}` }) },
  ispTicketRate: { kind: 'ticket', rule: 'ticket_rate', fresh: (w) => w.newSolved('own'), body: () => ({ rating: 5 }) },
  ispTechnicianList: { lists: (other) => ['', '?limit=100', `?skills=${other.words.colleague}`, `?service_area=${other.words.colleague}`] },
  ispTechnicianGet: { kind: 'technician' },
  ispTechnicianUpdate: { kind: 'technician', rule: 'technician_skills', body: () => ({ skills: [unique()] }) },
  ispTechnicianLocation: { kind: 'technician', body: () => PLACE },
  ispTechnicianAvailability: { kind: 'technician', body: () => ({ is_available: true }) },
  ispTechnicianTickets: { kind: 'technician' },
  ispTechnicianPerformance: { kind: 'technician', rule: 'report' },
  ispItemList: { lists: (other) => ['', '?limit=100', `?search=${other.words.item}`, `?category=${other.words.item}`] },
  ispItemCreate: { body: () => ({ name: 'New', category: 'New', sku: unique(), unit_price: 1, stock_quantity: 1, min_stock_level: 0 }) },
  ispItemGet: { kind: 'item' },
  ispItemUpdate: { kind: 'item', body: () => ({ stock_quantity: 900 + (counter += 1) }) },
  ispAssignmentList: {
    rule: 'assignment_read',
    lists: (other) => ['', '?limit=100', `?technician_id=${other.people.colleague.id}`, `?ticket_id=${other.standing.ticket.foreign}`],
  },
  ispAssignmentCreate: {
    kind: 'technician', elsewhere: [403, 404, 422], hidden: [403, 404, 422],
    body: (id, w, role, mine) => ({
      item_id: mine.item, technician_id: id, quantity: 1,
      ticket_id: id === mine.people.technician.id ? mine.standing.ticket.work : w.standing.ticket.foreign,
    }),
    fresh: (w, relation, role) => KINDS.technician.at(w, relation, role),
  },
  ispAssignmentReturn: { kind: 'assignment', body: () => ({ quantity_returned: 1 }) },
  ispDashboard: {},
  ispTicketReport: {
    lists: (other) => [
      '', '?limit=100', '?format=csv', '?format=pdf', `?customer_id=${other.people.hidden.id}&format=csv`,
      `?technician_id=${other.people.colleague.id}`,
    ],
  },
  ispPerformanceReport: {
    lists: (other) => ['', '?format=csv', '?format=pdf', `?technician_id=${other.people.colleague.id}`],
    refuses: (role, query) => role === 'technician' && query.includes('technician_id'),
  },
  ispInventoryReport: { rule: 'report_stock', lists: (other) => ['', '?format=csv', '?format=pdf', `?category=${other.words.item}`] },
  ispNotificationList: { lists: () => ['', '?limit=100', '?is_read=false'] },
  ispNotificationsRead: {},
  ispNotificationRead: { kind: 'notice', rule: 'notice' },
  ispSync: { body: () => ({}) },
  ispUpload: { kind: 'ticket', rule: 'ticket_read', form: true },
  ispWebhookList: {},
  ispWebhookCreate: { body: () => ({ url: 'http://2130706433:1/', is_active: false }) },
  ispWebhookGet: { kind: 'webhook' },
  ispWebhookUpdate: { kind: 'webhook', body: () => ({ description: unique() }) },
  ispWebhookDelete: { kind: 'webhook' },
  ispWebhookRotateSecret: { kind: 'webhook' },
  ispWebhookDeliveryList: { kind: 'webhook' },
  ispWebhookDeliveryGet: { kind: 'webhook' },
  ispWebhookReplay: { kind: 'webhook' },
  ispWebhookTest: { kind: 'webhook' },
  ispFileGet: { kind: 'file', rule: 'ticket_read', also: { kind: 'loose', rule: 'file_loose' } },
};

const reaches = (scope, relation) =>
  scope === 'all' || (scope.includes('own') && relation === 'own') || (scope.includes('below') && relation === 'foreign') ||
  (scope === 'readable' && relation !== 'foreign');

/** The answers that may be given: null, anything but a refusal. */
function expected(recipe, rule, role, relation) {
  const scope = TABLE[rule][ROLES.indexOf(role)];
  const kind = KINDS[recipe.kind];
  if (relation === undefined) {
    return scope === 'no' ? [403] : null;
  }
  if (relation === 'tenant') {
    return recipe.elsewhere ?? (scope === 'no' ? [403, 404] : [404]);
  }
  if (reaches(scope, relation)) {
    return null;
  }
  if (kind.sees(role, relation)) {
    return [403];
  }
  return recipe.hidden ?? (scope === 'no' ? [403, 404] : [404]);
}

const operations = operationsOf(specification('isp'));

for (const engine of engines()) {
  describe(`isp: who may what on ${engine}`, () => {
    let server;
    let api;
    let home;
    let away;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      const domain = 'away.example';
      home = await World.make(server);
      away = await World.make(server, { ...(await server.seedTenant(domain)), domain });
    });
    after(() => server?.stop());

    const both = async () => [await home.everything(), await away.everything()];
    const otherOf = (world) => (world === home ? away : home);

    /** No word of this answer belongs to what the caller may not see. */
    const tellsNothing = (answer, what, world, role) => {
      assert.deepEqual(world.leaks(answer.text, role), [], `${what} tells of its own tenant: ${answer.text.slice(0, 2000)}`);
      assert.deepEqual(otherOf(world).leaks(answer.text, null), [], `${what} tells of another tenant: ${answer.text.slice(0, 2000)}`);
    };

    const request = ({ method, path }, recipe, { world, role, owner, id, relation, query = '' }) => {
      const target = path.replace('{id}', id).replace('{delivery}', owner.standing.delivery[id]) + query;
      const { token } = world.people[role] ?? {};
      const body = recipe.form ? upload(id) : { body: recipe.body?.(id, owner, role, world, relation) };
      return api(method, target, { ...body, token });
    };

    const judge = (answer, wanted, what, world, role) => {
      if (wanted) {
        assert.ok(wanted.includes(answer.status), `${what} should be refused with ${wanted}: ${answer.status} ${answer.text.slice(0, 300)}`);
        assert.equal(answer.body?.success, false, what);
      } else {
        assert.ok(answer.status < 500 && ![401, 403, 404].includes(answer.status), `${what} should be allowed: ${answer.status} ${answer.text.slice(0, 300)}`);
      }
      tellsNothing(answer, what, world, role);
    };

    it('has a recipe for every route, and a row of the table for every permission', () => {
      assert.deepEqual(operations.map(({ operation }) => operation.operationId).sort(), Object.keys(ROUTES).sort());
      for (const { operation } of operations) {
        const rule = ROUTES[operation.operationId].rule ?? operation['x-permission'];
        assert.ok(TABLE[rule], `${operation.operationId}: ${rule}`);
      }
    });

    for (const { method, path, operation } of operations) {
      const recipe = ROUTES[operation.operationId] ?? {};
      const rule = recipe.rule ?? operation['x-permission'];
      const sides = [{ ...recipe, rule }, ...(recipe.also ? [{ ...recipe, ...recipe.also }] : [])];

      /** Every caller on everything that stands there: {side, world, role, relation, owner, id, wanted}. */
      const cases = () => {
        const list = [];
        for (const side of sides) {
          const kind = KINDS[side.kind];
          for (const world of [home, away]) {
            for (const role of ROLES) {
              const relations = kind ? (side.relations ?? kind.relations)(role) : [undefined];
              for (const relation of relations) {
                list.push({ side, world, role, relation, owner: world });
              }
              // A role is no thing of a tenant.
              if (kind && side.kind !== 'role') {
                list.push({ side, world, role, relation: 'tenant', owner: otherOf(world) });
              }
            }
          }
        }
        for (const one of list) {
          const { side, role, relation, owner } = one;
          one.wanted = expected(side, side.rule, role, relation);
          one.id = KINDS[side.kind]?.at(owner, relation === 'tenant' ? 'foreign' : relation, role);
          one.what = `${method} ${path} by ${role} of ${one.world.tenant ? 'the tenant' : 'the operator'} on ${relation ?? 'all'}`;
        }
        return list;
      };

      it(`${method} ${path} is refused to whom it is not for, and then changes and tells nothing`, async () => {
        const first = await both();
        if (!recipe.open) {
          for (const token of [undefined, 'x.y.z']) {
            const id = KINDS[recipe.kind]?.at(home, 'foreign', 'manager');
            const body = recipe.form ? upload(id) : { body: recipe.body?.(id, home, 'manager', home) };
            const answer = await api(method, path.replace('{id}', id).replace('{delivery}', home.standing.delivery[id]), { ...body, token });
            judge(answer, [401], `${method} ${path} by nobody`, home, null);
          }
        }
        for (const one of cases().filter(({ wanted }) => wanted)) {
          const queries = recipe.lists ? recipe.lists(one.world) : [''];
          for (const query of queries) {
            judge(await request({ method, path }, recipe, { ...one, query }), one.wanted, one.what + query, one.world, one.role);
          }
        }
        assert.deepEqual(await both(), first, `${method} ${path}`);
      });

      it(`${method} ${path} is allowed to whom it is for, and tells no more than is theirs`, async () => {
        let tried = 0;
        for (const one of cases().filter(({ wanted }) => !wanted)) {
          const { side, world, role, relation } = one;
          const fresh = method === 'GET' ? undefined : (side.fresh ?? KINDS[side.kind]?.fresh);
          if (fresh) {
            one.id = await fresh(world, relation, role);
          }
          const queries = recipe.lists ? [world, otherOf(world)].flatMap((other) => recipe.lists(other)) : [''];
          for (const query of new Set(queries)) {
            // Signing in, and what names no good token, is a refusal of its own.
            const answer = await request({ method, path }, recipe, { ...one, query });
            const wanted = recipe.refuses?.(role, query) ? [403] : null;
            judge(answer, recipe.open && answer.status === 401 ? [401] : wanted, one.what + query, world, role);
            tried += 1;
          }
          if (recipe.leaves) {
            await world.signIn(role);
          }
        }
        assert.ok(tried > 0);
      });
    }

    it('lets no filter of a list reach what its caller may not see', async () => {
      // What is listed is counted: a total over others' things would tell of them.
      const total = async (world, role, target) => {
        const answer = await api('GET', target, { token: world.people[role].token });
        return answer.status === 200 ? answer.body.data.pagination.total : 0;
      };
      for (const [world, other] of [[home, away], [away, home]]) {
        for (const role of ROLES) {
          for (const target of [
            `/api/tickets?customer_id=${other.people.hidden.id}`, `/api/tickets?technician_id=${other.people.colleague.id}`,
            `/api/inventory/assignments?technician_id=${other.people.colleague.id}`,
            `/api/inventory/assignments?ticket_id=${other.standing.ticket.foreign}`,
            `/api/customers?search=${other.words.hidden}`, `/api/users?search=${other.words.peer}`,
            `/api/technicians?skills=${other.words.colleague}`, `/api/inventory/items?search=${other.words.item}`,
          ]) {
            assert.equal(await total(world, role, target), 0, `${role}: ${target}`);
          }
          for (const target of [
            `/api/tickets?customer_id=${world.people.hidden.id}`, `/api/tickets?technician_id=${world.people.colleague.id}`,
            `/api/inventory/assignments?technician_id=${world.people.colleague.id}`, `/api/customers?search=${world.words.hidden}`,
          ]) {
            const found = await total(world, role, target);
            assert.ok(['technician', 'customer'].includes(role) ? found === 0 : found > 0, `${role}: ${target}: ${found}`);
          }
        }
      }
    });

    it('keeps another tenant’s tickets and people out of reach of the other dialects, too', async () => {
      const first = await both();
      const [tiket, hcall] = [server.as('tiket'), server.as('hcall')];
      for (const [world, other] of [[home, away], [away, home]]) {
        const { foreign, free } = other.standing.ticket;
        const { hidden, peer } = other.people;
        for (const role of ROLES) {
          const { token } = world.people[role];
          const refused = async (call, path, method = 'POST', body) => {
            const answer = await call(method, path, { body, token });
            assert.ok([400, 403, 404].includes(answer.status), `${role}: ${method} ${path}: ${answer.status} ${answer.text}`);
            tellsNothing(answer, path, world, role);
          };
          const empty = async (call, path) => {
            const answer = await call('GET', path, { token });
            assert.ok([200, 403, 404].includes(answer.status), `${role}: GET ${path}: ${answer.status} ${answer.text}`);
            assert.deepEqual(other.leaks(answer.text, null), [], path);
          };
          for (const id of [foreign, free, other.standing.removed.free]) {
            await refused(tiket, `/api/ticket/${id}`);
            await refused(tiket, `/api/ticket/${id}/restore`);
            await refused(tiket, `/api/responTeknis/${id}`, 'PUT', { status: 'telah selesai', respons: 'Selesai' });
            const ticket_id = `ticket_${id}`;
            await refused(hcall, '/api/ticket/edit', 'POST', { ticket_id, ticket_status: 'doing' });
            await refused(hcall, '/api/ticket/update', 'POST', { ticket_id, ticket_return: 'Done' });
            await refused(hcall, '/api/ticket/remove', 'POST', { ticket_id });
            await empty(hcall, `/api/ticket/info?ticket_id=${ticket_id}`);
            await empty(hcall, `/api/ticket/fetch?before=${ticket_id}`);
          }
          await refused(hcall, '/api/user/delete', 'POST', { user_key: `user_${hidden.id}`, user_id: `user_${hidden.id}` });
          for (const query of ['', `&userId=${hidden.id}`, `&email=${peer.email}`, `&username=${other.words.hidden}`]) {
            await empty(tiket, `/api/ticket?skip=0&limit=100${query}`);
            await empty(tiket, `/api/responTeknis?skip=0&limit=100${query}`);
          }
          await empty(hcall, '/api/ticket/fetch');
          await empty(hcall, `/api/ticket/fetch?author=${peer.email}`);
          await empty(hcall, `/api/user/fetch?email=${peer.email}`);
          await empty(hcall, '/api/user/fetch');
        }
      }
      assert.deepEqual(await both(), first);
    });

    it('tells nobody of a fault of its own', () => {
      assert.ok(!/A request failed|Sanitizer|runtime error/.test(server.log), server.log);
    });
  });
}

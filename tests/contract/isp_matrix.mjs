// Two tenants full of people and things, alike but for their words: what the permission matrix is tried on. Every text
// that somebody may not see has a word of its own in it, so that any answer can be searched for it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { PASSWORD, email, eventually } from './harness.mjs';

export const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
const STAFF = ROLES.slice(0, 4);
const SUPERVISORS_UP = ROLES.slice(0, 3);
export const PLACE = { lat: -6.2088, lng: 106.8456 };

/** Who of the same tenant may ever see a thing of this kind; nobody of another one does. */
const SEEN_BY = {
  own: ROLES, // the caller's customer's ticket; waits for a technician, so that each of those sees it, too
  work: [...STAFF, 'technician'], // the caller technician's ticket, of another customer
  free: [...STAFF, 'technician'], // a third customer's ticket that nobody has
  foreign: STAFF, // a ticket of people that neither customer nor technician know, with its comment and its file
  hidden: STAFF, // that ticket's customer: name, address, phone, e-mail
  nik: STAFF,
  colleague: STAFF, // that ticket's technician: phone, employee number, skills
  item: [...STAFF, 'technician'],
  assignment: STAFF, // what that technician carries: serial number
  loose: SUPERVISORS_UP, // a file without a ticket, of the hidden customer
  peer: SUPERVISORS_UP, // another manager: name and e-mail
  webhook: ['super_admin', 'manager'], // the path of a webhook's address
  removed: [], // a ticket that was removed
};

/** multipart/form-data of one file (text or bytes) and some texts, as bytes. */
export function multipart(name, content, texts) {
  const boundary = `----${randomBytes(8).toString('hex')}`;
  const part = (head, body) => [`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`, body, '\r\n'];
  const pieces = Object.entries(texts).flatMap(([key, value]) => part(`name="${key}"`, value));
  pieces.push(...part(`name="file"; filename="${name}"`, content), `--${boundary}--\r\n`);
  return { text: Buffer.concat(pieces.map((piece) => Buffer.from(piece))), headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } };
}

/** A PDF as far as anybody looks, with a word in it. */
export const paper = (word) => `%PDF-1.4\n% ${word}\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n`;

export class World {
  /** The people of a tenant ({id, domain}; none: the operator) and what stands there from the beginning. */
  static async make(server, tenant) {
    const world = new World();
    world.server = server;
    world.api = server.as('isp');
    world.tenant = tenant;
    world.words = Object.fromEntries(Object.keys(SEEN_BY).map((kind) => [kind, `${kind}${randomBytes(6).toString('hex')}`]));
    world.people = {};
    for (const role of ROLES) {
      await world.seed(role, role);
    }
    await world.seed('peer', 'manager', world.words.peer);
    await world.fill();
    return world;
  }

  async seed(name, role, word = name) {
    const address = email(word.toLowerCase());
    const account = await this.server.seed(role, { name: `The ${word}`, address, tenant: this.tenant?.id });
    this.people[name] = { id: account.uuid, number: account.id, email: address };
    await this.signIn(name);
  }

  /** Signs somebody in at the tenant's own host. */
  async signIn(name) {
    const headers = this.tenant ? { Host: this.tenant.domain } : {};
    const body = { email: this.people[name].email, password: PASSWORD };
    const answer = await this.api('POST', '/api/auth/login', { body, headers });
    assert.equal(answer.status, 200, answer.text);
    this.people[name].token = answer.body.data.tokens.access_token;
    this.people[name].refresh = answer.body.data.tokens.refresh_token;
    return this.people[name];
  }

  /** A call that must succeed, as the highest role unless told: the `data` of its answer. */
  async must(method, path, body, as = 'super_admin', more = {}) {
    const answer = await this.api(method, path, { body, token: this.people[as].token, ...more });
    assert.ok(answer.status < 300, `${method} ${path} as ${as}: ${answer.status} ${answer.text}`);
    return answer.body?.data;
  }

  async customer(word, nik) {
    const body = {
      full_name: `Name ${word}`, phone: `+62 ${word}`, email: email(word), nik, address: `Jalan ${word}`,
      coordinates: PLACE, service_area: `Area ${word}`, service_package: `Package ${word}`,
    };
    return (await this.must('POST', '/api/customers', body)).customer.id;
  }

  async user(role, word, profile = {}) {
    const body = { email: email(word), password: PASSWORD, role, profile: { full_name: `Name ${word}`, phone: `1${word}`, ...profile } };
    return (await this.must('POST', '/api/users', body)).user;
  }

  async fill() {
    const { words, people } = this;
    people.hidden = { id: await this.customer(words.hidden, `${words.nik}1`) };
    people.neighbour = { id: await this.customer('neighbour', `${words.nik}2`) };
    people.patron = { id: await this.customer('patron', `${words.nik}3`) };
    const profile = { employee_id: words.colleague, skills: [words.colleague], service_areas: [words.colleague] };
    const { id, email: address } = await this.user('technician', words.colleague, profile);
    people.colleague = { id, email: address };
    await this.signIn('colleague');
    this.item = await this.newItem();
    this.standing = { ticket: {}, removed: {}, assignment: {}, notice: {}, file: {}, loose: {}, webhook: {}, delivery: {} };
    for (const relation of ['own', 'work', 'free', 'foreign']) {
      this.standing.ticket[relation] = await this.newTicket(relation);
      // Notifications of it stay with those who had it.
      const told = relation === 'own' || relation === 'work';
      this.standing.removed[relation] = await this.newRemoved(relation, this.words[told ? relation : 'removed']);
      this.standing.file[relation] = await this.newFile(relation);
    }
    await this.must('POST', `/api/tickets/${this.standing.ticket.foreign}/comments`, { comment: `Said ${words.foreign}` });
    this.standing.loose.foreign = await this.newFile('loose');
    this.standing.assignment.own = await this.newAssignment('own');
    this.standing.assignment.foreign = await this.newAssignment('foreign');
    this.standing.notice.foreign = await this.newNotice('colleague');
    this.standing.webhook.foreign = await this.newWebhook();
  }

  /** A ticket that stands so to its people: the caller customer's, the caller technician's, nobody's, others'. */
  async newTicket(relation, text = this.words[relation]) {
    const { people } = this;
    const customer = { own: people.customer, work: people.patron, free: people.neighbour, foreign: people.hidden }[relation];
    const body = {
      customer_id: customer.id, type: 'repair', priority: 'normal', title: `Title ${text}`, description: `Text ${text}`, location: PLACE,
    };
    const { ticket } = await this.must('POST', '/api/tickets', body);
    const technician = { work: people.technician, foreign: people.colleague }[relation];
    if (technician) {
      await this.must('POST', `/api/tickets/${ticket.id}/assign`, { technician_id: technician.id, notes: `Note ${text}` });
    }
    return ticket.id;
  }

  /** Removed by its customer where that one can act, else by a manager. */
  async newRemoved(relation, text) {
    const id = await this.newTicket(relation, text);
    await this.must('DELETE', `/api/tickets/${id}`, undefined, relation === 'own' ? 'customer' : 'super_admin');
    return id;
  }

  async newSolved(relation) {
    const id = await this.newTicket(relation);
    await this.must('PUT', `/api/tickets/${id}/status`, { status: 'resolved' });
    return id;
  }

  async newItem() {
    const sku = `${this.words.item}-${randomBytes(4).toString('hex')}`;
    const body = { name: `Name ${sku}`, category: sku, sku, description: `Text ${sku}`, unit_price: 5, stock_quantity: 1000, min_stock_level: 1 };
    return (await this.must('POST', '/api/inventory/items', body)).item.id;
  }

  async newAssignment(relation) {
    const [technician, ticket, word] = relation === 'own'
      ? [this.people.technician, this.standing.ticket.work, 'mine'] : [this.people.colleague, this.standing.ticket.foreign, this.words.assignment];
    const body = {
      item_id: this.item, technician_id: technician.id, ticket_id: ticket, quantity: 1, serial_numbers: [`${word}-${randomBytes(4).toString('hex')}`],
    };
    return (await this.must('POST', '/api/inventory/assignments', body)).assignment.id;
  }

  /** A file at the ticket that stands so; "loose" at none. */
  async newFile(relation) {
    const word = this.words[relation];
    const ticket = this.standing.ticket[relation];
    const texts = { type: 'document', ...(ticket ? { ticket_id: ticket } : {}) };
    const as = ticket ? 'super_admin' : 'peer';
    return (await this.must('POST', '/api/mobile/upload', undefined, as, multipart(`${word}.pdf`, paper(word), texts))).file.id;
  }

  /** An unread notification of this person: everybody hears of what happens to their tickets. */
  async newNotice(name) {
    if (name === 'customer') {
      await this.must('PUT', `/api/tickets/${await this.newTicket('own')}/status`, { status: 'pending' });
    } else if (name === 'technician' || name === 'colleague') {
      await this.newTicket(name === 'technician' ? 'work' : 'foreign');
    }
    const { notifications } = await this.must('GET', '/api/notifications?is_read=false', undefined, name);
    return notifications[0]?.id;
  }

  /** A webhook that is at rest, with a delivery (of its id) that could not be made: its address is not public, as only the sender finds out. */
  async newWebhook() {
    const body = { url: `http://2130706433:1/${this.words.webhook}` };
    const { id } = (await this.must('POST', '/api/webhooks', body)).webhook;
    const { delivery } = await this.must('POST', `/api/webhooks/${id}/test`);
    await eventually(async () => (await this.must('GET', `/api/webhooks/${id}`)).webhook.failing_since);
    await this.must('PUT', `/api/webhooks/${id}`, { is_active: false });
    this.standing.delivery[id] = delivery.id;
    return id;
  }

  /** All that a call could have changed here, as those see it who see it. Asked for so often that it is not recorded. */
  async everything() {
    const { standing } = this;
    const read = async (path, as) => {
      const answer = await this.server.raw('GET', path, { Authorization: `Bearer ${this.people[as].token}` });
      assert.equal(answer.status, 200, `GET ${path} as ${as}: ${answer.text}`);
      return answer.body.data;
    };
    const paths = [
      '/api/tickets?limit=100', '/api/users?limit=100', '/api/customers?limit=100', '/api/technicians?limit=100',
      '/api/inventory/items?limit=100', '/api/inventory/assignments?limit=100',
      '/api/webhooks', `/api/webhooks/${standing.webhook.foreign}/deliveries`,
      ...Object.values(standing.ticket).map((id) => `/api/tickets/${id}`),
    ];
    const all = {};
    for (const path of paths) {
      all[path] = await read(path, 'super_admin');
    }
    for (const name of ['colleague', 'customer', 'technician']) {
      all[`notices of ${name}`] = await read('/api/notifications?limit=100', name);
    }
    return all;
  }

  /** Words of this world that stand in a text and that somebody of this role (null: of elsewhere) may not see. */
  leaks(text, role) {
    return Object.entries(this.words).filter(([kind, word]) => text.includes(word) && !SEEN_BY[kind].includes(role)).map(([kind]) => kind);
  }
}

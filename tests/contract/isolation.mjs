// Two tenants full of people and things, the requests that name a thing of the other one, made from the program's own
// specification, and the look into everything that comes out.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';

import { operationsOf, resolve, specification } from './hostile.mjs';
import { World, multipart, paper } from './isp_matrix.mjs';

const run = promisify(execFile);
/** An account that people sign in with but that is not theirs to lose. */
const LEAVES = /logout|sign-?out/i;

// ---- a tenant whose every word is known ----

/** Fills what the isp matrix leaves empty, and knows every text and id that nobody of another tenant may ever see. */
export class Planted {
  static async make(server, tenant) {
    const planted = new Planted();
    planted.server = server;
    planted.number = tenant.id;
    planted.world = await World.make(server, tenant);
    planted.secrets = Object.values(planted.world.words);
    await planted.plant();
    return planted;
  }

  /** A word of this tenant's own. */
  word(kind) {
    const word = `${kind}${randomBytes(6).toString('hex')}`;
    this.secrets.push(word);
    return word;
  }

  async plant() {
    const { world } = this;
    const { people, standing } = world;
    for (const [name, person] of Object.entries(people)) {
      if (person.token) {
        const profile = { full_name: this.word('name'), phone: `+62 ${this.word('phone')}`, avatar: `https://example.com/${this.word('avatar')}.png` };
        await world.must('PUT', `/api/users/${person.id}`, { profile }, name);
      }
      this.secrets.push(...[person.id, person.email].filter(Boolean));
    }
    this.secrets.push(...Object.values(standing).flatMap((ids) => Object.values(ids)).filter(Boolean), world.item);
    await this.fillTickets();
    await this.fillTeams();
    await this.fillWebhooks();
    const links = { attachments: [`https://example.com/${this.word('link')}.pdf`] };
    await world.must('PUT', `/api/tickets/${standing.ticket.work}/status`, { status: 'in_progress', notes: this.word('note'), ...links }, 'technician');
    await world.must('POST', `/api/tickets/${standing.ticket.own}/comments`, { comment: this.word('comment'), ...links }, 'customer');
    await world.must('PUT', `/api/inventory/assignments/${await world.newAssignment('foreign')}/return`, { quantity_returned: 1, condition: 'damaged', notes: this.word('returned') });
    await world.seed('idle', 'technician', this.word('idle'));
    await world.must('PUT', `/api/technicians/${people.idle.id}/availability`, { is_available: false, reason: this.word('reason') }, 'idle');
    this.solved = await world.newSolved('own');
    await world.must('POST', `/api/tickets/${this.solved}/rating`, { rating: 4, feedback: this.word('feedback') }, 'customer');
    const { text, headers } = multipart(`${this.word('filename')}.pdf`, paper(this.word('content')), { type: 'document' });
    await world.must('POST', '/api/mobile/upload', undefined, 'customer', { text, headers });
  }

  /** As the other dialects write them. */
  async fillTickets() {
    const ok = (answer) => assert.ok(answer.status < 300, answer.text);
    const as = (name) => this.world.people[name].token;
    const [hcall, tiket, tenant] = ['hcall', 'tiket', 'tenant'].map((dialect) => this.server.as(dialect));
    ok(await hcall('POST', '/api/ticket/create', { token: as('customer'), body: { ticket_name: this.word('hname'), ticket_explain: this.word('hexplain') } }));
    ok(await tiket('POST', '/api/ticket', {
      token: as('customer'), body: { jenis_permintaan: 'masalah teknis', prioritas: 'tinggi', deskripsi: this.word('deskripsi') },
    }));
    const { foreign } = this.world.standing.ticket;
    ok(await tiket('PUT', `/api/responTeknis/${foreign}`, { token: as('manager'), body: { status: 'sedang dalam proses', respons: this.word('respons') } }));
    const headers = { 'X-Tenant-ID': String(this.number) };
    ok(await tenant('POST', `/tickets/${foreign}/replies`, { token: as('super_admin'), headers, body: { message: this.word('message') } }));
    ok(await tenant('POST', '/vendor/tickets/sla', {
      token: as('super_admin'), headers, body: { category: 'account', sla_response_minutes: 77, sla_resolution_minutes: 777 },
    }));
  }

  async fillTeams() {
    const ruang = this.server.as('ruang');
    const token = this.world.people.super_admin.token;
    this.teams = [];
    for (let i = 0; i < 3; i++) {
      const body = { nama_tim_kerja: this.word('team'), code: this.word('t').toUpperCase(), is_aktif: true };
      const made = await ruang('POST', '/api/v1/tim-kerja', { token, body });
      assert.equal(made.status, 201, made.text);
      this.teams.push(made.body.data.id);
    }
    this.secrets.push(...this.teams);
    const member = await ruang('POST', '/api/v1/register', {
      token, body: { nama_lengkap: this.word('nama'), email: `${this.word('member')}@example.com`, role: 'PEMINJAM', kontak: '+628123456789', tim_kerja_id: this.teams[0] },
    });
    assert.ok(member.status < 300, member.text);
  }

  async fillWebhooks() {
    const body = { url: `https://${this.word('hook')}.example.com/`, description: this.word('describes'), types: ['ticket.status_changed'], is_active: true };
    const made = await this.world.must('POST', '/api/webhooks', body);
    this.webhook = made.webhook.id;
    this.delivery = (await this.world.must('POST', `/api/webhooks/${this.webhook}/test`)).delivery.id;
    this.secrets.push(this.webhook, this.delivery, ...[made.secret ?? made.webhook.secret].filter(Boolean));
  }

  /** Words and ids of this tenant in a text, but those that the request itself said. */
  leaks(text, said = []) {
    const folded = text.toLowerCase();
    return this.secrets.filter((word) => folded.includes(String(word).toLowerCase()) && !said.some((one) => one.includes(word)));
  }

  /** One of each kind of what has an id, by the words that name it in paths and bodies. */
  things() {
    const { people, standing, item } = this.world;
    return {
      ticket: standing.ticket.foreign, own: standing.ticket.own, free: standing.ticket.free, work: standing.ticket.work, solved: this.solved,
      removed: standing.removed.own, file: standing.file.foreign, loose: standing.loose.foreign, item, assignment: standing.assignment.foreign,
      notice: standing.notice.foreign, customer: people.hidden.id, technician: people.colleague.id, user: people.peer.id,
      agent: people.technician.id, member: people.customer.id, staffed: this.teams[0], team: this.teams[1], spare: this.teams[2],
      webhook: this.webhook, delivery: this.delivery,
    };
  }

  /** Every row of the tenant, as the database keeps it: a line each; and its webhooks as their owner sees them. */
  async rows() {
    const webhooks = (await this.world.must('GET', '/api/webhooks')).webhooks.map(({ id, url, description, types }) => JSON.stringify({ id, url, description, types }));
    return [...(await rowsOf(this.server, this.number)), ...webhooks];
  }
}

// ---- the store itself ----

const SQLITE = `
import sqlite3, sys
db = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
    columns = [row[1] for row in db.execute('SELECT * FROM pragma_table_info(?)', (name,))]
    key = 'id' if name == 'tenant' else 'tenant_id'
    if key in columns and (name == 'tenant' or 'tenant_id' in columns):
        for row in db.execute(f'SELECT * FROM {name} WHERE {key} = ?', (int(sys.argv[2]),)):
            print(name, repr(row))
`;
const PGSQL = `SELECT string_agg(format('SELECT %L || '' '' || CAST(x AS TEXT) FROM %I x WHERE %I = :tenant', table_name, table_name,
  CASE table_name WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END), ' UNION ALL ') FROM information_schema.columns
  WHERE table_schema = 'public' AND (column_name = 'tenant_id' OR (table_name = 'tenant' AND column_name = 'id'))`;

async function rowsOf(server, tenant) {
  let out;
  if (server.database) {
    // Who looks after a database sees what the system sees.
    const options = { env: { ...process.env, PGOPTIONS: '-c sigap.tenant=0' }, maxBuffer: 1 << 28 };
    const psql = async (sql) => (await run('psql', ['-XAtq', '--dbname', server.database.url, '--command', sql], options)).stdout;
    out = await psql((await psql(PGSQL)).replaceAll(':tenant', tenant));
  } else {
    ({ stdout: out } = await run('python3', ['-c', SQLITE, path.join(server.data, 'sigap.db'), String(tenant)], { maxBuffer: 1 << 28 }));
  }
  // Mails and deliveries are on their way whatever anybody asks.
  const lines = out.split('\n').filter((line) => line && !/^(mail|webhook|webhook_delivery) /.test(line));
  assert.ok(lines.length > 100, 'a tenant has many rows');
  return lines.sort();
}

/** What people read of an answer: a PDF's text, not its bytes. */
export function readable(answer) {
  const headers = JSON.stringify(answer.headers);
  if (answer.headers['content-type']?.startsWith('application/pdf') && answer.bytes.length > 0) {
    return headers + execFileSync('pdftotext', ['-', '-'], { input: answer.bytes, encoding: 'utf8' }) + answer.text;
  }
  return headers + answer.text;
}

// ---- requests ----

export const DIALECTS = ['hcall', 'tiket', 'isp', 'tenant', 'ruang'];
export const operations = DIALECTS.flatMap((dialect) => {
  const document = specification(dialect);
  return operationsOf(document).map((one) => ({ ...one, dialect, document, name: one.operation.operationId }));
});

/** What nobody has. */
const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';
const NO_NUMBER = 987654321;
const NO_WORD = 'nobody.at.all@example.com';

/** What the specification's examples can't know. */
const BODIES = {
  ispTechnicianAvailability: { is_available: true },
  ispAssignmentReturn: { quantity_returned: 1 },
  ispAssignmentCreate: { quantity: 1, serial_numbers: undefined },
  ispCustomerUpdate: { email: undefined, nik: undefined },
  ispUserUpdate: { email: undefined, role: undefined, is_active: undefined },
  ispTechnicianUpdate: { employee_id: undefined },
  ispItemUpdate: { sku: undefined },
  ispTicketStatus: { status: 'pending' },
  hcallUserDelete: { user_email: undefined, user_key: 'x' },
  ruangUserUpdate: { email: undefined, role: undefined, tim_kerja_id: undefined },
};

const example = (document, schema) =>
  Object.fromEntries(
    Object.entries(resolve(document, schema).properties ?? {})
      .filter(([, property]) => !/^Another spelling/.test(property.description ?? ''))
      .map(([name, property]) => [name, property.examples ? property.examples[0] : resolve(document, property).properties ? example(document, property) : undefined]),
  );

/** Which kinds of things a name stands for; empty: none. The first fits best. */
function kindsOf(name, route) {
  const about = `${name === 'id' ? route : name}`.toLowerCase();
  const kinds = [
    [/responteknis|ticket|tiket|before|after|cursor/, ['own', 'ticket', 'free', 'work', 'solved', 'removed']],
    [/webhooks/, ['webhook']], [/assignments/, ['assignment']], [/item/, ['item']], [/tim[-_]kerja/, ['team', 'spare', 'staffed']], [/files/, ['file', 'loose']], [/notifications/, ['notice']],
    [/technician/, ['technician']], [/agent/, ['agent']], [/customer/, ['customer', 'member']], [/member/, ['member']],
    [/user/, ['user', 'customer', 'technician']],
  ];
  const found = kinds.find(([pattern]) => pattern.test(about));
  return found && /(_id|^id|key|userid|before|after|cursor)$/i.test(name) ? found[1] : [];
}

/** A word of the tenant for what looks for words. */
function wordsOf(name, planted) {
  const { words, people } = planted.world;
  const found = [
    [/^(author|email|user_email)$/, [people.peer.email, people.hidden.email ?? words.hidden]],
    [/^(search|username)$/, [words.hidden, words.peer, words.item, planted.secrets.find((word) => /^name/.test(word))]],
    [/^service_area$/, [`Area ${words.hidden}`]], [/^skills$/, [words.colleague]], [/^category$/, [words.item]],
  ].find(([pattern]) => pattern.test(name));
  return found ? found[1] : [];
}

/** As the field writes it: hcall's keys, the tenant dialect's numbers. */
function spelled(dialect, name, id, numbers) {
  if (dialect === 'hcall') {
    return /user/.test(name) ? `user_${id}` : `ticket_${id}`;
  }
  return /agent|member/.test(name) ? numbers.get(id) : id;
}

/**
 * The requests of one operation that name things of `target`, all else of `mine`: [{method, path, body | text, headers, said, unknown}].
 * `unknown` is the same request with an id or a word that nobody has.
 */
export function requestsOf(one, target, mine) {
  const { method, path: route, operation, dialect, document, name } = one;
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const good = { ...(content ? example(document, content[1].schema) : {}), ...BODIES[name] };
  const everybody = [...Object.values(target.world.people), ...Object.values(mine.world.people)];
  const numbers = new Map([...everybody.map(({ id, number }) => [id, number]), [NOBODY, NO_NUMBER]]);
  const theirs = target.things();
  const things = mine.things();
  const list = [];

  const build = (ids, query, more, said, unknown) => {
    const [pathId, delivery = ids === NOBODY ? NOBODY : theirs.delivery] = [ids].flat();
    const body = { ...good };
    for (const field of content ? Object.keys(resolve(document, content[1].schema).properties) : []) {
      const [kind] = kindsOf(field, route);
      if (kind && (field in good || /customer_id|agent_id/.test(field)) && dialect !== 'tiket') {
        body[field] = spelled(dialect, field, things[kind], numbers);
      }
    }
    Object.assign(body, more);
    const asked = new URLSearchParams(query);
    for (const parameter of parameters.filter(({ required, name: key }) => required && !asked.has(key))) {
      asked.set(parameter.name, String(parameter.schema.examples?.[0] ?? parameter.example ?? 20));
    }
    const path = route.replace('{id}', pathId).replace('{delivery}', delivery) + (asked.size > 0 ? `?${asked}` : '');
    const request = { method, path, said: route.includes('{delivery}') ? [said, delivery] : [said] };
    if (content?.[0] === 'multipart/form-data') {
      Object.assign(request, multipart('plan.pdf', paper('plan'), { type: 'document', ...(body.ticket_id ? { ticket_id: body.ticket_id } : {}) }));
    } else if (content) {
      request.body = body;
    }
    return unknown === undefined ? request : { ...request, unknown: build(...unknown, said) };
  };

  const add = (...made) => list.push(build(...made));
  const [first] = kindsOf('id', route);
  if (route.includes('{id}')) {
    for (const kind of new Set([...kindsOf('id', route), ...Object.keys(theirs)])) {
      add(theirs[kind], {}, {}, theirs[kind], [NOBODY, {}, {}]);
    }
    if (route.includes('{delivery}')) {
      add([things[first], theirs.delivery], {}, {}, theirs.delivery, [[things[first], NOBODY], {}, {}]);
    }
    const number = String(numbers.get(theirs.member));
    add(number, {}, {}, number, [String(NO_NUMBER), {}, {}]);
  }
  for (const field of bodyIds(one)) {
    for (const kind of kindsOf(field, route)) {
      const id = spelled(dialect, field, theirs[kind], numbers);
      add(things[first], {}, { [field]: id }, String(id), [things[first], {}, { [field]: spelled(dialect, field, NOBODY, numbers) }]);
    }
  }
  for (const { name: key } of parameters) {
    for (const kind of kindsOf(key, route)) {
      const id = spelled(dialect, key, theirs[kind], numbers);
      const other = spelled(dialect, key, NOBODY, numbers);
      // A page after an id is everything before or behind it, whosever it is.
      const unknown = /before|after|cursor/.test(key) ? undefined : [things.ticket, { [key]: other }, {}];
      add(things.ticket, { [key]: id }, {}, String(id), unknown);
    }
    for (const word of wordsOf(key, target)) {
      add(things.ticket, { [key]: word }, {}, word, [things.ticket, { [key]: NO_WORD }, {}]);
    }
    if (key === 'format') {
      add(things.technician, { format: 'csv' }, {}, '');
      add(things.technician, { format: 'pdf' }, {}, '');
    }
  }
  if (method === 'GET' && !route.includes('{id}')) {
    add('', {}, {}, '');
  }
  return LEAVES.test(route) ? [] : list;
}

/** Fields of a body that name a thing by its id. */
function bodyIds({ operation, document, path: route, name, dialect }) {
  const content = Object.values(operation.requestBody?.content ?? {})[0];
  const known = content ? Object.keys(resolve(document, content.schema).properties) : [];
  return dialect === 'tiket' ? [] : known.filter((field) => kindsOf(field, route).length > 0 && !/Login|Password/.test(name));
}

/** What can differ between two answers to the same question: when, which request it was, and what it was about. */
export function told(answer, said = []) {
  let text = answer.text.replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '«then»').replace(/"request_id":"[^"]*"/g, '');
  for (const word of [...said.map((one) => one.replace(/^(user|ticket)_/, '')), NOBODY, String(NO_NUMBER), NO_WORD].filter(Boolean)) {
    text = text.replaceAll(word, '«it»').replaceAll(encodeURIComponent(word), '«it»');
  }
  return { status: answer.status, text };
}

// The reference of the measurements: the same schema, the same token and session check, the same statements for
// `GET /api/ticket/info`, `POST /api/ticket/create` and `GET /tickets`, on fastify and better-sqlite3 with synchronous=FULL.
// node server.mjs DATABASE KEYFILE WORKERS  → prints "port N" once all workers listen.
import cluster from 'node:cluster';
import fs from 'node:fs';
import crypto from 'node:crypto';
import Fastify from 'fastify';
import Database from 'better-sqlite3';
import { createVerifier } from 'fast-jwt';

const [, , path, keyFile, workers = '2'] = process.argv;

if (cluster.isPrimary) {
  let ready = 0;
  for (let i = 0; i < Number(workers); i++) {
    const worker = cluster.fork();
    worker.on('message', (port) => {
      if (++ready === Number(workers)) console.log(`port ${port}`);
    });
  }
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
} else {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 10000');
  const verify = createVerifier({ key: fs.readFileSync(keyFile, 'utf8').trim(), algorithms: ['HS256'], cache: false });

  const session = db.prepare(`SELECT s.id, s.expires_at, s.ended_at, a.id AS account_id, a.role, a.is_active, a.tenant_id
    FROM session s JOIN account a ON a.id = s.account_id JOIN tenant t ON t.id = a.tenant_id
    WHERE s.id = ? AND t.is_active`);
  const ticket = db.prepare(`SELECT t.*, a.name, a.email FROM ticket t JOIN account a ON a.id = t.author_id
    WHERE t.uuid = ? AND t.tenant_id = ?`);
  const replies = db.prepare('SELECT text, created_at FROM reply WHERE ticket_id = ? ORDER BY id LIMIT 10000');
  const files = db.prepare('SELECT * FROM file WHERE ticket_id = ? ORDER BY id LIMIT 10');
  const insertTicket = db.prepare(`INSERT INTO ticket (tenant_id, uuid, author_id, title, description, category, priority, status,
    work_type, request_kind, file_count, status_changed_at, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, 2, 2, 1, 0, 0, 0, ?, ?, ?)`);
  const insertActivity = db.prepare(`INSERT INTO activity (tenant_id, uuid, ticket_id, actor_id, action, created_at)
    VALUES (?, ?, ?, ?, 1, ?)`);
  const insertEvent = db.prepare('INSERT INTO event (tenant_id, kind, ticket_id, account_id, created_at) VALUES (?, 1, ?, ?, ?)');
  const insertMail = db.prepare(`INSERT INTO mail (tenant_id, uuid, kind, account_id, ticket_id, state, tries, due_at, created_at)
    VALUES (?, ?, 1, ?, ?, 1, 0, ?, ?)`);
  const count = db.prepare(`INSERT INTO ticket_count (tenant_id, scope, owner_id, status, priority, slot, tickets)
    VALUES (?1, 1, 0, 1, 2, 0, 1), (?1, 2, ?2, 1, 2, 0, 1), (?1, 3, 0, 1, 2, 0, 1)
    ON CONFLICT DO UPDATE SET tickets = tickets + 1`);
  const create = db.transaction((who, body) => {
    const now = Date.now() * 1000;
    const id = insertTicket.run(who.tenant_id, crypto.randomBytes(16), who.account_id, body.ticket_name, body.ticket_explain,
      now, now, now).lastInsertRowid;
    insertActivity.run(who.tenant_id, crypto.randomBytes(16), id, who.account_id, now);
    insertEvent.run(who.tenant_id, id, who.account_id, now);
    insertMail.run(who.tenant_id, crypto.randomBytes(16), who.account_id, id, now, now);
    count.run(who.tenant_id, who.account_id);
  });

  const app = Fastify({ logger: false });
  app.addHook('preHandler', async (request, reply) => {
    try {
      const claims = verify(request.headers.authorization.slice(7));
      const who = session.get(claims.sid);
      if (!who || who.ended_at || !who.is_active || who.expires_at < Date.now() * 1000) throw new Error('ended');
      request.who = who;
    } catch {
      return reply.code(401).send({ message: 'Unauthorized', status: false });
    }
  });
  const words = ['', 'pending', 'pending', 'doing', 'pending', 'conclued', 'conclued'];
  const text = { type: 'string' };
  app.get('/api/ticket/info', {
    schema: { response: { 200: { type: 'object', properties: {
      ticket_id: text, ticket_name: text, ticket_status: text, ticket_explain: text,
      ticket_images: { type: 'array', items: {} },
      ticket_history: { type: 'array', items: { type: 'object', properties: { ticket_return: text, ticket_date: text } } },
      ticket_date: text, status: { type: 'boolean' } } } } },
  }, async (request, reply) => {
    const hex = request.query.ticket_id.slice(7).replaceAll('-', '');
    const row = ticket.get(Buffer.from(hex, 'hex'), request.who.tenant_id);
    if (!row || row.removed_at) return reply.code(404).send({ message: "Ticket hasn't found", status: false });
    return {
      ticket_id: request.query.ticket_id, ticket_name: row.title, ticket_status: words[row.status],
      ticket_explain: row.description, ticket_images: row.file_count ? files.all(row.id) : [],
      ticket_history: replies.all(row.id).map((r) => ({ ticket_return: r.text, ticket_date: new Date(r.created_at / 1000).toISOString() })),
      ticket_date: new Date(row.created_at / 1000).toISOString(), status: true,
    };
  });
  app.post('/api/ticket/create', {
    schema: { body: { type: 'object', required: ['ticket_name', 'ticket_explain'], properties: { ticket_name: { type: 'string', minLength: 1, maxLength: 255 },
      ticket_explain: { type: 'string', minLength: 1, maxLength: 65536 } } } },
  }, async (request) => {
    create.immediate(request.who, request.body);
    return { message: 'Ticket has been created', status: true };
  });
  const place = db.prepare('SELECT id FROM ticket WHERE uuid = ? AND tenant_id = ?').pluck();
  const list = db.prepare(`SELECT t.uuid, t.tenant_id, t.author_id, t.assignee_id, t.title, t.category, t.priority, t.status, t.escalation_level,
    t.description, t.file_count, t.created_at, t.updated_at, a.role
    FROM ticket t JOIN account a ON a.id = t.author_id WHERE t.tenant_id = ? AND t.removed_at IS NULL AND t.id > ? ORDER BY t.id LIMIT ?`);
  const back = db.prepare('SELECT uuid FROM ticket WHERE tenant_id = ? AND removed_at IS NULL AND id <= ? ORDER BY id DESC LIMIT ?').pluck();
  const categories = ['', 'billing', 'technical', 'account', 'service'];
  const priorities = ['', 'low', 'medium', 'high', 'high', 'high'];
  const statuses = ['', 'open', 'open', 'in_progress', 'in_progress', 'resolved', 'closed'];
  const uuid = (bytes) => {
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
  const number = { type: ['integer', 'null'] };
  const maybe = { type: ['string', 'null'] };
  app.get('/tickets', {
    schema: {
      querystring: { type: 'object', required: ['limit'], properties: { limit: { type: 'integer', minimum: 1, maximum: 100 }, cursor: { type: 'string', format: 'uuid' } } },
      response: { 200: { type: 'object', properties: {
        success: { type: 'boolean' }, message: text,
        data: { type: 'array', items: { type: 'object', properties: {
          id: text, tenant_id: number, user_id: number, member_id: number, agent_id: number, title: text, category: text, priority: text, status: text,
          escalation_level: number, description: text, attachment_url: maybe, created_at: text, updated_at: text } } },
        meta: { type: 'object', properties: { request_id: text, pagination: { type: 'object', properties: {
          next_cursor: text, prev_cursor: text, has_next: { type: 'boolean' }, has_prev: { type: 'boolean' }, limit: number } } } } } } },
    },
  }, async (request, reply) => {
    const tenant = Number(request.headers['x-tenant-id'] ?? request.who.tenant_id);
    // Staff of the operator, who are in tenant 1, may look into any.
    if (!Number.isInteger(tenant) || (tenant !== request.who.tenant_id && request.who.tenant_id !== 1)) return reply.code(403).send({ message: 'tenant mismatch' });
    const { limit, cursor } = request.query;
    const after = cursor ? place.get(Buffer.from(cursor.replaceAll('-', ''), 'hex'), tenant) : 0;
    if (after === undefined) return reply.code(400).send({ message: 'validation error' });
    const rows = list.all(tenant, after, limit + 1);
    const before = cursor ? back.all(tenant, after, limit + 1) : [];
    const shown = rows.slice(0, limit);
    const request_id = crypto.randomUUID();
    reply.header('X-Request-ID', request_id);
    return {
      success: true, message: 'ok',
      data: shown.map((row) => ({
        id: uuid(row.uuid), tenant_id: row.tenant_id, user_id: row.author_id, member_id: row.role === 1 ? row.author_id : null,
        agent_id: row.assignee_id || null, title: row.title, category: categories[row.category], priority: priorities[row.priority], status: statuses[row.status],
        escalation_level: row.escalation_level, description: row.description, attachment_url: null,
        created_at: new Date(row.created_at / 1000).toISOString(), updated_at: new Date(row.updated_at / 1000).toISOString(),
      })),
      meta: { request_id, pagination: {
        next_cursor: rows.length > limit ? uuid(shown.at(-1).uuid) : undefined, prev_cursor: before.length > limit ? uuid(before.at(-1)) : undefined,
        has_next: rows.length > limit, has_prev: before.length > 0, limit } },
    };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  process.send(app.server.address().port);
}

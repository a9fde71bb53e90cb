// What the suites of the tenant dialect share: tenants with people, calls as their front ends make them, claims about answers.
import assert from 'node:assert/strict';

import { PASSWORD, TIME, start } from './harness.mjs';

export const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
export const UNKNOWN = '123e4567-e89b-42d3-a456-426614174000';
export const LINK = 'https://files.example.com/tangkapan-layar.png';
export const EXAMPLE = {
  title: 'Tidak bisa login',
  category: 'technical',
  priority: 'high',
  description: 'Muncul pesan galat setelah memasukkan kata sandi.',
};

/** The envelope `APIResponse<T>`: every key, and the request's id as in the header. */
function envelope(answer) {
  assert.deepEqual(Object.keys(answer.body ?? {}), ['success', 'message', 'data', 'meta', 'errors'], answer.text);
  const { request_id: id, timestamp, pagination, ...rest } = answer.body.meta;
  assert.deepEqual(rest, {});
  assert.equal(id, answer.headers['x-request-id']);
  assert.match(timestamp, TIME);
  return { ...answer.body, pagination };
}

/** The `data` of a success. */
export function data(answer, status = 200) {
  assert.equal(answer.status, status, answer.text);
  const { success, message, data: found, errors } = envelope(answer);
  assert.equal(success, true);
  assert.ok(message.length > 1);
  assert.equal(errors, null);
  return found;
}

/** A page of a list: {items, page}. */
export function list(answer) {
  const items = data(answer);
  assert.ok(Array.isArray(items), answer.text);
  const { pagination } = answer.body.meta;
  const { next_cursor: next, prev_cursor: prev, ...rest } = pagination;
  assert.deepEqual(Object.keys(rest).sort(), ['has_next', 'has_prev', 'limit'], answer.text);
  assert.equal(next !== undefined, pagination.has_next);
  assert.ok(prev === undefined || pagination.has_prev);
  return { items, page: pagination };
}

/** The answer is this error; `errors` names exactly these fields, each with texts; null: no field is to blame. */
export function refused(answer, status, message, fields = null) {
  assert.equal(answer.status, status, answer.text);
  const { success, message: said, data: found, errors, pagination } = envelope(answer);
  assert.deepEqual({ success, message: said, data: found, pagination }, { success: false, message, data: null, pagination: undefined }, answer.text);
  if (fields === null) {
    assert.equal(errors, null, answer.text);
    return;
  }
  assert.deepEqual(Object.keys(errors ?? {}).sort(), [...fields].sort(), answer.text);
  for (const reasons of Object.values(errors)) {
    assert.ok(Array.isArray(reasons) && reasons.length > 0 && reasons.every((reason) => typeof reason === 'string' && reason.length > 3), answer.text);
  }
}

/** A server and what people of the dialect do there. */
export class Desk {
  static async start(options) {
    const desk = new Desk();
    desk.server = await start(options);
    desk.api = desk.server.as('tenant');
    return desk;
  }

  stop() {
    return this.server.stop();
  }

  /** A tenant of its own: {id, domain}. */
  tenant(domain) {
    return this.server.seedTenant(domain);
  }

  login(address, header, password = PASSWORD, more = {}) {
    return this.api('POST', '/api/auth/login', { body: { email: address, password }, headers: { 'X-Tenant-ID': header, ...more } });
  }

  /** Somebody of the tenant (1: the operator), signed in: {id, uuid, email, role, tenant, token, refresh}. */
  async person(role, tenant = 1, options = {}) {
    const account = await this.server.seed(role, { ...options, ...(tenant === 1 ? {} : { tenant }) });
    const found = data(await this.login(account.email, String(tenant)));
    return { ...account, tenant, token: found.access_token, refresh: found.refresh_token };
  }

  /** Somebody of each role of the tenant, by role. */
  async people(tenant, roles = ROLES) {
    const people = {};
    for (const role of roles) {
      people[role] = await this.person(role, tenant, { name: `The ${role} of ${tenant}` });
    }
    return people;
  }

  /** A call with the caller's own tenant in the header, as the document wants it; tenant null: without a header. */
  call(method, path, who, { body, tenant = who?.tenant, ...more } = {}) {
    const headers = tenant === null || tenant === undefined ? {} : { 'X-Tenant-ID': String(tenant) };
    return this.api(method, path, { body, token: who?.token, headers, ...more });
  }

  async create(who, more = {}, options = {}) {
    return data(await this.call('POST', '/tickets', who, { body: { ...EXAMPLE, ...more }, ...options }), 201);
  }
  get(who, id, options) {
    return this.call('GET', `/tickets/${id}`, who, options);
  }
  async shown(who, id, options) {
    return data(await this.get(who, id, options));
  }
  patch(who, id, body, options) {
    return this.call('PATCH', `/tickets/${id}`, who, { body, ...options });
  }
  async changed(who, id, body, options) {
    return data(await this.patch(who, id, body, options));
  }
  reply(who, id, message, more = {}, options = {}) {
    return this.call('POST', `/tickets/${id}/replies`, who, { body: { message, ...more }, ...options });
  }
  async replied(who, id, message, more, options) {
    return data(await this.reply(who, id, message, more, options), 201);
  }
  async activities(who, id, options) {
    return data(await this.call('GET', `/tickets/${id}/activities`, who, options));
  }
  async list(who, query = 'limit=100', options) {
    return list(await this.call('GET', `/tickets?${query}`, who, options));
  }
  async replies(who, id, query = 'limit=100', options) {
    return list(await this.call('GET', `/vendor/tickets/${id}/replies?${query}`, who, options));
  }
  setSla(who, body, options) {
    return this.call('POST', '/vendor/tickets/sla', who, { body, ...options });
  }
  async targets(who, options) {
    return data(await this.call('GET', '/vendor/tickets/sla', who, options));
  }
  /** The caller's notifications, newest first, as the mobile app's API tells them. */
  async notices(who) {
    const answer = await this.server.as('isp')('GET', '/api/notifications?limit=100', { token: who.token });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data.notifications;
  }
}

// What the suites of the isp tickets share: a desk with people, words for what they do, claims about answers.
import assert from 'node:assert/strict';

import { PASSWORD, start } from './harness.mjs';

export const STAFF = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician'];
export const STATUSES = ['new', 'assigned', 'in_progress', 'pending', 'resolved', 'closed'];
export const PRIORITIES = ['low', 'normal', 'high', 'critical', 'emergency'];
export const TYPES = ['new_installation', 'repair', 'maintenance', 'upgrade', 'disconnection'];
export const UNKNOWN = '123e4567-e89b-42d3-a456-426614174000';
export const PLACE = { lat: -6.2088, lng: 106.8456 };
export const PHOTO = 'https://files.example.com/photos/modem.jpg';
export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** A server with somebody signed in of every role, a second customer and a second technician. */
export async function desk(options) {
  const server = await start(options);
  const api = server.as('isp');
  const account = {};
  const token = {};
  const signIn = async (who) => {
    const { body } = await api('POST', '/api/auth/login', { body: { email: account[who].email, password: PASSWORD } });
    token[who] = body.data.tokens.access_token;
  };
  for (const who of [...STAFF, 'customer', 'neighbour', 'colleague']) {
    const role = { neighbour: 'customer', colleague: 'technician' }[who] ?? who;
    account[who] = await server.seed(role, { name: `The ${who}` });
    await signIn(who);
  }
  const call = (method) => (path, as, body) => api(method, path, { body, token: token[as] });
  const [get, post, put, remove] = ['GET', 'POST', 'PUT', 'DELETE'].map(call);
  const example = (more = {}) => ({
    customer_id: account.customer.uuid,
    type: 'repair',
    priority: 'high',
    title: 'No internet since this morning',
    description: "The modem's LOS light blinks red.",
    location: PLACE,
    ...more,
  });
  const make = async (more, as = 'customer_service') => {
    const answer = await post('/api/tickets', as, example(more));
    assert.equal(answer.status, 201, answer.text);
    return answer.body.data.ticket;
  };
  const read = async (id, as = 'manager') => {
    const answer = await get(`/api/tickets/${id}`, as);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data.ticket;
  };
  const assign = async (id, technician = 'technician', as = 'manager') => {
    const answer = await post(`/api/tickets/${id}/assign`, as, { technician_id: account[technician].uuid });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data.ticket;
  };
  const move = (id, status, as = 'manager', more = {}) => put(`/api/tickets/${id}/status`, as, { status, ...more });
  return { server, api, account, token, signIn, get, post, put, remove, example, make, read, assign, move };
}

/** The error envelope, and nothing else in it. */
export function refused(answer, http, code, fields) {
  assert.equal(answer.status, http, answer.text);
  assert.equal(answer.body.success, false);
  assert.deepEqual(Object.keys(answer.body).sort(), ['error', 'success']);
  assert.equal(answer.body.error.code, code);
  assert.equal(typeof answer.body.error.message, 'string');
  assert.deepEqual(Object.keys(answer.body.error.details ?? {}).sort(), [...(fields ?? [])].sort(), answer.text);
}

export function succeeded(answer, http = 200) {
  assert.equal(answer.status, http, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['success', 'data']);
  assert.equal(answer.body.success, true);
  return answer.body.data;
}

/** "action old>new" of each entry. */
export const lines = (history) => history.map((one) => `${one.action} ${one.old_value ?? ''}>${one.new_value ?? ''}`);

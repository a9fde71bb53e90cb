// A small client of the isp API (node 18 or newer, or a browser): signs in, renews its token, repeats a call safely, reads errors.
import crypto from 'node:crypto';

const url = process.env.SIGAP_URL ?? 'http://127.0.0.1:8080';
let tokens;

class ApiError extends Error {
  constructor(status, { code, message, details }) {
    super(`${status} ${code}: ${message}${details ? ` ${JSON.stringify(details)}` : ''}`);
    Object.assign(this, { status, code, details });
  }
}

async function call(method, path, { body, headers = {}, again = true } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(tokens ? { authorization: `Bearer ${tokens.access_token}` } : {}),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.status === 401 && answer.error.code === 'TOKEN_EXPIRED' && again) {
    tokens = (await call('POST', '/api/auth/refresh', { body: { refresh_token: tokens.refresh_token }, again: false })).tokens;
    return call(method, path, { body, headers, again: false });
  }
  if (!response.ok) throw new ApiError(response.status, answer.error);
  return answer.data;
}

// The same key for each try: the server does the work once and gives the first answer again, whatever got lost on the way.
async function callOnce(method, path, body) {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  for (let wait = 250; ; wait *= 2) {
    try {
      return await call(method, path, { body, headers });
    } catch (error) {
      if ((error instanceof ApiError && error.status < 500) || wait > 4000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

({ tokens } = await call('POST', '/api/auth/login', { body: { email: process.env.SIGAP_EMAIL, password: process.env.SIGAP_PASSWORD } }));
const place = { lat: -6.9147, lng: 107.6098 };
const { customer } = await callOnce('POST', '/api/customers', {
  full_name: 'Budi Santoso', phone: '+628123456789', email: `budi.${Date.now()}@example.com`,
  address: 'Jalan Melati 7', service_area: 'Bandung', coordinates: place });
const { ticket } = await callOnce('POST', '/api/tickets', {
  customer_id: customer.id, type: 'repair', priority: 'high', location: place,
  title: 'No signal since this morning', description: 'The modem blinks red.' });
await callOnce('POST', `/api/tickets/${ticket.id}/comments`, { comment: 'A technician comes at two.' });
const read = await call('GET', `/api/tickets/${ticket.id}`);
console.log(`${read.ticket.ticket_number}: ${read.ticket.title} (${read.ticket.status})`);
try {
  await call('POST', '/api/tickets', { body: { priority: 'very' } });
} catch (error) {
  console.log(`Refused, as it should be: ${error.message}`);
}

// What the suites of the isp dialect beside the tickets' own need of them: people, and tickets in some state.
import { data, person } from './isp.mjs';

/** Somebody signed in of each role, by role. */
export async function people(server, roles) {
  const who = {};
  for (const role of roles) {
    who[role] = await person(server, role);
  }
  return who;
}

/** A new ticket of this customer. */
export async function ticketOf(server, customer, more = {}) {
  const body = {
    type: 'repair',
    priority: 'normal',
    title: 'No internet',
    description: 'The router blinks red.',
    location: { lat: -6.2088, lng: 106.8456 },
    ...more,
  };
  return data(await server.as('isp')('POST', '/api/tickets', { body, token: customer.token }), 201).ticket;
}

/** The ticket, assigned to the technician. */
export async function given(server, ticket, technician, by) {
  const body = { technician_id: technician.uuid };
  return data(await server.as('isp')('POST', `/api/tickets/${ticket.id}/assign`, { body, token: by.token })).ticket;
}

/** The ticket in another status. */
export async function moved(server, ticket, status, by) {
  return data(await server.as('isp')('PUT', `/api/tickets/${ticket.id}/status`, { body: { status }, token: by.token })).ticket;
}

/** The ticket, closed. */
export function closed(server, ticket, by) {
  return moved(server, ticket, 'closed', by);
}

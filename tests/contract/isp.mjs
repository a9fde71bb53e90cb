// What the contract tests of the isp dialect share: people who are signed in, refusals, mails.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { PASSWORD, eventually } from './harness.mjs';

/** Signs in as the document shows: {user, tokens}. */
export async function login(server, address, password = PASSWORD, more = {}) {
  const answer = await server.as('isp')('POST', '/api/auth/login', { body: { email: address, password, ...more } });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.data;
}

/** Somebody of this role, made by the operator and signed in: {email, name, role, id, uuid, token, refresh}. */
export async function person(server, role, options) {
  const account = await server.seed(role, options);
  const { tokens } = await login(server, account.email);
  return { ...account, token: tokens.access_token, refresh: tokens.refresh_token };
}

/** The answer is this error; `details` names exactly these fields, each with a reason. */
export function refuses(answer, status, code, fields = []) {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['success', 'error'], answer.text);
  assert.equal(answer.body.success, false);
  const { code: said, message, details = {}, ...rest } = answer.body.error;
  assert.equal(said, code, answer.text);
  assert.ok(typeof message === 'string' && message.length > 5);
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(details).sort(), [...fields].sort(), answer.text);
  for (const reason of Object.values(details)) {
    assert.ok(typeof reason === 'string' && reason.length > 3);
  }
}

/** The `data` of a success. */
export function data(answer, status = 200) {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['success', 'data'], answer.text);
  assert.equal(answer.body.success, true);
  return answer.body.data;
}

/** A quoted-printable text as people read it. */
function unquoted(text) {
  const bytes = text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The mails to this address that were written so far, oldest first. */
export function mailsNow(server, address) {
  const folder = path.join(server.data, 'mail');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.eml')) : [];
  // "…Z-12.eml": by the mail's number.
  files.sort((a, b) => Number(/(\d+)\.eml$/.exec(a)[1]) - Number(/(\d+)\.eml$/.exec(b)[1]));
  return files
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .filter((text) => text.includes(`<${address}>`))
    .map(unquoted);
}

/** The same once there are that many. */
export function mails(server, address, count) {
  return eventually(() => {
    const found = mailsNow(server, address);
    return found.length >= count && found;
  });
}

/** The token of a mail that sets a password: of its link, or the code in its text. */
export function tokenOf(mail) {
  const found = /reset-password\?token=([\w-]+)|^Code: ([\w-]+)\r?$/m.exec(mail);
  assert.ok(found, mail);
  return found[1] ?? found[2];
}

// ruang: a desk with its people, and the words of its calls.
import assert from 'node:assert/strict';

import { PASSWORD, email, start } from './harness.mjs';

/** The document's own sample; and the first password it tells. */
export const SECRET = 'Password123!';
export const FIRST = '@Test123!';
export const UNKNOWN = '0190163d-8694-739b-aea5-966c26f8ad91';

export const error = (message, errors) => ({ error: true, message, ...(errors ? { errors } : {}) });
export const LOGIN_FIRST = error('You are unauthorized, please login first');
export const BAD_TOKEN = error('Invalid or expired token');
export const LOGIN_AGAIN = error('Session expired or invalid, please login again');
export const FORBIDDEN = error('You do not have permission to perform this action');
export const NO_USER = error('User not found');
export const NO_TEAM = error('Data Tidak Ditemukan');
export const occupied = (address) => error(`Tim kerja ini sudah memiliki akun terdaftar dengan email: ${address}`);

/** 400 with the faults of exactly these fields, each told as a text. */
export function saysFaults(answer, ...fields) {
  assert.equal(answer.status, 400, answer.text);
  const { errors, ...rest } = answer.body;
  assert.deepEqual(rest, error('Validation failed'));
  assert.deepEqual(Object.keys(errors ?? {}).sort(), fields.sort(), answer.text);
  assert.ok(Object.values(errors).every((reason) => typeof reason === 'string' && reason.length > 3), answer.text);
}

export const times = (number, make) => Promise.all(Array.from({ length: number }, (_, i) => make(i)));
export const tally = (answers) => answers.reduce((sums, { status }) => ({ ...sums, [status]: (sums[status] ?? 0) + 1 }), {});

let counter = 0;

export class Desk {
  static async start(options) {
    const desk = new Desk();
    desk.server = await start(options);
    desk.api = desk.server.as('ruang');
    desk.super = await desk.seeded('super_admin');
    return desk;
  }

  stop() {
    return this.server.stop();
  }

  /** Somebody made by the command line: {email, uuid, token …}. Their password has no special character, so this dialect takes it nowhere. */
  async seeded(role, options) {
    const account = await this.server.seed(role, options);
    const answer = await this.server.as('tiket')('POST', '/auth/login', { body: { email: account.email, password: PASSWORD } });
    assert.equal(answer.status, 200, answer.text);
    return { ...account, token: answer.body.token };
  }

  login(address, password = FIRST, options) {
    return this.api('POST', '/api/v1/login', { body: { email: address, kata_sandi: password }, ...options });
  }

  /** A team of its own: {id, nama_tim_kerja, code, is_aktif}. */
  async team(more = {}, token = this.super.token) {
    counter += 1;
    const body = { nama_tim_kerja: `Tim ${process.pid} ${counter}`, code: `TM${process.pid}-${counter}`, ...more };
    const answer = await this.api('POST', '/api/v1/tim-kerja', { body, token });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.data;
  }

  person(more = {}) {
    return { nama_lengkap: 'Pengguna Baru', email: email('pengguna'), role: 'PEMINJAM', kontak: '+628123456789', ...more };
  }

  register(more = {}, token = this.super.token) {
    return this.api('POST', '/api/v1/register', { body: this.person(more), token });
  }

  /** A borrower with a team of its own and a token: {id, email, team, token}. */
  async borrower(more = {}) {
    const team = await this.team();
    const answer = await this.register({ tim_kerja_id: team.id, ...more });
    assert.equal(answer.status, 201, answer.text);
    const { data } = (await this.login(answer.body.data.email)).body;
    return { id: data.id, email: data.email, team, token: data.token };
  }
}

// Mails of both dialects, as they leave where no mail server is set: one file each under <data>/mail.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, eventually, start } from './harness.mjs';

/** A quoted-printable text as people read it. */
function unquoted(text) {
  const bytes = text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

for (const engine of engines()) {
  describe(`mails on ${engine}`, () => {
    let server;
    let tiket;
    let hcall;
    let staff;
    before(async () => {
      server = await start({ engine });
      tiket = server.as('tiket');
      hcall = server.as('hcall');
      const { email: address } = await server.seed('customer_service');
      staff = (await tiket('POST', '/auth/login', { body: { email: address, password: PASSWORD } })).body.token;
    });
    after(() => server?.stop());

    /** The mails to this address, oldest first, once there are that many. */
    const mails = (address, count) =>
      eventually(() => {
        const folder = path.join(server.data, 'mail');
        const files = readdirSync(folder).filter((name) => name.endsWith('.eml')).sort();
        const found = files.map((name) => readFileSync(path.join(folder, name), 'utf8')).filter((text) => text.includes(`<${address}>`));
        return found.length >= count && found.map(unquoted);
      });

    it('mails a tiket user the number, and then each answer, in Indonesian', async () => {
      const address = email('surat');
      await tiket('POST', '/auth/register', { body: { username: 'Budi', email: address, password: PASSWORD } });
      const { token } = (await tiket('POST', '/auth/login', { body: { email: address, password: PASSWORD } })).body;
      const body = { jenis_permintaan: 'keluhan', prioritas: 'rendah', deskripsi: 'Halo €' };
      const ticket = (await tiket('POST', '/api/ticket', { body, token })).body;
      const [created] = await mails(address, 1);
      assert.match(created, /^Content-Language: id\r?$/m);
      assert.ok(created.includes(ticket.nomor_tiket));
      assert.ok(created.includes('Halo €'));

      const answer = { status: 'telah selesai', respons: 'Sudah beres €' };
      await tiket('PUT', `/api/responTeknis/${ticket._id}`, { body: answer, token: staff });
      const both = await mails(address, 2);
      assert.equal(both.length, 2); // one mail for status and answer together
      assert.ok(both[1].includes('Sudah beres €'));
      assert.ok(both[1].includes(ticket.nomor_tiket));
    });

    it('mails an hcall user in English', async () => {
      const address = email('letter');
      const person = { user_name: 'Jane', user_email: address, user_password: PASSWORD };
      const token = (await hcall('POST', '/api/auth/register', { body: person })).body.jwt_token;
      const ticket = { ticket_name: 'Router Problem', ticket_explain: 'Need' };
      await hcall('POST', '/api/ticket/create', { body: ticket, token });
      const [created] = await mails(address, 1);
      assert.match(created, /^Content-Language: en\r?$/m);
      assert.match(created, /TK\d{14,}/);
      assert.ok(created.includes('Router Problem'));

      const { tickets } = (await hcall('GET', `/api/ticket/fetch?author=${address}`, { token: staff })).body;
      const update = { ticket_id: tickets[0].ticket_id, ticket_return: 'Purchasing routers' };
      await hcall('POST', '/api/ticket/update', { body: update, token: staff });
      assert.ok((await mails(address, 2))[1].includes('Purchasing routers'));
    });

    it('lets nobody write headers by a name or a title', async () => {
      const address = email('inject');
      const user_name = 'Eve <eve@evil.example>, "x" Bcc: all@example.com';
      const person = { user_name, user_email: address, user_password: PASSWORD };
      const token = (await hcall('POST', '/api/auth/register', { body: person })).body.jwt_token;
      const ticket_name = 'x\nBcc: all@example.com\n\n<script>alert(1)</script>';
      await hcall('POST', '/api/ticket/create', { body: { ticket_name, ticket_explain: 'x' }, token });
      const [mail] = await mails(address, 1);
      const head = mail.split(/\r?\n\r?\n/)[0];
      assert.ok(!/^Bcc:/im.test(head), head);
      const html = mail.slice(mail.indexOf('<!DOCTYPE html>'));
      assert.ok(html.length > 100 && !html.includes('<script>'));
      assert.ok(html.includes('&lt;script&gt;'));
    });
  });
}

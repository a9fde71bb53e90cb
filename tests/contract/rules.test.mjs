// Rules that hold across both dialects: many at once, words that change nothing, texts as they came, removal and
// restoring, and who hears of what by mail.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, email, engines, eventually, says, start } from './harness.mjs';

const ROLES = ['super_admin', 'manager', 'supervisor', 'customer_service', 'technician', 'customer'];
const PROBLEM = { jenis_permintaan: 'keluhan', prioritas: 'sedang', deskripsi: 'Internet mati' };

/** A server with somebody of every role, and the words of both dialects for one ticket. */
async function desk(options) {
  const server = await start(options);
  const hcall = server.as('hcall');
  const tiket = server.as('tiket');
  const d = { server, hcall, tiket, account: {}, token: {} };
  d.enter = async (address) =>
    (await hcall('POST', '/api/auth/enter', { body: { user_email: address, user_password: PASSWORD } })).body.jwt_token;
  d.signIn = async () => {
    for (const role of ROLES) {
      d.account[role] ??= await server.seed(role);
      d.token[role] = await d.enter(d.account[role].email);
    }
  };
  await d.signIn();
  d.submit = async (token = d.token.customer, more = {}) => {
    const answer = await tiket('POST', '/api/ticket', { body: { ...PROBLEM, ...more }, token });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  /** The ticket as the lists of the given caller show it, or undefined. */
  d.shown = async (id, token = d.token.manager) =>
    (await tiket('GET', '/api/ticket?skip=0&limit=100', { token })).body.data.map((group) => group.data[0]).find((one) => one._id === id);
  d.edit = (id, ticket_status, token = d.token.manager) =>
    hcall('POST', '/api/ticket/edit', { body: { ticket_id: `ticket_${id}`, ticket_status }, token });
  d.update = (id, ticket_return, token = d.token.manager) =>
    hcall('POST', '/api/ticket/update', { body: { ticket_id: `ticket_${id}`, ticket_return }, token });
  d.respond = (id, status, respons, token = d.token.manager) => tiket('PUT', `/api/responTeknis/${id}`, { body: { status, respons }, token });
  d.remove = (id, token = d.token.manager) => tiket('POST', `/api/ticket/${id}`, { token });
  d.restore = (id, token = d.token.manager) => tiket('POST', `/api/ticket/${id}/restore`, { token });
  d.info = (id, token = d.token.manager) => hcall('GET', `/api/ticket/info?ticket_id=ticket_${id}`, { token });
  d.count = async (token = d.token.manager) => (await hcall('GET', '/api/ticket/count', { token })).body;
  return d;
}

const times = (number, make) => Promise.all(Array.from({ length: number }, (_, i) => make(i)));
const tally = (answers) => answers.reduce((sums, { status }) => ({ ...sums, [status]: (sums[status] ?? 0) + 1 }), {});

for (const engine of engines()) {
  describe(`many at once on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    /** The live counts are what the lists show. */
    const countsAreTrue = async () => {
      const { tickets } = (await d.hcall('GET', '/api/ticket/fetch', { token: d.token.manager })).body;
      const of = (word) => tickets.filter((ticket) => ticket.ticket_status === word).length;
      assert.deepEqual(await d.count(), {
        tickets_total: tickets.length,
        tickets_pending: of('pending'),
        tickets_doing: of('doing'),
        tickets_conclued: of('conclued'),
        status: true,
      });
    };

    it('edits of one ticket end in one of the words, counted once', async () => {
      const { _id: id } = await d.submit();
      const words = ['pending', 'doing', 'conclued'];
      assert.deepEqual(tally(await times(90, (i) => d.edit(id, words[i % 3]))), { 200: 90 });
      assert.ok(words.includes((await d.info(id)).body.ticket_status));
      await countsAreTrue();
    });

    it('updates of one ticket are all kept, in the order of their times', async () => {
      const { _id: id } = await d.submit();
      assert.deepEqual(tally(await times(60, (i) => d.update(id, `entry ${i}`))), { 200: 60 });
      const { ticket_history: history } = (await d.info(id)).body;
      assert.equal(new Set(history.map((entry) => entry.ticket_return)).size, 60);
    });

    it('answers with a status and a text leave as many texts as were told to have been taken', async () => {
      const { _id: id } = await d.submit();
      const words = ['sedang direspon', 'sedang dalam proses', 'telah selesai', 'menunggu tindakan'];
      assert.deepEqual(tally(await times(40, (i) => d.respond(id, words[i % 4], `${i}`))), { 200: 40 });
      assert.equal((await d.shown(id)).responTeknis.length, 40);
      await countsAreTrue();
    });

    it('removals and restorings of one ticket take turns', async () => {
      const { _id: id } = await d.submit();
      const answers = await times(100, (i) => (i % 2 === 0 ? d.remove(id) : d.restore(id)));
      assert.ok(answers.every(({ status }, i) => status === 200 || (i % 2 === 0 && status === 404)), JSON.stringify(tally(answers)));
      await countsAreTrue();
      await d.restore(id);
      assert.ok(await d.shown(id));
      await countsAreTrue();
      const removals = await times(20, () => d.remove(id));
      assert.deepEqual(tally(removals), { 200: 1, 404: 19 });
      await countsAreTrue();
    });

    it('registrations of one address make one account, whatever the dialect and the letters', async () => {
      const address = email('same');
      const answers = await times(40, (i) =>
        i % 2 === 0
          ? d.hcall('POST', '/api/auth/register', { body: { user_name: 'Same', user_email: address, user_password: PASSWORD } })
          : d.tiket('POST', '/auth/register', { body: { username: 'Same', email: address.toUpperCase(), password: PASSWORD } }),
      );
      assert.deepEqual(tally(answers), { 200: 1, 400: 39 });
      const { users } = (await d.hcall('GET', '/api/user/fetch', { token: d.token.manager })).body;
      assert.equal(users.filter((user) => user.user_email.toLowerCase() === address.toLowerCase()).length, 1);
    });

    it('technicians who reach for one ticket: one gets it', async () => {
      const { _id: id } = await d.submit();
      const tokens = [];
      for (let i = 0; i < 6; i++) {
        tokens.push(await d.enter((await d.server.seed('technician')).email));
      }
      assert.deepEqual(tally(await Promise.all(tokens.map((token) => d.edit(id, 'doing', token)))), { 200: 1, 404: 5 });
      assert.deepEqual(tally(await Promise.all(tokens.map((token) => d.info(id, token)))), { 200: 1, 404: 5 });
      await countsAreTrue();
    });

    it('two masters who delete each other: one stays', async () => {
      for (let round = 0; round < 5; round++) {
        const other = await desk({ engine });
        try {
          const second = await other.server.seed('super_admin');
          const token = await other.enter(second.email);
          const remove = (address, as) => other.hcall('POST', '/api/user/delete', { body: { user_email: address }, token: as });
          await Promise.all([remove(second.email, other.token.super_admin), remove(other.account.super_admin.email, token)]);
          const { users } = (await other.hcall('GET', '/api/user/fetch?role=master', { token: other.token.manager })).body;
          assert.equal(users.length, 1);
        } finally {
          await other.server.stop();
        }
      }
    });

    it('registrations of the very first staff: one succeeds', async () => {
      const fresh = await start({ engine });
      try {
        const answers = await times(20, () =>
          fresh.as('tiket')('POST', '/auth/register', { body: { username: 'First', email: email('first'), password: PASSWORD, role: 'admin' } }),
        );
        assert.deepEqual(tally(answers), { 200: 1, 403: 19 });
      } finally {
        await fresh.stop();
      }
    });
  });

  describe(`status words on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('change nothing where the ticket reads as them already, in the dialect that writes them', async () => {
      const { _id: id } = await d.submit();
      // tiket's word, and hcall's for the same thing.
      for (const [word, same] of [['sedang direspon', 'pending'], ['sedang dalam proses', 'doing'], ['telah selesai', 'conclued']]) {
        assert.equal((await d.respond(id, word, 'x')).status, 200);
        const was = await d.shown(id);
        assert.equal((await d.edit(id, same)).status, 200);
        assert.deepEqual(await d.shown(id), was);
        assert.equal((await d.respond(id, word, 'y')).status, 200);
        const { responTeknis, updatedAt, ...rest } = await d.shown(id);
        const { responTeknis: old, updatedAt: before, ...same_as_before } = was;
        assert.deepEqual(rest, same_as_before); // also the time of its last change of status
        assert.equal(responTeknis.length, old.length + 1);
        assert.ok(updatedAt >= before);
      }
      assert.equal((await d.edit(id, 'pending')).status, 200);
      assert.equal((await d.shown(id)).status, 'menunggu tindakan'); // the first of its column
    });
  });

  describe(`texts on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    const ODD = [
      'plain', ' surrounded by blanks ', '\ttab and\nline\r\nbreaks\n', '"quotes" \'and\' \\ slashes / \\u0041 \\n', '<script>alert(1)</script>&amp;%20%00+',
      'ümläut ñ ß İ ı ſ', 'e\u0301 stays two', '漢字かな한글ไทยहिन्दी', 'עברית \u202eتجربة\u202c', '👩‍👩‍👧‍👦🇮🇩🏴‍☠️', '\u{10ffff}\ufffe\ue000', "'; DROP TABLE ticket; -- $1 :name ?",
      '\ufeffmark', '%s%n {{7*7}} ${x}', 'NULL', '0', 'true',
    ];

    it('come back exactly as they were sent, by JSON and by form', async () => {
      for (const text of ODD) {
        const made = await d.submit(d.token.customer, { deskripsi: text });
        assert.equal(made.deskripsi, text);
        const form = { ...PROBLEM, deskripsi: text };
        const sent = await d.tiket('POST', '/api/ticket', { form, token: d.token.customer });
        assert.equal(sent.status, 201, sent.text);
        assert.equal(sent.body.deskripsi, text);
        assert.equal((await d.respond(made._id, 'sedang direspon', text)).status, 200);
        assert.equal((await d.update(made._id, text)).status, 200);
        const shown = await d.shown(made._id);
        assert.equal(shown.deskripsi, text);
        assert.deepEqual(shown.responTeknis.map((answer) => answer.respons), [text, text]);
        const { body } = await d.info(made._id);
        assert.equal(body.ticket_explain, text);
        assert.deepEqual(body.ticket_history.map((entry) => entry.ticket_return), [text, text]);
      }
    });

    it('may be names, too, and are found by any part in any letter case', async () => {
      for (const name of ODD.filter((text) => !/[\r\n\t]/.test(text) && text.length >= 3)) {
        const address = email('odd');
        const { body } = await d.tiket('POST', '/auth/register', { body: { username: name, email: address, password: PASSWORD } });
        assert.equal(body.data?.username, name, JSON.stringify(body));
        const user = await d.hcall('GET', `/api/user/fetch?email=${address}`, { token: d.token.manager });
        assert.equal(user.body.user_name, name);
        await d.submit(await d.enter(address));
        const query = `skip=0&limit=1&userId=${body.data._id}&username=${encodeURIComponent(name)}`;
        assert.equal((await d.tiket('GET', `/api/responTeknis?${query}`, { token: d.token.manager })).body.total, 1, name);
      }
    });

    it('have limits that count letters, or bytes, and are never cut', async () => {
      const create = (ticket_name, ticket_explain) => d.hcall('POST', '/api/ticket/create', { body: { ticket_name, ticket_explain }, token: d.token.customer });
      const register = (user_name) => d.hcall('POST', '/api/auth/register', { body: { user_name, user_email: email('long'), user_password: PASSWORD } });
      for (const letter of ['x', 'ж', '漢', '🙂']) {
        const bytes = Buffer.byteLength(letter);
        const most = letter.repeat(Math.floor(65536 / bytes)).padEnd(65536 - bytes * Math.floor(65536 / bytes) + Math.floor(65536 / bytes) * letter.length, 'y');
        assert.equal(Buffer.byteLength(most), 65536);
        assert.equal((await create(letter.repeat(255), most)).status, 200);
        const { _id: id, deskripsi } = (await d.tiket('GET', '/api/ticket?skip=0&limit=1', { token: d.token.customer })).body.data[0].data[0];
        assert.equal(deskripsi, most);
        assert.equal((await d.info(id)).body.ticket_name, letter.repeat(255));
        assert.equal((await d.update(id, most)).status, 200);
        assert.equal((await d.respond(id, 'sedang direspon', most)).status, 200);
        assert.deepEqual((await d.shown(id)).responTeknis.map((answer) => answer.respons), [most, most]);

        const before = await d.shown(id);
        assert.equal((await create(letter.repeat(256), 'x')).status, 400);
        assert.equal((await create('x', `${most}y`)).status, 400);
        assert.equal((await d.update(id, `${most}y`)).status, 400);
        assert.equal((await d.respond(id, 'telah selesai', `${most}y`)).status, 400);
        assert.equal((await d.tiket('POST', '/api/ticket', { body: { ...PROBLEM, deskripsi: `${most}y` }, token: d.token.customer })).status, 400);
        assert.deepEqual(await d.shown(id), before);
        assert.equal((await register(letter.repeat(255))).status, 200);
        assert.equal((await register(letter.repeat(256))).status, 400);
      }
      // Passwords up to 1,024 bytes; addresses up to 254.
      const long = `Aa1${'x'.repeat(1021)}`;
      const body = { user_name: 'x', user_email: `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`, user_password: long };
      assert.equal(body.user_email.length, 251);
      assert.equal((await d.hcall('POST', '/api/auth/register', { body })).status, 200);
      assert.equal((await d.hcall('POST', '/api/auth/enter', { body })).status, 200);
      assert.equal((await d.hcall('POST', '/api/auth/enter', { body: { ...body, user_password: long.slice(0, -1) } })).status, 400);
      assert.equal((await d.hcall('POST', '/api/auth/register', { body: { ...body, user_email: email(), user_password: `${long}x` } })).status, 400);
      assert.equal((await d.hcall('POST', '/api/auth/register', { body: { ...body, user_email: `abcd${body.user_email}` } })).status, 400);
    });

    it('hold no control characters but tabs and line breaks', async () => {
      const total = (await d.count()).tickets_total;
      const points = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, i) => 0x80 + i)].filter((point) => ![9, 10, 13].includes(point));
      for (const point of points) {
        const text = `a${String.fromCodePoint(point)}b`;
        const answers = [
          await d.hcall('POST', '/api/ticket/create', { body: { ticket_name: text, ticket_explain: 'x' }, token: d.token.customer }),
          await d.hcall('POST', '/api/ticket/create', { body: { ticket_name: 'x', ticket_explain: text }, token: d.token.customer }),
          await d.tiket('POST', '/api/ticket', { body: { ...PROBLEM, deskripsi: text }, token: d.token.customer }),
          await d.tiket('POST', '/api/ticket', { form: { ...PROBLEM, deskripsi: text }, token: d.token.customer }),
          await d.hcall('POST', '/api/auth/register', { body: { user_name: text, user_email: email(), user_password: PASSWORD } }),
          await d.tiket('POST', '/auth/register', { form: { username: text, email: email(), password: PASSWORD } }),
          await d.tiket('POST', '/auth/register', { body: { username: 'abc', email: `${text}@example.com`, password: PASSWORD } }),
        ];
        assert.deepEqual(tally(answers), { 400: answers.length }, `U+${point.toString(16)}`);
      }
      assert.equal((await d.count()).tickets_total, total);
    });
  });

  describe(`removed tickets on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    it('are found by nobody, on no dialect', async () => {
      const { _id: id } = await d.submit();
      await d.respond(id, 'sedang direspon', 'x');
      const total = (await d.count()).tickets_total;
      assert.equal((await d.remove(id, d.token.customer)).status, 200);
      const missing = { message: "Ticket hasn't found", status: false };
      for (const role of ROLES) {
        const token = d.token[role];
        assert.equal(await d.shown(id, token), undefined);
        says(await d.hcall('POST', '/api/ticket/remove', { body: { ticket_id: `ticket_${id}` }, token }), ...(['supervisor', 'customer_service', 'technician'].includes(role)
          ? [403, { message: 'User can only remove their own tickets', status: false }]
          : [404, missing]));
        if (role !== 'customer') {
          says(await d.info(id, token), 404, missing);
          says(await d.edit(id, 'doing', token), 404, missing);
          says(await d.edit(id, 'pending', token), 404, missing); // also with the word it would read as
          says(await d.update(id, 'x', token), 404, missing);
          says(await d.respond(id, 'telah selesai', 'x', token), 404, { message: 'Ticket not found' });
          says(await d.hcall('GET', `/api/ticket/fetch?before=ticket_${id}`, { token }), 404, missing);
        }
      }
      assert.equal((await d.count()).tickets_total, total - 1);
    });

    it('come back whole, for those who may bring them back', async () => {
      const { _id: id, nomor_tiket: number } = await d.submit();
      await d.respond(id, 'sedang dalam proses', 'x');
      const { updatedAt, ...whole } = await d.shown(id);
      const done = { status: 'success', message: `Successfully Restore Ticket ${number}` };
      const stranger = await d.enter((await d.server.seed('customer')).email);
      // Bringing back what is there changes nothing.
      says(await d.restore(id, d.token.customer), 200, done);
      assert.equal((await d.shown(id)).updatedAt, updatedAt);
      assert.equal((await d.restore(id, stranger)).status, 404);

      for (const [remover, restorers] of [
        ['customer', ['customer', 'manager', 'super_admin']],
        ['manager', ['manager', 'super_admin']],
        ['super_admin', ['super_admin', 'manager']],
      ]) {
        for (const restorer of restorers) {
          assert.equal((await d.remove(id, d.token[remover])).status, 200);
          assert.equal((await d.restore(id, stranger)).status, 404);
          for (const role of ['supervisor', 'customer_service', 'technician']) {
            assert.equal((await d.restore(id, d.token[role])).status, 403);
          }
          if (remover !== 'customer') {
            assert.equal((await d.restore(id, d.token.customer)).status, 403);
          }
          assert.equal(await d.shown(id), undefined);
          says(await d.restore(id, d.token[restorer]), 200, done);
          const { updatedAt: later, ...now } = await d.shown(id);
          assert.deepEqual(now, whole);
          assert.ok(later >= updatedAt);
        }
      }
    });

    it('that the clean-up removed only managers bring back', async () => {
      const c = await desk({ engine, clock: 0, args: ['--hcall-purge-days', '1'] });
      try {
        const { _id: id } = await c.submit();
        assert.equal((await c.edit(id, 'conclued')).status, 200);
        c.server.setClock(2 * 86400);
        await c.server.restart();
        await c.signIn();
        await eventually(async () => (await c.info(id)).status === 404);
        assert.equal((await c.restore(id, c.token.customer)).status, 403);
        assert.equal((await c.restore(id, c.token.manager)).status, 200);
        assert.equal((await c.info(id)).body.ticket_status, 'conclued');
      } finally {
        await c.server.stop();
      }
    });
  });

  describe(`who gets which mail on ${engine}`, () => {
    let d;
    before(async () => {
      d = await desk({ engine });
    });
    after(() => d?.server.stop());

    const plain = (text) =>
      Buffer.from(text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
    const all = () => {
      const folder = path.join(d.server.data, 'mail');
      return readdirSync(folder).filter((name) => name.endsWith('.eml')).sort().map((name) => readFileSync(path.join(folder, name), 'utf8'));
    };
    const to = (address) => all().filter((mail) => new RegExp(`^To:[^\\n]*(\\n[ \\t][^\\n]*)*<${address.replaceAll('.', '\\.')}>`, 'm').test(mail)).map(plain);
    /** Nothing more leaves: a mail that is asked for later has come, and no other with it. */
    const settled = async () => {
      const address = email('marker');
      const body = { username: 'Marker', email: address, password: PASSWORD };
      await d.tiket('POST', '/auth/register', { body });
      await d.submit(await d.enter(address));
      await eventually(() => to(address).length === 1);
    };

    it('is the other party, once for each change, and never who made it', async () => {
      const person = { username: 'Surat', email: email('owner'), password: PASSWORD };
      await d.tiket('POST', '/auth/register', { body: person });
      const token = await d.enter(person.email);
      const { _id: id, nomor_tiket: number } = await d.submit(token);
      const staff = ROLES.slice(0, 5).map((role) => d.account[role].email);
      const mails = async (count) => {
        await settled();
        const found = to(person.email);
        assert.equal(found.length, count, found.map((mail) => /^Subject:.*$/m.exec(mail)[0]).join('\n'));
        assert.ok(found.at(-1).includes(number));
        assert.deepEqual(staff.flatMap(to), []);
      };
      await mails(1); // the number
      await d.edit(id, 'pending'); // reads as that already
      await mails(1);
      await d.edit(id, 'doing');
      await mails(2);
      await d.edit(id, 'doing');
      await d.respond(id, 'sedang', 'x'); // no status: refused
      await d.respond(id, 'telah selesai', ' '); // no answer: refused
      await d.edit(id, 'conclued', d.token.customer); // not theirs to do
      await mails(2);
      await d.update(id, 'Kabel diganti');
      await mails(3);
      await d.respond(id, 'telah selesai', 'Beres');
      await mails(4); // one for both
      await d.respond(id, 'telah selesai', 'Masih beres');
      await mails(5);
      await d.remove(id, token);
      await d.restore(id, token);
      await mails(5);
    });

    it('speaks the language of the dialect by which the account came, and shows every letter', async () => {
      const hcall = email('english');
      await d.hcall('POST', '/api/auth/register', { body: { user_name: 'Zoë 漢 🙂', user_email: hcall, user_password: PASSWORD } });
      const made = email('made');
      await d.hcall('POST', '/api/user/create', { body: { user_name: 'Made', user_email: made, user_password: PASSWORD, user_role: 'user' }, token: d.token.super_admin });
      const tiket = email('bahasa');
      await d.tiket('POST', '/auth/register', { body: { username: 'Budi é', email: tiket, password: PASSWORD } });
      for (const [address, language] of [[hcall, 'en'], [made, 'en'], [tiket, 'id']]) {
        // Whatever dialect they write by later.
        const { nomor_tiket: number } = await d.submit(await d.enter(address), { deskripsi: 'Größe 漢字 🙂 <b>' });
        const [mail] = await eventually(() => to(address).length === 1 && to(address));
        assert.match(mail, new RegExp(`^Content-Language: ${language}\\r?$`, 'm'));
        assert.ok(mail.includes(number) && mail.includes('Größe 漢字 🙂 <b>') && mail.includes('Größe 漢字 🙂 &lt;b&gt;'));
      }
    });

    it('goes to no one who is gone', async () => {
      const address = email('leaver');
      await d.hcall('POST', '/api/auth/register', { body: { user_name: 'Leaver', user_email: address, user_password: PASSWORD } });
      const { _id: id } = await d.submit(await d.enter(address));
      await eventually(() => to(address).length === 1);
      await d.hcall('POST', '/api/user/delete', { body: { user_email: address }, token: d.token.super_admin });
      assert.equal((await d.respond(id, 'telah selesai', 'Too late')).status, 200);
      await settled();
      assert.equal(to(address).length, 1);
    });
  });
}

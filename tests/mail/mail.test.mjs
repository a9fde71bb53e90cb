// Mail that can't be lost, against a real SMTP server in all its moods.
import { describe, test } from 'node:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { engines } from '../contract/harness.mjs';
import { answer, certificate, desk, email, FAILED, outbox, parse, PASSWORD, person, quiet, read, SENT, sleep, smtp, ticket, until,
  WAITING } from './helpers.mjs';

const FROM = 'Meja Bantuan <sigap@desk.example>';

// Most of the time is waiting, so several run at once.
describe('mail', { concurrency: 4 }, () => {
  for (const engine of engines()) {
    test(`a new ticket's number is mailed to its owner, and the answer too (${engine})`, async (t) => {
      const place = await smtp(t);
      await place.up();
      const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM, '--public-url', 'https://desk.example/'], { engine });
      const staff = await person(server, { role: 'admin', name: 'Tim Teknis' });
      const owner = await person(server, { name: 'Anić "Q" <x@y>, Böb' });
      const made = await ticket(server, owner, 'Printer mati\nsejak pagi, 100% <b>mati</b>');
      const [first] = await until('the mail about the new ticket', () => place.to(owner.email).length === 1 && place.to(owner.email));
      assert.equal(first.envelope.from, 'sigap@desk.example');
      assert.equal(first.header('From'), '"Meja Bantuan" <sigap@desk.example>');
      assert.equal(first.header('To'), `${owner.name} <${owner.email}>`);
      assert.match(first.header('Subject'), new RegExp(`${made.nomor_tiket}.*Printer mati$`));
      assert.match(first.header('Message-ID'), /^<[0-9a-f-]{36}@desk\.example>$/);
      assert.equal(first.header('Auto-Submitted'), 'auto-generated');
      assert.equal(first.header('MIME-Version'), '1.0');
      assert.equal(first.header('Content-Language'), 'id');
      assert.ok(Math.abs(Date.parse(first.header('Date')) - Date.now()) < 120000);
      assert.ok(first.plain.includes(made.nomor_tiket) && first.plain.includes('https://desk.example/?ticket='));
      assert.ok(first.plain.startsWith(`Halo ${owner.name},\n`));
      assert.ok(!first.html.includes('<x@y>'));

      await answer(server, staff, made._id, 'telah selesai', 'Sudah kami <i>perbaiki</i> & diuji.\n.Terima kasih');
      const second = (await until('the mail about the answer', () => place.to(owner.email).length >= 2 && place.to(owner.email))).at(-1);
      assert.ok(second.header('Subject').includes(made.nomor_tiket));
      assert.ok(second.plain.includes('> Sudah kami <i>perbaiki</i> & diuji.\n> .Terima kasih\n'), second.plain);
      assert.ok(second.html.includes('Sudah kami &lt;i&gt;perbaiki&lt;/i&gt; &amp; diuji.<br>.Terima kasih'));
      assert.notEqual(second.header('Message-ID'), first.header('Message-ID'));
      assert.equal(second.header('References'), first.header('References'));
      quiet(server);
    });

    test(`a server that is down at first and up later gets every mail once (${engine})`, async (t) => {
      const place = await smtp(t);
      const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM], { engine });
      const people = [];
      for (let i = 0; i < 3; i += 1) {
        people.push(await person(server));
        await ticket(server, people[i]);
      }
      await until('a failed try', () => server.log.includes('will be tried again'));
      await place.up();
      for (let i = 1; i <= 10 && place.messages.length < 3; i += 1) {
        server.setClock(i * 60);
        await sleep(1500);
      }
      await until('all three', () => place.messages.length === 3);
      server.setClock(86400 * 10);
      await sleep(2500);
      for (const { email: address } of people) {
        assert.equal(place.to(address).length, 1);
      }
      assert.equal(place.messages.length, 3);
      quiet(server);
    });

    test(`nothing is lost and nothing doubled over restarts of sigap (${engine})`, async (t) => {
      const place = await smtp(t);
      const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM], { engine });
      const owner = await person(server);
      for (let i = 0; i < 5; i += 1) {
        await ticket(server, owner, `Keluhan ${i}`);
      }
      await until('a failed try', () => server.log.includes('will be tried again'));
      await server.restart();
      await ticket(server, owner, 'Keluhan 5');
      await place.up();
      server.setClock(600);
      await until('all six', () => place.messages.length >= 6, 30);
      await server.restart();
      server.setClock(86400 * 5);
      await sleep(2500);
      assert.equal(place.messages.length, 6);
      assert.equal(new Set(place.messages.map((message) => message.header('Message-ID'))).size, 6);
      assert.equal(new Set(place.messages.map((message) => message.header('Subject'))).size, 6);
    });

    test(`a kill in the middle of a mail loses nothing; only the one under way may come again, under its Message-ID (${engine})`, async (t) => {
      const place = await smtp(t);
      await place.up('--slow', 5, '--slow-count', 1);
      const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM], { engine });
      const owner = await person(server);
      for (let i = 0; i < 3; i += 1) {
        await ticket(server, owner, `Keluhan ${i}`);
      }
      const [slow] = await until('the first under way', () => place.of('slow').length === 1 && place.of('slow'));
      server.child.kill('SIGKILL');
      await new Promise((resolve) => server.child.once('exit', resolve));
      await server.up();
      await until('the others', () => new Set(place.messages.map((message) => message.header('Message-ID'))).size >= 2);
      server.setClock(900);
      const ids = () => place.messages.map((message) => message.header('Message-ID'));
      await until('all three', () => new Set(ids()).size === 3);
      server.setClock(86400);
      await sleep(2500);
      assert.equal(new Set(ids()).size, 3);
      const under = read(slow).header('Message-ID');
      assert.deepEqual(ids().filter((id) => id !== under).length, 2, 'those that were not under way came once');
    });
  }

  test('without an SMTP server each mail is a private .eml file', async (t) => {
    const server = await desk(t, ['--mail-from', FROM]);
    const owner = await person(server);
    const made = await ticket(server, owner);
    const folder = path.join(server.data, 'mail');
    const [name] = await until('the file', () => {
      const files = readdirSync(folder).filter((file) => file.endsWith('.eml'));
      return files.length > 0 && files;
    });
    assert.match(name, /^\d{8}T\d{6}Z-\d+\.eml$/);
    const file = path.join(folder, name);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const message = parse(readFileSync(file, 'utf8'));
    assert.ok(message.header('To').endsWith(`<${owner.email}>`));
    assert.ok(message.plain.includes(made.nomor_tiket));
    await until('the mark', () => outbox(server).every((row) => row.state === SENT));
    server.setClock(86400 * 4);
    await sleep(2500);
    assert.equal(readdirSync(folder).length, 1);
    quiet(server);
  });

  test('addresses in other scripts are delivered where the server takes them, and hold up nobody else', async (t) => {
    const place = await smtp(t);
    await place.up('--ascii');
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    const foreign = await person(server, { address: `müller.${process.pid}@bücher.example` });
    const plain = await person(server);
    await ticket(server, foreign);
    await ticket(server, plain);
    await until('the other', () => place.to(plain.email).length === 1);
    await place.down();
    await place.up();
    await ticket(server, foreign);
    const [message] = await until('the mail', () => place.to(foreign.email).length === 1 && place.to(foreign.email));
    assert.ok(message.header('To').endsWith(`<${foreign.email}>`));
    quiet(server);
  });

  test('a slow server holds up nobody, and its mails come once', async (t) => {
    const place = await smtp(t);
    await place.up('--slow', 3);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    const owner = await person(server);
    await ticket(server, owner, 'satu');
    await until('the slow one', () => place.of('slow').length === 1);
    const before = Date.now();
    await ticket(server, owner, 'dua');
    assert.ok(Date.now() - before < 1500, 'a ticket waits for no mail');
    await until('both', () => place.messages.length === 2);
    assert.equal(place.of('slow').length, 2);
  });

  test('a refused recipient is given up at once; the others get theirs', async (t) => {
    const place = await smtp(t);
    const refused = email('refused');
    await place.up('--refuse', refused);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    const wrong = await person(server, { address: refused });
    const right = await person(server);
    await ticket(server, right, 'satu');
    await ticket(server, wrong, 'dua');
    await ticket(server, right, 'tiga');
    await until('the others', () => place.to(right.email).length === 2);
    await until('the mark', () => outbox(server).some((row) => row.state === FAILED));
    server.setClock(86400);
    await sleep(2500);
    assert.equal(place.of('refused').length, 1, 'tried once');
    const rows = outbox(server);
    assert.deepEqual(rows.map((row) => row.state), [SENT, FAILED, SENT]);
    assert.equal(rows[1].reason, '550 5.1.1 (address) no such mailbox');
    quiet(server);
  });

  test('a refused message is given up at once', async (t) => {
    const place = await smtp(t);
    await place.up('--refuse-data');
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the mark', () => outbox(server).some((row) => row.state === FAILED));
    assert.match(outbox(server)[0].reason, /^554 /);
    assert.equal(outbox(server)[0].text, null);
  });

  test('451 is tried again after a pause, and then delivered once', async (t) => {
    const place = await smtp(t);
    await place.up('--later', 2);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the first 451', () => place.of('later').length === 1);
    await sleep(2500);
    assert.equal(place.of('later').length, 1, 'not at once');
    server.setClock(15);
    await until('the second 451', () => place.of('later').length === 2);
    server.setClock(35);
    await sleep(2500);
    assert.equal(place.messages.length, 0, 'the pauses grow');
    server.setClock(60);
    await until('the mail', () => place.messages.length === 1);
    server.setClock(86400);
    await sleep(2500);
    assert.equal(place.messages.length, 1);
    assert.equal(outbox(server)[0].tries, 3);
  });

  test('a server that dies after DATA gets the mail again, under the same Message-ID', async (t) => {
    const place = await smtp(t);
    await place.up('--die-after-data', 1);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the death', () => place.of('dying').length === 1 && place.child === undefined);
    await place.up();
    server.setClock(120);
    await until('the mail', () => place.messages.length === 1);
    const [swallowed] = place.of('dying').map(read);
    assert.equal(place.messages[0].header('Message-ID'), swallowed.header('Message-ID'));
    assert.equal(place.messages[0].raw, swallowed.raw, 'byte for byte the same');
    server.setClock(86400);
    await sleep(2500);
    assert.equal(place.messages.length, 1);
  });

  test('mails in a row share a connection, which is closed when idle', async (t) => {
    const place = await smtp(t);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    const owner = await person(server);
    for (let i = 0; i < 20; i += 1) {
      await ticket(server, owner, `Keluhan ${i}`);
    }
    await until('a failed try', () => server.log.includes('will be tried again'));
    await place.up();
    server.setClock(120);
    await until('all', () => place.messages.length === 20, 30);
    assert.ok(place.of('connection').length <= 2, `${place.of('connection').length} connections for 20 mails`);
    await until('the goodbye', () => place.of('gone').length === place.of('connection').length);
  });

  test('it signs in with user and password, and a wrong password is the server’s matter, not the mail’s', async (t) => {
    const place = await smtp(t);
    await place.up('--auth', 'desk user:s3cret/&');
    const wrong = await desk(t, ['--smtp', place.url('desk%20user:wr0ng-password@'), '--mail-from', FROM]);
    await ticket(wrong, await person(wrong));
    await until('a failed sign-in', () => place.of('auth').some((event) => !event.good));
    await until('the mark', () => wrong.log.includes('will be tried again'));
    assert.equal(outbox(wrong)[0].state, WAITING);
    assert.match(wrong.log, / smtp=535$/m);
    quiet(wrong, 'wr0ng-password');
    const right = await desk(t, ['--smtp', place.url('desk%20user:s3cret%2F%26@'), '--mail-from', FROM]);
    await ticket(right, await person(right));
    await until('the mail', () => place.messages.length === 1);
    assert.equal(place.messages[0].envelope.user, 'desk user');
    quiet(right, 's3cret');
  });

  test('STARTTLS is used where it is offered', async (t) => {
    const place = await smtp(t);
    const { certificate: file, key } = certificate(t, place.address);
    await place.up('--certificate', file, '--key', key, '--auth', 'u:p');
    const server = await desk(t, ['--smtp', place.url('u:p@'), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the mail', () => place.messages.length === 1);
    assert.equal(place.messages[0].envelope.tls, true);
    assert.deepEqual(place.of('auth').map((event) => event.tls), [true], 'the password only inside TLS');
  });

  test('with tls=required nothing goes out in the clear or to a stranger', async (t) => {
    const place = await smtp(t);
    const { certificate: file, key } = certificate(t, place.address);
    await place.up();
    const server = await desk(t, ['--smtp', place.url('', '?tls=required'), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the refusal', () => server.log.includes('will be tried again'));
    await place.down();
    await place.up('--certificate', file, '--key', key);
    server.setClock(600);
    await until('the second refusal', () => server.log.split('will be tried again').length === 3);
    assert.equal(place.messages.length, 0);
    const trusting = await desk(t, ['--smtp', place.url('', `?tls=required&ca=${encodeURIComponent(file)}`), '--mail-from', FROM]);
    await ticket(trusting, await person(trusting));
    await until('the mail', () => place.messages.length === 1);
    assert.equal(place.messages[0].envelope.tls, true);
  });

  test('smtps:// speaks TLS from the first byte', async (t) => {
    const place = await smtp(t);
    const { certificate: file, key } = certificate(t, place.address);
    await place.up('--certificate', file, '--key', key, '--smtps');
    const url = place.url('', `?ca=${encodeURIComponent(file)}`).replace('smtp:', 'smtps:');
    const server = await desk(t, ['--smtp', url, '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the mail', () => place.messages.length === 1);
    assert.equal(place.messages[0].envelope.tls, true);
  });

  test('a stop does not wait for a server that hangs, and the mail goes out after the next start', async (t) => {
    const place = await smtp(t);
    await place.up('--slow', 60, '--slow-count', 1);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('the hanging mail', () => place.of('slow').length === 1);
    const before = Date.now();
    await server.restart();
    assert.ok(Date.now() - before < 9500, 'stopped in time');
    await until('the mail', () => place.messages.length === 1);
    assert.equal(place.messages[0].header('Message-ID'), read(place.of('slow')[0]).header('Message-ID'));
  });

  test('after three days of tries a mail is given up', async (t) => {
    const place = await smtp(t);
    const server = await desk(t, ['--smtp', place.url(), '--mail-from', FROM]);
    await ticket(server, await person(server));
    await until('a failed try', () => server.log.includes('will be tried again'));
    const tries = () => outbox(server)[0].tries;
    for (let i = 1, done = 1; i <= 4; i += 1, done = tries()) {
      server.setClock(i * 17 * 3600);
      await until('another try', () => tries() > done);
      assert.equal(outbox(server)[0].state, WAITING);
    }
    server.setClock(73 * 3600);
    await until('the end', () => outbox(server)[0].state === FAILED);
    await place.up();
    server.setClock(100 * 3600);
    await sleep(2500);
    assert.equal(place.messages.length, 0);
    assert.ok(outbox(server)[0].reason.length > 5);
  });

  test('a password in the SMTP address is told neither by the log nor by a refusal to start', async (t) => {
    const server = await desk(t, []);
    await assert.rejects(
      server.command(['doctor', '--smtp', `ftp://user:${PASSWORD}x@mail.example`]),
      (error) => !error.message.replace(/^sigap doctor.*$/m, '').includes(PASSWORD));
  });
});

// hcall: pictures of tickets. JPEG and PNG by their first bytes, at most 5 MiB each and ten a ticket.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { PASSWORD, TIME, engines, says, start } from './harness.mjs';

const MIB = 1024 * 1024;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const JPEG = Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////2Q==', 'base64');
const GIF = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64');
const INVALID = { message: 'Invalid data', status: false };
const CREATED = { message: 'Ticket has been created', status: true };

/** A picture of exactly that many bytes that starts like a PNG. */
function large(size) {
  return Buffer.concat([PNG.subarray(0, 8), randomBytes(size - 8)]);
}

function image(name, content, type = 'image/jpeg', typeKey = 'image_type') {
  return { image_name: name, image_content: content.toString('base64'), [typeKey]: type };
}

for (const engine of engines()) {
  describe(`hcall pictures on ${engine}`, () => {
    let server;
    let api;
    const token = {};
    before(async () => {
      server = await start({ engine });
      api = server.as('hcall');
      for (const role of ['manager', 'customer']) {
        const account = await server.seed(role);
        const body = { user_email: account.email, user_password: PASSWORD };
        token[role] = (await api('POST', '/api/auth/enter', { body })).body.jwt_token;
      }
    });
    after(() => server?.stop());

    const create = (images, key = 'tickes_images') =>
      api('POST', '/api/ticket/create', {
        body: { ticket_name: 'Router Problem', ticket_explain: 'Need', [key]: images },
        token: token.customer,
      });
    const total = async () => (await api('GET', '/api/ticket/count', { token: token.manager })).body.tickets_total;
    /** The newest ticket, whole. */
    const newest = async () => {
      const { tickets } = (await api('GET', '/api/ticket/fetch', { token: token.manager })).body;
      return (await api('GET', `/api/ticket/info?ticket_id=${tickets[0].ticket_id}`, { token: token.manager })).body;
    };

    it('takes the pictures of the document, in both of its spellings, and gives them back', async () => {
      says(
        await create([image('router_front.jpg', JPEG), image('router_back.png', PNG, 'image/png', 'image_ype')]),
        200,
        CREATED,
      );
      const { ticket_images: images } = await newest();
      assert.equal(images.length, 2);
      for (const [i, [name, content, type]] of [
        ['router_front.jpg', JPEG, 'image/jpeg'],
        ['router_back.png', PNG, 'image/png'],
      ].entries()) {
        assert.match(images[i].image_id, /^img_[0-9a-f-]{36}$/);
        assert.match(images[i].image_uploaded_at, TIME);
        assert.deepEqual(images[i], {
          image_id: images[i].image_id,
          image_name: name,
          image_url: content.toString('base64'),
          image_type: type,
          image_uploaded_at: images[i].image_uploaded_at,
        });
      }
      assert.notEqual(images[0].image_id, images[1].image_id);
    });

    it('takes ticket_images and data URIs, and no pictures at all', async () => {
      says(await create([image('a.png', PNG, 'image/png')], 'ticket_images'), 200, CREATED);
      assert.equal((await newest()).ticket_images.length, 1);
      const uri = { ...image('b.png', PNG, 'image/png') };
      uri.image_content = `data:image/png;base64,${uri.image_content}`;
      says(await create([uri]), 200, CREATED);
      assert.equal((await newest()).ticket_images[0].image_url, PNG.toString('base64'));
      says(await create([]), 200, CREATED);
      says(await create(null), 200, CREATED);
      assert.deepEqual((await newest()).ticket_images, []);
    });

    it('shows a PNG that claims to be a JPEG as what it is', async () => {
      says(await create([image('liar.jpg', PNG, 'image/jpeg')]), 200, CREATED);
      const { ticket_images: images } = await newest();
      assert.equal(images[0].image_type, 'image/png');
      assert.equal(images[0].image_name, 'liar.jpg');
    });

    it('never uses a name as a path', async () => {
      const names = ['../../../../tmp/evil.png', '/etc/passwd', 'C:\\evil.png', '.', '..', 'a/b.png', '漢字 🙂.png'];
      says(await create(names.map((name) => image(name, PNG, 'image/png'))), 200, CREATED);
      assert.deepEqual(
        (await newest()).ticket_images.map((one) => one.image_name),
        names,
      );
    });

    it('refuses what is no picture, and then keeps nothing', async () => {
      const before = await total();
      const good = image('good.png', PNG, 'image/png');
      for (const bad of [
        image('a.gif', GIF, 'image/gif'),
        image('a.jpg', GIF, 'image/jpeg'),
        image('a.jpg', Buffer.alloc(0)),
        image('a.jpg', Buffer.from('%PDF-1.7')),
        { ...good, image_content: 'base64_encoded_image_data...' },
        { ...good, image_content: good.image_content.slice(0, -1) },
        { ...good, image_content: `${good.image_content.slice(0, 40)}\n${good.image_content.slice(40)}` },
        { ...good, image_content: 5 },
        { ...good, image_content: undefined },
        { ...good, image_name: undefined },
        { ...good, image_name: '' },
        { ...good, image_name: 'x'.repeat(256) },
        { ...good, image_name: 'a\u0000.png' },
        { ...good, image_type: undefined },
        { ...good, image_type: 'image/svg+xml' },
        { ...good, image_type: 'image/jpeg', image_ype: 'image/png' },
        'a picture',
      ]) {
        says(await create([bad]), 400, INVALID);
        says(await create([good, bad]), 400, INVALID);
      }
      const told = await create([good, { ...good, image_content: '!' }]);
      assert.match(told.body.reason, /tickes_images\[1\]\.image_content is not base64/);
      assert.equal(await total(), before);
    });

    it('takes ten pictures and not eleven', async () => {
      const ten = Array.from({ length: 10 }, (_, i) => image(`${i}.png`, PNG, 'image/png'));
      says(await create(ten), 200, CREATED);
      assert.deepEqual(
        (await newest()).ticket_images.map((one) => one.image_name),
        ten.map((one) => one.image_name),
      );
      says(await create([...ten, ten[0]]), 400, INVALID);
    });

    it('takes 5 MiB and not a byte more', async () => {
      const whole = large(5 * MIB);
      says(await create([image('whole.png', whole, 'image/png')]), 200, CREATED);
      assert.equal((await newest()).ticket_images[0].image_url, whole.toString('base64'));
      const refused = await create([image('over.png', large(5 * MIB + 1), 'image/png')]);
      says(refused, 400, INVALID);
      assert.match(refused.body.reason, /at most 5 MiB/);
      says(await create([image('far-over.png', large(6 * MIB), 'image/png')]), 400, INVALID);
    });

    it('takes ten pictures of 5 MiB in one ticket and gives them back', async () => {
      const pictures = Array.from({ length: 10 }, () => large(5 * MIB));
      says(await create(pictures.map((content, i) => image(`${i}.png`, content, 'image/png'))), 200, CREATED);
      const { ticket_images: images } = await newest();
      assert.equal(images.length, 10);
      for (const [i, content] of pictures.entries()) {
        assert.ok(images[i].image_url === content.toString('base64'), `picture ${i} came back as it was`);
      }
    });

    it('refuses a body over the limit with 413 and goes on serving', async () => {
      const huge = Array.from({ length: 11 }, (_, i) => image(`${i}.png`, large(5 * MIB), 'image/png'));
      const refused = await create(huge).catch((error) => error);
      if (!(refused instanceof Error)) {
        assert.equal(refused.status, 413);
        assert.equal(refused.body.status, false);
      }
      says(await create([image('after.png', PNG, 'image/png')]), 200, CREATED);
    });

    it('keeps pictures over a restart, and hides them with their ticket', async () => {
      says(await create([image('kept.png', PNG, 'image/png')]), 200, CREATED);
      const ticket = await newest();
      await server.restart();
      const path = `/api/ticket/info?ticket_id=${ticket.ticket_id}`;
      assert.deepEqual((await api('GET', path, { token: token.manager })).body, ticket);
      says(await api('POST', '/api/ticket/remove', { body: { ticket_id: ticket.ticket_id }, token: token.customer }), 200, {
        message: 'Ticket has been removed',
        status: true,
      });
      says(await api('GET', path, { token: token.manager }), 404, { message: "Ticket hasn't found", status: false });
    });
  });
}

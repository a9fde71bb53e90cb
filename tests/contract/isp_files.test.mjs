// isp: uploads from the field, judged by their content, and who may have them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';

import { UUID, engines, start } from './harness.mjs';
import { data, refuses } from './isp.mjs';
import { people, ticketOf } from './isp_desk.mjs';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** A JPEG's headers: APP0 and a frame of 16 × 16. */
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080010001001011100ffd9', 'hex');
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n');
const MIB = 1024 * 1024;
const NOBODY = '0190163d-8694-739b-aea5-966c26f8ad91';

/** A PNG of this size in bytes: what follows the pictures end is nobody's business. */
const padded = (size) => Buffer.concat([PNG, randomBytes(size - PNG.length)]);

/** multipart/form-data of these parts: [name, text] or [name, content, filename]. */
function form(parts) {
  const boundary = `----field${randomBytes(8).toString('hex')}`;
  const pieces = parts.flatMap(([name, content, filename]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`,
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  const body = Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}

for (const engine of engines()) {
  describe(`isp files on ${engine}`, () => {
    let server;
    let api;
    let who;
    before(async () => {
      server = await start({ engine });
      api = server.as('isp');
      who = await people(server, ['supervisor', 'customer_service', 'technician', 'customer']);
    });
    after(() => server?.stop());

    const send = (parts, token) => {
      const { body, type } = form(parts);
      return api('POST', '/api/mobile/upload', { text: body, headers: { 'Content-Type': type }, token });
    };
    const upload = (content, type, name = 'photo.png', token = who.technician.token, more = []) =>
      send([['file', content, name], ['type', type], ...more], token);
    const uploaded = async (...args) => data(await upload(...args), 201).file;
    /** The bytes as they come, with the headers. */
    const download = (path, token) =>
      new Promise((resolve, reject) => {
        const request = http.request(server.url + path, { headers: token ? { Authorization: `Bearer ${token}` } : {} }, (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }));
        });
        request.on('error', reject);
        request.end();
      });

    /** The answer to a form of which no more than its size was sent. */
    const announced = (size) =>
      new Promise((resolve, reject) => {
        const headers = {
          Authorization: `Bearer ${who.technician.token}`,
          'Content-Type': 'multipart/form-data; boundary=x',
          'Content-Length': size,
        };
        const request = http.request(`${server.url}/api/mobile/upload`, { method: 'POST', headers }, (response) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => {
            request.destroy();
            resolve({ status: response.statusCode, text, body: JSON.parse(text) });
          });
        });
        request.on('error', reject);
        request.flushHeaders();
      });

    it('takes a photo, a document and a signature, and tells of them as the document shows', async () => {
      for (const [content, type, name, media] of [
        [PNG, 'photo', 'router.png', 'image/png'],
        [JPEG, 'photo', 'router.jpg', 'image/jpeg'],
        [PDF, 'document', 'contract.pdf', 'application/pdf'],
        [PNG, 'signature', 'signature.png', 'image/png'],
      ]) {
        const answer = await upload(content, type, name);
        assert.equal(answer.status, 201, answer.text);
        const { file } = answer.body.data;
        assert.match(file.id, UUID);
        assert.deepEqual(answer.body, {
          success: true,
          data: { file: { id: file.id, filename: name, url: `/api/files/${file.id}`, type, size: content.length } },
        });
        const found = await download(file.url, who.technician.token);
        assert.equal(found.status, 200);
        assert.deepEqual(found.bytes, content);
        assert.equal(found.headers['content-type'], media);
        assert.equal(found.headers['content-length'], String(content.length));
        assert.equal(found.headers['x-content-type-options'], 'nosniff');
        assert.equal(found.headers['cache-control'], 'private, max-age=31536000, immutable');
        assert.equal(found.headers['content-disposition'], `attachment; filename="${name}"`);
      }
    });

    it('serves through the recorded client, too', async () => {
      const file = await uploaded(PDF, 'document', 'contract.pdf');
      const answer = await api('GET', `/api/files/${file.id}`, { token: who.technician.token });
      assert.equal(answer.status, 200);
      assert.equal(answer.text, PDF.toString());
    });

    it('keeps a name as its last segment, in any script, and never as a path', async () => {
      for (const [sent, kept, header] of [
        ['../../etc/passwd', 'passwd', 'attachment; filename="passwd"'],
        ['C:\\\\photos\\\\a b.png', 'a b.png', 'attachment; filename="a b.png"'],
        ['jalan é 路.png', 'jalan é 路.png', `attachment; filename="jalan _ _.png"; filename*=UTF-8''jalan%20%C3%A9%20%E8%B7%AF.png`],
        ['a;b=c.png', 'a;b=c.png', `attachment; filename="a_b_c.png"; filename*=UTF-8''a%3Bb%3Dc.png`],
        ['a%22b.png', 'a"b.png', `attachment; filename="a_b.png"; filename*=UTF-8''a%22b.png`],
      ]) {
        const file = await uploaded(PNG, 'photo', sent);
        assert.equal(file.filename, kept);
        const found = await download(file.url, who.technician.token);
        assert.equal(found.headers['content-disposition'], header);
      }
      refuses(await upload(PNG, 'photo', '..'), 400, 'BAD_REQUEST', ['body']);
      refuses(await upload(PNG, 'photo', 'x'.repeat(256)), 422, 'VALIDATION_ERROR', ['file']);
    });

    it('judges by content, whatever the name says', async () => {
      const broken = Buffer.from(PNG);
      broken[19] = 9; // another width than its check sum knows
      const huge = Buffer.from('ffd8ffc0000b08ffffffff01011100ffd9', 'hex'); // 65,535 × 65,535
      for (const [content, type] of [
        [PDF, 'photo'],
        [PNG, 'document'],
        [JPEG, 'signature'],
        [Buffer.from('<script>alert(1)</script>'), 'photo'],
        [Buffer.from('GIF89a'), 'photo'],
        [broken, 'photo'],
        [PNG.subarray(0, 20), 'photo'],
        [JPEG.subarray(0, 12), 'photo'],
        [huge, 'photo'],
        [Buffer.from('%PDF-1.4\nno end'), 'document'],
        [Buffer.alloc(0), 'photo'],
      ]) {
        refuses(await upload(content, type), 422, 'VALIDATION_ERROR', ['file']);
      }
    });

    it('takes ten mebibytes and not a byte more', async () => {
      const most = padded(10 * MIB);
      const file = await uploaded(most, 'photo', 'large.png');
      assert.equal(file.size, 10 * MIB);
      assert.ok((await download(file.url, who.technician.token)).bytes.equals(most));
      refuses(await upload(padded(10 * MIB + 1), 'photo'), 413, 'PAYLOAD_TOO_LARGE');
      refuses(await upload(padded(15 * MIB), 'photo'), 413, 'PAYLOAD_TOO_LARGE');
      refuses(await announced(20 * MIB), 413, 'PAYLOAD_TOO_LARGE');
    });

    it('says what is missing or wrong in the form', async () => {
      const { token } = who.technician;
      refuses(await send([['type', 'photo']], token), 422, 'VALIDATION_ERROR', ['file']);
      refuses(await send([['file', PNG, 'a.png']], token), 422, 'VALIDATION_ERROR', ['type']);
      refuses(await send([['file', PNG, 'a.png'], ['type', 'video'], ['ticket_id', '7']], token), 422, 'VALIDATION_ERROR', ['type', 'ticket_id']);
      refuses(await send([['file', PNG, 'a.png'], ['file', PNG, 'b.png'], ['type', 'photo']], token), 422, 'VALIDATION_ERROR', ['file']);
      refuses(await api('POST', '/api/mobile/upload', { body: { type: 'photo' }, token }), 415, 'UNSUPPORTED_MEDIA_TYPE');
      refuses(await upload(PNG, 'photo', 'a.png', undefined).then(() => send([['file', PNG, 'a.png'], ['type', 'photo']])), 401, 'UNAUTHORIZED');
    });

    it('is had by who may read its ticket, and by nobody else', async () => {
      const [other] = Object.values(await people(server, ['customer']));
      const ticket = await ticketOf(server, who.customer);
      const attached = [['ticket_id', ticket.id]];
      refuses(await upload(PNG, 'photo', 'a.png', other.token, attached), 404, 'RESOURCE_NOT_FOUND');
      refuses(await upload(PNG, 'photo', 'a.png', who.customer.token, [['ticket_id', NOBODY]]), 404, 'RESOURCE_NOT_FOUND');
      const file = await uploaded(PNG, 'photo', 'a.png', who.customer.token, attached);
      const shown = data(await api('GET', `/api/tickets/${ticket.id}`, { token: who.customer_service.token })).ticket;
      assert.deepEqual(
        shown.attachments.map(({ id, filename, url, uploaded_by: by }) => ({ id, filename, url, by })),
        [{ id: file.id, filename: 'a.png', url: file.url, by: who.customer.uuid }],
      );
      for (const role of ['customer', 'customer_service', 'technician', 'supervisor']) {
        assert.equal((await download(file.url, who[role].token)).status, 200, role);
      }
      refuses(await api('GET', file.url, { token: other.token }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await api('GET', file.url), 401, 'UNAUTHORIZED');
      refuses(await api('GET', `/api/files/${NOBODY}`, { token: other.token }), 404, 'RESOURCE_NOT_FOUND');
      refuses(await api('GET', '/api/files/..%2f..%2fetc', { token: other.token }), 400, 'VALIDATION_ERROR', ['id']);
    });

    it('without a ticket is its uploaders and supervisors, until a ticket or a comment names it', async () => {
      const loose = await uploaded(PDF, 'document', 'plan.pdf', who.customer.token);
      refuses(await api('GET', loose.url, { token: who.customer_service.token }), 404, 'RESOURCE_NOT_FOUND');
      assert.equal((await download(loose.url, who.supervisor.token)).status, 200);
      const ticket = await ticketOf(server, who.customer, { attachments: [loose.url] });
      assert.equal((await download(loose.url, who.customer_service.token)).status, 200);
      const photo = await uploaded(PNG, 'photo', 'b.png', who.technician.token);
      const body = { comment: 'See the photo', attachments: [`https://desk.example.com/v1${photo.url}`] };
      const said = await api('POST', `/api/tickets/${ticket.id}/comments`, { body, token: who.technician.token });
      assert.equal(said.status, 201, said.text);
      assert.equal((await download(photo.url, who.customer.token)).status, 200);
      const stolen = await api('POST', `/api/tickets/${ticket.id}/comments`, { body, token: who.customer.token });
      refuses(stolen, 422, 'VALIDATION_ERROR', ['attachments[0]']);
    });

    it('takes no more than a thousand files for a ticket', async () => {
      const ticket = await ticketOf(server, who.customer);
      const body = { comment: 'Links', attachments: Array(10).fill('https://example.com/plan.pdf') };
      for (let i = 0; i < 100; i += 1) {
        assert.equal((await api('POST', `/api/tickets/${ticket.id}/comments`, { body, token: who.customer.token })).status, 201);
      }
      refuses(await upload(PNG, 'photo', 'a.png', who.customer.token, [['ticket_id', ticket.id]]), 409, 'INVALID_STATE');
    });

    it('keeps many uploads at once apart', async () => {
      const contents = Array.from({ length: 12 }, () => padded(200000));
      const files = await Promise.all(contents.map((content, i) => uploaded(content, 'photo', `${i}.png`)));
      const found = await Promise.all(files.map((file) => download(file.url, who.technician.token)));
      found.forEach(({ bytes }, i) => assert.ok(bytes.equals(contents[i])));
    });
  });
}

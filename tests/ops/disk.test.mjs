// A full disk: writes are refused in the dialect's envelope, reads go on, and with space comes healing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import path from 'node:path';
import { eventually, start } from '../contract/harness.mjs';
import { create, load, names, people, total } from './desk.mjs';
import { fill, mount } from './small_disk.mjs';

/** A server whose data stand on the small disk. */
async function onSmallDisk(t, megabytes) {
  const disk = mount(megabytes);
  if (disk.why) {
    t.skip(disk.why);
    return null;
  }
  const server = await start({});
  await server.down();
  server.data = path.join(disk.folder, 'data');
  await server.up();
  t.after(async () => {
    try {
      await server.stop();
    } finally {
      disk.unmount();
    }
  });
  return { server, disk };
}

/** A refusal for want of space: a whole error of hcall. */
function refusedForSpace(answer) {
  assert.ok([507, 503].includes(answer.status), `${answer.status} ${answer.text}`);
  assert.equal(answer.body.status, false, answer.text);
  assert.equal(typeof answer.body.message, 'string');
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

test('when the disk is full, writes are refused, reads go on, and space heals it', async (t) => {
  const small = await onSmallDisk(t, 16);
  if (small === null) {
    return;
  }
  const { server, disk } = small;
  const { writes, reads, writer } = await people(server);
  const acknowledged = [];
  for (let i = 0; i < 10; i++) {
    assert.equal((await create(server, writes, `before-${i}`)).status, 200);
    acknowledged.push(`before-${i}`);
  }
  const filler = fill(disk.folder, 0);
  // The log has room for a while; then it ends.
  const long = 'a description that takes some space. '.repeat(1500);
  let refused = 0;
  for (let i = 0; i < 400 && refused < 5; i++) {
    const answer = await create(server, writes, `full-${i}`, { ticket_explain: long });
    if (answer.status === 200) {
      acknowledged.push(`full-${i}`);
    } else {
      refusedForSpace(answer);
      refused += 1;
    }
  }
  assert.equal(refused, 5, 'a full disk must show');
  refusedForSpace(await create(server, writes, 'picture', { ticket_explain: long, tickes_images: [{ image_name: 'p.png', image_ype: 'image/png', image_content: PNG }] }));
  // Reading goes on, in both dialects.
  assert.equal(await total(server, reads), acknowledged.length);
  assert.deepEqual((await names(server, reads)).sort(), [...acknowledged].sort());
  assert.equal((await server.as('tiket')('GET', '/api/ticket?skip=0&limit=5', { token: writes })).status, 200);
  assert.equal((await server.raw('GET', '/livez', {})).status, 200);
  // Signing in writes a row, so it may be refused, but only for want of space.
  const enter = await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: writer.email, user_password: server.password } });
  if (enter.status !== 200) {
    refusedForSpace(enter);
  }
  unlinkSync(filler);
  await eventually(async () => {
    const answer = await create(server, writes, 'healed');
    if (answer.status !== 200) {
      refusedForSpace(answer);
      return false;
    }
    acknowledged.push('healed');
    return true;
  }, 10);
  assert.equal((await server.raw('GET', '/readyz', {})).status, 200);
  for (let i = 0; i < 20; i++) {
    assert.equal((await create(server, writes, `after-${i}`, { ticket_explain: long })).status, 200);
    acknowledged.push(`after-${i}`);
  }
  const check = async () => {
    assert.equal(await total(server, reads), acknowledged.length);
    assert.deepEqual((await names(server, reads)).sort(), [...acknowledged].sort());
  };
  await check();
  await server.restart();
  await check();
  const doctor = JSON.parse(await server.command(['doctor', '--json']).catch((error) => /\{.*\}/s.exec(error.message)[0]));
  assert.equal(doctor.findings.find((finding) => finding.check === 'database').verdict, 'ok');
});

test('the disk fills while many create at once: acknowledged is kept, refused is not there', async (t) => {
  const small = await onSmallDisk(t, 48);
  if (small === null) {
    return;
  }
  const { server, disk } = small;
  const { writes, reads } = await people(server);
  const acknowledged = [];
  for (let round = 0; round < 2; round++) {
    const creating = load(server, writes, { width: 24, prefix: `round${round}` });
    await eventually(() => creating.acknowledged.length > 10);
    const filler = fill(disk.folder, 256 * 1024);
    await eventually(() => creating.other.length > 50, 15);
    unlinkSync(filler);
    const before = creating.acknowledged.length;
    await eventually(() => creating.acknowledged.length > before + 20, 10);
    await creating.stop();
    creating.other.forEach(refusedForSpace);
    acknowledged.push(...creating.acknowledged);
    assert.equal(await total(server, reads), acknowledged.length, 'exactly what was acknowledged');
    assert.deepEqual((await names(server, reads)).sort(), [...acknowledged].sort());
  }
  assert.equal((await server.raw('GET', '/readyz', {})).status, 200);
});

test('a server starts and reads on a full disk, or says why not', async (t) => {
  const small = await onSmallDisk(t, 16);
  if (small === null) {
    return;
  }
  const { server, disk } = small;
  const { writes, reads } = await people(server);
  assert.equal((await create(server, writes, 'kept')).status, 200);
  await server.down();
  const filler = fill(disk.folder, 0);
  try {
    await server.up();
    assert.equal(await total(server, reads), 1);
    await server.down();
  } catch (error) {
    assert.match(error.message, /ended at once \(1\)/);
    assert.match(error.message, /sigap: .*(full|space)/);
  }
  unlinkSync(filler);
  await server.up();
  assert.equal(await total(server, reads), 1);
  assert.equal((await create(server, writes, 'again')).status, 200);
});

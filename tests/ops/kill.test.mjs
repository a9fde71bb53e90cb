// Sudden ends: a kill loses nothing that was acknowledged.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { engines, start } from '../contract/harness.mjs';
import { create, load, names, people, total } from './desk.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const engine of engines()) {
  test(`kill -9 under load on ${engine}, again and again: every acknowledged ticket is there`, async (t) => {
    const server = await start({ engine });
    t.after(() => server.stop());
    const { writes, reads } = await people(server);
    const acknowledged = [];
    let sent = 0;
    for (let round = 0; round < 3; round++) {
      const creating = load(server, writes, { width: 12, prefix: `kill${round}` });
      await wait(200 + 130 * round);
      const gone = new Promise((resolve) => server.child.once('exit', resolve));
      server.child.kill('SIGKILL');
      await gone;
      await creating.stop();
      await server.down();
      acknowledged.push(...creating.acknowledged);
      sent += creating.sent;
      assert.ok(creating.acknowledged.length > 0, 'the load did something');
      assert.deepEqual(creating.other.map((answer) => answer.status), []);
      await server.up();
      const counted = await total(server, reads);
      assert.ok(counted >= acknowledged.length && counted <= sent, `${acknowledged.length} ≤ ${counted} ≤ ${sent}`);
      const found = new Set(await names(server, reads));
      assert.equal(found.size, counted);
      assert.deepEqual(acknowledged.filter((name) => !found.has(name)), []);
      assert.equal((await create(server, writes, `after${round}`)).status, 200);
      acknowledged.push(`after${round}`);
      sent += 1;
    }
  });
}

// The specifications come from the tables; a linter that knows OpenAPI 3.1 must find nothing in them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const bin = process.env.SIGAP_BIN ?? 'build/test/sigap';
const root = path.resolve(import.meta.dirname, '../..');
const dialects = execFileSync(bin, ['openapi'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t')[0]);

test('the documented dialects are listed', () => {
  assert.deepEqual([...dialects].sort(), ['hcall', 'isp', 'tiket']);
});

for (const dialect of dialects) {
  test(`${dialect}: redocly finds neither error nor warning`, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sigap-openapi-'));
    try {
      const file = path.join(folder, `${dialect}.json`);
      fs.writeFileSync(file, execFileSync(bin, ['openapi', dialect], { maxBuffer: 1 << 26 }));
      const document = JSON.parse(fs.readFileSync(file, 'utf8'));
      assert.match(document.openapi, /^3\.1/);
      const lint = spawnSync(path.join(root, 'node_modules/.bin/redocly'), ['lint', '--format', 'json', file], {
        encoding: 'utf8', cwd: folder, env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      });
      const report = JSON.parse(lint.stdout.slice(lint.stdout.indexOf('{')));
      assert.deepEqual(report.problems.map((one) => `${one.severity}: ${one.message} ${one.location?.[0]?.pointer}`), []);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('an unknown dialect is an error that says so', () => {
  const answer = spawnSync(bin, ['openapi', 'nothing'], { encoding: 'utf8' });
  assert.equal(answer.status, 2);
  assert.match(answer.stderr, /no dialect "nothing"/);
});

// The specifications come from the tables; a linter that knows OpenAPI 3.1 must find nothing in them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import yaml from 'js-yaml';

import { start } from './harness.mjs';

const bin = process.env.SIGAP_BIN ?? 'build/test/sigap';
const root = path.resolve(import.meta.dirname, '../..');
const dialects = execFileSync(bin, ['openapi'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t')[0]);

test('the documented dialects are listed', () => {
  assert.deepEqual([...dialects].sort(), ['hcall', 'isp', 'ruang', 'tenant', 'tiket']);
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

test('each specification is served as JSON and as YAML, and they say the same', async (t) => {
  const server = await start();
  t.after(() => server.stop());
  for (const dialect of dialects) {
    const json = await server.raw('GET', `/openapi/${dialect}.json`, {});
    const text = await server.raw('GET', `/openapi/${dialect}.yaml`, {});
    assert.equal(json.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(text.headers['content-type'], 'application/yaml; charset=utf-8');
    assert.deepEqual(yaml.load(text.text), json.body);
    assert.equal(json.body.info.title.length > 0, true);
  }
  for (const path of ['/openapi/nothing.yaml', '/openapi/isp', '/openapi/isp.yml', '/openapi/isp.json.yaml', '/openapi/.yaml']) {
    assert.equal((await server.raw('GET', path, {})).status, 404, path);
  }
});

test('every operation shows what goes in and what comes out, errors too', () => {
  for (const dialect of dialects) {
    const document = JSON.parse(execFileSync(bin, ['openapi', dialect], { maxBuffer: 1 << 26 }));
    const missing = [];
    for (const [template, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        for (const [type, { example }] of Object.entries(operation.requestBody?.content ?? {})) {
          if (example === undefined && type !== 'application/octet-stream') {
            missing.push(`${method} ${template} ${type}`);
          }
        }
        for (const [status, { content }] of Object.entries(operation.responses)) {
          const { examples } = content?.['application/json'] ?? {};
          if (content?.['application/json'] && !(Object.keys(examples ?? {}).length > 0)) {
            missing.push(`${method} ${template} ${status}`);
          }
          missing.push(...Object.entries(examples ?? {}).filter(([, { value }]) => value == null).map(([name]) => `${method} ${template} ${name}`));
        }
        missing.push(...(operation.parameters ?? []).filter((one) => one.in === 'query' && one.example === undefined).map((one) => `${method} ${template} ${one.name}`));
      }
    }
    assert.deepEqual(missing, []);
  }
});

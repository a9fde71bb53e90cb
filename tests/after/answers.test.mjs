// Runs after all other tests: what they recorded of every exchange (folder in SIGAP_TEST_RECORD) is held against the
// specifications that the program prints. A route that no test hit fails; so does an answer that does not fit its schema,
// a status that the specification does not name, and, in isp, ruang and tenant, a documented answer that nobody ever saw.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const bin = process.env.SIGAP_BIN ?? 'build/test/sigap';
const folder = process.env.SIGAP_TEST_RECORD;
const skip = !folder && 'SIGAP_TEST_RECORD is not set';

function* records(dialect) {
  for (const name of fs.readdirSync(folder)) {
    for (const line of fs.readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      const record = line && JSON.parse(line);
      if (record && (!dialect || record.dialect === dialect)) yield record;
    }
  }
}

const dialects = execFileSync(bin, ['openapi'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t')[0]);

// "/api/ticket/{id}" → a pattern; the one with the most literal text wins, as the server's router does it.
function operations(document, folds) {
  const list = [];
  for (const [template, item] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`, folds ? 'i' : '');
    for (const [method, operation] of Object.entries(item)) {
      if (operation.operationId) {
        const name = `${method.toUpperCase()} ${template}`;
        list.push({ name, method: method.toUpperCase(), template, pattern, operation, params: (template.match(/\{/g) ?? []).length });
      }
    }
  }
  return list.sort((a, b) => a.params - b.params);
}

// What stands before a path where it is served a second time: "/v1".
const mountsOf = (document) => document.servers.map(({ url }) => url.replace(/\/$/, '')).filter((mount) => mount !== '');

// Answers that no call of a test can ask for.
const UNREACHABLE = new Map([
  ['500', 'a defect'],
  ['503', 'a full lane or a database that is away: tests/ops, which look from outside of any dialect'],
  ['507', 'a full disk: tests/ops'],
  ['POST /api/mobile/upload 409', 'a ticket with 1,000 files: tests/store/test_file_attach.c'],
]);
// Answers of the protocol, which every route gives in one place of the kit: seen once is seen.
const GENERAL = ['304', '400', '412', '413', '415', '429'];
// So are those to an Idempotency-Key or an X-Tenant-ID, which share their numbers with what routes say themselves.
const ofKeys = (content) => Object.values(content.examples ?? {}).every(({ summary }) => /this Idempotency-Key|may not act in this tenant|tenant mismatch/i.test(summary));

test('there is something to hold against the specifications', { skip }, () => {
  const count = [...records()].length;
  assert.ok(count > 100, `${count} exchanges were recorded`);
});

for (const dialect of dialects) {
  const document = JSON.parse(execFileSync(bin, ['openapi', dialect], { encoding: 'utf8', maxBuffer: 1 << 26 }));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'document');
  const known = operations(document, dialect === 'tiket'); // whose paths ignore letter case
  const mounts = mountsOf(document);
  const find = (record) => {
    const whole = record.path.split('?')[0];
    const mount = mounts.find((one) => whole.startsWith(`${one}/`)) ?? '';
    const method = record.method === 'HEAD' ? 'GET' : record.method;
    // Who names its own servers is served there alone.
    return known.find((one) => one.method === method && one.pattern.test(one.operation.servers ? whole : whole.slice(mount.length)));
  };

  test(`${dialect}: every answer fits its schema`, { skip }, () => {
    const faults = new Set();
    for (const record of records(dialect)) {
      const found = find(record);
      if (!found || record.method === 'HEAD' || record.method === 'OPTIONS') continue;
      const name = `${found.name} ${record.status}`;
      const response = found.operation.responses[record.status];
      if (!response) {
        faults.add(`${name}: the specification does not name this status`);
        continue;
      }
      if (!response.content) continue;
      if (!response.content[record.type]) {
        faults.add(`${name}: the specification does not name the type ${record.type}`);
        continue;
      }
      if (record.type !== 'application/json') continue; // a file, or a report as CSV or PDF
      const pointer = ['paths', found.template, found.method.toLowerCase(), 'responses', String(record.status), 'content', 'application/json', 'schema']
        .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
      const validate = ajv.getSchema(`document#/${pointer}`) ?? ajv.compile({ $ref: `document#/${pointer}` });
      const body = typeof record.response === 'string' ? JSON.parse(record.response) : record.response;
      if (!validate(body)) {
        faults.add(`${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body).slice(0, 300)}`);
      }
    }
    assert.deepEqual([...faults], []);
  });

  test(`${dialect}: every route was hit, and answered with success`, { skip }, () => {
    const missed = new Set(known.map((one) => one.name));
    for (const record of records(dialect)) {
      const found = record.status < 300 && find(record);
      if (found) missed.delete(found.name);
    }
    assert.deepEqual([...missed], []);
  });

  test(`${dialect}: every documented answer was seen, in every type`, { skip: skip || (!['isp', 'ruang', 'tenant'].includes(dialect) && 'asked of isp, ruang and tenant alone') }, () => {
    const seen = new Set();
    for (const record of records(dialect)) {
      const found = find(record);
      if (found && record.method !== 'HEAD') {
        seen.add(`${found.name} ${record.status} ${record.type}`).add(record.status);
      }
    }
    const missed = [];
    for (const { name, operation } of known) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        const types = Object.keys(content ?? {}).filter((type) => !seen.has(`${name} ${status} ${type}`) && !ofKeys(content[type]));
        if (!UNREACHABLE.has(status) && !UNREACHABLE.has(`${name} ${status}`) && !GENERAL.includes(status)) {
          missed.push(...types.map((type) => `${name} ${status} ${type}`));
        }
      }
    }
    missed.push(...GENERAL.filter((status) => !seen.has(Number(status))));
    assert.deepEqual(missed, []);
  });
}

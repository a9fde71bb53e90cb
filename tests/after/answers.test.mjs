// Runs after all other tests: what they recorded of every exchange (folder in SIGAP_TEST_RECORD) is held against the
// specifications that the program prints. A route that no test hit fails; so does an answer that does not fit its schema,
// and a status that the specification does not name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const bin = process.env.SIGAP_BIN ?? 'build/test/sigap';
const folder = process.env.SIGAP_TEST_RECORD;

function records() {
  const lines = [];
  for (const name of fs.readdirSync(folder)) {
    for (const line of fs.readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      if (line) lines.push(JSON.parse(line));
    }
  }
  return lines;
}

const dialects = execFileSync(bin, ['openapi'], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split('\t')[0]);

// "/api/ticket/{id}" → a pattern; the one with the most literal text wins, as the server's router does it.
function operations(document) {
  const list = [];
  for (const [template, item] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`, 'i');
    for (const [method, operation] of Object.entries(item)) {
      if (operation.operationId) list.push({ method: method.toUpperCase(), template, pattern, operation, params: (template.match(/\{/g) ?? []).length });
    }
  }
  return list.sort((a, b) => a.params - b.params);
}

test('there is something to hold against the specifications', { skip: !folder && 'SIGAP_TEST_RECORD is not set' }, () => {
  assert.ok(records().length > 100, `${records().length} exchanges were recorded`);
});

for (const dialect of dialects) {
  const document = JSON.parse(execFileSync(bin, ['openapi', dialect], { encoding: 'utf8', maxBuffer: 1 << 26 }));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'document');
  const known = operations(document);
  const find = (record) => known.find((one) => one.method === (record.method === 'HEAD' ? 'GET' : record.method) &&
    one.pattern.test(record.path.split('?')[0]));

  test(`${dialect}: every answer fits its schema`, { skip: !folder && 'SIGAP_TEST_RECORD is not set' }, () => {
    const faults = new Set();
    for (const record of records().filter((one) => one.dialect === dialect)) {
      const found = find(record);
      if (!found || record.method === 'HEAD' || record.method === 'OPTIONS') continue;
      const name = `${record.method} ${found.template} ${record.status}`;
      const response = found.operation.responses[record.status];
      if (!response) {
        faults.add(`${name}: the specification does not name this status`);
        continue;
      }
      if (!response.content) continue;
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

  test(`${dialect}: every route was hit, and answered with success`, { skip: !folder && 'SIGAP_TEST_RECORD is not set' }, () => {
    const missed = new Set(known.map((one) => `${one.method} ${one.template}`));
    for (const record of records().filter((one) => one.dialect === dialect && one.status < 300)) {
      const found = find(record);
      if (found) missed.delete(`${found.method} ${found.template}`);
    }
    assert.deepEqual([...missed], []);
  });
}

// How the tests of the reports read what is sent as a file: CSV by RFC 4180, PDF by poppler's tools.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

/** The answer of a report as bytes: {status, type, name, text, bytes}. */
export async function file(server, target, token) {
  const answer = await fetch(`${server.url}${target}`, { headers: { Authorization: `Bearer ${token}` } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    name: /filename="([^"]*)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1],
    headers: answer.headers,
    bytes,
    text: bytes.toString('utf8'),
  };
}

/** Rows of cells, strictly: CRLF ends every row, quotes stand around whole cells, and are doubled inside. */
export function cells(text) {
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        assert.ok(end >= 0, `a quote is never closed: ${text.slice(at, at + 40)}`);
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') {
          break;
        }
        cell += '"';
        at += 1;
      }
    } else {
      const [plain] = /^[^",\r\n]*/.exec(text.slice(at, at + 100000));
      cell = plain;
      at += plain.length;
    }
    row.push(cell);
    if (text[at] === ',') {
      at += 1;
      assert.notEqual(at, text.length, 'the last row is cut');
      continue;
    }
    assert.equal(text.slice(at, at + 2), '\r\n', `a row ends otherwise: ${JSON.stringify(text.slice(at - 20, at + 20))}`);
    at += 2;
    rows.push(row);
    row = [];
  }
  assert.deepEqual(row, [], 'the last row is cut');
  return rows;
}

/** The rows below the head as objects by the head's names. */
export function records(text) {
  const [head, ...rows] = cells(text);
  for (const row of rows) {
    assert.equal(row.length, head.length, `a row of other length: ${row}`);
  }
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

/** {pages, title, text} of a document that poppler takes without a complaint. */
export function paper(bytes) {
  assert.equal(bytes.subarray(0, 7).toString('latin1'), '%PDF-1.');
  const run = (tool, args) => execFileSync(tool, args, { input: bytes, stdio: ['pipe', 'pipe', 'inherit'], maxBuffer: 64 << 20 }).toString('utf8');
  const info = run('pdfinfo', ['-']);
  return {
    pages: Number(/^Pages:\s+(\d+)$/m.exec(info)[1]),
    title: /^Title:\s+(.*)$/m.exec(info)?.[1],
    author: /^Author:\s+(.*)$/m.exec(info)?.[1],
    text: run('pdftotext', ['-layout', '-', '-']),
  };
}

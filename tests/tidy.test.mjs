// tools/tidy must find each breach planted in a small tree, name its file and line, and find nothing in a good one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const tidy = fileURLToPath(new URL('../tools/tidy', import.meta.url));

// A tree with one file that is listed in its meson.build, besides whatever `more` says.
function check(file, text, more = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidy-'));
  try {
    const files = { 'src/meson.build': `lib = static_library('x', '${path.relative('src', file)}')\n`, [file]: text, ...more };
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), content);
    }
    const ran = spawnSync(tidy, ['--root', root], { encoding: 'utf8' });
    assert.equal(ran.stderr, '');
    const lines = ran.stdout.split('\n').filter(Boolean);
    assert.equal(ran.status, lines.length > 0 ? 1 : 0);
    return lines;
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

const breaches = [
  ['a lower room uses a higher one', 'src/base/x.c', '#include "base/str.h"\n#include "db/db.h"\n', 2, /base may not use db/],
  ['the net uses the desk', 'src/net/x.c', '#include "desk/ticket/ticket.h"\n', 1, /net may not use desk/],
  ['the desk uses the net', 'src/desk/ticket/x.c', '#include "net/http.h"\n', 1, /desk may not use net/],
  ['a noun uses the inside of another', 'src/desk/ticket/x.c', '#include "desk/account/account_rows.h"\n', 1, /not the public header/],
  ['a dialect uses another', 'src/api/hcall/x.c', '#include "api/tiket/tiket.h"\n', 1, /api\/hcall may not use api\/tiket/],
  ['a dialect uses the database', 'src/api/hcall/x.c', '#include "db/db.h"\n', 1, /api\/hcall may not use db/],
  ['a dialect runs statements', 'src/api/hcall/x.c', '#include "desk/statements.h"\n', 1, /may not run statements/],
  ['a dialect uses the inside of a noun', 'src/api/tiket/x.c', '#include "desk/ticket/ticket_internal.h"\n', 1, /private to desk/],
  ['the kit uses a dialect', 'src/api/kit/x.c', '#include "api/hcall/hcall.h"\n', 1, /api\/kit may not use api\/hcall/],
  ['a private header leaves its room', 'src/desk/ticket/x.c', '#include "db/engine.h"\n', 1, /private to db/],
  ['an include without its room', 'src/net/x.c', '#include "http_internal.h"\n', 1, /carries the room/],
  ['an include by a relative path', 'src/net/x.c', '#include "../base/str.h"\n', 1, /carries the room/],
  ['an unknown room', 'src/attic/x.c', 'int x;\n', 1, /no room attic/],
  ['a library outside its room', 'src/net/x.c', '#include <jansson.h>\n', 1, /may not use the library/],
  ['SQLite outside its driver', 'src/desk/ticket/x.c', 'void f(void) {\n  sqlite3_close(db);\n}\n', 2, /sqlite3_close stands only/],
  ['libpq outside its driver', 'src/db/db.c', 'void f(void) {\n  PQfinish(c);\n}\n', 2, /PQfinish stands only/],
  ['SQL in a C file', 'src/desk/ticket/x.c', 'const char *a =\n  "SELECT id "\n  "FROM ticket";\n', 2, /SQL stands only/],
  ['SQL in small letters', 'src/app/x.c', 'const char *a = "delete from ticket";\n', 1, /SQL stands only/],
  ['an update', 'src/app/x.c', 'const char *a = "UPDATE ticket SET a = 1";\n', 1, /SQL stands only/],
  ['an HTTP number returned by the desk', 'src/desk/ticket/x.c', 'int f(void) {\n  return 404;\n}\n', 2, /knows no HTTP/],
  ['an HTTP number set by the desk', 'src/desk/ticket/x.c', 'void f(void) {\n  x.http_status = 409;\n}\n', 2, /knows no HTTP/],
  ['a word of hcall in the desk', 'src/desk/ticket/x.c', 'const char *a = "conclued";\n', 1, /word of the dialect hcall/],
  ['a word of hcall in another dialect', 'src/api/tiket/x.c', 'const char *a = "tickes_images[0]";\n', 1, /dialect hcall/],
  ['a word of tiket in a statement', 'src/desk/ticket/ticket.sql', '-- deskripsi is fine here\nSELECT nomor_tiket;\n', 2, /dialect tiket/],
  ['tiket vocabulary in the desk', 'src/desk/ticket/x.c', 'const char *a = "sedang direspon";\n', 1, /dialect tiket/],
  ['a banned call', 'src/base/x.c', 'void f(void) {\n  strcpy(a, b);\n}\n', 2, /strcpy is banned/],
  ['a banned call in a test', 'tests/unit/base/test_x.c', 'void f(void) {\n  system("ls");\n}\n', 2, /system is banned/,
    { 'tests/unit/base/meson.build': "foreach t : ['x']\nendforeach\n" }],
  ['a file of more than 800 lines', 'src/base/x.c', '\n'.repeat(801), 1, /801 lines, more than 800/],
  ['a function of more than 70 lines', 'src/base/x.c', `int a[] = {1};\n\nint f(int x)\n{${'\n'.repeat(70)}}\n`, 3, /function f has 72 lines/],
  ['work left over', 'src/base/x.c', `int x; /* ${'TO'}${'DO'} later */\n`, 1, /do it/],
];

for (const [name, file, text, line, sentence, more] of breaches) {
  test(`finds: ${name}`, () => {
    const found = check(file, text, more);
    assert.equal(found.length, 1, found.join('\n'));
    assert.ok(found[0].startsWith(`${file}:${line}: `), found[0]);
    assert.match(found[0], sentence);
  });
}

test('finds: a source that no meson.build names', () => {
  const found = check('src/base/x.c', 'int x;\n', { 'src/base/y.c': 'int y;\n' });
  assert.deepEqual(found, ['src/base/y.c:1: no meson.build names this file']);
});

test('finds: a test that is not registered', () => {
  const found = check('src/base/x.c', 'int x;\n', { 'tests/unit/base/test_y.c': 'int y;\n', 'tests/unit/base/meson.build': "# 'y'\n" });
  assert.deepEqual(found, ['tests/unit/base/test_y.c:1: no meson.build registers this test']);
});

test('finds nothing in what is allowed', () => {
  const good = {
    'src/base/x.c': ['#include <stdio.h>', '#include <sodium.h>', '#include "base/str.h"',
      '/* SELECT a FROM b; strcpy(a, b); conclued */', 'int strcpy_like(int a);', 'int y = 200;', ''],
    'src/db/sqlite_bind.c': ['#include <sqlite3.h>', '#include "db/engine.h"', 'void f(void) { sqlite3_close(db); }',
      'const char *a = "PRAGMA journal_mode";', ''],
    'src/desk/ticket/x.c': ['#include "db/db.h"', '#include "desk/account/account.h"', '#include "desk/statements.h"',
      '#include "desk/ticket/ticket_rows.h"', 'enum { MAX = 500 };', 'const char *a = "Select a ticket. Update it. From here.";', ''],
    'src/api/hcall/x.c': ['#include "api/hcall/internal.h"', '#include "api/kit/kit.h"', '#include "desk/ticket/ticket.h"',
      'const char *a = "conclued"; int http = 404;', ''],
    'src/post/x.c': ['#include <curl/curl.h>', 'const char *a = "prioritas";', ''],
    'src/app/x.c': ['#include "api/tiket/tiket.h"', '#include "desk/statements.h"', ''],
    'src/desk/ticket/ticket.sql': ['SELECT id FROM ticket;', ''],
    'src/base/long.c': [`int f(void) {${'\n'.repeat(69)}}`, ''],
    'tests/unit/base/test_y.c': ['const char *a = "SELECT a FROM b, conclued";', ''],
    'tests/unit/base/meson.build': ["foreach t : ['y']", 'endforeach', ''],
  };
  const listed = Object.keys(good).filter((name) => name.startsWith('src/')).map((name) => `'${path.relative('src', name)}'`);
  const files = Object.fromEntries(Object.entries(good).map(([name, lines]) => [name, lines.join('\n')]));
  files['src/meson.build'] = `lib = static_library('x', ${listed.join(', ')})\n`;
  assert.deepEqual(check('src/base/x.c', files['src/base/x.c'], files), []);
});

test('a folder without sources is an error, not a clean tree', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidy-'));
  const ran = spawnSync(tidy, ['--root', root], { encoding: 'utf8' });
  fs.rmSync(root, { recursive: true });
  assert.equal(ran.status, 2);
});

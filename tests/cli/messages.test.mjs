// docs/MESSAGES.md explains every sentence that the program says to whoever runs it, and none that it no longer says.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from './sigap.mjs';
import { sentences } from './spoken.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const document = readFileSync(`${root}/docs/MESSAGES.md`, 'utf8');
const said = sentences(root);

/** What stands between backticks, one or more of them: [{text, pattern, letters}]; "…" fits anything. */
const spans = (markdown) => [...markdown.matchAll(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g)].map(([, , code]) => {
  const text = code.trim().replaceAll('\\|', '|');
  const pieces = text.split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { text, pattern: new RegExp(`^${pieces.join('.*')}$`), letters: text.replace(/[^a-zA-Z]/g, '').length };
});
const explained = spans(document);
/** One that is hardly more than "…" would fit whatever is added. */
const fitting = (sentence) => explained.filter((one) => one.pattern.test(sentence) && (one.letters >= 6 || one.text === sentence));

test('the sentences are found in the sources', () => {
  for (const known of ['Out of memory.', 'the database refused', 'A request failed.', 'Can\'t make the data directory …: ….', '… must be on or off, not "…".', 'There is no such tenant.',
    'A mail could not be delivered and was given up', 'writing to the database failed: nothing is acknowledged any more until a restart']) {
    assert.ok(said.has(known), `"${known}" was not found`);
  }
});

test('a sentence is found however it is said: joined, chosen, kept in a variable, handed through a helper', (t) => {
  const planted = folder(t);
  mkdirSync(path.join(planted, 'src/app'), { recursive: true });
  writeFileSync(path.join(planted, 'src/app/x.c'), `
/* die("Not this, it is a comment."); */
#define SAY(x) die("Nor this, it is a macro's.")
static void fail(char why[256], const char *what, const char *path) {
  snprintf(why, 256, "%s %s: %s.", what, path, strerror(errno));
}
static void tell(bool sent, enum log_level level) {
  const char *event = sent ? "The letter was sent" : "The letter came back";
  LOG(level, event, LOG_N("letter", 1));
  LOG(LOG_INFO, "Nor this, it is no warning.");
  LOG(LOG_WARN, "Half of it " /* and */ "is here (" MACRO ").", LOG_S("why", "nor this, it is a field"));
}
static const char *rule(void) {
  return STR("must be blue");
}
void all(struct db *db, char why[256]) {
  fail(why, "Can't paint", "x");
  die(why ? "No paint is left, \\"at all\\"." : "No brush is left.");
  db_fail(db, STATUS_BROKEN, "the wall %-8s is %.*s%% dry", name, STR_ARG(dry));
  problem_fault(ctx, STR("colour"), rule());
  fprintf(stderr, "sigap: wait a little\n");
  fprintf(file, "Nor this, it is a file's.");
}
`);
  assert.deepEqual([...sentences(planted).keys()].sort(), [
    'Can\'t paint …: ….', 'Half of it is here (…).', 'No brush is left.', 'No paint is left, "at all".', 'The letter came back', 'The letter was sent', 'must be blue',
    'the wall … is …% dry', 'wait a little',
  ]);
});

test('nothing is written to standard error in a way that is not read here', () => {
  const files = readdirSync(path.join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.c'));
  assert.ok(files.length > 100);
  const other = /\b(perror|psignal|warnx?|errx?)\(|\b(fputs|fputc|putc|vfprintf|dprintf|vdprintf)\([^;]*(stderr|STDERR_FILENO)/;
  assert.deepEqual(files.filter((name) => other.test(readFileSync(path.join(root, 'src', name), 'utf8'))), []);
});

test('each sentence is explained', () => {
  const missing = [...said].filter(([sentence]) => fitting(sentence).length === 0).map(([sentence, where]) => `${where}: ${sentence}`);
  assert.deepEqual(missing, [], 'docs/MESSAGES.md does not have these');
});

/** What the document says that the program says: the columns so called of its tables, and its lists. */
function claimed() {
  let columns = [];
  return document.split('\n').flatMap((line) => {
    if (line.startsWith('- ')) {
      return spans(line).filter(({ text }) => text.includes(' '));
    }
    const cells = line.startsWith('| ') ? line.split(/(?<!\\)\|/).slice(1, -1) : [];
    if (cells.some((cell) => cell.trim() === 'it says')) {
      columns = cells.map((cell) => /^it (says|advises)$/.test(cell.trim()));
      return [];
    }
    columns = cells.length === 0 ? [] : columns;
    return cells.flatMap((cell, i) => (columns[i] ? spans(cell) : []));
  });
}

test('no sentence is explained that the program does not say', () => {
  const all = claimed();
  assert.ok(all.length > 200, `only ${all.length} sentences were found in the document`);
  const stale = all.filter((one) => ![...said.keys()].some((sentence) => one.pattern.test(sentence))).map(({ text }) => text);
  assert.deepEqual(stale, []);
});

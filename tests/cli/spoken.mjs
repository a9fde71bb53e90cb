// The sentences that the program says to whoever runs it, read from its C sources. What the program fills in is
// "…" in them. A sentence that is handed through a helper ("Can't %s %s: %s.") is followed to the helper's callers.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** With fewer letters of its own a format says nothing: its words come from its arguments. */
const OWN_LETTERS = 12;
/** What is shorter is no sentence but a comma, a dash, an ending. */
const LEAST_LETTERS = 4;

/** Rooms whose problems the command line tells, and what of them only requests meet. */
const PROBLEMS = /^src\/(desk\/(account|tenant)|app|base)\//;
const REQUESTS_ONLY = [
  'not_ready', 'account_link_dead', 'account_role_forbidden', 'account_master_exists', 'is no live link', 'is out of range',
  'must be an http or https address, or that of an upload',
];
/** Calls that speak: which argument is the text, and under which condition. */
const SPEAKERS = {
  die: [{ text: 0 }],
  db_fail: [{ text: 2 }],
  fprintf: [{ text: 1, when: (args) => args[0] === 'stderr' }],
  snprintf: [{ text: 2, when: (args) => /(^|->)why$/.test(args[0]) }],
  vsnprintf: [{ text: 2, when: (args) => /(^|->)why$/.test(args[0]) }],
  copy_why: [{ text: 1 }],
  buf_format: [{ text: 1, when: (args) => args[0] === 'err' }],
  buf_add_text: [{ text: 1, when: (args) => args[0] === 'err' }],
  LOG: [{ text: 1, when: (args) => !/^LOG_(INFO|DEBUG)$/.test(args[0]) }],
  CALL_LOG: [{ text: 2, when: (args) => !/^LOG_(INFO|DEBUG)$/.test(args[1]) }],
  doctor_found: [{ text: 3 }, { text: 4 }],
  problem_fault: [{ text: 2, files: PROBLEMS }],
};
/** Speakers in one place alone: file, function around it, call, argument. */
const SPEAKERS_HERE = [{ file: 'src/app/options.c', around: 'warn_of_variables', call: 'str_format', text: 1 }];

const DIRECTIVE = /(%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])/;
const IS_DIRECTIVE = new RegExp(`^${DIRECTIVE.source}$`);
const C_TOKEN = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
const blank = (text) => text.replace(/[^\n]/g, ' ');

function filesUnder(root, folder, found = []) {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      filesUnder(root, name, found);
    } else if (/\.(c|h|def)$/.test(name)) {
      found.push(name);
    }
  }
  return found;
}

/** A source without comments and preprocessor lines; `code` is of the same shape, with blanks inside of literals. */
function read(root, file) {
  const uncommented = readFileSync(path.join(root, file), 'utf8').replace(C_TOKEN, (token) => (token[0] === '/' ? blank(token) : token));
  const text = uncommented.replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, blank);
  const code = text.replace(C_TOKEN, (token) => token[0] + blank(token.slice(1, -1)) + token.at(-1));
  return { file, text, code, functions: functionsOf(code) };
}

/** [{name, alone, parameters, from, to}] of the function bodies; alone: no other file calls it. */
function functionsOf(code) {
  const found = [];
  let depth = 0;
  let headAt = 0;
  for (const { 0: brace, index } of code.matchAll(/[{};]/g)) {
    if (brace === '{') {
      const head = /(\w+)\(([^=]*)\)\s*$/.exec(code.slice(headAt, index));
      if (depth === 0 && head) {
        found.push({ name: head[1], alone: /\bstatic\b/.test(code.slice(headAt, index)), parameters: head[2].split(',').map((one) => /(\w+)(?:\[\w*\])?\s*$/.exec(one)?.[1]), from: index });
      }
      depth++;
    } else if (brace === '}') {
      depth--;
      if (depth === 0 && found.length > 0 && found.at(-1).to === undefined) {
        found.at(-1).to = index;
      }
    }
    headAt = depth === 0 ? index + 1 : headAt;
  }
  return found;
}

/** The arguments of the call whose bracket opens at `at`, as [from, to] pairs. */
function argumentsAt(code, at) {
  const found = [];
  let depth = 0;
  let from = at + 1;
  for (let i = at; i < code.length; i++) {
    if ('([{'.includes(code[i])) {
      depth++;
    } else if (')]}'.includes(code[i]) && --depth === 0) {
      found.push([from, i]);
      return found;
    } else if (code[i] === ',' && depth === 1) {
      found.push([from, i]);
      from = i + 1;
    }
  }
  throw new Error('a call has no end');
}

/** Calls of `name`, not its definition: [{at, args: [text], spans}]. */
function callsOf(source, name) {
  return [...source.code.matchAll(new RegExp(`(?<![\\w>.])${name}\\(`, 'g'))]
    .filter(({ index }) => source.functions.some((one) => one.from < index && index < one.to))
    .map(({ index }) => {
      const args = argumentsAt(source.code, index + name.length).map(([from, to]) => source.text.slice(from, to).trim());
      return { at: index, args };
    });
}

/** The literals of an expression, neighbours joined; a word between two of them (a macro) is something filled in. */
function literalsIn(expression) {
  return [...expression.matchAll(/"(?:\\.|[^"\\])*"(?:\s*(?:[A-Z_0-9]+\s*)?"(?:\\.|[^"\\])*")*/g)].map(({ 0: run }) =>
    [...run.matchAll(/"((?:\\.|[^"\\])*)"|[A-Z_0-9]+/g)].map((part) => (part[1] === undefined ? '%s' : part[1])).join(''));
}

/** A format as a person sees it. */
function spoken(format) {
  return format.replace(/\\([n"\\rt])/g, (_, letter) => (letter === '"' || letter === '\\' ? letter : ' '))
    .replace(new RegExp(`(%%)|${DIRECTIVE.source}`, 'g'), (_, percent) => (percent ? '%' : '…'))
    .replace(/…+/g, '…').replace(/\s+/g, ' ').trim().replace(/^sigap: /, '');
}

const letters = (text) => text.replace(/[^a-zA-Z]/g, '').length;
const ownLetters = (format) => letters(format.replace(new RegExp(DIRECTIVE.source, 'g'), ''));

class Reader {
  constructor(root) {
    this.sources = filesUnder(root, 'src').map((file) => read(root, file));
    this.said = new Map(); // sentence → where
  }

  add(source, at, sentence) {
    if (letters(sentence) >= LEAST_LETTERS && !REQUESTS_ONLY.includes(sentence) && !/^\w+\.\w+$/.test(sentence) && !this.said.has(sentence)) {
      this.said.set(sentence, `${source.file}:${source.text.slice(0, at).split('\n').length}`);
    }
  }

  around(source, at) {
    return source.functions.find((one) => one.from < at && at < one.to);
  }

  /** The formats that an expression may be: its literals, or what its variable or parameter is given. */
  formatsOf(source, at, expression, depth = 0) {
    const own = literalsIn(expression);
    const maker = /^(\w+)\([^()]*\)$/.exec(expression)?.[1];
    const made = source.functions.find((one) => one.name === maker);
    if (own.length === 0 && made !== undefined) {
      return [...source.text.slice(made.from, made.to).matchAll(/\breturn\b[^;]*;/g)].flatMap(({ 0: statement }) => literalsIn(statement));
    }
    const name = /^(?:str_of\()?(\w+)\)?$/.exec(expression)?.[1];
    if (own.length > 0 || name === undefined || depth > 3) {
      return own;
    }
    const inside = this.around(source, at);
    const body = source.text.slice(inside.from, inside.to);
    const assigned = [...source.code.slice(inside.from, inside.to).matchAll(new RegExp(`\\b${name}(?:\\[\\])?\\s*=(?!=)[^;]*;|snprintf\\(${name},[^;]*;`, 'g'))]
      .flatMap(({ 0: statement, index }) => literalsIn(body.slice(index, index + statement.length)));
    const place = inside.parameters.indexOf(name);
    if (place < 0) {
      return assigned;
    }
    const callers = inside.alone ? [source] : this.sources;
    return [...assigned, ...callers.flatMap((other) => callsOf(other, inside.name).flatMap((call) =>
      (call.args.length > place ? this.formatsOf(other, call.at, call.args[place], depth + 1) : [])))];
  }

  /** A call's text; where it has no words of its own, with those of its arguments in their places. */
  take(source, call, place) {
    for (const format of this.formatsOf(source, call.at, call.args[place]).filter((one) => !one.startsWith('\\r'))) {
      const alone = ownLetters(format) >= OWN_LETTERS || literalsIn(call.args[place])[0] !== format || !call.args[place].startsWith('"');
      let filled = [''];
      let next = place + 1;
      for (const piece of format.split(DIRECTIVE)) {
        let words = [piece];
        if (IS_DIRECTIVE.test(piece)) {
          next += (piece.match(/\*/g) ?? []).length;
          const given = alone || next >= call.args.length ? [] : this.formatsOf(source, call.at, call.args[next]);
          const said = given.filter((word) => letters(word) >= LEAST_LETTERS && !word.startsWith('%s/'));
          words = said.length > 0 ? said : [piece];
          next++;
        }
        filled = filled.flatMap((one) => words.map((word) => one + word));
      }
      for (const one of filled) {
        this.add(source, call.at, spoken(one));
      }
    }
  }

  calls() {
    for (const source of this.sources) {
      for (const [name, ways] of Object.entries(SPEAKERS)) {
        for (const call of callsOf(source, name)) {
          for (const way of ways) {
            if (call.args.length > way.text && (way.when?.(call.args) ?? true) && (way.files?.test(source.file) ?? true)) {
              this.take(source, call, way.text);
            }
          }
        }
      }
    }
    for (const here of SPEAKERS_HERE) {
      const source = this.sources.find((one) => one.file === here.file);
      for (const call of source === undefined ? [] : callsOf(source, here.call)) {
        if (this.around(source, call.at).name === here.around) {
          this.take(source, call, here.text);
        }
      }
    }
  }

  /** What a command tells of a problem: its sentence, a line for each fault, or the meaning of its status. */
  problems() {
    for (const source of this.sources.filter((one) => PROBLEMS.test(one.file))) {
      for (const found of source.text.matchAll(/struct problem_kind (\w+)\s*=\s*\{([^}]*)\}/g)) {
        if (!REQUESTS_ONLY.includes(found[1])) {
          this.add(source, found.index, spoken(literalsIn(found[2]).at(-1)));
        }
      }
    }
    const status = this.sources.find((one) => one.file === 'src/base/status.def');
    for (const found of status?.text.matchAll(/STATUS\((\w+), "([^"]*)"\)/g) ?? []) {
      this.add(status, found.index, found[2]);
    }
  }
}

/** Map of each sentence to the first place that says it. */
export function sentences(root) {
  const reader = new Reader(root);
  reader.calls();
  reader.problems();
  return reader.said;
}

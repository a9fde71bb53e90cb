// A desk under observation: people who sign in, tickets by their names, metrics as numbers.
import assert from 'node:assert/strict';

/** Signs in by the hcall dialect and returns the token. */
export async function enter(server, email, password = server.password) {
  const answer = await server.as('hcall')('POST', '/api/auth/enter', { body: { user_email: email, user_password: password } });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.jwt_token;
}

/** A customer who writes tickets and a master who reads them, signed in. */
export async function people(server) {
  const [writer, reader] = [await server.seed('customer'), await server.seed('super_admin')];
  return {
    writer, reader,
    writes: await enter(server, writer.email),
    reads: await enter(server, reader.email),
  };
}

/** One ticket of that name; the answer. */
export function create(server, token, name, more = {}) {
  return server.as('hcall')('POST', '/api/ticket/create', { token, body: { ticket_name: name, ticket_explain: 'It does not work.', ...more } });
}

export async function total(server, token) {
  const answer = await server.as('hcall')('GET', '/api/ticket/count', { token });
  assert.equal(answer.status, 200, answer.text);
  const { tickets_total: all, tickets_pending: pending, tickets_doing: doing, tickets_conclued: done } = answer.body;
  assert.equal(all, pending + doing + done, 'the counts add up');
  return all;
}

/** The names of all tickets, page after page. */
export async function names(server, token) {
  const all = [];
  for (let target = '/api/ticket/fetch'; target; ) {
    const answer = await server.as('hcall')('GET', target, { token });
    if (all.length > 0 && answer.status === 404) {
      break;
    }
    assert.equal(answer.status, 200, answer.text);
    const list = answer.body[Object.keys(answer.body).find((key) => Array.isArray(answer.body[key]))];
    all.push(...list.map((ticket) => ticket.ticket_name));
    target = /<([^>]+)>; rel="next"/.exec(answer.headers.link ?? '')?.[1];
  }
  return all;
}

/**
 * Creates tickets from `width` connections until stopped; keeps the names of those acknowledged,
 * and whatever else was answered.
 */
export function load(server, token, { width = 16, prefix = 'load' } = {}) {
  const seen = { acknowledged: [], other: [], sent: 0, stopping: false };
  const one = async () => {
    while (!seen.stopping) {
      const name = `${prefix}-${seen.sent++}`;
      try {
        const answer = await create(server, token, name);
        if (answer.status === 200) {
          seen.acknowledged.push(name);
        } else {
          seen.other.push(answer);
        }
      } catch {
        return; // the connection went with the server
      }
    }
  };
  const all = Promise.all(Array.from({ length: width }, one));
  seen.stop = () => {
    seen.stopping = true;
    return all;
  };
  return seen;
}

/**
 * Reads Prometheus' text exposition format 0.0.4 strictly; returns {name{labels} → number}.
 * Throws where a line, an order or a histogram is not as the format demands.
 */
export function metrics(text) {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const values = new Map();
  const types = new Map();
  const closed = new Set();
  let family = null;
  const enterFamily = (name) => {
    if (name !== family) {
      assert.ok(!closed.has(name), `the lines of ${name} stand together`);
      if (family !== null) {
        closed.add(family);
      }
      family = name;
    }
  };
  const familyOf = (name) => {
    const base = /^(.*)_(bucket|sum|count)$/.exec(name)?.[1];
    return base !== undefined && ['histogram', 'summary'].includes(types.get(base)) ? base : name;
  };
  for (const line of text.slice(0, -1).split('\n')) {
    const about = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (about) {
      const [, kind, name, rest] = about;
      enterFamily(name);
      if (kind === 'TYPE') {
        assert.ok(['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest), line);
        assert.ok(!types.has(name), `one TYPE of ${name}`);
        types.set(name, rest);
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: -?\d+)?$/.exec(line);
    assert.ok(sample, `no line of the format: ${JSON.stringify(line)}`);
    const [, name, labels = '', number] = sample;
    enterFamily(familyOf(name));
    assert.ok(types.has(family), `${name} has a TYPE before its first value`);
    const names = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="/g)].map((match) => match[1]);
    assert.equal(new Set(names).size, names.length, `a label once: ${line}`);
    const key = labels === '' ? name : `${name}{${labels}}`;
    assert.ok(!values.has(key), `once: ${key}`);
    const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
    if (types.get(family) === 'counter' || types.get(family) === 'histogram') {
      assert.ok(value >= 0, line);
    }
    values.set(key, value);
  }
  checkHistograms(types, values);
  return values;
}

function checkHistograms(types, values) {
  for (const [name] of [...types].filter(([, type]) => type === 'histogram')) {
    const series = new Map();
    for (const [key, value] of values) {
      const bucket = new RegExp(`^${name}_bucket\\{(.*),le="([^"]*)"\\}$`).exec(key);
      if (bucket) {
        const [, labels, le] = bucket;
        series.set(labels, [...(series.get(labels) ?? []), [le === '+Inf' ? Infinity : Number(le), value]]);
      }
    }
    for (const [labels, buckets] of series) {
      for (let i = 1; i < buckets.length; i++) {
        assert.ok(buckets[i][0] > buckets[i - 1][0] && buckets[i][1] >= buckets[i - 1][1], `${name}{${labels}} grows`);
      }
      assert.equal(buckets.at(-1)[0], Infinity);
      assert.equal(buckets.at(-1)[1], values.get(`${name}_count{${labels}}`));
      assert.ok(values.has(`${name}_sum{${labels}}`));
    }
  }
}

/** What /metrics says now. */
export async function look(server) {
  const answer = await server.raw('GET', '/metrics', {});
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return metrics(answer.text);
}

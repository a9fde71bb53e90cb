// Values that no field takes, made from the program's own specification: what the suites of hostile input share.
import { execFileSync } from 'node:child_process';

import { binary } from './harness.mjs';

export const specification = (dialect) => JSON.parse(execFileSync(binary, ['openapi', dialect], { encoding: 'utf8', maxBuffer: 1 << 26 }));

/** Its routes: [{method, path, operation}]. */
export const operationsOf = (document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation.operationId)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

export const resolve = (document, schema) => {
  const found = schema.anyOf?.find((one) => one.$ref) ?? schema;
  const plain = found.$ref ? document.components.schemas[found.$ref.split('/').at(-1)] : found;
  return schema.anyOf ? { ...plain, type: [plain.type, 'null'] } : plain;
};
const takes = (schema, type) => [schema.type].flat().includes(type);

/** Whether a JSON text is a value of this schema after all; of texts, only the plainest are. */
function admits(document, schema, text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  if (value === null) {
    return takes(schema, 'null');
  }
  if (Array.isArray(value)) {
    const item = schema.items && resolve(document, schema.items);
    return takes(schema, 'array') && value.length <= schema.maxItems && value.every((one) => admits(document, item, JSON.stringify(one)));
  }
  switch (typeof value) {
    case 'boolean':
      return takes(schema, 'boolean');
    case 'number': {
      const fits = takes(schema, 'number') || (takes(schema, 'integer') && Number.isInteger(value));
      return fits && Number.isFinite(value) && value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
    }
    case 'object':
      return takes(schema, 'object') && !schema.required?.length;
    default:
      return takes(schema, 'string') && !schema.enum && (!schema.format || schema.format === 'password') && /^[ -~]{0,64}$/.test(value) &&
        value.length >= (schema.minLength ?? 0) && new RegExp(schema.pattern ?? '').test(value);
  }
}

/** A whole value by the specification's own examples. */
const example = (document, schema) =>
  Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([, property]) => (property.examples || resolve(document, property).properties) && !/^Another spelling/.test(property.description ?? ''))
      .map(([name, property]) => [name, property.examples ? property.examples[0] : example(document, resolve(document, property))]),
  );

/** Objects of this schema with one member that is missing or wrong. */
function wrongObjects(document, schema) {
  const texts = [];
  for (const [name, property] of Object.entries(schema.properties)) {
    const { [name]: gone, ...rest } = example(document, schema);
    const required = schema.required?.includes(name) ?? false;
    if (required) {
      texts.push(JSON.stringify(rest));
    }
    texts.push(...wrongTexts(document, property, required).map((text) => withText(rest, name, text)));
  }
  return texts;
}

/** JSON texts that are no value of this schema: of every other type, and beyond every limit. Null says nothing where nothing need be said. */
export function wrongTexts(document, reference, required) {
  const schema = resolve(document, reference);
  const texts = ['"x"', '7', 'true', '[]', '{}', 'null'];
  texts.push('-1.5e300', '1e999', '-1e999', '123456789012345678901234567890', '0.1', 'false', '[[]]', '{"a":{}}', '["a","b"]');
  if (takes(schema, 'string')) {
    texts.push('"a\\u0000b"', '"\\u0000"', `"${'x'.repeat(70000)}"`, '"\\ud800"', '"\\udc00\\ud800"', '"a\u0001b"', '"\\x41"');
    if (schema.maxLength > 0 && schema.maxLength < 70000) {
      texts.push(JSON.stringify('x'.repeat(schema.maxLength + 1)), JSON.stringify('🙂'.repeat(schema.maxLength + 1)));
    }
    if (schema.enum) {
      texts.push('"nonsense"', '""', '" "', '"\\ufeff"', JSON.stringify(`${schema.enum[0]}x`));
    }
    if (schema.minLength > 0) {
      texts.push('""');
    }
    if (schema.pattern === '\\S') {
      texts.push('" "', '"\\t\\n "', '"\\u00a0\\u3000"');
    }
    if (schema.format === 'date-time') {
      texts.push('"2025-13-01T00:00:00Z"', '"2025-02-30T00:00:00Z"', '"2025-01-01"', '"2025-01-01T25:00:00Z"', '"99999-01-01T00:00:00Z"');
    }
  }
  if (takes(schema, 'array')) {
    const item = resolve(document, schema.items);
    texts.push('[1]', '[null]', '["x"]', '[[]]', '[{}]', `[${Array(schema.maxItems + 1).fill(item.properties ? '{}' : '"x"').join()}]`);
    texts.push(...(item.properties ? wrongObjects(document, item) : wrongTexts(document, item, true)).map((text) => `[${text}]`));
  }
  if (takes(schema, 'object') && schema.properties) {
    texts.push(...wrongObjects(document, schema));
  }
  return texts.filter((text) => !admits(document, schema, text) && (required || text !== 'null'));
}

/** The object with one more key, whose value is a text of its own. */
export function withText(object, name, text) {
  const rest = JSON.stringify(object).slice(1, -1);
  return `{${rest}${rest ? ',' : ''}${JSON.stringify(name)}:${text}}`;
}

/** Bodies that are no JSON object, or not in one way only. */
export function wrongBodies(good) {
  const inside = JSON.stringify(good).slice(1, -1);
  const first = Object.entries(good)[0];
  const nested = (open, close, depth) => `{${inside},"x":${open.repeat(depth)}1${close.repeat(depth)}}`;
  return [
    '', ' ', '{', '}', '[', 'null', 'true', '0', '"x"', '[]', `[{${inside}}]`, `{${inside}`, `{${inside}}}`, `{${inside},}`,
    `{${inside}}{${inside}}`, `\ufeff{${inside}}`, `{${inside},"x":1e999}`, `{${inside},"x":-}`, `{${inside},"x":0x10}`,
    `{${inside},"x":Infinity}`, `{${inside},"x":"\\ud83d"}`, `{${inside},"x":"\\u12"}`, `{${inside},'x':1}`,
    `{${inside},"x":1,"x":1}`, `{${inside},"x":[{"y":1,"y":2}]}`, `{${inside},${JSON.stringify(first[0])}:${JSON.stringify(first[1])}}`,
    nested('[', ']', 32), nested('[', ']', 200000), nested('{"a":', '}', 32), nested('[{"a":', '}]', 20000),
    `{${inside},"x":[${'[],'.repeat(70000)}1]}`, `{${inside}} // x`, `{${inside}}\u0000`,
  ];
}

/** How such a body is refused: a stranger has at most 64 KiB to say. */
export function wrongBodyStatus(operation, text) {
  return operation.security?.length === 0 && text.length > 64 * 1024 ? 413 : 400;
}

/** Values that a parameter of the query must not have. */
export function wrongParameters(parameter) {
  const { schema } = parameter;
  const values = ['%00', '%ff', '%c3', '%zz', '%', 'a%0', `x&${parameter.name}=y`, '%ed%a0%80'];
  if (takes(schema, 'integer')) {
    values.push('x', '-1', '1.5', '1e3', '0x1', '+1', '%201', '1%20', '99999999999999999999', '-9223372036854775809', 'NaN', '%d9%a1');
    if (schema.maximum !== undefined) {
      values.push(String(schema.maximum + 1));
    }
    if (schema.minimum !== undefined) {
      values.push(String(schema.minimum - 1));
    }
  } else {
    values.push('%01', '%7f', '%c2%85', 'x'.repeat((schema.maxLength ?? 64) + 1));
  }
  if (schema.enum) {
    values.push('nonsense', `${schema.enum[0]}x`);
  }
  if (takes(schema, 'boolean')) {
    values.push('maybe', '2', 'truefalse');
  }
  if (schema.format === 'uuid') {
    values.push('x', '7', '0190163d-8694-739b-aea5-966c26f8ad9');
  }
  if (parameter.required) {
    values.push('');
  }
  return values;
}

/** Headers that name nobody. */
export const wrongTokens = (token) => {
  const [head, claims, signature] = token.split('.');
  const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [
    {}, { Authorization: '' }, { Authorization: 'Bearer' }, { Authorization: 'Bearer ' }, { Authorization: 'Bearer x' },
    { Authorization: 'Basic dXNlcjpwYXNz' }, { Authorization: `Token ${token}` }, { Authorization: `Bearer Bearer ${token}` },
    { Authorization: `Bearer ${token} ${token}` }, { Authorization: `Bearer ${token},` }, { Authorization: `"${token}"` },
    { Authorization: `Bearer ${text({ alg: 'none', typ: 'JWT' })}.${claims}.` }, { Authorization: `Bearer ${head}.${claims}.` },
    { Authorization: `Bearer ${head}.${claims}.${'A'.repeat(43)}` }, { Authorization: `Bearer ${head}.${text({ sid: 1 })}.${signature}` },
    { Authorization: `Bearer ${'.'.repeat(1000)}` }, { Authorization: `Bearer ${'é'.repeat(100)}` },
    { Authorization: [`Bearer ${token}`, `Bearer ${token}`] },
  ];
};

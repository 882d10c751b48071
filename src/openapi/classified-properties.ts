import type { DocumentProblem } from './catalogue.ts';
import { isObject, type JsonObject, type Resolve } from './references.ts';

/** The vendor extension that says what a property of a schema holds. */
export const CLASS_KEY = 'x-chaperone-class';

export interface ClassOfProperty {
  /** `customers[].email`; of a body that is one value alone, empty. */
  readonly field: string;
  readonly class: string;
}

/** Deeper, and more of one operation, is not looked through: it is a problem, so that nothing stays unmasked unseen. */
const MAX_DEPTH = 32;
const MAX_SCHEMAS = 20_000;
const JSON_TYPE = /^(?:application|text)\/(?:[^;\s]+\+)?json\b/i;

/** What the schemas of an operation's JSON replies say of classes. A schema that contains itself is followed once. */
export function classesIn(
  operation: JsonObject,
  resolve: Resolve,
): { readonly found: readonly ClassOfProperty[]; readonly problems: readonly DocumentProblem[] } {
  const walk: Walk = {
    resolve,
    found: new Map(),
    problems: [],
    left: MAX_SCHEMAS,
    open: new Map(),
    circles: new Set(),
  };
  const { responses = {} } = operation;
  if (!isObject(responses)) return { found: [], problems: [] };
  for (const [status, declared] of Object.entries(responses)) {
    const place = ['responses', status];
    const response = resolve(declared);
    if (typeof response === 'string') {
      walk.problems.push({ place, message: response });
      continue;
    }
    const content = isObject(response['content']) ? response['content'] : {};
    for (const [type, media] of Object.entries(content)) {
      if (!JSON_TYPE.test(type) || !isObject(media) || media['schema'] === undefined) continue;
      visit(media['schema'], '', [...place, 'content', type], walk, 0);
    }
  }
  const found = [...walk.found.values()];
  // What contains itself has its properties at any depth.
  const deeper = [...walk.circles].flatMap((from) =>
    found
      .filter(({ field }) => field.startsWith(from))
      .map((one) => ({ ...one, field: joined(from, `**.${one.field.slice(one.field.lastIndexOf('.') + 1)}`) })),
  );
  return { found: [...found, ...deeper], problems: walk.problems };
}

interface Walk {
  readonly resolve: Resolve;
  readonly found: Map<string, ClassOfProperty>;
  readonly problems: DocumentProblem[];
  left: number;
  /** The schemas on the way down and the field of each, by which a circle is known. */
  readonly open: Map<JsonObject, string>;
  /** The fields whose schemas contain themselves. */
  readonly circles: Set<string>;
}

/** Keywords whose schemas are about the same value (JSON Schema 2020-12, core 10.2). */
const SAME = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'] as const;

function visit(declared: unknown, field: string, place: readonly string[], walk: Walk, depth: number): void {
  // `true` and `false` are schemas, too.
  if (typeof declared === 'boolean') return;
  if (depth > MAX_DEPTH || walk.left-- <= 0) {
    if (walk.left >= -1) walk.problems.push({ place, message: 'its schemas are too deep, or too many' });
    return;
  }
  const own = isObject(declared) ? declared[CLASS_KEY] : undefined;
  const schema = walk.resolve(declared);
  if (typeof schema === 'string') return void walk.problems.push({ place, message: schema });
  // Beside a reference as well as behind it.
  for (const named of new Set([own, schema[CLASS_KEY]])) keep(named, field, place, walk);
  const circle = walk.open.get(schema);
  if (circle !== undefined) return void walk.circles.add(circle);
  walk.open.set(schema, field);
  const go = (inner: unknown, at: string, ...steps: readonly string[]): void =>
    visit(inner, at, [...place, ...steps], walk, depth + 1);
  const { properties, items, prefixItems, additionalProperties, patternProperties } = schema;
  if (isObject(properties)) {
    for (const [name, inner] of Object.entries(properties)) go(inner, joined(field, nameOf(name)), 'properties', name);
  }
  if (isObject(patternProperties)) {
    for (const [name, inner] of Object.entries(patternProperties))
      go(inner, joined(field, '*'), 'patternProperties', name);
  }
  if (isObject(additionalProperties)) go(additionalProperties, joined(field, '*'), 'additionalProperties');
  if (isObject(items)) go(items, `${field}[]`, 'items');
  if (Array.isArray(prefixItems)) for (const inner of prefixItems) go(inner, `${field}[]`, 'prefixItems');
  for (const keyword of SAME) {
    const inner = schema[keyword];
    if (Array.isArray(inner)) for (const [at, one] of inner.entries()) go(one, field, keyword, String(at));
    else if (isObject(inner)) go(inner, field, keyword);
  }
  walk.open.delete(schema);
}

function keep(named: unknown, field: string, place: readonly string[], walk: Walk): void {
  if (named === undefined) return;
  if (typeof named !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,62}$/.test(named)) {
    const message = 'a class is lower case letters, digits, `_` and `-`';
    return void walk.problems.push({ place: [...place, CLASS_KEY], message });
  }
  if (field === '') {
    return void walk.problems.push({ place: [...place, CLASS_KEY], message: 'it stands at no property' });
  }
  walk.found.set(`${field} ${named}`, { field, class: named });
}

function joined(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}

/** One that a path to a field cannot write is any name. */
function nameOf(property: string): string {
  return /[.[\]*]/.test(property) || property === '' ? '*' : property;
}

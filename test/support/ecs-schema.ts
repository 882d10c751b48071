/** Holds a document against the published list of fields (test/schemas/ecs). */
import { readFileSync } from 'node:fs';

interface Schema {
  readonly fields: Readonly<Record<string, { readonly type: string; readonly array?: boolean }>>;
  readonly allowed: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>>;
}

const SCHEMA = JSON.parse(readFileSync(new URL('../schemas/ecs/ecs-9.4.0.json', import.meta.url), 'utf8')) as Schema;
/** Of a product's own, as the schema's guidelines have it: a name of the product before it. */
const OWN = 'chaperone';

export function ecsProblems(document: unknown): readonly string[] {
  const leaves = [...leavesOf(document, '')];
  const problems = leaves.flatMap(([name, value]) => {
    const field = SCHEMA.fields[name];
    if (field === undefined) return [`${name} is no field`];
    if (Array.isArray(value) && field.array !== true) return [`${name} is a list`];
    if (field.array === true && !Array.isArray(value)) return [`${name} is no list`];
    const allowed = SCHEMA.allowed[name];
    return [value].flat().flatMap((one) => {
      if (!fits(one, field.type)) return [`${name} is no ${field.type}`];
      return allowed === undefined || Object.hasOwn(allowed, String(one)) ? [] : [`${name} may not be ${String(one)}`];
    });
  });
  return [...problems, ...unexpected(Object.fromEntries(leaves))];
}

/** Each type must be expected by one of the categories. */
function unexpected({ 'event.category': categories, 'event.type': types }: Record<string, unknown>): readonly string[] {
  const given = [categories ?? []].flat().map(String);
  const expected = new Set(given.flatMap((category) => SCHEMA.allowed['event.category']?.[category] ?? []));
  return [types ?? []]
    .flat()
    .map(String)
    .filter((type) => !expected.has(type))
    .map((type) => `no category of ${given.join(', ')} goes with ${type}`);
}

function* leavesOf(value: unknown, path: string): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield [path, value] as const;
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (path === '' && name === OWN) continue;
    yield* leavesOf(one, path === '' ? name : `${path}.${name}`);
  }
}

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case 'keyword':
    case 'match_only_text':
    case 'wildcard':
    case 'constant_keyword':
      return typeof value === 'string';
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'long':
      return Number.isSafeInteger(value);
    case 'ip':
      return typeof value === 'string' && /^[0-9A-Fa-f.:]+$/.test(value);
    default:
      throw new Error(`no check for ${type}`);
  }
}

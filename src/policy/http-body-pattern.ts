import type { HttpBodyFacts, HttpFacts, JsonValue } from '../model/http.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';

/**
 * Paths into a body and patterns of the values there: `customer.tier`, `items[].sku`. Lists are looked through, wherever
 * they are. Strings are matched as they are, numbers and booleans by their JSON text, and nothing else matches.
 */
export type HttpBodyPattern = Readonly<Record<string, readonly string[]>>;

export const BODY_UNKNOWN = 'its body is not known, so it may bind and does not permit';

/** One question for each path; a body that nobody could read may be anything. */
export function bodyQuestions(
  pattern: HttpBodyPattern | undefined,
): readonly ((facts: Pick<HttpFacts, 'body'>) => Aspect)[] {
  return Object.entries(pattern ?? {}).map(([path, values]) => {
    const globs = values.map((value) => compileGlob(value, ''));
    const names = namesOf(path);
    return ({ body }) => aspectOf(body, path, names, (text) => globs.some((matches) => matches(text)));
  });
}

/** True where a rule can tell what stands in it; what has none has nothing that is not known. */
export function isBodyKnown(body: HttpBodyFacts): boolean {
  return body.kind === 'none' || body.kind === 'fields';
}

function aspectOf(
  body: HttpBodyFacts,
  path: string,
  names: readonly string[],
  matches: (text: string) => boolean,
): Aspect {
  switch (body.kind) {
    case 'none':
      return { extent: 'none', why: 'it has no body' };
    case 'unread':
      return { extent: 'some', why: BODY_UNKNOWN };
    case 'unknown':
      return { extent: 'some', why: `its body is not known (${body.why}), so it may bind and does not permit` };
    case 'fields': {
      const found = foundAt(body.value, names, path);
      // Also what bears the whole path as its name, as fields of forms do.
      const named = names.length > 1 || path !== names[0] ? foundAt(body.value, [path], names[0]) : NOTHING;
      const values = [...found.values, ...named.values.filter((value) => value !== undefined)];
      return extentOf({ values, isSure: found.isSure && named.isSure }, path, matches);
    }
    default:
      return body satisfies never;
  }
}

/** Of several values those that match bind; only where all do, and no reader could see others, the rule covers. */
function extentOf({ values, isSure }: Found, path: string, matches: (text: string) => boolean): Aspect {
  const matching = values.filter((value) => isScalar(value) && matches(String(value))).length;
  if (matching === 0) return { extent: 'none', why: `its field ${path} is another one` };
  if (matching < values.length) return { extent: 'some', why: `its field ${path} has other values, too` };
  return isSure ? { extent: 'all', why: '' } : { extent: 'some', why: `its field ${path} is not written so` };
}

interface Found {
  /** Undefined where something in a list lacks it: what its reader puts there is not known. */
  readonly values: readonly (JsonValue | undefined)[];
  /** False where a name was written otherwise, which some readers take for the same one. */
  readonly isSure: boolean;
}

const NOTHING: Found = { values: [], isSure: true };

/** `except` is a name at the top that is looked for by itself. */
function foundAt(value: JsonValue, names: readonly string[], except: string | undefined): Found {
  const found = { values: [], isSure: true };
  collect(value, names, found, { isItem: false, except });
  return found;
}

/** As deep as the body is, which its reader bounds. */
function collect(
  value: JsonValue,
  names: readonly string[],
  found: { readonly values: (JsonValue | undefined)[]; isSure: boolean },
  at: { readonly isItem: boolean; readonly except?: string | undefined },
): void {
  if (isList(value)) {
    for (const item of value) collect(item, names, found, { ...at, isItem: true });
    return;
  }
  const [name, ...rest] = names;
  if (name === undefined) {
    found.values.push(value);
    return;
  }
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const alike = folded(name);
  let isThere = false;
  for (const [other, member] of members) {
    if (other !== name && (other === at.except || folded(other) !== alike)) continue;
    isThere = true;
    found.isSure &&= other === name;
    collect(member, rest, found, { isItem: at.isItem });
  }
  if (!isThere && at.isItem) found.values.push(undefined);
}

/**
 * Go's decoder minds no case, that of protocol buffers takes `tierName` for `tier_name`, and readers of forms take apart
 * `customer[tier]` and `items[]`.
 */
function folded(name: string): string {
  return name
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[._[\]-]/g, '');
}

/** The names of a path, in order; `[]` says that there is a list, and changes nothing. */
function namesOf(path: string): readonly string[] {
  return path
    .split('.')
    .map((name) => name.replace(/(?:\[\])+$/, ''))
    .filter((name) => name !== '');
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isScalar(value: JsonValue | undefined): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

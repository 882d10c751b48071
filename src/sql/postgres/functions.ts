import { programOf } from './bodies/program.ts';
import { reachOf } from './bodies/reach.ts';
import { builtinRule, type CallEffect, extensionRule, isHarmlessExtensionFunction, PURE } from './builtin-effects.ts';
import { type Catalogue, type Stale, searchOrder } from './catalogue.ts';
import builtins from './pg-catalog-functions.json' with { type: 'json' };
import type { CatalogueFunction, FunctionReference } from './programs.ts';

/**
 * What calling this name may do. An unqualified name may mean a function of pg_catalog or one of the search path
 * (overloads decide, and those need types), so the strictest of all that it may mean with so many arguments counts.
 * What can be looked into is in `programs`, unread: see `effectWithin`.
 */
export function effectOfName(
  schema: string,
  name: string,
  catalogue: Catalogue | undefined,
  count?: number,
): CallEffect {
  const builtin = schema === '' || schema === 'pg_catalog' ? builtinEffect(name) : undefined;
  const extension = schema === 'pg_catalog' ? undefined : extensionRule(name);
  if (extension !== undefined && builtin === undefined) return extension;
  const doubt = catalogue?.stale === undefined ? undefined : doubtOf(schema, name, catalogue.stale);
  if (doubt !== undefined) return doubt;
  const candidates = catalogue === undefined ? [] : userFunctions(schema, name, catalogue, count);
  let effect = builtin;
  for (const one of candidates) effect = strictest(effect, userEffect(one, catalogue));
  return effect ?? unknownFunction(schema, name);
}

/** The same with all that its bodies do: its access is the strictest of theirs. */
export function effectOfCall(
  schema: string,
  name: string,
  catalogue: Catalogue | undefined,
  count?: number,
): CallEffect {
  return effectWithin(effectOfName(schema, name, catalogue, count), catalogue);
}

/** What a call of one function of the catalogue does, as a trigger, an operator or a cast calls it. */
export function effectOfReference(called: FunctionReference, catalogue: Catalogue): CallEffect {
  const found = catalogue.programs.functionsByOid.get(called.oid);
  if (found !== undefined && catalogue.stale?.functions !== 'any') return userEffect(found, catalogue);
  return effectOfName(called.schema, called.name, catalogue);
}

export function effectWithin(effect: CallEffect, catalogue: Catalogue | undefined): CallEffect {
  if (effect.programs === undefined || catalogue === undefined) return effect;
  let whole = effect;
  for (const program of effect.programs) whole = strictest(whole, reachOf(program, catalogue).effect);
  return { ...whole, programs: effect.programs };
}

/** The names of a function's result columns, where it is a builtin with several or named ones. */
export function columnsOfBuiltin(name: string): readonly string[] | undefined {
  return COLUMNS.get(name);
}

/** True for a name of pg_catalog. */
export function isBuiltin(name: string): boolean {
  return VOLATILITY.has(name);
}

export const RANK = { read: 0, session: 1, transaction: 2, write: 3, ddl: 4, admin: 5, unknown: 6 } as const;
const VOLATILITY = new Map<string, 'immutable' | 'stable' | 'volatile'>();
for (const volatility of ['immutable', 'stable', 'volatile'] as const) {
  for (const name of builtins[volatility].split(' ')) VOLATILITY.set(name, volatility);
}
const COLUMNS = new Map(Object.entries(builtins.columns).map(([name, columns]) => [name, columns.split(' ')]));
/** Builtins asked for so far: at most as many as pg_catalog has. */
const known = new Map<string, CallEffect>();

function builtinEffect(name: string): CallEffect | undefined {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const volatility = VOLATILITY.get(name);
  if (volatility === undefined) return undefined;
  const effect =
    builtinRule(name) ??
    (volatility === 'volatile'
      ? ({ access: 'unknown', flags: [], result: 'unknown', reason: `what ${name} does is not known` } as const)
      : PURE);
  known.set(name, effect);
  return effect;
}

function userFunctions(
  schema: string,
  name: string,
  catalogue: Catalogue,
  count: number | undefined,
): readonly CatalogueFunction[] {
  const all = (catalogue.functions.get(name) ?? NONE).filter((one) => takes(one, count));
  if (schema !== '') return all.filter((one) => one.schema === schema);
  if (catalogue.pathUnknown === true || all.length === 0) return all;
  const order = searchOrder(catalogue);
  return all.filter((one) => order.includes(one.schema));
}

const NONE: readonly CatalogueFunction[] = [];

function takes(one: CatalogueFunction, count: number | undefined): boolean {
  const counts = one.arguments;
  return count === undefined || counts === undefined || (counts.min <= count && count <= counts.max);
}

/** C and what is like it is taken by its word: a function that is not volatile changes nothing and reads nothing. */
function userEffect(one: CatalogueFunction, catalogue: Catalogue | undefined): CallEffect {
  const flags = one.securityDefiner === true ? ['security-definer'] : [];
  const shown = `${one.schema}.${one.name}`;
  if (one.language === 'c' || one.language === 'internal') {
    if (one.kind === 'aggregate' && one.calls !== undefined) return { ...PURE, programs: [programOf(one)] };
    if (isHarmlessExtensionFunction(one.name, one.language) || one.volatility !== 'volatile') return { ...PURE, flags };
    const reason = `${shown} is a volatile function in C: what it does cannot be known`;
    return { access: 'unknown', flags: ['volatile-function', ...flags], result: 'unknown', reason };
  }
  if (one.definition !== undefined && catalogue?.stale?.programs !== true) {
    return { access: 'read', flags, result: 'arguments', programs: [programOf(one)] };
  }
  const reason = `${shown}: ${whyNotRead(one, catalogue)}`;
  const volatile = one.volatility === 'volatile' ? ['volatile-function'] : [];
  return { access: 'unknown', flags: [...volatile, ...flags], result: 'unknown', reason };
}

function whyNotRead(one: CatalogueFunction, catalogue: Catalogue | undefined): string {
  if (catalogue?.stale?.programs === true) return 'definitions changed since the catalogue was read';
  if (one.isTooLong === true) return 'its body is longer than what is read of a database';
  const isRead = one.language === 'sql' || one.language === 'plpgsql';
  return isRead ? 'its body is not known' : `it is written in ${one.language}, which is not looked into`;
}

/** A name that may mean something else since definitions changed. */
function doubtOf(schema: string, name: string, stale: Stale): CallEffect | undefined {
  if (schema === 'pg_catalog' || (stale.functions !== 'any' && !stale.functions.has(name))) return undefined;
  const reason = `${name} may mean a function that was defined since the catalogue was read`;
  return { access: 'unknown', flags: ['unknown-function'], result: 'unknown', reason };
}

function unknownFunction(schema: string, name: string): CallEffect {
  const shown = schema === '' ? name : `${schema}.${name}`;
  const reason = `the function ${shown} is not known`;
  return { access: 'unknown', flags: ['unknown-function'], result: 'unknown', reason };
}

export function strictest(one: CallEffect | undefined, other: CallEffect): CallEffect {
  if (one === undefined) return other;
  if (other === PURE) return one;
  const strict = RANK[other.access] > RANK[one.access] ? other : one;
  const result = one.result === 'unknown' || other.result === 'unknown' ? 'unknown' : strict.result;
  const programs = [...(one.programs ?? []), ...(other.programs ?? [])];
  return {
    ...strict,
    result,
    flags: [...new Set([...one.flags, ...other.flags])],
    ...(programs.length === 0 ? {} : { programs: [...new Set(programs)] }),
  };
}

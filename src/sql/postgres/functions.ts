import { builtinRule, type CallEffect, extensionRule, isHarmlessExtensionFunction, PURE } from './builtin-effects.ts';
import { type Catalogue, type CatalogueFunction, searchOrder } from './catalogue.ts';
import builtins from './pg-catalog-functions.json' with { type: 'json' };

/**
 * What calling this name may do. An unqualified name may mean a function of pg_catalog or one of the search path
 * (overloads decide, and those need types), so the strictest of all that it may mean counts.
 */
export function effectOfCall(schema: string, name: string, catalogue: Catalogue | undefined): CallEffect {
  const builtin = schema === '' || schema === 'pg_catalog' ? builtinEffect(name) : undefined;
  const extension = schema === 'pg_catalog' ? undefined : extensionRule(name);
  if (extension !== undefined && builtin === undefined) return extension;
  const candidates = catalogue === undefined ? [] : userFunctions(schema, name, catalogue);
  let effect = builtin;
  for (const one of candidates) effect = strictest(effect, userEffect(one));
  return effect ?? unknownFunction(schema, name);
}

/** The names of a function's result columns, where it is a builtin with several or named ones. */
export function columnsOfBuiltin(name: string): readonly string[] | undefined {
  return COLUMNS.get(name);
}

/** True for a name of pg_catalog. */
export function isBuiltin(name: string): boolean {
  return VOLATILITY.has(name);
}

const RANK = { read: 0, session: 1, transaction: 2, write: 3, ddl: 4, admin: 5, unknown: 6 } as const;
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

function userFunctions(schema: string, name: string, catalogue: Catalogue): readonly CatalogueFunction[] {
  const all = catalogue.functions.get(name) ?? [];
  if (schema !== '') return all.filter((one) => one.schema === schema);
  if (catalogue.pathUnknown === true) return all;
  const order = searchOrder(catalogue);
  return all.filter((one) => order.includes(one.schema));
}

/** A function that is not volatile cannot write (PostgreSQL refuses it to), but it may read any table. */
function userEffect(one: CatalogueFunction): CallEffect {
  if (isHarmlessExtensionFunction(one.name, one.language)) return PURE;
  if (one.volatility === 'immutable') return PURE;
  if (one.volatility === 'stable') {
    return one.language === 'c' || one.language === 'internal' ? PURE : { ...PURE, result: 'unknown' };
  }
  const reason = `${one.schema}.${one.name} is a volatile function: what it does cannot be known`;
  return { access: 'unknown', flags: ['volatile-function'], result: 'unknown', reason };
}

function unknownFunction(schema: string, name: string): CallEffect {
  const shown = schema === '' ? name : `${schema}.${name}`;
  const reason = `the function ${shown} is not known`;
  return { access: 'unknown', flags: ['unknown-function'], result: 'unknown', reason };
}

function strictest(one: CallEffect | undefined, other: CallEffect): CallEffect {
  if (one === undefined) return other;
  const strict = RANK[other.access] > RANK[one.access] ? other : one;
  const result = one.result === 'unknown' || other.result === 'unknown' ? 'unknown' : strict.result;
  return { ...strict, result, flags: [...new Set([...one.flags, ...other.flags])] };
}

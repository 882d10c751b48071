import { argumentDefaults, readRoutine } from '../bodies/function-body.ts';
import { type Catalogue, searchOrder, throughPath } from '../catalogue.ts';
import { isBuiltin } from '../functions.ts';
import { as, type Body, bodyOf, isBody, listOf, textOf } from '../nodes.ts';
import { parseStatements } from '../parser.ts';
import type { CatalogueFunction } from '../programs.ts';
import { derived, NOTHING, type Origin } from './origin.ts';
import { Queries } from './queries.ts';
import { itemOf, type Relation, type Scope } from './scope.ts';

/** What a function in SQL returns, beside what it is handed: its last statement's columns, and what decides in it. */
export interface FunctionValue {
  /** By column, where it returns rows of a known shape; else one for all. */
  readonly columns: readonly Origin[];
  /** The names of its columns; undefined for a single value. */
  readonly names: readonly string[] | undefined;
  readonly filters: Origin;
}

/** Undefined where a call of this name may mean anything that is not one function in SQL with a body that is known. */
export function functionValue(
  schema: string,
  name: string,
  count: number,
  catalogue: Catalogue | undefined,
): FunctionValue | undefined {
  if (catalogue === undefined || schema === 'pg_catalog' || (schema === '' && isBuiltin(name))) return undefined;
  if (catalogue.stale !== undefined || catalogue.pathUnknown === true) return undefined;
  const order = searchOrder(catalogue);
  const meant = (catalogue.functions.get(name) ?? []).filter(
    (one) => (schema === '' ? order.includes(one.schema) : one.schema === schema) && takes(one, count),
  );
  const [only] = meant;
  return only === undefined || meant.length > 1 ? undefined : valueOf(only, catalogue);
}

function takes({ arguments: counts }: CatalogueFunction, count: number): boolean {
  return counts === undefined || (counts.min <= count && count <= counts.max);
}

/** Remembered for each catalogue; while a function is being read, what leads back to it is unknown. */
function valueOf(one: CatalogueFunction, catalogue: Catalogue): FunctionValue | undefined {
  const memo = memos.get(catalogue) ?? new Map<CatalogueFunction, FunctionValue | undefined>();
  memos.set(catalogue, memo);
  if (memo.has(one)) return memo.get(one);
  memo.set(one, undefined);
  const value = read(one, catalogue);
  memo.set(one, value);
  return value;
}

const memos = new WeakMap<Catalogue, Map<CatalogueFunction, FunctionValue | undefined>>();

function read(one: CatalogueFunction, catalogue: Catalogue): FunctionValue | undefined {
  const { definition, language, name, resultColumns } = one;
  if (definition === undefined || language !== 'sql') return undefined;
  const { statements, problem, searchPath } = readRoutine(definition);
  const last = statements.at(-1);
  if (problem !== undefined || last === undefined) return undefined;
  const queries = new Queries(searchPath === undefined ? catalogue : throughPath(catalogue, searchPath));
  const statement = routineOf(definition);
  const columns = queries.columns(last.node, parameterScope(name, statement), undefined);
  if (columns === undefined) return undefined;
  const left = argumentDefaults(statement).map((value) => queries.expressions.origin(value, undefined, undefined));
  const origins = columns.map(({ origin }) => (left.length === 0 ? origin : derived([origin, ...left])));
  const filters = queries.uses.filters();
  const each = origins.length === (resultColumns?.length ?? 1);
  return { columns: each ? origins : [derived(origins)], names: resultColumns, filters };
}

/** A body sees its parameters by name, behind its own columns: `a`, `f.a`, `a.field`. What they hold is the caller's. */
function parameterScope(name: string, statement: Body): Scope {
  const names = listOf(statement['parameters']).map((item) => textOf(as(item, 'FunctionParameter')?.name));
  const columns = names.map((parameter) => ({ name: parameter, origin: NOTHING }));
  const fields = names.map(
    (parameter): Relation => ({ alias: parameter, columns: [], open: () => NOTHING, complete: false }),
  );
  return { items: [itemOf({ alias: name, columns, complete: true })], special: fields, outer: undefined };
}

function routineOf(definition: string): Body {
  const parsed = parseStatements(definition);
  const node = parsed.ok ? parsed.statements[0]?.node : undefined;
  return isBody(node) ? bodyOf(node, 'CreateFunctionStmt') : {};
}

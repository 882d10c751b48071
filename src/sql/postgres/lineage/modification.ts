import { resolveRelation } from '../catalogue.ts';
import { as, type Body, isBody, listOf, textOf } from '../nodes.ts';
import { recordValues, united, type Values, valuesByPosition, valuesOfSet, withValues } from './assignments.ts';
import { triggeredOrigin } from './before-triggers.ts';
import { fromItem, fromItems, namedRelation } from './from.ts';
import { type Column, NOTHING, type Origin, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { type FromItem, itemOf, type Relation, type Scope } from './scope.ts';
import type { CteScope } from './with.ts';

/**
 * Reads an INSERT, UPDATE, DELETE or MERGE. Gives what its RETURNING shows: columns of the table, which also derive from
 * what the statement assigns to them; undefined where there is none, or where the number of columns is not known.
 */
export function readModification(
  tag: string,
  body: Body,
  queries: Queries,
  ctes: CteScope | undefined,
): readonly Column[] | undefined {
  const relation = body['relation'];
  if (!isBody(relation)) return undefined;
  const plain = namedRelation(relation, queries, undefined);
  const { values, others } = PARTS[tag]?.(body, plain, queries, ctes) ?? NOT_KNOWN;
  const triggered = triggeredOrigin(tag, body, queries.catalogue);
  const known = triggered.unknown ? values : withAny(values, triggered);
  recordValues(relation, plain, known, queries, values);
  const clause = body['returningClause'];
  if (!isBody(clause)) return undefined;
  const target = withValues(plain, withAny(values, triggered));
  // MERGE shows the columns of its source before those of the table
  const items = tag === 'MergeStmt' ? [...others, itemOf(target)] : [itemOf(target), ...others];
  const scope: Scope = { items, special: oldAndNew(clause, target), outer: undefined };
  const shown = queries.targets(clause['exprs'], scope, ctes);
  if (!isRewritten(relation, queries)) return shown;
  queries.uses.lost();
  return shown?.map(({ name }) => ({ name, origin: UNKNOWN }));
}

/** What a rule does instead says itself what is returned for each column. */
function isRewritten(relation: Body, { catalogue }: Queries): boolean {
  if (catalogue === undefined || catalogue.programs.rules.size === 0) return false;
  const found = resolveRelation(catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
  return found === undefined || catalogue.programs.rules.has(found.oid);
}

/** What triggers read may go into any column. */
function withAny(values: Values, origin: Origin): Values {
  return origin === NOTHING ? values : united(values, new Map([['*', origin]]));
}

interface Modification {
  readonly values: Values;
  readonly others: readonly FromItem[];
}

type Reader = (body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined) => Modification;

const PARTS: Readonly<Record<string, Reader>> = {
  InsertStmt: readInsert,
  UpdateStmt: readUpdate,
  DeleteStmt: readDelete,
  MergeStmt: readMerge,
};

const NOT_KNOWN: Modification = { values: new Map([['*', UNKNOWN]]), others: [] };

function readInsert(body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined): Modification {
  let values: Values = new Map();
  if (isBody(body['selectStmt'])) {
    const origins = queries.columns(body['selectStmt'], undefined, ctes)?.map((column) => column.origin);
    values = valuesByPosition(body['cols'], target, origins);
  }
  const conflict = body['onConflictClause'];
  if (!isBody(conflict)) return { values, others: [] };
  const own: Scope = { items: [itemOf(target)], special: [], outer: undefined };
  if (isBody(conflict['infer'])) readInference(conflict['infer'], own, queries, ctes);
  const excluded: Relation = { ...withValues(target, values), alias: 'excluded' };
  const scope: Scope = { ...own, special: [excluded] };
  decides(conflict['whereClause'], scope, queries, ctes);
  return { values: united(values, valuesOfSet(conflict['targetList'], scope, queries, ctes)), others: [] };
}

/** `ON CONFLICT (a, lower(b)) WHERE …`: whether a row has these values already decides what happens. */
function readInference(infer: Body, scope: Scope, queries: Queries, ctes: CteScope | undefined): void {
  for (const item of listOf(infer['indexElems'])) {
    const element = as(item, 'IndexElem');
    if (element?.expr !== undefined) decides(element.expr, scope, queries, ctes);
    else if (element?.name !== undefined) decides(columnReference(element.name), scope, queries, ctes);
  }
  decides(infer['whereClause'], scope, queries, ctes);
}

function readUpdate(body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined): Modification {
  const others = fromItems(body['fromClause'], queries, undefined, ctes);
  const scope: Scope = { items: [itemOf(target), ...others], special: [], outer: undefined };
  decides(body['whereClause'], scope, queries, ctes);
  return { values: valuesOfSet(body['targetList'], scope, queries, ctes), others };
}

function readDelete(body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined): Modification {
  const others = fromItems(body['usingClause'], queries, undefined, ctes);
  const scope: Scope = { items: [itemOf(target), ...others], special: [], outer: undefined };
  decides(body['whereClause'], scope, queries, ctes);
  return { values: new Map(), others };
}

function readMerge(body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined): Modification {
  const source = fromItem(body['sourceRelation'], queries, { items: [], special: [], outer: undefined }, ctes);
  const scope: Scope = { items: [itemOf(target), source], special: [], outer: undefined };
  decides(body['joinCondition'], scope, queries, ctes);
  let values: Values = new Map();
  for (const item of listOf(body['mergeWhenClauses'])) {
    const when = as(item, 'MergeWhenClause');
    decides(when?.condition, scope, queries, ctes);
    if (when?.commandType === 'CMD_UPDATE') {
      values = united(values, valuesOfSet(when.targetList, scope, queries, ctes));
    } else if (when?.commandType === 'CMD_INSERT') {
      const origins = listOf(when.values).map((value) => queries.expressions.origin(value, scope, ctes));
      values = united(values, valuesByPosition(when.targetList, target, origins));
    }
  }
  return { values, others: [source] };
}

/** A condition: its columns decide which rows are touched. */
function decides(node: unknown, scope: Scope, queries: Queries, ctes: CteScope | undefined): void {
  if (node !== undefined) queries.uses.filter(queries.expressions.origin(node, scope, ctes));
}

export function columnReference(name: string): Body {
  return { ColumnRef: { fields: [{ String: { sval: name } }] } };
}

/** `old` and `new`, or the names that RETURNING WITH gives them (PostgreSQL 18). */
function oldAndNew(clause: Body, target: Relation): readonly Relation[] {
  const names = new Map([
    ['RETURNING_OPTION_OLD', 'old'],
    ['RETURNING_OPTION_NEW', 'new'],
  ]);
  for (const item of listOf(clause['options'])) {
    const option = as(item, 'ReturningOption');
    if (option?.option !== undefined && option.value !== undefined) names.set(option.option, option.value);
  }
  const { alias: _alias, ...rest } = target;
  return Array.from(names.values(), (alias) => ({ alias, ...rest }));
}

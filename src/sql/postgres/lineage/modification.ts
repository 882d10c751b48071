import { as, type Body, isBody, listOf, namesOf } from '../nodes.ts';
import { fromItem, fromItems, namedRelation } from './from.ts';
import { assigned, type Column, derived, type Origin, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { type FromItem, itemOf, type Relation, type Scope } from './scope.ts';
import type { CteScope } from './with.ts';

/**
 * What RETURNING of an INSERT, UPDATE, DELETE or MERGE shows: columns of the table, which also derive from what the
 * statement assigns to them. Undefined where there is no RETURNING, or where the number of columns is not known.
 */
export function returningColumns(
  tag: string,
  body: Body,
  queries: Queries,
  ctes: CteScope | undefined,
): readonly Column[] | undefined {
  const clause = body['returningClause'];
  const relation = body['relation'];
  if (!isBody(clause) || !isBody(relation)) return undefined;
  const plain = namedRelation(relation, queries, undefined);
  const { values, others } = readModification(tag, body, plain, queries, ctes);
  const target = withValues(plain, values);
  // MERGE shows the columns of its source before those of the table
  const items = tag === 'MergeStmt' ? [...others, itemOf(target)] : [itemOf(target), ...others];
  const scope: Scope = { items, special: oldAndNew(clause, target), outer: undefined };
  return queries.targets(clause['exprs'], scope, ctes);
}

/** Column name to what is assigned to it; under `*`, what may be assigned to any. */
type Values = ReadonlyMap<string, Origin>;

interface Modification {
  readonly values: Values;
  readonly others: readonly FromItem[];
}

function readModification(
  tag: string,
  body: Body,
  target: Relation,
  queries: Queries,
  ctes: CteScope | undefined,
): Modification {
  const own: Scope = { items: [itemOf(target)], special: [], outer: undefined };
  switch (tag) {
    case 'InsertStmt':
      return { values: insertValues(body, target, queries, ctes), others: [] };
    case 'DeleteStmt':
      return { values: new Map(), others: fromItems(body['usingClause'], queries, undefined, ctes) };
    case 'UpdateStmt': {
      const others = fromItems(body['fromClause'], queries, undefined, ctes);
      const scope = { ...own, items: [...own.items, ...others] };
      return { values: setValues([body['targetList']], scope, queries, ctes), others };
    }
    case 'MergeStmt': {
      const source = fromItem(body['sourceRelation'], queries, { items: [], special: [], outer: undefined }, ctes);
      const scope = { ...own, items: [...own.items, source] };
      return { values: mergeValues(body, target, scope, queries, ctes), others: [source] };
    }
    default:
      return { values: new Map([['*', UNKNOWN]]), others: [] };
  }
}

function insertValues(body: Body, target: Relation, queries: Queries, ctes: CteScope | undefined): Values {
  const values = new Map<string, Origin>();
  if (isBody(body['selectStmt'])) {
    const columns = queries.columns(body['selectStmt'], undefined, ctes);
    assignByPosition(
      values,
      body['cols'],
      target,
      columns?.map((column) => column.origin),
    );
  }
  const conflict = body['onConflictClause'];
  if (!isBody(conflict)) return values;
  const excluded: Relation = { ...withValues(target, values), alias: 'excluded' };
  const scope: Scope = { items: [itemOf(target)], special: [excluded], outer: undefined };
  return union(values, setValues([conflict['targetList']], scope, queries, ctes));
}

function mergeValues(body: Body, target: Relation, scope: Scope, queries: Queries, ctes: CteScope | undefined): Values {
  let values: Values = new Map();
  for (const item of listOf(body['mergeWhenClauses'])) {
    const when = as(item, 'MergeWhenClause');
    if (when?.commandType === 'CMD_UPDATE') values = union(values, setValues([when.targetList], scope, queries, ctes));
    if (when?.commandType !== 'CMD_INSERT') continue;
    const inserted = new Map<string, Origin>();
    const origins = listOf(when.values).map((value) => queries.expressions.origin(value, scope, ctes));
    assignByPosition(inserted, when.targetList, target, origins);
    values = union(values, inserted);
  }
  return values;
}

/** `origins` undefined: how many there are is not known, so that any may reach any column. */
function assignByPosition(
  values: Map<string, Origin>,
  list: unknown,
  target: Relation,
  origins: readonly Origin[] | undefined,
): void {
  const listed = listOf(list).map((item) => as(item, 'ResTarget')?.name ?? '');
  const names = listed.length > 0 ? listed : target.columns.map((column) => column.name);
  if (origins === undefined) values.set('*', UNKNOWN);
  else if (names.length === 0) values.set('*', derived(origins));
  else for (const [index, origin] of origins.entries()) values.set(names[index] ?? '*', origin);
}

/** `SET a = …, (b, c) = (…)`: each column derives from its expression. */
function setValues(lists: readonly unknown[], scope: Scope, queries: Queries, ctes: CteScope | undefined): Values {
  const values = new Map<string, Origin>();
  for (const item of lists.flatMap(listOf)) {
    const target = as(item, 'ResTarget');
    if (target?.name === undefined) continue;
    const origin = queries.expressions.origin(target.val, scope, ctes);
    const before = values.get(target.name);
    values.set(target.name, before === undefined ? origin : derived([before, origin]));
  }
  return values;
}

function union(one: Values, other: Values): Values {
  const all = new Map(one);
  for (const [name, origin] of other) {
    const before = all.get(name);
    all.set(name, before === undefined ? origin : derived([before, origin]));
  }
  return all;
}

function withValues(target: Relation, values: Values): Relation {
  if (values.size === 0) return target;
  const any = values.get('*');
  const give = (name: string, origin: Origin): Origin => {
    const value = values.get(name);
    const one = value === undefined ? origin : assigned(origin, value);
    return any === undefined ? one : assigned(one, any);
  };
  const columns = target.columns.map(({ name, origin }) => ({ name, origin: give(name, origin) }));
  const { open } = target;
  return open === undefined ? { ...target, columns } : { ...target, columns, open: (name) => give(name, open(name)) };
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

/** The columns of a COPY by name, in the order of its data. */
export function namedColumns(relation: Relation, list: unknown): readonly Column[] | undefined {
  const names = namesOf(list);
  if (names.length === 0) return relation.complete ? relation.columns : undefined;
  return names.map((name) => {
    const column = relation.columns.find((one) => one.name === name);
    return { name, origin: column?.origin ?? relation.open?.(name) ?? UNKNOWN };
  });
}

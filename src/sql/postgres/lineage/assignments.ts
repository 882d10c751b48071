import type { ColumnSource } from '../../../model/request.ts';
import { type Catalogue, resolveRelation } from '../catalogue.ts';
import { as, type Body, listOf, textOf } from '../nodes.ts';
import { assigned, derived, keyOf, NOTHING, type Origin, ofColumn, sourcesOf, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import type { Relation, Scope } from './scope.ts';
import type { CteScope } from './with.ts';

/** Column name to what is assigned to it; under `*`, what may be assigned to any. */
export type Values = ReadonlyMap<string, Origin>;

/** `origins` undefined: how many there are is not known, so that any may reach any column. */
export function valuesByPosition(list: unknown, target: Relation, origins: readonly Origin[] | undefined): Values {
  const listed = listOf(list).map((item) => as(item, 'ResTarget')?.name ?? '');
  const names = listed.length > 0 ? listed : target.columns.map((column) => column.name);
  const values = new Map<string, Origin>();
  if (origins === undefined) values.set('*', UNKNOWN);
  else if (names.length === 0) values.set('*', derived(origins));
  // elements of one array, or fields of one composite column, may be listed one by one
  else for (const [index, origin] of origins.entries()) add(values, names[index] ?? '*', origin);
  return values;
}

/** `SET a = …, (b, c) = (…)`: each column derives from its expression. */
export function valuesOfSet(list: unknown, scope: Scope, queries: Queries, ctes: CteScope | undefined): Values {
  const values = new Map<string, Origin>();
  for (const item of listOf(list)) {
    const target = as(item, 'ResTarget');
    if (target?.name === undefined) continue;
    add(values, target.name, assignedOrigin(target.val, scope, queries, ctes));
    for (const index of target.indirection ?? []) queries.uses.filter(queries.expressions.origin(index, scope, ctes));
  }
  return values;
}

export function united(one: Values, other: Values): Values {
  if (one.size === 0) return other;
  const all = new Map(one);
  for (const [name, origin] of other) add(all, name, origin);
  return all;
}

/**
 * The target after the assignment: each column may be what it was, and what it was given; so may those that are computed
 * from it, in the table or in the view.
 */
export function withValues(target: Relation, values: Values): Relation {
  if (values.size === 0) return target;
  const any = values.get('*') ?? NOTHING;
  const bySource = new Map<string, Origin[]>();
  for (const { name, origin } of target.columns) {
    const value = values.get(name);
    if (value === undefined) continue;
    for (const key of origin.sources.keys()) bySource.set(key, [...(bySource.get(key) ?? []), value]);
  }
  const give = (name: string, origin: Origin): Origin => {
    const given = [...origin.sources.keys()].flatMap((key) => bySource.get(key) ?? []);
    return assigned(origin, derived([values.get(name) ?? NOTHING, any, ...given]));
  };
  const columns = target.columns.map(({ name, origin }) => ({ name, origin: give(name, origin) }));
  const { open } = target;
  return open === undefined ? { ...target, columns } : { ...target, columns, open: (name) => give(name, open(name)) };
}

/** Says of each value into which columns it is copied, and of those that the statement itself assigns that it does. */
export function recordValues(relation: Body, target: Relation, values: Values, queries: Queries, own: Values): void {
  if (textOf(relation['relname']) === 'pg_settings') queries.uses.output(derived([...values.values()]));
  const temporary = relation['relpersistence'] === 't' || textOf(relation['schemaname']).startsWith('pg_temp');
  for (const [name, value] of values) {
    const names = name === '*' ? target.columns.map((column) => column.name) : [name];
    // `*` stands for any column of a table whose columns are not known
    for (const one of names.length === 0 ? ['*'] : names) {
      if (one === '*') queries.uses.lost();
      for (const into of storedColumns(relation, target, one, queries)) {
        if (one !== '*' && own.has(name)) queries.uses.write(into);
        queries.uses.copy(into, value, temporary);
        for (const other of cascadedColumns(into, queries.catalogue)) queries.uses.copy(other, value, temporary);
      }
    }
  }
}

/** The columns that an update of `changed` is passed on to, by foreign keys (PostgreSQL manual, 5.5.5). */
function cascadedColumns(changed: ColumnSource, catalogue: Catalogue | undefined): readonly ColumnSource[] {
  if (catalogue === undefined || catalogue.programs.references.size === 0) return [];
  const found = new Map<string, ColumnSource>();
  const queue = [changed];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    const { column } = one;
    const oid = catalogue.relations.get(one.schema)?.get(one.table)?.oid ?? 0;
    for (const { from, onUpdate, columns, referring = [] } of catalogue.programs.references.get(oid) ?? []) {
      const relation = catalogue.relationsByOid.get(from);
      const name = referring[columns.indexOf(column)];
      if (onUpdate === undefined || relation === undefined || name === undefined) continue;
      const next = { schema: relation.schema, table: relation.name, column: name };
      if (found.has(keyOf(next))) continue;
      found.set(keyOf(next), next);
      queue.push(next);
    }
  }
  return [...found.values()];
}

/** What is written to a view's column is written to the column that it shows. */
function storedColumns(relation: Body, target: Relation, name: string, queries: Queries): readonly ColumnSource[] {
  const { catalogue } = queries;
  const schema = textOf(relation['schemaname']);
  const table = textOf(relation['relname']);
  const found = catalogue === undefined ? undefined : resolveRelation(catalogue, schema, table);
  const own = { schema: found?.schema ?? schema, table, column: name };
  if (found?.kind !== 'view') return [own];
  const shown = target.columns.find((column) => column.name === name)?.origin ?? ofColumn(own.schema, table, name);
  if (shown.unknown) queries.uses.lost();
  return [own, ...sourcesOf(shown).filter((source) => keyOf(source) !== keyOf(own))];
}

/** `(a, b) = ROW(x, y)` and `(a, b) = (SELECT x, y …)` give each column its own part. */
function assignedOrigin(value: unknown, scope: Scope, queries: Queries, ctes: CteScope | undefined): Origin {
  const part = as(value, 'MultiAssignRef');
  const index = (part?.colno ?? 0) - 1;
  const items = listOf(as(part?.source, 'RowExpr')?.args);
  if (items.length > 0 && items.length === part?.ncolumns) return queries.expressions.origin(items[index], scope, ctes);
  const query = as(part?.source, 'SubLink')?.subselect;
  const columns = query === undefined ? undefined : queries.columns(query, scope, ctes);
  const column = columns?.length === part?.ncolumns ? columns?.[index] : undefined;
  return column?.origin ?? queries.expressions.origin(value, scope, ctes);
}

function add(values: Map<string, Origin>, name: string, origin: Origin): void {
  const before = values.get(name);
  values.set(name, before === undefined ? origin : derived([before, origin]));
}

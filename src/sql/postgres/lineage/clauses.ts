import { as, type Body, isBody, listOf, namesOf, tagOf } from '../nodes.ts';
import { type Column, derived, NOTHING, type Origin, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { hasColumn, type Scope } from './scope.ts';
import type { CteScope } from './with.ts';

/** Where a clause stands: what its names mean, and the result columns that ORDER BY and GROUP BY may name. */
export interface ClauseSight {
  readonly queries: Queries;
  readonly scope: Scope;
  readonly ctes: CteScope | undefined;
  readonly outputs: readonly Column[] | undefined;
}

/** The clauses of a SELECT that decide which rows come out, and in what order and groups: their columns are filters. */
export function readClauses(body: Body, sight: ClauseSight): void {
  filter(body['whereClause'], sight);
  filter(body['havingClause'], sight);
  for (const item of listOf(body['groupClause'])) readGroup(item, sight);
  for (const item of listOf(body['windowClause'])) readWindow(as(item, 'WindowDef'), sight);
  readDistinct(listOf(body['distinctClause']), sight);
  readOrderAndLimit(body, sight);
}

/** ORDER BY, LIMIT and OFFSET, which set operations and VALUES have too. */
export function readOrderAndLimit(body: Body, sight: ClauseSight): void {
  for (const item of listOf(body['sortClause'])) {
    sight.queries.uses.filter(orderOrigin(as(item, 'SortBy')?.node, sight));
  }
  filter(body['limitCount'], sight);
  filter(body['limitOffset'], sight);
}

/** A window's PARTITION BY, ORDER BY and frame: they decide values without being shown. */
export function readWindow(window: unknown, { queries, scope, ctes }: Pick<ClauseSight, 'queries' | 'ctes'> & Sight) {
  if (!isBody(window)) return;
  for (const key of ['partitionClause', 'orderClause', 'startOffset', 'endOffset']) {
    const part = window[key];
    if (part !== undefined) queries.uses.filter(queries.expressions.origin(part, scope, ctes));
  }
}

interface Sight {
  readonly scope: Scope | undefined;
}

/** An expression that decides without being shown. */
function filter(node: unknown, { queries, scope, ctes }: ClauseSight): void {
  if (node !== undefined) queries.uses.filter(queries.expressions.origin(node, scope, ctes));
}

/** DISTINCT compares all result columns; its list then holds one empty node. DISTINCT ON names expressions. */
function readDistinct(list: readonly unknown[], sight: ClauseSight): void {
  if (list.length === 0) return;
  const { uses } = sight.queries;
  if (list.some((item) => tagOf(item) !== undefined)) {
    for (const item of list) uses.filter(orderOrigin(item, sight));
  } else {
    filterOutputs(sight.outputs, sight.queries);
  }
}

/** All result columns are compared with one another: DISTINCT, UNION, INTERSECT, EXCEPT. */
export function filterOutputs(outputs: readonly Column[] | undefined, { uses }: Queries): void {
  uses.filter(outputs === undefined ? UNKNOWN : derived(outputs.map((column) => column.origin)));
}

/** What ORDER BY or DISTINCT ON names: a position, a result column before any other (findTargetlistEntrySQL92). */
function orderOrigin(node: unknown, sight: ClauseSight): Origin {
  const { queries, scope, ctes, outputs } = sight;
  const position = positionOf(node);
  if (position !== undefined) {
    queries.positional = true;
    return outputs === undefined ? UNKNOWN : (outputs[position - 1]?.origin ?? NOTHING);
  }
  const name = bareName(node);
  if (name !== undefined && outputs === undefined) return UNKNOWN;
  const named = name === undefined ? [] : (outputs ?? []).filter((column) => column.name === name);
  if (named.length > 0) return derived(named.map((column) => column.origin));
  return queries.expressions.origin(node, scope, ctes);
}

/** GROUP BY takes a bare name for a column of FROM first, and for a result column else. */
function readGroup(node: unknown, sight: ClauseSight): void {
  const set = as(node, 'GroupingSet');
  if (set !== undefined) {
    for (const item of listOf(set.content)) readGroup(item, sight);
    return;
  }
  const name = bareName(node);
  const input = name !== undefined && hasColumn(name, sight.scope);
  const { queries, scope, ctes } = sight;
  queries.uses.filter(input ? queries.expressions.origin(node, scope, ctes) : orderOrigin(node, sight));
}

function positionOf(node: unknown): number | undefined {
  const constant = as(node, 'A_Const');
  return constant?.ival === undefined ? undefined : (constant.ival.ival ?? 0);
}

function bareName(node: unknown): string | undefined {
  const fields = listOf(as(node, 'ColumnRef')?.fields);
  return fields.length === 1 && tagOf(fields[0]) === 'String' ? namesOf(fields)[0] : undefined;
}

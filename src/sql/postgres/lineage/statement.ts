import type { ColumnCopy, ColumnUse, OutputColumn } from '../../../model/request.ts';
import type { Catalogue } from '../catalogue.ts';
import { type Body, bodyOf, isBody, tagOf, textOf } from '../nodes.ts';
import type { ColumnUses } from './column-uses.ts';
import { copiedOut, readCopyIn } from './copy-columns.ts';
import { readDefinitionChange } from './definition-change.ts';
import { type Column, derived, NOTHING, outputOf } from './origin.ts';
import { Queries } from './queries.ts';
import { readStored } from './stored-query.ts';

/** What a statement returns, does with columns, and copies from one to another. */
export interface StatementLineage {
  /** Undefined where it returns none, or where their number is not known. */
  readonly outputs: readonly OutputColumn[] | undefined;
  readonly columns: readonly ColumnUse[] | 'unknown';
  readonly copies: readonly ColumnCopy[];
}

export interface Lineage extends StatementLineage {
  /** Of each data-modifying statement in a WITH clause, by the body of its node. */
  readonly inner: ReadonlyMap<Body, StatementLineage>;
  /** A number in the text names a column (`ORDER BY 2`), so that another number would mean another. */
  readonly positional: boolean;
}

export interface LineageOptions {
  readonly named?: Body | undefined;
  /** The expressions that EXECUTE hands in. */
  readonly parameters?: readonly unknown[] | undefined;
  /** The statement stands in a function's body. */
  readonly within?: 'body' | undefined;
}

/**
 * Reads a statement. For EXECUTE and FETCH, hand in the query that they name; for CREATE TABLE AS EXECUTE, hand it in as
 * `named`.
 */
export function lineageOf(
  node: Body,
  catalogue: Catalogue | undefined,
  { named, within, parameters = [] }: LineageOptions = {},
): Lineage {
  const queries = new Queries(catalogue, within);
  queries.parameters = parameters.map((one) => derived([queries.expressions.origin(one, undefined, undefined)]));
  const result = read(node, queries, named);
  const shown = result === 'unknown' ? undefined : result;
  const inner = new Map<Body, StatementLineage>();
  for (const [body, one] of queries.inner) inner.set(body, lineage(one.columns, one.uses));
  if (result === 'unknown') queries.uses.lost();
  const own = MODIFICATIONS.has(tagOf(node) ?? '') ? inner.get(bodyOf(node, tagOf(node) ?? '')) : undefined;
  return { ...(own ?? lineage(shown, queries.uses)), inner, positional: queries.positional };
}

const MODIFICATIONS = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

function lineage(columns: readonly Column[] | undefined, uses: ColumnUses): StatementLineage {
  for (const { origin } of columns ?? []) uses.output(origin);
  return { outputs: columns?.map(outputOf), columns: uses.all(), copies: uses.copies() };
}

/** The result columns; undefined where there are none, `unknown` where their number is not known. */
function read(node: Body, queries: Queries, named: Body | undefined): readonly Column[] | undefined | 'unknown' {
  const tag = tagOf(node) ?? '';
  const body = bodyOf(node, tag);
  switch (tag) {
    case 'SelectStmt':
      return queries.columns(node, undefined, undefined) ?? 'unknown';
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt': {
      const columns = queries.columns(node, undefined, undefined);
      if (columns === undefined && isBody(body['returningClause'])) queries.inner.get(body)?.uses.lost();
      return columns;
    }
    case 'CopyStmt':
      return body['is_from'] === true ? readCopyIn(body, queries) : (copiedOut(body, queries) ?? 'unknown');
    case 'ExplainStmt':
      readPlanned(body['query'], queries);
      return [{ name: 'QUERY PLAN', origin: NOTHING }];
    case 'VariableShowStmt':
      return shown(textOf(body['name']));
    case 'CreateTableAsStmt':
      return readStored(body, named ?? body['query'], queries);
    default:
      readDefinitionChange(tag, body, queries);
      return undefined;
  }
}

/** A plan tells how many rows a condition is thought to find: what decides is there, what would be shown is not. */
function readPlanned(query: unknown, queries: Queries): void {
  if (!isBody(query)) return;
  const planned = new Queries(queries.catalogue, queries.isBody ? 'body' : undefined);
  if (read(query, planned, undefined) === 'unknown') queries.uses.lost();
  queries.uses.filter(planned.uses.filters());
  queries.positional ||= planned.positional;
}

function shown(name: string): readonly Column[] {
  const names = name === 'all' ? ['name', 'setting', 'description'] : [name];
  return names.map((one) => ({ name: one, origin: NOTHING }));
}

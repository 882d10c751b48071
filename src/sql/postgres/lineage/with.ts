import { as, type Body, bodyOf, isBody, listOf, namesOf, textOf } from '../nodes.ts';
import { type Column, derived, either, NOTHING, sameOrigin } from './origin.ts';
import type { Queries } from './queries.ts';
import type { Scope } from './scope.ts';

/** Common table expressions in sight, innermost first; undefined columns where their number is not known. */
export interface CteScope {
  readonly byName: Map<string, readonly Column[] | undefined>;
  readonly outer: CteScope | undefined;
}

/** The columns of a CTE by name; `none` where there is none of this name. */
export function cteColumns(name: string, ctes: CteScope | undefined): readonly Column[] | undefined | 'none' {
  for (let at = ctes; at !== undefined; at = at.outer) if (at.byName.has(name)) return at.byName.get(name);
  return 'none';
}

/** Reads a WITH clause; what comes after it sees what it returns (PostgreSQL manual, 7.8). */
export function readWith(
  clause: unknown,
  queries: Queries,
  scope: Scope | undefined,
  outer: CteScope | undefined,
): CteScope | undefined {
  if (!isBody(clause)) return outer;
  const ctes: CteScope = { byName: new Map(), outer };
  const recursive = clause['recursive'] === true;
  const items = listOf(clause['ctes']).map((item) => bodyOf(isBody(item) ? item : {}, 'CommonTableExpr'));
  // with RECURSIVE each sees all; until one is read, what it returns is not known
  if (recursive) for (const item of items) ctes.byName.set(textOf(item['ctename']), undefined);
  for (const item of items) {
    const read = recursive
      ? recursiveColumns(item, queries, scope, ctes)
      : queries.columns(item['ctequery'], scope, ctes);
    const named = read === undefined ? undefined : withNames(read, namesOf(item['aliascolnames']));
    ctes.byName.set(textOf(item['ctename']), named === undefined ? undefined : withSearchAndCycle(named, item));
  }
  return ctes;
}

/** Columns with the names of an alias list, which may be shorter. */
export function withNames(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  if (names.length === 0) return columns;
  return columns.map(({ name, origin }, index) => ({ name: names[index] ?? name, origin }));
}

/** Rounds until a recursive query's columns no longer gain sources; each round adds one or is the last. */
const MAX_ROUNDS = 20;

function recursiveColumns(
  item: Body,
  queries: Queries,
  scope: Scope | undefined,
  ctes: CteScope,
): readonly Column[] | undefined {
  const select = as(item['ctequery'], 'SelectStmt');
  if (select?.op !== 'SETOP_UNION' || select.withClause !== undefined) {
    return queries.columns(item['ctequery'], scope, ctes);
  }
  const name = textOf(item['ctename']);
  const aliases = namesOf(item['aliascolnames']);
  let columns = queries.columns({ SelectStmt: select.larg }, scope, ctes);
  for (let round = 0; round < MAX_ROUNDS && columns !== undefined; round++) {
    ctes.byName.set(name, withSearchAndCycle(withNames(columns, aliases), item));
    const step = queries.columns({ SelectStmt: select.rarg }, scope, ctes);
    if (step?.length !== columns.length) return undefined;
    const before: readonly Column[] = columns;
    columns = before.map((column, index) => {
      const other = step[index]?.origin;
      return { name: column.name, origin: other === undefined ? column.origin : either([column.origin, other]) };
    });
    const stable = columns.every((column, index) => {
      const earlier = before[index]?.origin;
      return earlier !== undefined && sameOrigin(column.origin, earlier);
    });
    if (stable) return columns;
  }
  return undefined;
}

/** SEARCH and CYCLE add columns at the end: an order, a mark, and the path walked. */
function withSearchAndCycle(columns: readonly Column[], item: Body): readonly Column[] {
  const search = item['search_clause'];
  const cycle = item['cycle_clause'];
  const all = derived(columns.map((column) => column.origin));
  const added: Column[] = [];
  if (isBody(search)) added.push({ name: textOf(search['search_seq_column']), origin: all });
  if (isBody(cycle)) {
    added.push({ name: textOf(cycle['cycle_mark_column']), origin: NOTHING });
    added.push({ name: textOf(cycle['cycle_path_column']), origin: all });
  }
  return added.length === 0 ? columns : [...columns, ...added];
}

import { figureName } from './lineage/figure-name.ts';
import { as, isBody, listOf, namesOf, tagOf } from './nodes.ts';

/** The names of the common table expressions in sight, innermost first. */
export interface CteNames {
  readonly names: ReadonlyMap<string, ColumnNames | undefined>;
  readonly outer: CteNames | undefined;
}

/** The column names of a relation, where the text or the catalogue tells all of them. */
export type ColumnNames = ReadonlySet<string>;

export function findCte(name: string, ctes: CteNames | undefined): CteNames | undefined {
  for (let scope = ctes; scope !== undefined; scope = scope.outer) if (scope.names.has(name)) return scope;
  return undefined;
}

/** The names of a query's columns after an alias list; undefined where a `*` or something else hides them. */
export function columnNames(alias: unknown, query: unknown): ColumnNames | undefined {
  const targets = listOf(as(query, 'SelectStmt')?.targetList);
  if (targets.length === 0) return undefined;
  const renamed = isBody(alias) ? namesOf(alias['colnames'] ?? alias['aliascolnames']) : [];
  const names = new Set<string>();
  for (const [index, item] of targets.entries()) {
    const target = as(item, 'ResTarget');
    if (tagOf(as(target?.val, 'ColumnRef')?.fields?.at(-1)) === 'A_Star') return undefined;
    if (tagOf(as(target?.val, 'A_Indirection')?.indirection?.at(-1)) === 'A_Star') return undefined;
    names.add(
      renamed[index] ?? (target?.name === undefined || target.name === '' ? figureName(target?.val) : target.name),
    );
  }
  return names;
}

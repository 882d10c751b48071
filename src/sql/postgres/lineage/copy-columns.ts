import { type CatalogueRelation, resolveRelation } from '../catalogue.ts';
import { type Body, isBody, namesOf, textOf } from '../nodes.ts';
import { namedRelation } from './from.ts';
import { type Column, UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { itemOf, type Relation } from './scope.ts';

/** The columns that COPY … TO sends, in order; undefined where their number is not known. */
export function copiedOut(body: Body, queries: Queries): readonly Column[] | undefined {
  if (isBody(body['query'])) return queries.columns(body['query'], undefined, undefined);
  const relation = body['relation'];
  return isBody(relation)
    ? tableColumns(body, namedRelation(relation, queries, undefined), find(relation, queries))
    : undefined;
}

/** COPY … FROM writes the columns that it lists, or all; its WHERE sees what was sent. */
export function readCopyIn(body: Body, queries: Queries): undefined {
  const relation = body['relation'];
  if (!isBody(relation)) return undefined;
  const target = namedRelation(relation, queries, undefined);
  const found = find(relation, queries);
  const columns = tableColumns(body, target, found);
  if (columns === undefined) queries.uses.lost();
  const schema = found?.schema ?? textOf(relation['schemaname']);
  for (const { name } of columns ?? []) {
    queries.uses.write({ schema, table: textOf(relation['relname']), column: name });
  }
  if (body['whereClause'] !== undefined) {
    const scope = { items: [itemOf(target)], special: [], outer: undefined };
    queries.uses.filter(queries.expressions.origin(body['whereClause'], scope, undefined));
  }
  return undefined;
}

/** Those of the list, in its order; without one all but generated columns. */
function tableColumns(
  body: Body,
  relation: Relation,
  found: CatalogueRelation | undefined,
): readonly Column[] | undefined {
  const names = namesOf(body['attlist']);
  if (names.length > 0) {
    return names.map((name) => {
      const column = relation.columns.find((one) => one.name === name);
      return { name, origin: column?.origin ?? relation.open?.(name) ?? UNKNOWN };
    });
  }
  if (!relation.complete) return undefined;
  const generated = new Set(found?.columns.filter((column) => column.generated === true).map((column) => column.name));
  return relation.columns.filter((column) => !generated.has(column.name));
}

function find(relation: Body, { catalogue }: Queries): CatalogueRelation | undefined {
  if (catalogue === undefined) return undefined;
  return resolveRelation(catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
}

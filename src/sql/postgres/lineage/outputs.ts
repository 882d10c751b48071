import type { OutputColumn } from '../../../model/request.ts';
import { type Catalogue, resolveRelation } from '../catalogue.ts';
import { type Body, bodyOf, isBody, tagOf, textOf } from '../nodes.ts';
import { namedRelation } from './from.ts';
import { namedColumns } from './modification.ts';
import { type Column, NOTHING, outputOf } from './origin.ts';
import { Queries } from './queries.ts';

/**
 * The result columns of a statement and what their values derive from; undefined where it returns none, or where their
 * number is not known. For EXECUTE and FETCH, hand in the query that they name.
 */
export function outputsOf(node: Body, catalogue: Catalogue | undefined): readonly OutputColumn[] | undefined {
  return columnsOf(node, new Queries(catalogue))?.map(outputOf);
}

function columnsOf(node: Body, queries: Queries): readonly Column[] | undefined {
  const tag = tagOf(node) ?? '';
  const body = bodyOf(node, tag);
  switch (tag) {
    case 'SelectStmt':
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return queries.columns(node, undefined, undefined);
    case 'CopyStmt':
      return copyColumns(body, queries);
    case 'ExplainStmt':
      return [{ name: 'QUERY PLAN', origin: NOTHING }];
    case 'VariableShowStmt':
      return shown(textOf(body['name']));
    default:
      return undefined;
  }
}

function shown(name: string): readonly Column[] {
  const names = name === 'all' ? ['name', 'setting', 'description'] : [name];
  return names.map((one) => ({ name: one, origin: NOTHING }));
}

/** COPY of a table leaves out generated columns unless they are named. */
function copyColumns(body: Body, queries: Queries): readonly Column[] | undefined {
  if (body['is_from'] === true) return undefined;
  if (isBody(body['query'])) return queries.columns(body['query'], undefined, undefined);
  const relation = body['relation'];
  if (!isBody(relation)) return undefined;
  const named = namedRelation(relation, queries, undefined);
  const columns = namedColumns(named, body['attlist']);
  if (columns === undefined || body['attlist'] !== undefined || queries.catalogue === undefined) return columns;
  const found = resolveRelation(queries.catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
  const generated = new Set(found?.columns.filter((column) => column.generated === true).map((column) => column.name));
  return columns.filter((column) => !generated.has(column.name));
}

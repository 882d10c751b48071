import { type Body, isBody, namesOf, tagOf, textOf } from '../nodes.ts';
import { UNKNOWN } from './origin.ts';
import type { Queries } from './queries.ts';
import { withNames } from './with.ts';

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW and SELECT INTO: the query's columns become stored ones. */
export function readStored(body: Body, query: unknown, queries: Queries): undefined {
  const into = isBody(body['into']) ? body['into'] : {};
  const relation = isBody(into['rel']) ? into['rel'] : {};
  const readable = tagOf(query) !== 'ExecuteStmt';
  const columns = readable ? queries.columns(query, undefined, undefined) : undefined;
  const table = { schema: textOf(relation['schemaname']), table: textOf(relation['relname']) };
  const temporary = relation['relpersistence'] === 't' || table.schema.startsWith('pg_temp');
  if (columns === undefined) {
    queries.uses.lost();
    queries.uses.copy({ ...table, column: '*' }, UNKNOWN, temporary);
    return undefined;
  }
  for (const { name, origin } of withNames(columns, namesOf(into['colNames']))) {
    queries.uses.write({ ...table, column: name });
    queries.uses.copy({ ...table, column: name }, origin, temporary);
  }
  return undefined;
}

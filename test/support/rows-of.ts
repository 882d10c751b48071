import type { Client } from 'pg';
import type { CatalogueQuery } from '../../src/protocols/postgres/catalogue.ts';

/** Runs a query by node-postgres and gives its rows as text; of several statements in one, those of all of them. */
export function rowsOf(client: Client): CatalogueQuery {
  return async (sql) => {
    const answers = [await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })].flat();
    return answers.flatMap(({ rows }) => rows);
  };
}

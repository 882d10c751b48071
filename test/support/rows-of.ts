import type { Client } from 'pg';
import type { CatalogueQuery } from '../../src/protocols/postgres/catalogue.ts';

/** Runs statements as one query by node-postgres, and gives the rows of all of them as text. */
export function rowsOf(client: Client): CatalogueQuery {
  return async (statements) => {
    const answers = [await client.query<(string | null)[]>({ text: statements.join(';\n'), rowMode: 'array' })].flat();
    return answers.flatMap(({ rows }) => rows);
  };
}

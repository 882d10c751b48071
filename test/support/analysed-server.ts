import { Client } from 'pg';
import { loadCatalogue } from '../../src/protocols/postgres/catalogue.ts';
import type { Catalogue } from '../../src/sql/postgres/catalogue.ts';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import type { PostgresVersion } from './postgres-installation.ts';
import { startPostgres } from './postgres-server.ts';
import { rowsOf } from './rows-of.ts';

export interface AnalysedServer extends AsyncDisposable {
  readonly client: Client;
  readonly catalogue: Catalogue;
}

/** A server with a schema, a client in it, and what the analysis of statements knows of it. */
export async function analysedServer(version: PostgresVersion, sql: string): Promise<AnalysedServer> {
  await using parts = new AsyncDisposableStack();
  await loadPostgresParser();
  const server = parts.adopt(await startPostgres({ version, sql }), (one) => one.stop());
  const client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
  await client.connect();
  parts.defer(() => client.end());
  const catalogue = await loadCatalogue(rowsOf(client));
  const opened = parts.move();
  return { client, catalogue, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

import { Client } from 'pg';
import { Secret } from '../../src/model/secret.ts';
import { openStore, type StoreOptions } from '../../src/store/store.ts';
import type { PostgresVersion } from './postgres-installation.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

/**
 * Databases of one server for tests of the store. To make and migrate one costs more than most tests that use it, so
 * the first is copied, and one that a test is done with is emptied and handed out again.
 */
export interface StoreDatabases {
  /** A migrated store without a row. */
  empty(): Promise<StoreOptions>;
  /** A database without a table. */
  bare(): Promise<StoreOptions>;
  /** Every empty store that was handed out may be handed out again. */
  handBack(): void;
  stop(): Promise<void>;
}

const TEMPLATE = 'store_template';

export async function startStoreDatabases(version: PostgresVersion): Promise<StoreDatabases> {
  const server = await startPostgres({ version, auth: 'trust' });
  const urlOf = (name: string) => server.url.replace(/postgres$/, name);
  const placeOf = (name: string): StoreOptions => ({ databaseUrl: new Secret(urlOf(name)), file: '' });
  let made = 0;
  const create = async (name: string, template?: string) => {
    await server.query(`create database ${name} ${template === undefined ? '' : `template ${template}`}`);
    return name;
  };
  const template = await openStore(placeOf(await create(TEMPLATE)));
  await template[Symbol.asyncDispose]();
  const wiping = await wipingOf(server, TEMPLATE);
  const used: string[] = [];
  const lent: string[] = [];
  const empty = async () => {
    for (let name = used.pop(); name !== undefined; name = used.pop()) {
      if (await wipe(urlOf(name), wiping)) return lend(name);
    }
    return lend(await create(`store_${++made}`, TEMPLATE));
  };
  const lend = (name: string) => {
    lent.push(name);
    return placeOf(name);
  };
  return {
    empty,
    bare: async () => placeOf(await create(`bare_${++made}`)),
    handBack: () => void used.push(...lent.splice(0)),
    stop: () => server.stop(),
  };
}

/** Statements that empty each table, in any order: foreign keys are not looked at meanwhile. */
async function wipingOf(server: PostgresServer, database: string): Promise<string> {
  await using client = await connect(server.url.replace(/postgres$/, database));
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename not like 'chaperone_migrations%'`,
  );
  return ['set session_replication_role = replica', ...rows.map(({ name }) => `delete from ${name}`)].join(';');
}

/** False where somebody is still connected, who could write to it: that one is left alone. */
async function wipe(url: string, statements: string): Promise<boolean> {
  await using client = await connect(url);
  const { rows } = await client.query<{ others: string }>(
    'select count(*) as others from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  if (rows[0]?.others !== '0') return false;
  await client.query(statements);
  return true;
}

async function connect(connectionString: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

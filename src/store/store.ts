import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Pool } from 'pg';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import type { Secret } from '../model/secret.ts';
import { type ChangeFeed, postgresChanges, sqliteChanges, type Topic } from './changes.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Schema } from './schema.ts';
import { openSqlite, sqliteDialect } from './sqlite-dialect.ts';

/**
 * The control plane's state: a SQLite file of one process or of several on one machine, or a PostgreSQL that any number
 * of gateways share. Every failure of the database itself is a `Fault` of code `store-unavailable`; what a transaction
 * throws (a `Refused`, another `Fault`) rolls it back and comes out as it is.
 */
export interface Store extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  read<Result>(query: (db: Kysely<Schema>) => Promise<Result>): Promise<Result>;
  /** One transaction. `changes` names the topics whose watchers, here and in other processes, should look again. */
  write<Result>(transaction: (db: Transaction<Schema>) => Promise<Result>, changes?: readonly Topic[]): Promise<Result>;
  /**
   * Empties the embedded file's write-ahead log, which still holds what was deleted; as far as nobody reads from it at that
   * moment. PostgreSQL does this by itself when it vacuums.
   */
  forgetDeleted(): Promise<void>;
  /** Calls back after each committed change of the topic, and when some may have been missed. Returns how to stop. */
  watch(topic: Topic, listener: () => void): () => void;
}

export interface StoreOptions {
  /** `postgres://…`; the embedded file is used where this is absent. */
  readonly databaseUrl?: Secret;
  /** Path of the SQLite file. */
  readonly file: string;
}

/** Opens the store and brings its schema to the newest number. A store that is newer than this program is refused. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = options.databaseUrl === undefined ? openFile(options.file) : openServer(options.databaseUrl);
  try {
    await guard(() => migrate(store.db));
    await guard(() => store.changes.start());
    return store;
  } catch (cause) {
    await store[Symbol.asyncDispose]();
    throw cause;
  }
}

class OpenStore implements Store {
  readonly kind: 'sqlite' | 'postgres';
  readonly db: Kysely<Schema>;
  readonly changes: ChangeFeed;

  constructor(kind: 'sqlite' | 'postgres', db: Kysely<Schema>, changes: ChangeFeed) {
    this.kind = kind;
    this.db = db;
    this.changes = changes;
  }

  read<Result>(query: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    return guard(() => query(this.db));
  }

  async write<Result>(
    transaction: (db: Transaction<Schema>) => Promise<Result>,
    changes: readonly Topic[] = [],
  ): Promise<Result> {
    const result = await guard(() =>
      this.db.transaction().execute(async (trx) => {
        const made = await transaction(trx);
        for (const topic of changes) await this.changes.record(trx, topic);
        return made;
      }),
    );
    for (const topic of changes) this.changes.announce(topic);
    return result;
  }

  async forgetDeleted(): Promise<void> {
    if (this.kind !== 'sqlite') return;
    await guard(() => this.db.executeQuery(CompiledQuery.raw('pragma wal_checkpoint(truncate)')));
  }

  watch(topic: Topic, listener: () => void): () => void {
    return this.changes.watch(topic, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.changes.stop();
    await this.db.destroy();
  }
}

function openFile(file: string): OpenStore {
  try {
    const database = openSqlite(file);
    const db = new Kysely<Schema>({ dialect: sqliteDialect(database) });
    return new OpenStore('sqlite', db, sqliteChanges(db, database));
  } catch (cause) {
    throw new Fault('store-unavailable', `the store ${file} cannot be opened`, { cause });
  }
}

function openServer(url: Secret): OpenStore {
  const pool = new Pool({
    connectionString: url.reveal(),
    max: LIMITS.storeConnections,
    connectionTimeoutMillis: LIMITS.storeConnectMs,
    statement_timeout: LIMITS.storeStatementMs,
    application_name: 'chaperone',
  });
  // The pool has dropped the idle connection that failed by the time it says so; the next query opens another.
  pool.on('error', () => undefined);
  // One that fails in use rejects its query, and says so once more itself: unheard, that would end the whole process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return new OpenStore('postgres', db, postgresChanges(db, url));
}

async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
    migrationTableName: 'chaperone_migrations',
    migrationLockTableName: 'chaperone_migrations_lock',
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Fault('store-unavailable', 'the store cannot be migrated', { cause: error });
}

async function guard<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof Refused || cause instanceof Fault) throw cause;
    throw new Fault('store-unavailable', 'the store did not answer as it should', { cause });
  }
}

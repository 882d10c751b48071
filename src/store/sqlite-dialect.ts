import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';
import { LIMITS } from '../model/limits.ts';

/**
 * Opens the embedded database: write-ahead log, synced at every commit, foreign keys checked, deleted content overwritten
 * with zeros. Another process may have the file open too; a writer waits for the other one `storeBusyMs` at most.
 */
export function openSqlite(file: string): DatabaseSync {
  // SQLite gives its side files the mode of the file itself, and would make that readable by all.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: LIMITS.storeBusyMs, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off');
  database.exec('pragma secure_delete = on');
  return database;
}

/** kysely's SQLite dialect over `node:sqlite`. One connection, so kysely queues the transactions of this process. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new ImmediateSqliteDriver({ database: adapt(database) }),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite rolls back DDL like anything else; kysely needs to know, for two processes may migrate one file at once. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Takes the write lock at the start: a transaction that read first would lose its snapshot to another writer. */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

function adapt(database: DatabaseSync) {
  return {
    close: () => database.close(),
    prepare(sql: string): SqliteStatement {
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(bindable)).map(plain),
        run: (parameters) => statement.run(...parameters.map(bindable)),
        iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
      };
    },
  };
}

/** node:sqlite's rows have no prototype; those of pg do. */
function plain(row: object): object {
  return Object.assign({}, row);
}

/** The schema holds text and integers only, so that both stores mean the same by a value. */
function bindable(value: unknown): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`the store holds text and integers, not ${typeof value}`);
}

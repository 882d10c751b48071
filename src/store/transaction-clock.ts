import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

/** The store's own time, ms since 1970, as a transaction finds it: one clock for all gateways that share it. */
export type TransactionClock = (db: Db) => Promise<number>;

export function transactionClock({ kind }: Pick<Store, 'kind'>): TransactionClock {
  const now =
    kind === 'postgres'
      ? sql<{ readonly now: string }>`select floor(extract(epoch from clock_timestamp()) * 1000) as now`
      : sql<{ readonly now: number }>`select cast(unixepoch('subsec') * 1000 as integer) as now`;
  return async (db) => Number((await now.execute(db)).rows[0]?.now);
}

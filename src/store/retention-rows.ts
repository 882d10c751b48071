import type { Selectable } from 'kysely';
import type { RetentionSweepsTable } from './retention-tables.ts';
import type { Store } from './store.ts';

export type RetentionSweepRow = Selectable<RetentionSweepsTable>;

/** The rules as their loader made them. */
export async function readRetentionRules<Rule>(store: Store): Promise<readonly Rule[]> {
  const rows = await store.read((db) => db.selectFrom('retention_rules').selectAll().orderBy('name').execute());
  return rows.map(({ declaration }) => JSON.parse(declaration) as Rule);
}

/** Newest first. */
export function listSweeps(store: Store, limit: number): Promise<readonly RetentionSweepRow[]> {
  return store.read((db) => db.selectFrom('retention_sweeps').selectAll().orderBy('id', 'desc').limit(limit).execute());
}

/** Files that a sweep was made, and forgets those before a time. */
export async function insertSweep(store: Store, row: RetentionSweepRow, forgetBefore: string): Promise<void> {
  await store.write(async (trx) => {
    await trx.insertInto('retention_sweeps').values(row).execute();
    await trx.deleteFrom('retention_sweeps').where('at', '<', forgetBefore).execute();
  });
}

import type { Selectable } from 'kysely';
import type { HoldsTable } from './retention-tables.ts';
import type { Db, StoreTransaction } from './schema.ts';
import type { Store } from './store.ts';

export type HoldRow = Selectable<HoldsTable>;

export async function insertHold(trx: StoreTransaction, row: HoldRow): Promise<void> {
  await trx.insertInto('holds').values(row).execute();
}

/** Those that were not lifted, oldest first. */
export function activeHolds(db: Db): Promise<readonly HoldRow[]> {
  return db.selectFrom('holds').selectAll().where('lifted_at', 'is', null).orderBy('id').execute();
}

/** Newest first; lifted ones too where they are asked for. */
export function listHolds(
  store: Store,
  { lifted, limit }: { readonly lifted: boolean; readonly limit: number },
): Promise<readonly HoldRow[]> {
  return store.read((db) => {
    const query = db.selectFrom('holds').selectAll().orderBy('id', 'desc').limit(limit);
    return (lifted ? query : query.where('lifted_at', 'is', null)).execute();
  });
}

/** Lifts a hold, once; undefined where there is none of this id that was not lifted. */
export async function liftHold(
  trx: StoreTransaction,
  id: string,
  lifted: { readonly by: string; readonly at: string; readonly because: string },
): Promise<HoldRow | undefined> {
  const rows = await trx
    .updateTable('holds')
    .set({ lifted_by: lifted.by, lifted_at: lifted.at, lifted_because: lifted.because })
    .where('id', '=', id)
    .where('lifted_at', 'is', null)
    .returningAll()
    .execute();
  return rows[0];
}

import type { Selectable } from 'kysely';
import type { ErasurePartsTable, ErasuresTable } from './retention-tables.ts';
import type { StoreTransaction } from './schema.ts';
import type { Store } from './store.ts';

export type ErasureRow = Selectable<ErasuresTable>;
export type ErasurePartRow = Selectable<ErasurePartsTable>;

/**
 * Keeps others who place holds or order erasures out until the transaction ends: of a hold and an erasure that race,
 * one sees the other.
 */
export async function lockRetention(trx: StoreTransaction): Promise<void> {
  await trx
    .insertInto('versions')
    .values({ topic: LOCK, version: 0 })
    .onConflict((conflict) => conflict.column('topic').doNothing())
    .execute();
  await trx.updateTable('versions').set({ version: 0 }).where('topic', '=', LOCK).execute();
}

const LOCK = 'retention-lock';

/** False where the run has one already. */
export async function insertErasure(trx: StoreTransaction, row: ErasureRow): Promise<boolean> {
  const made = await trx
    .insertInto('erasures')
    .values(row)
    .onConflict((conflict) => conflict.column('run_id').doNothing())
    .returning('id')
    .execute();
  return made.length > 0;
}

export function erasureOfRun(store: Store, run: string): Promise<ErasureRow | undefined> {
  return store.read((db) => db.selectFrom('erasures').selectAll().where('run_id', '=', run).executeTakeFirst());
}

export async function erasuresOfRuns(store: Store, runs: readonly string[]): Promise<ReadonlyMap<string, ErasureRow>> {
  if (runs.length === 0) return new Map();
  const rows = await store.read((db) => db.selectFrom('erasures').selectAll().where('run_id', 'in', runs).execute());
  return new Map(rows.map((row) => [row.run_id, row]));
}

export interface ErasureFilter {
  readonly state?: ErasureRow['state'];
  /** Erasures with a smaller id, which are older ones. */
  readonly before?: string;
  readonly limit: number;
}

/** Newest first. */
export function listErasures(store: Store, { state, before, limit }: ErasureFilter): Promise<readonly ErasureRow[]> {
  return store.read((db) => {
    let query = db.selectFrom('erasures').selectAll().orderBy('id', 'desc').limit(limit);
    if (state !== undefined) query = query.where('state', '=', state);
    if (before !== undefined) query = query.where('id', '<', before);
    return query.execute();
  });
}

/** Erasures that this gateway has to do, oldest first: of runs that it served, and of runs that none did. */
export function erasuresToDo(store: Store, gateway: string, limit: number): Promise<readonly ErasureRow[]> {
  return store.read((db) =>
    db
      .selectFrom('erasures')
      .selectAll()
      .where('state', '=', 'ordered')
      .where((of) => {
        const served = of
          .selectFrom('sessions')
          .select('sessions.id')
          .whereRef('sessions.run_id', '=', 'erasures.run_id')
          .where('sessions.gateway', 'is not', null);
        return of.or([of.exists(served.where('sessions.gateway', '=', gateway)), of.not(of.exists(served))]);
      })
      .where((of) =>
        of.not(
          of.exists(
            of
              .selectFrom('erasure_parts')
              .select('erasure')
              .whereRef('erasure_parts.erasure', '=', 'erasures.id')
              .where('erasure_parts.gateway', '=', gateway)
              .where('erasure_parts.state', '<>', 'erasing'),
          ),
        ),
      )
      .orderBy('id')
      .limit(limit)
      .execute(),
  );
}

/** Sets what one gateway did of an erasure. */
export async function setPart(trx: StoreTransaction, part: ErasurePartRow): Promise<void> {
  await trx
    .insertInto('erasure_parts')
    .values(part)
    .onConflict((conflict) => conflict.columns(['erasure', 'gateway']).doUpdateSet({ state: part.state, at: part.at }))
    .execute();
}

export async function dropPart(trx: StoreTransaction, erasure: string, gateway: string): Promise<void> {
  await trx.deleteFrom('erasure_parts').where('erasure', '=', erasure).where('gateway', '=', gateway).execute();
}

export function partsOf(store: Store, erasures: readonly string[]): Promise<readonly ErasurePartRow[]> {
  if (erasures.length === 0) return Promise.resolve([]);
  return store.read((db) =>
    db.selectFrom('erasure_parts').selectAll().where('erasure', 'in', erasures).orderBy('gateway').execute(),
  );
}

/** The gateways that served sessions of runs, by run. */
export async function gatewaysOfRuns(
  db: Pick<StoreTransaction, 'selectFrom'>,
  runs: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (runs.length === 0) return new Map();
  const rows = await db
    .selectFrom('sessions')
    .select(['run_id', 'gateway'])
    .distinct()
    .where('run_id', 'in', runs)
    .where('gateway', 'is not', null)
    .$narrowType<{ gateway: string }>()
    .orderBy('gateway')
    .execute();
  const byRun = Map.groupBy(rows, ({ run_id }) => run_id);
  return new Map([...byRun].map(([run, found]) => [run, found.map(({ gateway }) => gateway)]));
}

import type { Store } from './store.ts';

/** The newest checkpoint that was kept of a log; undefined where none was. */
export async function findCheckpoint(store: Store, origin: string): Promise<string | undefined> {
  const row = await store.read((db) =>
    db.selectFrom('log_checkpoints').select('checkpoint').where('origin', '=', origin).executeTakeFirst(),
  );
  return row?.checkpoint;
}

/** Keeps a checkpoint of a log, unless a newer one is kept: what is here never gets older. */
export async function keepCheckpoint(
  store: Store,
  kept: { readonly origin: string; readonly size: number; readonly checkpoint: string; readonly now: string },
): Promise<void> {
  const { origin, size, checkpoint, now } = kept;
  await store.write((db) =>
    db
      .insertInto('log_checkpoints')
      .values({ origin, size, checkpoint, kept_at: now })
      .onConflict((conflict) =>
        conflict
          .column('origin')
          .doUpdateSet({ size, checkpoint, kept_at: now })
          .where('log_checkpoints.size', '<=', size),
      )
      .execute(),
  );
}

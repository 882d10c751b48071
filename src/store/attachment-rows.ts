import { type Kysely, sql } from 'kysely';
import type { Store } from './store.ts';

/** A run whose wrapper is, or was, attached to a gateway. */
export interface RunAttachmentsTable {
  run_id: string;
  /** The gateway that it was attached to last, by the name of its log. */
  gateway: string;
  /** Counts the attachments of the run: what an older connection's end says is of no interest. */
  epoch: number;
  seen_at: string;
  detached_at: string | null;
}

export async function attachmentsMigration(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('run_attachments')
    .addColumn('run_id', 'text', (column) => column.primaryKey().notNull().references('runs.id').onDelete('cascade'))
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'text', (column) => column.notNull())
    .addColumn('detached_at', 'text')
    .execute();
  await db.schema.createIndex('run_attachments_by_seen_at').on('run_attachments').column('seen_at').execute();
}

/** Notes an attachment, in place of any before it; its number. */
export function attachRun(
  store: Store,
  { run, gateway, now }: { readonly run: string; readonly gateway: string; readonly now: string },
): Promise<number> {
  return store.write(async (db) => {
    const { epoch } = await db
      .insertInto('run_attachments')
      .values({ run_id: run, gateway, epoch: 1, seen_at: now, detached_at: null })
      .onConflict((conflict) =>
        conflict
          .column('run_id')
          .doUpdateSet({ gateway, seen_at: now, detached_at: null, epoch: sql`run_attachments.epoch + 1` }),
      )
      .returning('epoch')
      .executeTakeFirstOrThrow();
    return epoch;
  });
}

/** Notes that this attachment broke; false where there is a newer one, or the run is over. */
export function detachRun(
  store: Store,
  { run, epoch, now }: { readonly run: string; readonly epoch: number; readonly now: string },
): Promise<boolean> {
  return store.write(async (db) => {
    const detached = await db
      .updateTable('run_attachments')
      .set({ detached_at: now })
      .where('run_id', '=', run)
      .where('epoch', '=', epoch)
      .where('run_id', 'in', db.selectFrom('runs').select('id').where('id', '=', run).where('closed_at', 'is', null))
      .returning('run_id')
      .execute();
    return detached.length > 0;
  });
}

/** Whether nothing came after this attachment since it broke. */
export function isDetached(
  store: Store,
  { run, epoch }: { readonly run: string; readonly epoch: number },
): Promise<boolean> {
  return store.read(async (db) => {
    const row = await db
      .selectFrom('run_attachments')
      .select('run_id')
      .where('run_id', '=', run)
      .where('epoch', '=', epoch)
      .where('detached_at', 'is not', null)
      .executeTakeFirst();
    return row !== undefined;
  });
}

/** Says of the runs that are attached to a gateway that they still are. */
export async function seeAttached(
  store: Store,
  { gateway, runs, now }: { readonly gateway: string; readonly runs: readonly string[]; readonly now: string },
): Promise<void> {
  if (runs.length === 0) return;
  await store.write(async (db) => {
    for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
      await db
        .updateTable('run_attachments')
        .set({ seen_at: now })
        .where('gateway', '=', gateway)
        .where('detached_at', 'is', null)
        .where('run_id', 'in', runs.slice(from, from + RUNS_AT_ONCE))
        .execute();
    }
  });
}

/** Parameters of one statement: SQLite takes 32,766. */
const RUNS_AT_ONCE = 500;

/** Open runs whose wrapper is gone; those that are closed are forgotten on the way. */
export function lostRuns(
  store: Store,
  { detachedBefore, seenBefore }: { readonly detachedBefore: string; readonly seenBefore: string },
): Promise<readonly string[]> {
  return store.write(async (db) => {
    const over = db.selectFrom('runs').select('id').where('closed_at', 'is not', null);
    await db.deleteFrom('run_attachments').where('run_id', 'in', over).execute();
    const lost = await db
      .selectFrom('run_attachments')
      .select('run_id')
      .where((where) =>
        where.or([
          where('detached_at', '<', detachedBefore),
          where.and([where('detached_at', 'is', null), where('seen_at', '<', seenBefore)]),
        ]),
      )
      .execute();
    return lost.map(({ run_id }) => run_id);
  });
}

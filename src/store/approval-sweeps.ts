import { sql } from 'kysely';
import { type ApprovalRow, changed, isOver, revokedGrantOf } from './approval-rows.ts';
import type { Store } from './store.ts';

/** Marks what was not answered in time, and what was approved and not used in time; how many those were. */
export async function expireApprovals(store: Store, now: string): Promise<number> {
  const due = await store.read(async (db) => {
    const late = db.selectFrom('approvals').select('id').where('state', '=', 'pending').where('expires_at', '<=', now);
    const stale = db
      .selectFrom('approvals')
      .select('id')
      .where('usable_until', '<=', now)
      .where('state', '=', 'approved')
      .where('used_at', 'is', null);
    return [...(await late.execute()), ...(await stale.execute())].map(({ id }) => id);
  });
  // Other processes hear of it where there is something to hear.
  if (due.length === 0) return 0;
  const expired = await store.write(
    (trx) =>
      trx
        .updateTable('approvals')
        .set({ state: 'expired', decided_at: sql<string>`coalesce(decided_at, ${now})`, ...changed(now) })
        .where('id', 'in', due)
        .where((of) => isOver(of, now))
        .returning('id')
        .execute(),
    ['approvals'],
  );
  return expired.length;
}

/** Withdraws what belongs to runs that ended or whose grant was revoked, approved and unused ones included. */
export async function cancelEndedRuns(store: Store, now: string): Promise<number> {
  const ended = await store.read(async (db) => {
    const open = db
      .selectFrom('approvals')
      .leftJoin('runs', 'runs.id', 'approvals.run_id')
      .select('approvals.id')
      .where((of) => of.or([of('runs.closed_at', 'is not', null), of.exists(revokedGrantOf(of))]));
    const waiting = await open.where('approvals.state', '=', 'pending').execute();
    // What was used, or is too old to be, needs no end; and by its time few are looked at, however many there were.
    const usable = open.where('approvals.usable_until', '>', now).where('approvals.state', '=', 'approved');
    return [...waiting, ...(await usable.where('approvals.used_at', 'is', null).execute())];
  });
  if (ended.length === 0) return 0;
  const ids = ended.map(({ id }) => id);
  const cancelled = await store.write(
    (trx) =>
      trx
        .updateTable('approvals')
        .set({ state: 'cancelled', reason: 'the run ended or its grant was revoked', decided_at: now, ...changed(now) })
        .where('id', 'in', ids)
        .where('state', 'in', ['pending', 'approved'])
        .where('used_at', 'is', null)
        .returning('id')
        .execute(),
    ['approvals'],
  );
  return cancelled.length;
}

/**
 * Withdraws what a life of this gateway before this one held, or what one process holds: nobody waits for it any more.
 * What was approved for it and not used may be used by the same request made again.
 */
export async function abandonHolds(
  store: Store,
  whose: { readonly gateway: string } | { readonly holder: string },
  why: string,
  now: string,
): Promise<void> {
  const [column, value] =
    'gateway' in whose ? (['gateway', whose.gateway] as const) : (['holder', whose.holder] as const);
  const held = await store.read((db) =>
    db
      .selectFrom('approvals')
      .select('id')
      .where(column, '=', value)
      .where('holder', 'is not', null)
      .limit(1)
      .executeTakeFirst(),
  );
  if (held === undefined) return;
  await store.write(
    async (trx) => {
      await trx
        .updateTable('approvals')
        .set({ state: 'cancelled', reason: why, decided_at: now, ...changed(now) })
        .where(column, '=', value)
        .where('holder', 'is not', null)
        .where('state', '=', 'pending')
        .execute();
      await trx.updateTable('approvals').set({ holder: null }).where(column, '=', value).execute();
    },
    ['approvals'],
  );
}

/** Forgets that one process held these: it has told those who waited. Nobody else needs to look again. */
export async function forgetHolds(store: Store, holder: string, ids: readonly ApprovalRow['id'][]): Promise<void> {
  if (ids.length === 0) return;
  await store.write((trx) =>
    trx.updateTable('approvals').set({ holder: null }).where('id', 'in', ids).where('holder', '=', holder).execute(),
  );
}

import { type ExpressionBuilder, type Selectable, sql, type Transaction } from 'kysely';
import type { ApprovalsTable, ApprovalVotesTable } from './approval-tables.ts';
import type { Db, Schema } from './schema.ts';
import type { Store } from './store.ts';

export type ApprovalRow = Selectable<ApprovalsTable>;
export type VoteRow = Selectable<ApprovalVotesTable>;

export interface Claiming extends Pick<ApprovalRow, 'session' | 'exchange' | 'gateway'> {
  readonly run: string;
  readonly digest: string;
  readonly holder: string;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Takes the approval of the same request that nobody holds: one that is approved, unused and not too old, or else one
 * that still waits. Of any number of holders that race for it, one gets it.
 */
export async function claimApproval(trx: Transaction<Schema>, claiming: Claiming): Promise<ApprovalRow | undefined> {
  const { run, digest, now, session, exchange, gateway, holder } = claiming;
  const open = await trx
    .selectFrom('approvals')
    .select(['id', 'state'])
    .where('digest', '=', digest)
    .where('run_id', '=', run)
    .where('holder', 'is', null)
    .where((of) => of.or([isUsable(of, now), of.and([of('state', '=', 'pending'), of('expires_at', '>', now)])]))
    .orderBy('state')
    .orderBy('id')
    .execute();
  for (const { id, state } of open) {
    const taken = await trx
      .updateTable('approvals')
      .set({ holder, session, exchange, gateway, ...changed(now) })
      .where('id', '=', id)
      .where('state', '=', state)
      .where('used_at', 'is', null)
      .where('holder', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (taken !== undefined) return taken;
  }
  return undefined;
}

export async function insertApproval(
  trx: Transaction<Schema>,
  row: ApprovalRow,
  groups: readonly string[],
): Promise<void> {
  await trx.insertInto('approvals').values(row).execute();
  const names = [...new Set(groups)].map((name) => ({ approval: row.id, name }));
  await trx.insertInto('approval_groups').values(names).execute();
}

export async function countPending(db: Db, run: string, now: string): Promise<number> {
  const { count } = await db
    .selectFrom('approvals')
    .select((of) => of.fn.countAll().as('count'))
    .where('run_id', '=', run)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The row, so that nobody else changes it before this transaction ends. SQLite's lock is taken at its beginning. */
export function lockApproval(
  trx: Transaction<Schema>,
  kind: Store['kind'],
  id: string,
): Promise<ApprovalRow | undefined> {
  const row = trx.selectFrom('approvals').selectAll().where('id', '=', id);
  return (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst();
}

export function findApproval(db: Db, id: string): Promise<ApprovalRow | undefined> {
  return db.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Whom an approval concerns, without what it is about: the obligations' JSON, and who answered. */
export async function findConcerned(
  db: Db,
  id: string,
): Promise<{ readonly obligations: string; readonly people: readonly string[] } | undefined> {
  const row = await db.selectFrom('approvals').select('obligations').where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const votes = await db.selectFrom('approval_votes').select('person').where('approval', '=', id).execute();
  return { obligations: row.obligations, people: votes.map(({ person }) => person) };
}

/** In the order in which they were given. */
export async function votesOf(db: Db, approvals: readonly string[]): Promise<readonly VoteRow[]> {
  if (approvals.length === 0) return [];
  const rows = db.selectFrom('approval_votes').selectAll().where('approval', 'in', approvals);
  return rows.orderBy('at').orderBy('person').execute();
}

/** False where the person answered before. */
export async function insertVote(trx: Transaction<Schema>, vote: VoteRow): Promise<boolean> {
  const inserted = await trx
    .insertInto('approval_votes')
    .values(vote)
    .onConflict((conflict) => conflict.columns(['approval', 'person']).doNothing())
    .returning('person')
    .execute();
  return inserted.length > 0;
}

/** Sets what became of a locked approval and counts the change. */
export async function settleApproval(
  trx: Transaction<Schema>,
  id: string,
  set: Partial<Pick<ApprovalRow, 'state' | 'decided_at' | 'usable_until' | 'used_at' | 'reason'>>,
  now: string,
): Promise<void> {
  await trx
    .updateTable('approvals')
    .set({ ...set, ...changed(now) })
    .where('id', '=', id)
    .execute();
}

export interface Redeeming {
  readonly id: string;
  readonly holder: string;
  readonly policy: string;
  readonly now: string;
}

/** Uses an approval up: true for one caller alone, while it is good, under the policies that asked, for a live grant. */
export function redeemApproval(store: Store, { id, holder, policy, now }: Redeeming): Promise<boolean> {
  return store.write(
    async (trx) => {
      const used = await trx
        .updateTable('approvals')
        .set({ used_at: now, holder: null, ...changed(now) })
        .where('id', '=', id)
        .where('holder', '=', holder)
        .where('policy', '=', policy)
        .where((of) => isUsable(of, now))
        .where((of) => of.not(of.exists(revokedGrantOf(of))))
        .returning('id')
        .execute();
      return used.length > 0;
    },
    ['approvals'],
  );
}

/** Withdraws a request that waits; one that is approved by now is let go of. False where it had ended before. */
export function withdrawApproval(
  store: Store,
  {
    id,
    holder,
    why,
    now,
  }: { readonly id: string; readonly holder: string; readonly why: string; readonly now: string },
): Promise<boolean> {
  return store.write(
    async (trx) => {
      const withdrawn = await trx
        .updateTable('approvals')
        .set({ state: 'cancelled', reason: why, decided_at: now, holder: null, ...changed(now) })
        .where('id', '=', id)
        .where('holder', '=', holder)
        .where('state', '=', 'pending')
        .returning('id')
        .execute();
      if (withdrawn.length === 0) await letGo(trx, holder, [id], now);
      return withdrawn.length > 0;
    },
    ['approvals'],
  );
}

/** Nobody waits for these here any more; whoever asks the same again may take them. */
export async function letGo(
  trx: Transaction<Schema>,
  holder: string,
  ids: readonly string[],
  now: string,
): Promise<void> {
  await trx
    .updateTable('approvals')
    .set({ holder: null, ...changed(now) })
    .where('id', 'in', ids)
    .where('holder', '=', holder)
    .execute();
}

const ENDED: { readonly [State in Exclude<ApprovalRow['state'], 'pending'>]: State } = {
  approved: 'approved',
  denied: 'denied',
  expired: 'expired',
  cancelled: 'cancelled',
};

/** What ended of all that one process holds: one query, that passes by those which wait, however many. */
export function endedHolds(db: Db, holder: string): Promise<readonly Pick<ApprovalRow, 'id' | 'state' | 'reason'>[]> {
  return db
    .selectFrom('approvals')
    .select(['id', 'state', 'reason'])
    .where('holder', '=', holder)
    .where('state', 'in', Object.values(ENDED))
    .execute();
}

type Where = ExpressionBuilder<Schema, 'approvals'>;

function isUsable(of: Where, now: string) {
  return of.and([of('state', '=', 'approved'), of('used_at', 'is', null), of('usable_until', '>', now)]);
}

/** Nobody answered in time, or nobody used in time what was approved. */
export function isOver(of: Where, now: string) {
  const isLate = of.and([of('state', '=', 'pending'), of('expires_at', '<=', now)]);
  const isUnused = of.and([of('state', '=', 'approved'), of('used_at', 'is', null)]);
  // A comparison with null is neither true nor false, and lists ask for NOT of this as well.
  return of.or([isLate, of.and([isUnused, of('usable_until', 'is not', null), of('usable_until', '<=', now)])]);
}

export function revokedGrantOf(of: Where) {
  return of
    .selectFrom('grants')
    .select('grants.id')
    .whereRef('grants.run_id', '=', 'approvals.run_id')
    .where('grants.revoked_at', 'is not', null);
}

/** What every change of a row carries. */
export function changed(now: string) {
  return { revision: sql<number>`revision + 1`, changed_at: now };
}

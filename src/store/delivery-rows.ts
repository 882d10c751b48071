import { type Selectable, sql } from 'kysely';
import type { Db, DeliveriesTable } from './schema.ts';
import type { Store } from './store.ts';

export type DeliveryRow = Selectable<DeliveriesTable>;

export interface NewDelivery {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  readonly approval: string;
  readonly step: string;
  /** RFC 3339; at once where absent. */
  readonly dueAt?: string;
}

/** Files a delivery, due at once unless it says when; false where this step of this approval was filed before, by whichever gateway. */
export async function insertDelivery(trx: Db, { dueAt, ...fresh }: NewDelivery, now: string): Promise<boolean> {
  const row = { ...fresh, state: 'waiting' as const, attempts: 0, next_at: dueAt ?? now, created_at: now };
  const inserted = await trx
    .insertInto('deliveries')
    .values({ ...row, is_open: fresh.step === FIRST_STEP ? 1 : 0 })
    .onConflict((conflict) => conflict.columns(['approval', 'channel', 'step']).doNothing())
    .returning('id')
    .execute();
  return inserted.length > 0;
}

/** What comes before every other step of an approval, and is delivered before it. */
export const FIRST_STEP = 'requested';

/** The outcome was filed: nothing more is to be said of this approval in this channel. */
export async function closeDeliveries(trx: Db, approval: string, channel: string): Promise<void> {
  await trx
    .updateTable('deliveries')
    .set({ is_open: 0 })
    .where('approval', '=', approval)
    .where('channel', '=', channel)
    .execute();
}

export interface Claim {
  readonly channel: string;
  readonly now: string;
  /** When another gateway may take it over. */
  readonly until: string;
  /** Of this one attempt. */
  readonly claim: string;
}

/**
 * Takes one delivery that is due, for one gateway alone, and counts an attempt. What follows the first step of an
 * approval waits for that one. Undefined where nothing is due.
 */
export function claimDelivery(store: Store, { channel, now, until, claim }: Claim): Promise<DeliveryRow | undefined> {
  return store.write(async (trx) => {
    const next = trx
      .selectFrom('deliveries as due')
      .select('due.id')
      .where('due.state', '=', 'waiting')
      .where('due.channel', '=', channel)
      .where('due.next_at', '<=', now)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('deliveries as first')
              .select('first.id')
              .whereRef('first.approval', '=', 'due.approval')
              .whereRef('first.channel', '=', 'due.channel')
              .whereRef('first.id', '<>', 'due.id')
              .where('first.step', '=', FIRST_STEP)
              .where('first.state', '=', 'waiting'),
          ),
        ),
      )
      .orderBy('due.next_at')
      .orderBy('due.id')
      .limit(1);
    // PostgreSQL lets several look at once: what another has in hand is passed over. SQLite has one writer anyway.
    const due = await (store.kind === 'postgres' ? next.forUpdate('due').skipLocked() : next).executeTakeFirst();
    if (due === undefined) return undefined;
    return trx
      .updateTable('deliveries')
      .set({ next_at: until, claimed_by: claim, attempts: sql<number>`attempts + 1` })
      .where('id', '=', due.id)
      .where('state', '=', 'waiting')
      .where('next_at', '<=', now)
      .returningAll()
      .executeTakeFirst();
  });
}

export interface AttemptEnd {
  readonly state: DeliveryRow['state'];
  readonly attempts: number;
  readonly next_at: string;
  readonly last_fault: string | null;
  readonly delivered_at: string | null;
  readonly external: string | null;
}

/** Writes how an attempt ended; false where the attempt was taken over by another meanwhile. */
export function finishDelivery(store: Store, id: string, claim: string, end: AttemptEnd): Promise<boolean> {
  return store.write(async (trx) => {
    const finished = await trx
      .updateTable('deliveries')
      .set({ ...end, claimed_by: null })
      .where('id', '=', id)
      .where('claimed_by', '=', claim)
      .returning('id')
      .execute();
    return finished.length > 0;
  });
}

/** Takes away one that was claimed and of which nothing had to be told. */
export async function dropDelivery(store: Store, id: string, claim: string): Promise<void> {
  await store.write((trx) =>
    trx.deleteFrom('deliveries').where('id', '=', id).where('claimed_by', '=', claim).execute(),
  );
}

/** Puts a dead delivery back, with all its attempts before it; false where there is no such dead one. */
export function retryDelivery(store: Store, id: string, now: string): Promise<boolean> {
  return store.write(
    async (trx) => {
      const revived = await trx
        .updateTable('deliveries')
        .set({ state: 'waiting', attempts: 0, next_at: now, claimed_by: null })
        .where('id', '=', id)
        .where('state', '=', 'dead')
        .returning('id')
        .execute();
      return revived.length > 0;
    },
    ['deliveries'],
  );
}

/** Gives up what waits for channels that are not declared any more. Returns how many there were. */
export function abandonDeliveries(store: Store, channels: readonly string[], fault: string): Promise<number> {
  return store.write(async (trx) => {
    let query = trx.updateTable('deliveries').set({ state: 'dead', last_fault: fault }).where('state', '=', 'waiting');
    if (channels.length > 0) query = query.where('channel', 'not in', [...channels]);
    return (await query.returning('id').execute()).length;
  });
}

/** Forgets what was filed before a time and waits no more. */
export async function forgetDeliveries(store: Store, before: string): Promise<void> {
  await store.write((db) =>
    db
      .deleteFrom('deliveries')
      .where('created_at', '<', before)
      .where('state', '<>', 'waiting')
      .where('is_open', '=', 0)
      .execute(),
  );
}

export function findDelivery(store: Store, id: string): Promise<DeliveryRow | undefined> {
  return store.read((db) => db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst());
}

/** The delivery of one step; the first one holds what the channel calls its message. */
export function findStep(
  store: Store,
  of: { readonly approval: string; readonly channel: string; readonly step: string },
): Promise<DeliveryRow | undefined> {
  return store.read((db) =>
    db
      .selectFrom('deliveries')
      .selectAll()
      .where('approval', '=', of.approval)
      .where('channel', '=', of.channel)
      .where('step', '=', of.step)
      .executeTakeFirst(),
  );
}

export interface DeliveryFilter {
  readonly state?: DeliveryRow['state'] | undefined;
  readonly channel?: string | undefined;
  /** The last id of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listDeliveries(store: Store, filter: DeliveryFilter): Promise<readonly DeliveryRow[]> {
  return store.read((db) => {
    let query = db.selectFrom('deliveries').selectAll().orderBy('id', 'desc').limit(filter.limit);
    if (filter.state !== undefined) query = query.where('state', '=', filter.state);
    if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
    if (filter.before !== undefined) query = query.where('id', '<', filter.before);
    return query.execute();
  });
}

/** When the next delivery of a channel is due, RFC 3339; undefined where none waits. */
export async function nextDue(store: Store, channel: string): Promise<string | undefined> {
  const row = await store.read((db) =>
    db
      .selectFrom('deliveries')
      .select(({ fn }) => fn.min('next_at').as('at'))
      .where('state', '=', 'waiting')
      .where('channel', '=', channel)
      .executeTakeFirst(),
  );
  return row?.at ?? undefined;
}

export interface ChannelTotals {
  readonly waiting: number;
  readonly dead: number;
  readonly lastDeliveredAt?: string;
  /** Of the newest delivery that failed and was not delivered since. */
  readonly lastFault?: string;
  readonly lastFaultAt?: string;
}

export function channelTotals(store: Store, channel: string): Promise<ChannelTotals> {
  return store.read(async (db) => {
    const of = db.selectFrom('deliveries').where('channel', '=', channel);
    const counts = await of
      .select(({ fn }) => ['state', fn.countAll().as('count')])
      .groupBy('state')
      .execute();
    const count = (state: string) => Number(counts.find((row) => row.state === state)?.count ?? 0);
    const delivered = await of.select(({ fn }) => fn.max('delivered_at').as('at')).executeTakeFirst();
    const failed = await of
      .select(['last_fault', 'created_at'])
      .where('state', '<>', 'delivered')
      .where('last_fault', 'is not', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return {
      waiting: count('waiting'),
      dead: count('dead'),
      ...(delivered?.at && { lastDeliveredAt: delivered.at }),
      ...(failed?.last_fault && { lastFault: failed.last_fault, lastFaultAt: failed.created_at }),
    };
  });
}

/** True for the first caller with this digest, on whichever gateway; old ones are forgotten on the way. */
export function useSignature(store: Store, signature: { digest: string; expires_at: string }, now: string) {
  return store.write(async (trx): Promise<boolean> => {
    await trx.deleteFrom('seen_signatures').where('expires_at', '<', now).execute();
    const inserted = await trx
      .insertInto('seen_signatures')
      .values(signature)
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .returning('digest')
      .execute();
    return inserted.length > 0;
  });
}

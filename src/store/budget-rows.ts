import { type Expression, type SqlBool, sql } from 'kysely';
import { LIMITS } from '../model/limits.ts';
import type { Db, StoreTransaction } from './schema.ts';
import type { Store } from './store.ts';
import type { TransactionClock } from './transaction-clock.ts';

/** A counter, and what its rule allows now. */
export interface BudgetKey {
  readonly id: string;
  readonly rule: string;
  readonly measure: string;
  readonly per: 'run' | 'target';
  readonly scope: string;
  /** 0 without a window. */
  readonly withinMs: number;
  readonly most: number;
}

/** What was taken from a counter ahead of use: it counts as spent until it is given back. */
export interface BudgetLease {
  readonly amount: number;
  readonly slot: number;
  readonly epoch: number;
  /** How long it may be used: what is spent later must count later. Undefined without a window. */
  readonly usableMs?: number;
  /** Of the counter, with this lease. */
  readonly spent: number;
  readonly most: number;
}

/**
 * Leases `want` and, of what remains then, one part in `budgetLeaseParts`; less where less remains, down to nothing.
 * Together all leases never come to more than the counter allows.
 */
export function leaseBudget(store: Store, clock: TransactionClock, key: BudgetKey, want: number): Promise<BudgetLease> {
  return store.write(async (trx) => {
    const { epoch, slot, nowMs, spent, most } = await lockCounter(trx, clock, key);
    const left = Math.max(0, most - spent);
    const amount = left <= want ? left : want + Math.floor((left - want) / LIMITS.budgetLeaseParts);
    if (amount > 0) await addToSlot(trx, key.id, slot, { spent: amount, granted: 0 });
    const usable = key.withinMs === 0 ? {} : { usableMs: (slot + 1) * slotMs(key) - nowMs };
    return { amount, slot, epoch, ...usable, spent: spent + amount, most };
  });
}

/** Gives back what was leased and not spent; what was leased before a reset is gone. */
export async function returnBudget(store: Store, id: string, lease: BudgetLease, amount: number): Promise<void> {
  await store.write((trx) =>
    trx
      .updateTable('budget_slots')
      .set({ spent: sql<number>`spent - ${amount}` })
      .where('budget', '=', id)
      .where('slot', '=', lease.slot)
      .where((of) =>
        of.exists(of.selectFrom('budgets').select('id').where('id', '=', id).where('epoch', '=', lease.epoch)),
      )
      .execute(),
  );
}

/** Allows so much more, for as long as what is spent now counts. */
export async function grantBudget(
  store: Store,
  clock: TransactionClock,
  key: BudgetKey,
  amount: number,
): Promise<void> {
  await store.write(async (trx) => {
    const { slot } = await lockCounter(trx, clock, key);
    await addToSlot(trx, key.id, slot, { spent: 0, granted: amount });
  });
}

export interface TouchedTables {
  readonly fits: boolean;
  readonly spent: number;
  readonly most: number;
  readonly usableMs?: number;
}

/** Notes tables as met, all of them or none: `fits` is false where that would be more distinct ones than allowed. */
export function touchTables(
  store: Store,
  clock: TransactionClock,
  key: BudgetKey,
  names: readonly string[],
): Promise<TouchedTables> {
  return store.write(async (trx) => {
    const { slot, nowMs, most } = await lockCounter(trx, clock, key);
    const known = await trx
      .selectFrom('budget_tables')
      .select('name')
      .where('budget', '=', key.id)
      .where('slot', '>=', slot - (key.withinMs === 0 ? 0 : LIMITS.budgetSlots))
      .execute();
    const met = new Set(known.map(({ name }) => name));
    const spent = new Set([...met, ...names]).size;
    if (spent > Math.min(most, LIMITS.maxBudgetTables)) return { fits: false, spent: met.size, most };
    const rows = names.map((name) => ({ budget: key.id, name, slot }));
    if (rows.length > 0) {
      const insert = trx.insertInto('budget_tables').values(rows);
      await insert.onConflict((same) => same.columns(['budget', 'name']).doUpdateSet({ slot })).execute();
    }
    const usable = key.withinMs === 0 ? {} : { usableMs: (slot + 1) * slotMs(key) - nowMs };
    return { fits: true, spent, most, ...usable };
  });
}

/** Locks the counter against every other gateway, making it where it is new; what stands in its window now. */
async function lockCounter(trx: StoreTransaction, clock: TransactionClock, key: BudgetKey) {
  const { id, rule, measure, per, scope, withinMs, most } = key;
  const updated_at = new Date(await clock(trx)).toISOString();
  const { epoch } = await trx
    .insertInto('budgets')
    .values({ id, rule, measure, per, scope, within_ms: withinMs, most, epoch: 0, updated_at })
    .onConflict((same) => same.column('id').doUpdateSet({ most, updated_at }))
    .returning('epoch')
    .executeTakeFirstOrThrow();
  // Asked once the lock is held, so that of two gateways the later one never counts in an earlier slot.
  const nowMs = await clock(trx);
  const slot = withinMs === 0 ? 0 : Math.floor(nowMs / slotMs(key));
  const first = slot - (withinMs === 0 ? 0 : LIMITS.budgetSlots);
  const sums = await trx
    .selectFrom('budget_slots')
    .select((of) => [of.fn.sum('spent').as('spent'), of.fn.sum('granted').as('granted')])
    .where('budget', '=', id)
    .where('slot', '>=', first)
    .executeTakeFirstOrThrow();
  await trx.deleteFrom('budget_slots').where('budget', '=', id).where('slot', '<', first).execute();
  return { epoch, slot, nowMs, spent: Number(sums.spent ?? 0), most: most + Number(sums.granted ?? 0) };
}

function addToSlot(
  trx: StoreTransaction,
  budget: string,
  slot: number,
  { spent, granted }: { readonly spent: number; readonly granted: number },
) {
  return trx
    .insertInto('budget_slots')
    .values({ budget, slot, spent, granted })
    .onConflict((same) =>
      same.columns(['budget', 'slot']).doUpdateSet({
        spent: sql<number>`budget_slots.spent + ${spent}`,
        granted: sql<number>`budget_slots.granted + ${granted}`,
      }),
    )
    .execute();
}

/** A window is counted in slices of this length; whole ones, so that it is never counted shorter than it is. */
export function slotMs({ withinMs }: Pick<BudgetKey, 'withinMs'>): number {
  return Math.max(1, Math.ceil(withinMs / LIMITS.budgetSlots));
}

/** What a counter stands at, for people. */
export interface BudgetRow extends BudgetKey {
  readonly spent: number;
  readonly granted: number;
  readonly updatedAt: string;
}

export interface BudgetFilter {
  readonly run?: string;
  readonly target?: string;
  readonly limit: number;
}

/** The counters of a run, of a target, or all; those used last come first. */
export function listBudgets(
  store: Store,
  clock: TransactionClock,
  filter: BudgetFilter,
): Promise<readonly BudgetRow[]> {
  return store.read(async (db) => {
    const { run, target, limit } = filter;
    let query = db.selectFrom('budgets').selectAll().orderBy('updated_at', 'desc').orderBy('id').limit(limit);
    if (run !== undefined) query = query.where('per', '=', 'run').where('scope', '=', run);
    if (target !== undefined) query = query.where('per', '=', 'target').where('scope', '=', target);
    const rows = await query.execute();
    const nowMs = await clock(db);
    return Promise.all(
      rows.map(async ({ id, rule, measure, per, scope, within_ms, most, updated_at }) => {
        const key = { id, rule, measure, per, scope, withinMs: Number(within_ms), most: Number(most) };
        return { ...key, ...(await sumsOf(db, key, nowMs)), updatedAt: updated_at };
      }),
    );
  });
}

async function sumsOf(db: Db, key: BudgetKey, nowMs: number) {
  const first = key.withinMs === 0 ? 0 : Math.floor(nowMs / slotMs(key)) - LIMITS.budgetSlots;
  const sums = await db
    .selectFrom('budget_slots')
    .select((of) => [of.fn.sum('spent').as('spent'), of.fn.sum('granted').as('granted')])
    .where('budget', '=', key.id)
    .where('slot', '>=', first)
    .executeTakeFirstOrThrow();
  const tables = await db
    .selectFrom('budget_tables')
    .select((of) => of.fn.countAll().as('met'))
    .where('budget', '=', key.id)
    .where('slot', '>=', first)
    .executeTakeFirstOrThrow();
  const spent = key.measure === 'tables' ? Number(tables.met) : Number(sums.spent ?? 0);
  return { spent, granted: Number(sums.granted ?? 0) };
}

/** Begins a counter anew, here and in every gateway; false where there is none. */
export function resetBudget(store: Store, id: string): Promise<boolean> {
  return store.write(
    async (trx) => {
      const reset = await trx
        .updateTable('budgets')
        .set({ epoch: sql<number>`epoch + 1` })
        .where('id', '=', id)
        .returning('id')
        .execute();
      await trx.deleteFrom('budget_slots').where('budget', '=', id).execute();
      await trx.deleteFrom('budget_tables').where('budget', '=', id).execute();
      return reset.length > 0;
    },
    ['budgets'],
  );
}

/** Forgets counters that nothing can be held against any more: windows long over, runs long ended. */
export async function forgetBudgets(store: Store, clock: TransactionClock): Promise<number> {
  return store.write(async (trx) => {
    const before = new Date((await clock(trx)) - LIMITS.budgetsKeptMs - LIMITS.maxBudgetWindowMs).toISOString();
    const isOld: Expression<SqlBool> = sql<SqlBool>`updated_at < ${before}`;
    const forgotten = await trx.deleteFrom('budgets').where(isOld).returning('id').execute();
    return forgotten.length;
  });
}

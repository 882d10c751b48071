import { hash } from 'node:crypto';
import { mintId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { lockRetention } from '../store/erasure-rows.ts';
import { activeHolds, insertHold, liftHold, listHolds } from '../store/hold-rows.ts';
import { findKeptRun } from '../store/kept-runs.ts';
import type { StoreTransaction } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { holdOver } from './erasures.ts';
import { type Hold, type HoldScope, holdOf, isUnder } from './hold.ts';

/** What the log is told of a hold. */
export interface HoldNote {
  readonly kind: 'hold.placed' | 'hold.lifted';
  readonly detail: Readonly<Record<string, string>>;
}

export interface HoldsParts {
  readonly store: Store;
  /** In the log before it resolves. */
  readonly note: (note: HoldNote) => Promise<void>;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export type Placed =
  | { readonly kind: 'placed'; readonly hold: Hold; readonly tooLate: readonly string[] }
  | { readonly kind: 'too-many' };

/** Legal holds: what may not be erased, whoever asks and whatever a rule says. */
export class Holds {
  readonly #parts: HoldsParts;

  constructor(parts: HoldsParts) {
    this.#parts = parts;
  }

  /**
   * Places a hold; `tooLate` names runs of its scope whose erasure has begun or is done. It is in the log before it
   * counts, so one that the store then refuses is said there and never lifted.
   */
  async place(scope: HoldScope, reason: string, by: string): Promise<Placed> {
    const { store, note, nowMs, random } = this.#parts;
    const id = mintId('hld', nowMs(), random);
    const row = {
      id,
      run_id: scope.run ?? null,
      repository: scope.repository ?? null,
      target: scope.target ?? null,
      since: scope.since ?? null,
      until: scope.until ?? null,
      reason,
      placed_by: by,
      placed_at: new Date(nowMs()).toISOString(),
      lifted_by: null,
      lifted_at: null,
      lifted_because: null,
    };
    const active = await store.read((db) => activeHolds(db));
    if (active.length >= LIMITS.maxHolds) return { kind: 'too-many' };
    await note({ kind: 'hold.placed', detail: noteOf(id, scope, by) });
    const tooLate = await store.write(
      async (trx) => {
        await lockRetention(trx);
        await insertHold(trx, row);
        return stopErasures(trx, holdOf(row));
      },
      ['retention'],
    );
    return { kind: 'placed', hold: holdOf(row), tooLate };
  }

  /** Lifts a hold; erasures that waited for it are ordered. Undefined where there is none of this id in force. */
  async lift(id: string, because: string, by: string): Promise<Hold | undefined> {
    const { store, note, nowMs } = this.#parts;
    const active = await store.read((db) => activeHolds(db));
    if (!active.some((hold) => hold.id === id)) return undefined;
    await note({ kind: 'hold.lifted', detail: { hold: id, by } });
    return store.write(
      async (trx) => {
        await lockRetention(trx);
        const lifted = await liftHold(trx, id, { by, at: new Date(nowMs()).toISOString(), because });
        if (lifted !== undefined) await releaseErasures(trx);
        return lifted && holdOf(lifted);
      },
      ['retention'],
    );
  }

  /** Newest first. */
  async list(filter: { readonly lifted: boolean; readonly limit: number }): Promise<readonly Hold[]> {
    return (await listHolds(this.#parts.store, filter)).map(holdOf);
  }

  /** Those in force over a run. */
  over(run: string): Promise<readonly Hold[]> {
    return this.#parts.store.read(async (db) => {
      const found = await findKeptRun(db, run);
      if (found === undefined) return [];
      return (await activeHolds(db)).map(holdOf).filter((hold) => isUnder(hold, found));
    });
  }
}

/** Sets erasures that nobody has begun back to waiting; the runs for which it is too late. */
async function stopErasures(trx: StoreTransaction, hold: Hold): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('erasures')
    .leftJoin('erasure_parts', 'erasure_parts.erasure', 'erasures.id')
    .select(['erasures.id', 'erasures.run_id', 'erasures.state', 'erasure_parts.state as part'])
    .where('erasures.state', '<>', 'pending')
    .execute();
  const tooLate = new Set<string>();
  for (const { id, run_id, state, part } of rows) {
    const run = await findKeptRun(trx, run_id);
    if (run === undefined || !isUnder(hold, run)) continue;
    if (state === 'done' || part !== null) tooLate.add(run_id);
    else await trx.updateTable('erasures').set({ state: 'pending', hold: hold.id }).where('id', '=', id).execute();
  }
  return [...tooLate].sort();
}

/** Orders what no hold is in the way of any more; what another one is in the way of waits for that. */
async function releaseErasures(trx: StoreTransaction): Promise<void> {
  const waiting = await trx.selectFrom('erasures').selectAll().where('state', '=', 'pending').execute();
  for (const { id, run_id } of waiting) {
    const run = await findKeptRun(trx, run_id);
    const hold = run && (await holdOver(trx, run));
    const next = hold === undefined ? { state: 'ordered' as const, hold: null } : { hold };
    await trx.updateTable('erasures').set(next).where('id', '=', id).execute();
  }
}

/** A repository is named by whoever places the hold, so the log has its SHA-256 alone. */
function noteOf(id: string, { repository, ...scope }: HoldScope, by: string): HoldNote['detail'] {
  return {
    hold: id,
    by,
    ...scope,
    ...(repository === undefined ? {} : { repository: hash('sha256', repository, 'hex') }),
  };
}

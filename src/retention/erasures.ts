import type { ErasureReason } from '../model/erasure.ts';
import { mintId } from '../model/ids.ts';
import {
  type ErasureFilter,
  type ErasurePartRow,
  type ErasureRow,
  erasureOfRun,
  gatewaysOfRuns,
  insertErasure,
  listErasures,
  lockRetention,
  partsOf,
} from '../store/erasure-rows.ts';
import { activeHolds } from '../store/hold-rows.ts';
import { findKeptRun, type KeptRun } from '../store/kept-runs.ts';
import type { StoreTransaction } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { holdOf, isUnder } from './hold.ts';

export interface ErasureOrder {
  readonly run: string;
  readonly reason: ErasureReason;
  /** Words of whoever asks. */
  readonly note?: string;
  /** The id of a person or a token, or `gateway`. */
  readonly by: string;
  /** The retention rule that asks. */
  readonly rule?: string;
}

/** What became of an order. */
export type Ordered =
  | { readonly kind: 'unknown' }
  /** The run is not over. */
  | { readonly kind: 'open' }
  /** A hold is in the way; the erasure is done once nothing is. */
  | { readonly kind: 'held'; readonly hold: string; readonly erasure: string }
  /** It was ordered before. */
  | { readonly kind: 'known' }
  | { readonly kind: 'ordered'; readonly erasure: string };

/** An erasure, and how far every gateway that served the run is with it. */
export interface Erasure {
  readonly id: string;
  readonly run: string;
  readonly state: ErasureRow['state'];
  readonly reason: ErasureReason;
  readonly note?: string;
  readonly by: string;
  readonly rule?: string;
  readonly hold?: string;
  readonly askedAt: string;
  readonly doneAt?: string;
  readonly gateways: readonly {
    readonly gateway: string;
    readonly state: ErasurePartRow['state'] | 'waiting';
    readonly at?: string;
  }[];
}

export interface ErasuresParts {
  readonly store: Store;
  readonly seal: (plain: string, boundTo: string) => string;
  readonly open: (sealed: string, boundTo: string) => string;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

/** Erasures as the store that gateways share has them. */
export class Erasures {
  readonly #parts: ErasuresParts;

  constructor(parts: ErasuresParts) {
    this.#parts = parts;
  }

  /** Orders the erasure of a run's bodies. Whoever carries it out is told of the change. */
  order(order: ErasureOrder): Promise<Ordered> {
    return this.#parts.store.write((trx) => this.#order(trx, order), ['retention']);
  }

  async find(run: string): Promise<Erasure | undefined> {
    const row = await erasureOfRun(this.#parts.store, run);
    return row && (await this.#views([row]))[0];
  }

  /** Newest first. */
  async list(filter: ErasureFilter): Promise<readonly Erasure[]> {
    return this.#views(await listErasures(this.#parts.store, filter));
  }

  async #order(trx: StoreTransaction, order: ErasureOrder): Promise<Ordered> {
    await lockRetention(trx);
    const run = await findKeptRun(trx, order.run);
    if (run === undefined) return { kind: 'unknown' };
    if (run.closedAt === null) return { kind: 'open' };
    const hold = await holdOver(trx, run);
    const { nowMs, random, seal } = this.#parts;
    const id = mintId('era', nowMs(), random);
    const row: ErasureRow = {
      id,
      run_id: run.id,
      state: hold === undefined ? 'ordered' : 'pending',
      reason: order.reason,
      note: order.note === undefined ? null : seal(order.note, notePurpose(id)),
      by_id: order.by,
      rule: order.rule ?? null,
      hold: hold ?? null,
      asked_at: new Date(nowMs()).toISOString(),
      done_at: null,
    };
    if (await insertErasure(trx, row)) {
      return hold === undefined ? { kind: 'ordered', erasure: id } : { kind: 'held', hold, erasure: id };
    }
    return { kind: 'known' };
  }

  async #views(rows: readonly ErasureRow[]): Promise<readonly Erasure[]> {
    const { store } = this.#parts;
    const parts = await partsOf(
      store,
      rows.map(({ id }) => id),
    );
    const served = await store.read((db) =>
      gatewaysOfRuns(
        db,
        rows.map(({ run_id }) => run_id),
      ),
    );
    const done = Map.groupBy(parts, ({ erasure }) => erasure);
    return rows.map((row) => this.#view(row, done.get(row.id) ?? [], served.get(row.run_id) ?? []));
  }

  #view(row: ErasureRow, parts: readonly ErasurePartRow[], served: readonly string[]): Erasure {
    const { id, run_id, state, reason, note, by_id, rule, hold, asked_at, done_at } = row;
    const names = [...new Set([...served, ...parts.map(({ gateway }) => gateway)])].sort();
    return {
      id,
      run: run_id,
      state,
      reason: reason as ErasureReason,
      ...(note === null ? {} : { note: this.#parts.open(note, notePurpose(id)) }),
      by: by_id,
      ...(rule === null ? {} : { rule }),
      ...(hold === null ? {} : { hold }),
      askedAt: asked_at,
      ...(done_at === null ? {} : { doneAt: done_at }),
      gateways: names.map((gateway) => {
        const part = parts.find((one) => one.gateway === gateway);
        return part === undefined ? { gateway, state: 'waiting' } : { gateway, state: part.state, at: part.at };
      }),
    };
  }
}

/** The oldest hold that a run is under; undefined where there is none. */
export async function holdOver(trx: StoreTransaction, run: KeptRun): Promise<string | undefined> {
  const holds = await activeHolds(trx);
  return holds.map(holdOf).find((hold) => isUnder(hold, run))?.id;
}

function notePurpose(id: string): string {
  return `erasure/${id}/note`;
}

import type { HoldAnswer } from '../model/approval.ts';
import { Fault } from '../model/fault.ts';
import type { ApprovalId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { endedHolds, votesOf } from '../store/approval-rows.ts';
import { expireApprovals, forgetHolds } from '../store/approval-sweeps.ts';
import type { Store } from '../store/store.ts';
import { voteOf } from './filed-approval.ts';

interface Waiting {
  readonly expiresAtMs: number;
  readonly settle: (answer: HoldAnswer) => void;
  readonly fail: (fault: unknown) => void;
}

export interface HoldsOptions {
  readonly store: Store;
  /** This process, among those that share the store. */
  readonly holder: string;
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
}

/**
 * The requests that wait in this process. Waiting costs an entry in a map: one watch of the store, one query for each
 * wake-up and one timer serve all of them.
 */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #waiting = new Map<ApprovalId, Waiting>();
  readonly #unwatch: () => void;
  #looking: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: HoldsOptions) {
    this.#options = options;
    this.#unwatch = options.store.watch('approvals', () => this.look());
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Settles once; rejects where the answer could not be learned by the time it was due. */
  wait(id: ApprovalId, expiresAtMs: number): Promise<HoldAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HoldAnswer>();
    // It may fail before whoever files the request has it, or after they left: a rejection that nobody hears ends a process.
    promise.catch(ignored);
    this.#waiting.set(id, { expiresAtMs, settle: resolve, fail: reject });
    this.#wakeBy(expiresAtMs);
    return promise;
  }

  /** Ends one wait from here; false where it had ended. */
  end(id: ApprovalId, answer: HoldAnswer): boolean {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.settle(answer);
    return waiting !== undefined;
  }

  /** Asks the store what ended: one look at a time, and one more for whatever was announced meanwhile. */
  look(): void {
    if (this.#stopped || this.#waiting.size === 0) return;
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#learn()
      .catch((fault: unknown) => {
        this.#options.onFault(fault);
        this.#failOverdue(fault, this.#options.now());
        this.#wakeBy(this.#options.now() + LIMITS.approvalRetryMs);
      })
      .finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.look();
      });
  }

  async stop(why: string): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    clearTimeout(this.#timer);
    for (const id of this.#waiting.keys()) this.end(id, { state: 'cancelled', why });
    await this.#looking;
  }

  async #learn(): Promise<void> {
    const { store, holder } = this.#options;
    const ended = (await store.read((db) => endedHolds(db, holder))).filter(({ id }) =>
      this.#waiting.has(id as ApprovalId),
    );
    if (ended.length === 0) return;
    const decided = ended.filter(({ state }) => state === 'approved' || state === 'denied').map(({ id }) => id);
    const votes = await store.read((db) => votesOf(db, decided));
    const byApproval = Map.groupBy(votes, ({ approval }) => approval);
    for (const { id, state, reason } of ended) {
      const given = (byApproval.get(id) ?? []).map(voteOf);
      switch (state) {
        case 'approved':
          this.end(id as ApprovalId, { state, votes: given });
          break;
        case 'denied':
          this.end(id as ApprovalId, { state, votes: given, ...(reason === null ? {} : { reason }) });
          break;
        case 'expired':
          this.end(id as ApprovalId, { state });
          break;
        case 'cancelled':
          this.end(id as ApprovalId, { state, why: reason ?? 'it was withdrawn' });
          break;
        case 'pending':
          break;
        default:
          throw new Fault('internal', `an approval is in no state: ${String(state satisfies never)}`);
      }
    }
    // What was approved stays ours until it is used or let go.
    const forgotten = ended.filter(({ state }) => state !== 'approved').map(({ id }) => id);
    await forgetHolds(store, holder, forgotten);
  }

  /** One timer for all: it wakes at the first time that is due. */
  #wakeBy(atMs: number): void {
    if (this.#stopped || atMs >= this.#wakesAtMs) return;
    clearTimeout(this.#timer);
    this.#wakesAtMs = atMs;
    // Node's timers hold 31 bits of milliseconds; what lies beyond is armed again on the way.
    const delay = Math.min(Math.max(0, atMs - this.#options.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => void this.#wake(), delay).unref();
  }

  async #wake(): Promise<void> {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    const { store, now, onFault } = this.#options;
    const dueMs = now();
    try {
      if (this.#isOverdue()) await expireApprovals(store, new Date(dueMs).toISOString());
      this.look();
      while (this.#looking !== undefined) await this.#looking;
      this.#failOverdue(new Fault('store-unavailable', 'the store does not know a request that is held'), dueMs);
    } catch (fault) {
      onFault(fault);
      this.#failOverdue(fault, dueMs);
    }
    this.#wakeBy(Math.min(...[...this.#waiting.values()].map(({ expiresAtMs }) => expiresAtMs)));
  }

  #isOverdue(): boolean {
    const nowMs = this.#options.now();
    return [...this.#waiting.values()].some(({ expiresAtMs }) => expiresAtMs <= nowMs);
  }

  /** Nobody waits longer than the rule says because the store does not answer. */
  #failOverdue(fault: unknown, nowMs: number): void {
    for (const [id, { expiresAtMs, fail }] of this.#waiting) {
      if (expiresAtMs > nowMs) continue;
      this.#waiting.delete(id);
      fail(fault);
    }
  }
}

function ignored(): void {}

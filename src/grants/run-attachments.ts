import type { RunId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import { attachRun, detachRun, isDetached, lostRuns, seeAttached } from '../store/attachment-rows.ts';
import type { Store } from '../store/store.ts';

export interface RunAttachmentsOptions {
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  /** Milliseconds since 1970, as all gateways of the store agree on. */
  readonly now: () => number;
  /** Ends a run whose wrapper is lost. */
  readonly onLost: (run: RunId) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
  /** Aborted when the gateway begins to end: it loses its connections then, and not the runs. */
  readonly draining: AbortSignal;
  readonly graceMs?: number;
  readonly maxAttachments?: number;
}

export interface AttachedRun {
  /** The connection broke; the run is lost unless it is attached again within the grace, to whichever gateway. */
  lost(): void;
}

/**
 * Which runs have their wrapper attached. It stands in the store, so that a wrapper may come back through another
 * gateway, and so that a gateway which ended without a word does not leave runs open.
 */
export class RunAttachments implements AsyncDisposable {
  readonly #options: RunAttachmentsOptions;
  readonly #graceMs: number;
  readonly #attached = new Map<RunId, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #working = new Set<Promise<void>>();
  readonly #seeing: NodeJS.Timeout;

  constructor(options: RunAttachmentsOptions) {
    this.#options = options;
    this.#graceMs = options.graceMs ?? LIMITS.runAttachGraceMs;
    this.#seeing = setInterval(() => this.#do(() => this.#see()), LIMITS.runAttachSeenMs);
    this.#seeing.unref();
  }

  /** Durable before it resolves. Throws `Refused` where there are too many. */
  async attach(run: RunId): Promise<AttachedRun> {
    if (this.#attached.size >= (this.#options.maxAttachments ?? LIMITS.maxAttachments)) {
      throw new Refused({ code: 'connection-limit', message: 'The gateway has as many runs attached as it takes.' });
    }
    const { store, gateway } = this.#options;
    const epoch = await attachRun(store, { run, gateway, now: this.#at(0) });
    this.#attached.set(run, epoch);
    return { lost: () => this.#do(() => this.#lost(run, epoch)) };
  }

  /** Ends runs whose grace is over, and those of gateways that are gone. To be called now and then. */
  async sweep(): Promise<void> {
    const detachedBefore = this.#at(-this.#graceMs);
    const lost = await lostRuns(this.#options.store, { detachedBefore, seenBefore: this.#at(-LIMITS.runAttachLostMs) });
    for (const run of lost) await this.#options.onLost(run as RunId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#seeing);
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#working);
  }

  async #lost(run: RunId, epoch: number): Promise<void> {
    if (this.#attached.get(run) === epoch) this.#attached.delete(run);
    const { store, onLost, draining } = this.#options;
    // The wrappers come back to this gateway, or to another one; where they do not, `seen_at` tells in time.
    if (draining.aborted) return;
    if (!(await detachRun(store, { run, epoch, now: this.#at(0) }))) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#do(async () => {
        if (await isDetached(store, { run, epoch })) await onLost(run);
      });
    }, this.#graceMs);
    this.#timers.add(timer);
  }

  #see(): Promise<void> {
    const { store, gateway } = this.#options;
    return seeAttached(store, { gateway, runs: [...this.#attached.keys()], now: this.#at(0) });
  }

  #do(work: () => Promise<void>): void {
    const doing = work()
      .catch(this.#options.onFault)
      .finally(() => this.#working.delete(doing));
    this.#working.add(doing);
  }

  /** RFC 3339, so many milliseconds from now. */
  #at(ms: number): string {
    return new Date(this.#options.now() + ms).toISOString();
  }
}

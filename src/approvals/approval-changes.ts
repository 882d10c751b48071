import type { ApprovalId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { changedApprovals } from '../store/approval-lists.ts';
import type { Store } from '../store/store.ts';
import { stateAt } from './filed-approval.ts';
import type { ApprovalChange } from './vocabulary.ts';

export interface ChangesOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Tells listeners which approvals changed, here or in another gateway. The store's feed only says that some did; rows
 * bear the time of their change, and looking back a little further than that makes up for clocks that differ. Each look
 * reads all that changed lately, so after one it rests: a thousand answers in a row are few looks.
 */
export class ApprovalChanges {
  readonly #options: ChangesOptions;
  readonly #listeners = new Set<(change: ApprovalChange) => void>();
  readonly #unwatch: () => void;
  /** Revisions that were told, of what changed lately. */
  #told = new Map<string, number>();
  #sinceMs: number;
  #looking: Promise<void> | undefined;
  #resting: NodeJS.Timeout | undefined;
  #again = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
    this.#sinceMs = options.now();
    this.#unwatch = options.store.watch('approvals', () => this.#look());
  }

  listen(listener: (change: ApprovalChange) => void): () => void {
    // Before the first one nobody looks: what changed until now is not news to it.
    if (this.#listeners.size === 0) this.#sinceMs = this.#options.now();
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#unwatch();
    this.#listeners.clear();
    await this.#looking;
    clearTimeout(this.#resting);
  }

  #look(): void {
    if (this.#listeners.size === 0) return;
    if (this.#looking !== undefined || this.#resting !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#tell()
      // The next change makes another look, which goes back as far as this one would have.
      .catch(this.#options.onFault)
      .finally(() => {
        this.#looking = undefined;
        this.#resting = setTimeout(() => this.#rested(), LIMITS.approvalChangesMs).unref();
      });
  }

  #rested(): void {
    this.#resting = undefined;
    if (!this.#again) return;
    this.#again = false;
    this.#look();
  }

  async #tell(): Promise<void> {
    const { store, now } = this.#options;
    const nowMs = now();
    const since = new Date(this.#sinceMs - LIMITS.approvalClockSkewMs).toISOString();
    const rows = await changedApprovals(store, since);
    const at = new Date(nowMs).toISOString();
    const told = new Map(rows.map(({ id, revision }) => [id, revision]));
    const news = rows.filter(({ id, revision }) => this.#told.get(id) !== revision);
    this.#told = told;
    this.#sinceMs = nowMs;
    for (const row of news) {
      const change = { id: row.id as ApprovalId, state: stateAt(row, at), revision: row.revision };
      for (const listener of this.#listeners) listener(change);
    }
  }
}

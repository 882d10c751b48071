import type { GrantId } from '../model/ids.ts';
import { revokedGrants } from '../store/grant-rows.ts';
import type { Store } from '../store/store.ts';

/**
 * Tells listeners of each revoked grant once: at once where this process revoked it, and as soon as the store's change
 * feed says so where another one did.
 */
export class Revocations {
  readonly #store: Store;
  readonly #now: () => string;
  readonly #listeners = new Set<(grant: GrantId) => void>();
  /** Grants that were told; those that the store no longer lists are forgotten. */
  #told = new Set<string>();
  #looking: Promise<void> | undefined;
  #again = false;
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, now: () => string) {
    this.#store = store;
    this.#now = now;
    this.#unwatch = store.watch('grants', () => this.#look());
  }

  announce(grants: readonly string[]): void {
    for (const grant of grants) {
      if (this.#told.has(grant)) continue;
      this.#told.add(grant);
      for (const listener of this.#listeners) listener(grant as GrantId);
    }
  }

  listen(listener: (grant: GrantId) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#unwatch();
    clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#looking;
  }

  /** One look at a time, and one more for whatever was announced meanwhile. */
  #look(): void {
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#compare().finally(() => {
      this.#looking = undefined;
      if (this.#again) {
        this.#again = false;
        this.#look();
      }
    });
  }

  async #compare(): Promise<void> {
    const before = new Set(this.#told);
    try {
      const revoked = await revokedGrants(this.#store, this.#now());
      this.announce(revoked);
      const listed = new Set(revoked);
      // What was told while the query ran may not be in its answer yet.
      this.#told = new Set([...this.#told].filter((grant) => listed.has(grant) || !before.has(grant)));
    } catch {
      // The store cannot be read now: a session's own admission checks fail meanwhile, and the look is made again.
      this.#timer = setTimeout(() => this.#look(), 1_000).unref();
    }
  }
}

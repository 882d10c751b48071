import type { Store } from '../store/store.ts';

/** What was revoked, and what tells it from anything else that was. */
export interface Revoked {
  readonly key: string;
}

/**
 * Tells listeners of each thing that was revoked once: at once where this process revoked it, and as soon as the store's
 * change feed says so where another one did.
 */
export class Revocations<One extends Revoked> {
  readonly #read: () => Promise<readonly One[]>;
  readonly #listeners = new Set<(one: One) => void>();
  /** What was told, by its key; those that the store no longer lists are forgotten. */
  #told = new Set<string>();
  #looking: Promise<void> | undefined;
  #again = false;
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `read` gives all that is revoked and may still be in use somewhere. */
  constructor(store: Store, read: () => Promise<readonly One[]>) {
    this.#read = read;
    this.#unwatch = store.watch('grants', () => this.#look());
  }

  announce(revoked: readonly One[]): void {
    for (const one of revoked) {
      if (this.#told.has(one.key)) continue;
      this.#told.add(one.key);
      for (const listener of this.#listeners) listener(one);
    }
  }

  listen(listener: (one: One) => void): () => void {
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
      const revoked = await this.#read();
      this.announce(revoked);
      const listed = new Set(revoked.map(({ key }) => key));
      // What was told while the query ran may not be in its answer yet.
      this.#told = new Set([...this.#told].filter((key) => listed.has(key) || !before.has(key)));
    } catch {
      // The store cannot be read now: a session's own admission checks fail meanwhile, and the look is made again.
      this.#timer = setTimeout(() => this.#look(), 1_000).unref();
    }
  }
}

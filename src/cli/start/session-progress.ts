import { LIMITS } from '../../model/limits.ts';
import { progressSessions, type SessionCounts } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';

export interface SessionProgressOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** Tells of sessions that run: whoever follows one at once, and the store's index a moment later, many together. */
export class SessionProgress implements Disposable {
  readonly #options: SessionProgressOptions;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #moved = new Set<SessionCounts>();
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #disposed = false;

  constructor(options: SessionProgressOptions) {
    this.#options = options;
  }

  /** The counts are read when they are written. Cheap: it is called for every request. */
  moved(session: SessionCounts): void {
    this.#moved.add(session);
    this.changed();
    if (this.#listeners.size > 0) this.#tell(session.id);
  }

  closed(session: string): void {
    this.changed();
    this.#tell(session);
  }

  /** A row of the index changed: watchers are told with the next writing. */
  changed(): void {
    if (this.#timer !== undefined || this.#writing || this.#disposed) return;
    this.#timer = setTimeout(() => void this.#write(), LIMITS.sessionProgressMs).unref();
  }

  onActivity(session: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(session) ?? new Set();
    this.#listeners.set(session, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(session) === listeners) this.#listeners.delete(session);
    };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #tell(session: string): void {
    for (const listener of this.#listeners.get(session) ?? []) listener();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    this.#writing = true;
    const { store, nowMs, onFault } = this.#options;
    const sessions = [...this.#moved].slice(0, LIMITS.sessionsProgressedAtOnce);
    for (const session of sessions) this.#moved.delete(session);
    // The log is the record; a count that could not be written is written with the next.
    await progressSessions(store, sessions, new Date(nowMs()).toISOString()).catch(onFault);
    this.#writing = false;
    if (this.#moved.size > 0) this.changed();
  }
}

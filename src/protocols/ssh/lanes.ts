import { Refused } from '../../model/refusal.ts';
import type { SshSession } from './channels/kind.ts';

/** One session, of one connection; one channel at a time in it. */
export interface Lane {
  readonly session: SshSession;
}

export interface LanesParts {
  /** Opens a session more. Rejects with `Refused`. */
  readonly admit: () => Promise<SshSession>;
  readonly most: number;
  /** Told why a session ended that was not given back to be ended. */
  readonly onEnded: (reason: unknown) => void;
}

/** The sessions of one connection, all of one grant in one target: a channel takes an idle one, or has one opened. */
export class Lanes implements AsyncDisposable {
  readonly #parts: LanesParts;
  readonly #idle: Lane[] = [];
  readonly #open = new Set<Lane>();
  #opening = 0;

  constructor(parts: LanesParts) {
    this.#parts = parts;
  }

  async take(): Promise<Lane> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.session.signal.aborted) return idle;
    }
    if (this.#open.size + this.#opening >= this.#parts.most) throw new Refused(FULL);
    this.#opening++;
    try {
      const lane = { session: await this.#parts.admit() };
      this.#open.add(lane);
      this.#watch(lane);
      return lane;
    } finally {
      this.#opening--;
    }
  }

  /** A channel is over; its session waits for the next, or ends where it cannot take one. */
  async give(lane: Lane): Promise<void> {
    if (lane.session.signal.aborted) return this.drop(lane);
    this.#idle.push(lane);
  }

  async drop(lane: Lane): Promise<void> {
    if (!this.#open.delete(lane)) return;
    const at = this.#idle.indexOf(lane);
    if (at >= 0) this.#idle.splice(at, 1);
    await lane.session[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((lane) => this.drop(lane)));
  }

  /** One that ends while it is idle is closed at once: its end belongs on record. */
  #watch(lane: Lane): void {
    const { signal } = lane.session;
    const ended = (): void => {
      if (this.#idle.includes(lane)) void this.drop(lane).catch(this.#parts.onEnded);
      if (this.#open.has(lane) || this.#idle.length === 0) this.#parts.onEnded(signal.reason);
    };
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
  }
}

const FULL = {
  code: 'connection-limit',
  message: 'this connection has as many channels under way as it may',
  hint: 'Wait for one of them, or open another connection.',
} as const;

import type { TargetName } from '../../model/ids.ts';
import { Refused } from '../../model/refusal.ts';
import type { Admission, Session } from '../protocol.ts';
import type { Proof } from './claims.ts';
import type { HttpUpstream } from './upstream.ts';

export type HttpSession = Session<HttpUpstream, undefined>;

export interface Lane {
  /** The proof that it was opened with, and its target. */
  readonly key: string;
  readonly session: HttpSession;
}

export interface LanesParts {
  readonly admission: Admission<HttpUpstream, undefined>;
  /** How many sessions at once. */
  readonly most: number;
  /** What the client says of itself with the request that opens a session. */
  readonly onEnded: (reason: unknown) => void;
}

/**
 * The sessions of one connection, one request at a time in each. A request gets one that was opened with the very same
 * proof for the same target, and no other.
 */
export class Lanes implements AsyncDisposable {
  readonly #parts: LanesParts;
  readonly #idle = new Map<string, Lane[]>();
  /** All that are open, idle ones among them. */
  readonly #open = new Set<Lane>();
  #opening = 0;

  constructor(parts: LanesParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#open.size;
  }

  /** An idle session, or a new one; a promise where it must be opened. Rejects with `Refused`. */
  take({ claim, digest }: Proof, target: TargetName, parameters: Readonly<Record<string, string>>) {
    const key = `${digest} ${target}`;
    const idle = this.#idle.get(key)?.pop();
    if (idle !== undefined && !idle.session.signal.aborted) return idle;
    return this.#admit(key, () => this.#parts.admission.admit(claim, target, { parameters, cancelKeyBytes: 16 }));
  }

  /** A request is over; its session waits for the next, or ends where it cannot take one. */
  async give(lane: Lane): Promise<void> {
    if (lane.session.signal.aborted) return this.drop(lane);
    const waiting = this.#idle.get(lane.key);
    if (waiting === undefined) this.#idle.set(lane.key, [lane]);
    else waiting.push(lane);
  }

  /** Its request goes on when the connection is gone: whoever has it from now on closes its session. */
  release(lane: Lane): void {
    this.#open.delete(lane);
  }

  async drop(lane: Lane): Promise<void> {
    if (!this.#open.delete(lane)) return;
    const waiting = this.#idle.get(lane.key);
    if (waiting?.includes(lane)) waiting.splice(waiting.indexOf(lane), 1);
    if (waiting?.length === 0) this.#idle.delete(lane.key);
    await lane.session[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((lane) => this.drop(lane)));
  }

  async #admit(key: string, admit: () => Promise<HttpSession>): Promise<Lane> {
    if (this.#open.size + this.#opening >= this.#parts.most) await this.#makeRoom();
    this.#opening++;
    try {
      const lane = { key, session: await admit() };
      this.#open.add(lane);
      this.#watch(lane);
      return lane;
    } finally {
      this.#opening--;
    }
  }

  /** Ends the idle session that waits longest for another proof or target. */
  async #makeRoom(): Promise<void> {
    for (const [lane] of this.#idle.values()) if (lane !== undefined) return this.drop(lane);
    throw new Refused({
      code: 'connection-limit',
      message: 'this connection has as many requests under way as it may',
      hint: 'Wait for one of them, or open another connection.',
    });
  }

  /** One that ends while it is idle is closed at once: its end belongs on record. */
  #watch(lane: Lane): void {
    const { signal } = lane.session;
    const ended = (): void => {
      this.#parts.onEnded(signal.reason);
      if (this.#idle.get(lane.key)?.includes(lane)) void this.drop(lane).catch(this.#parts.onEnded);
    };
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
  }
}

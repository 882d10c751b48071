import type { GrantId } from '../../../model/ids.ts';
import type { FederatedSession } from './federated-session.ts';

/** So long without a word a session is forgotten, in milliseconds; its client begins anew. */
const IDLE_MS = 30 * 60_000;
/** As many of all grants; the one that was silent longest goes first. */
const MOST = 1_000;
/** As many of one grant: what a client says of itself makes one. */
const MOST_OF_GRANT = 50;

/** The sessions of the endpoint's clients, each of its grant alone. The order of the map is the order of last use. */
export class KeptSessions {
  readonly #nowMs: () => number;
  readonly #kept = new Map<string, FederatedSession>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** An id of another grant is unknown, whoever learned it. */
  find(id: string | undefined, grant: GrantId): FederatedSession | undefined {
    if (id === undefined) return undefined;
    const found = this.#kept.get(id);
    if (found === undefined || found.grant !== grant) return undefined;
    if (this.#nowMs() - found.usedAtMs > IDLE_MS) {
      this.#kept.delete(id);
      return undefined;
    }
    this.#kept.delete(id);
    found.usedAtMs = this.#nowMs();
    this.#kept.set(id, found);
    return found;
  }

  findOrAdd(id: string, grant: GrantId, make: () => FederatedSession): FederatedSession {
    const found = this.find(id, grant);
    if (found !== undefined) return found;
    const made = make();
    this.add(id, made);
    return made;
  }

  add(id: string, session: FederatedSession): void {
    this.#kept.set(id, session);
    const own = [...this.#kept].filter(([, { grant }]) => grant === session.grant);
    const [oldestOwn] = own;
    if (own.length > MOST_OF_GRANT && oldestOwn !== undefined) this.remove(oldestOwn[0]);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.remove(oldest);
  }

  remove(id: string | undefined): void {
    if (id !== undefined) this.#kept.delete(id);
  }
}

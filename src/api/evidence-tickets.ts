import { createHash, randomBytes } from 'node:crypto';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';

export interface EvidenceTicket {
  readonly token: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Lets a job that closed its run fetch the bundle of it, once, within `evidenceTicketMs`. They live in memory alone. */
export class EvidenceTickets {
  readonly #nowMs: () => number;
  readonly #tickets = new Map<string, { readonly run: string; readonly untilMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  issue(run: string): EvidenceTicket {
    const now = this.#nowMs();
    const untilMs = now + LIMITS.evidenceTicketMs;
    const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
    for (const [hashed, ticket] of this.#tickets) {
      if (ticket.untilMs > now && this.#tickets.size < LIMITS.evidenceTickets) break;
      this.#tickets.delete(hashed);
    }
    this.#tickets.set(hashOf(token), { run, untilMs });
    return { token: new Secret(token), expiresAt: new Date(untilMs).toISOString() };
  }

  /**
   * Uses a ticket up where it is good for the run; gives back how to make it good again, for an answer that did not reach
   * its end. Undefined where it is not good.
   */
  use(token: Secret, run: string): (() => void) | undefined {
    const hashed = hashOf(token.reveal());
    const ticket = this.#tickets.get(hashed);
    if (ticket === undefined || ticket.run !== run || ticket.untilMs <= this.#nowMs()) return undefined;
    this.#tickets.delete(hashed);
    return () => void this.#tickets.set(hashed, ticket);
  }
}

const PREFIX = 'evt_';

/** The ticket that a request presents as its bearer token; undefined where it presents something else. */
export function presentedTicket(authorization: string | undefined): Secret | undefined {
  const [, token] = /^Bearer (evt_[\w-]{43})$/iu.exec(authorization ?? '') ?? [];
  return token === undefined ? undefined : new Secret(token);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

import type { Definition } from '../../model/mcp.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { HttpSession } from '../http/lanes.ts';
import type { OnBehalf } from './ask-server.ts';
import { type JsonObject, listAt, textAt } from './canonical-json.ts';
import { definitionOf, LISTS, type ListKind, type Met, metOf } from './definitions.ts';
import { OwnListing } from './own-listing.ts';

export interface MetLimits {
  /** How long a list counts as known. */
  readonly mcpListingMs: number;
  readonly maxMcpDefinitions: number;
  /** Runs and targets of which something is kept. */
  readonly maxMcpListings: number;
}

/** What the servers of runs said of themselves when the gateway last asked, bounded: who was forgotten is asked again. */
export class MetDefinitions {
  readonly #limits: MetLimits;
  readonly #now: () => number;
  readonly #met = new Map<string, Met>();

  constructor(limits: MetLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  of(session: HttpSession, { kind }: Pick<ListKind, 'kind'>): Met | undefined {
    return this.#met.get(keyOf(session, kind));
  }

  /** Asks the server for all of a kind, unless that is known and fresh; and how each stands with people now. */
  async refresh(session: HttpSession, list: ListKind, behalf: OnBehalf, fresh: boolean): Promise<Met> {
    const known = this.of(session, list);
    const isFresh = known !== undefined && !fresh && this.#now() - known.atMs < this.#limits.mcpListingMs;
    const all = isFresh ? [...known.all.values()] : await this.#listed(session, list, behalf);
    const standings = await standingsOf(session, list.kind, all);
    return this.#keep(keyOf(session, list.kind), metOf(all, standings, isFresh ? known.atMs : this.#now()));
  }

  /** How what the server says of itself stands; true where people accepted it. */
  async isServerAccepted(session: HttpSession, server: Definition): Promise<boolean> {
    return (await standingsOf(session, 'server', [server])).get('') === 'accepted';
  }

  /** The server says that a list has changed: what was known of it is not. */
  changed(session: HttpSession, notification: string): void {
    for (const list of LISTS) {
      if (list.changed === notification) this.#met.delete(keyOf(session, list.kind));
    }
  }

  async #listed(session: HttpSession, list: ListKind, behalf: OnBehalf): Promise<readonly Definition[]> {
    const { maxMcpDefinitions } = this.#limits;
    const found = new Map<string, Definition>();
    const cursors = new Set<string>();
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const result = await pageOf(session, list, behalf, cursor);
      for (const item of listAt(result, list.member) ?? []) {
        const definition = definitionOf(list, item);
        if (definition !== undefined) found.set(definition.name, definition);
      }
      if (found.size > maxMcpDefinitions || cursors.size > maxMcpDefinitions) throw new Refused(TOO_MANY);
      cursor = result && textAt(result, 'nextCursor');
      // A server that gives the same page again has no end.
      if (cursor !== undefined && cursors.has(cursor)) break;
      if (cursor !== undefined) cursors.add(cursor);
    }
    return [...found.values()];
  }

  #keep(key: string, met: Met): Met {
    this.#met.delete(key);
    this.#met.set(key, met);
    const [oldest] = this.#met.keys();
    if (this.#met.size > this.#limits.maxMcpListings && oldest !== undefined) this.#met.delete(oldest);
    return met;
  }
}

async function pageOf(
  session: HttpSession,
  { method }: ListKind,
  behalf: OnBehalf,
  cursor: string | undefined,
): Promise<JsonObject | undefined> {
  const listing = new OwnListing(session.target, behalf, method, cursor);
  await session.run(listing);
  const { refusal } = listing;
  if (refusal !== undefined) throw new Refused(refusal.code.startsWith('budget-') ? refusal : UNKEPT);
  if (listing.isGone) throw new Refused(UNKNOWN_SESSION);
  return listing.result;
}

async function standingsOf(session: HttpSession, kind: Definition['kind'], all: readonly Definition[]) {
  try {
    return await session.definitions.met(kind, all);
  } catch (cause) {
    if (cause instanceof Refused) throw cause;
    throw new Refused(UNKEPT);
  }
}

function keyOf({ principal, target }: HttpSession, kind: Definition['kind']): string {
  return `${principal.run.id} ${target.name} ${kind}`;
}

/** Told with the status 404, at which clients open another. */
export const UNKNOWN_SESSION: Refusal = {
  code: 'protocol-malformed',
  message: 'there is no such session, for this run at this target',
  hint: 'Initialize again.',
};
const UNKEPT = {
  code: 'record-unavailable',
  message: 'what the server says of itself could not be kept, so nothing of it is used',
} as const;
const TOO_MANY = {
  code: 'too-large',
  message: 'the server lists more definitions than anybody can have accepted',
} as const;

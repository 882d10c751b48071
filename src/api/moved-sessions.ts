import { LIMITS } from '../model/limits.ts';
import { movedSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import type { LiveEvent } from './live-feed.ts';

export interface MovedSessionsParts {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** More sessions than this at once are not told one by one. */
const TOLD_AT_ONCE = 100;
/** A row may be committed a moment after the time that it says. */
const COMMIT_MS = 2_000;

/** Tells of sessions whose rows move, here and in other gateways, from now on; returns how to stop. */
export function watchSessions(parts: MovedSessionsParts, tell: (event: LiveEvent) => void): () => void {
  const moved = new MovedSessions(parts);
  let looking: Promise<void> = moved.read().then(ignoreFirst);
  let waiting = false;
  const look = async (): Promise<void> => {
    waiting = false;
    const rows = await moved.read();
    if (rows.length > TOLD_AT_ONCE) tell({ type: 'refresh' });
    else for (const row of rows) tell({ type: 'session', id: row.id, run: row.run_id, state: stateOf(row) });
  };
  return parts.store.watch('sessions', () => {
    if (waiting) return;
    waiting = true;
    looking = looking.then(look).catch(parts.onFault);
  });
}

/** Rows that moved since the last reading. */
class MovedSessions {
  readonly #parts: MovedSessionsParts;
  readonly #known = new Map<string, string>();
  #since: number;

  constructor(parts: MovedSessionsParts) {
    this.#parts = parts;
    this.#since = parts.nowMs();
  }

  async read(): Promise<readonly SessionRow[]> {
    const { store, nowMs } = this.#parts;
    const now = nowMs();
    // Gateways that share a store have clocks of their own, so a little of the past is read again.
    const back = store.kind === 'sqlite' ? COMMIT_MS : LIMITS.clockToleranceSeconds * 1000;
    let from = new Date(this.#since - back).toISOString();
    for (const [id, mark] of this.#known) if (mark < from) this.#known.delete(id);
    const fresh: SessionRow[] = [];
    for (let full = true; full; ) {
      const rows = await movedSessions(store, from, LIMITS.eventsRemembered);
      for (const row of rows) {
        const mark = `${row.updated_at} ${row.closed_at}`;
        if (this.#known.get(row.id) !== mark) fresh.push(row);
        this.#known.set(row.id, mark);
      }
      const last = rows.at(-1)?.updated_at ?? from;
      full = rows.length === LIMITS.eventsRemembered && last > from;
      from = last;
    }
    this.#since = now;
    return fresh;
  }
}

/** What moved before anybody listened is in what they load. */
function ignoreFirst(): void {}

function stateOf({ closed_at, updated_at, opened_at }: SessionRow): 'open' | 'closed' | 'progress' {
  if (closed_at !== null) return 'closed';
  return updated_at === opened_at ? 'open' : 'progress';
}

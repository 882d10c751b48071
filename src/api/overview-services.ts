import type { ApprovalService } from '../approvals/approval-service.ts';
import type { DefinitionService } from '../definitions/definition-service.ts';
import { countHours, countNow, type HourCounts } from '../store/run-counts.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { LogServices, OverviewView } from './services.ts';

export interface OverviewParts {
  readonly store: Store;
  readonly approvals: Pick<ApprovalService, 'list'>;
  readonly log: Pick<LogServices, 'health'>;
  readonly definitions: Pick<DefinitionService, 'waiting'>;
  readonly nowMs: () => number;
}

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** So many are counted of what waits for one person. */
const MOST_WAITING = 100;
/** Everybody who looks within this time sees the same counts. */
const FRESH_MS = 1_000;

type Counted = Omit<OverviewView, 'waitingForMe' | 'log'>;

/** The overview of a caller: what is the same for everybody is counted once a second at most. */
export function overviewService(parts: OverviewParts): (caller: Caller) => Promise<OverviewView> {
  const { approvals, log, nowMs } = parts;
  let counted: { readonly atMs: number; readonly counts: Promise<Counted> } | undefined;
  const fresh = (): Promise<Counted> => {
    const atMs = nowMs();
    if (counted !== undefined && atMs - counted.atMs < FRESH_MS) return counted.counts;
    const counts = count(parts, atMs);
    counted = { atMs, counts };
    // What could not be counted is counted anew by whoever comes next.
    counts.catch(() => (counted = undefined));
    return counts;
  };
  return async (caller) => {
    const { person, scopes } = caller;
    const viewer = { person: scopes.has('approvals:answer') ? person : undefined, all: false };
    const { items } = await approvals.list({ mine: true, limit: MOST_WAITING }, viewer);
    return { ...(await fresh()), waitingForMe: items.length, log: await log.health() };
  };
}

async function count({ store, definitions }: OverviewParts, atMs: number): Promise<Counted> {
  const now = new Date(atMs).toISOString();
  const since = `${now.slice(0, 10)}T00:00:00.000Z`;
  const first = Math.floor(atMs / HOUR_MS) - HOURS + 1;
  const from = new Date(first * HOUR_MS).toISOString();
  const [{ liveSessions, waiting, runs, approvals }, rows, undecided] = await Promise.all([
    countNow(store, { since, now }),
    countHours(store, from < since ? from : since),
    definitions.waiting(),
  ]);
  const definitionsWaiting = [...undecided.values()].reduce((total, one) => total + one, 0);
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  const hours = Array.from({ length: HOURS }, (_, index) => {
    const at = new Date((first + index) * HOUR_MS).toISOString();
    return { at, ...sum([byHour.get(at.slice(0, 13))]) };
  });
  const today = { runs, ...sum(rows.filter(({ hour }) => hour >= since.slice(0, 13))), approvals };
  return { at: now, liveSessions, waiting, definitionsWaiting, today, hours };
}

function sum(rows: readonly (HourCounts | undefined)[]) {
  const total = { sessions: 0, permitted: 0, denied: 0, masked: 0 };
  for (const row of rows) {
    total.sessions += row?.sessions ?? 0;
    total.permitted += row?.permitted ?? 0;
    total.denied += row?.denied ?? 0;
    total.masked += row?.masked ?? 0;
  }
  return total;
}

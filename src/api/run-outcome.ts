import { LIMITS } from '../model/limits.ts';
import { listApprovals } from '../store/approval-lists.ts';
import { countRuns, NO_COUNTS } from '../store/run-counts.ts';
import { listSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import type { RecordingService, StatementView } from './recording-service.ts';
import type { RunOutcomeView } from './services.ts';

export interface RunOutcomeParts {
  readonly store: Store;
  readonly recordings: Pick<RecordingService, 'statements'>;
  readonly nowMs: () => number;
}

/** Sessions that are told apart by their targets. */
const MOST_SESSIONS = 1_000;
const ANSWERED_WITHIN_MS = 5_000;

/**
 * What a run came to, for whoever closes it: counts from the index of sessions, and from the recording what a summary
 * shows. A run that is too large to be read while somebody waits has its counts alone.
 */
export async function runOutcome(run: string, { store, recordings, nowMs }: RunOutcomeParts): Promise<RunOutcomeView> {
  const [counts, sessions, approvals] = await Promise.all([
    countRuns(store, [run]),
    listSessions(store, { run, limit: MOST_SESSIONS }),
    listApprovals(store, { run, limit: LIMITS.outcomeStatements, now: new Date(nowMs()).toISOString() }),
  ]);
  const { sessions: opened, permitted, denied, masked } = counts.get(run) ?? NO_COUNTS;
  const states = new Map(approvals.map((row) => [row.id, row.used_at === null ? row.state : 'used']));
  const read = await statementsOf(run, permitted + denied, recordings);
  const noted = read?.filter(({ approval }) => approval !== undefined) ?? [];
  return {
    sessions: opened,
    requests: permitted + denied,
    permitted,
    denied,
    approved: [...states.values()].filter((state) => state === 'used').length,
    masked,
    targets: byTarget(sessions),
    refusals: (read ?? [])
      .filter(({ decision }) => decision === 'deny')
      .slice(0, LIMITS.outcomeStatements)
      .map((view) => ({ ...notable(view), code: view.status ?? 'denied', rules: [...view.rules] })),
    approvals: noted.slice(0, LIMITS.outcomeStatements).map((view) => {
      const id = view.approval ?? '';
      return { ...notable(view), id, state: states.get(id) ?? 'unknown' };
    }),
    ...(read === undefined
      ? {}
      : {
          rows: String(read.reduce((sum, { rows = 0 }) => sum + BigInt(rows), 0n)),
          errors: read.filter(({ status }) => status === 'error').length,
        }),
  };
}

/** All of them, newest first; undefined where they are too many, or take too long. */
async function statementsOf(
  run: string,
  requests: number,
  recordings: RunOutcomeParts['recordings'],
): Promise<readonly StatementView[] | undefined> {
  const limit = LIMITS.outcomeRequests;
  if (requests > limit) return undefined;
  const late = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  try {
    const { items, next } = await recordings.statements({ run, limit }, late);
    return next === undefined && !late.aborted ? items : undefined;
  } catch (fault) {
    if (late.aborted) return undefined;
    throw fault;
  }
}

/** A request of HTTP by its line alone: a summary is no place for its fields and its body. */
function notable({ session, exchange, target, text, line }: StatementView) {
  const told = line ?? text;
  return { session, exchange, target, text: told.slice(0, LIMITS.outcomeStatementCharacters) };
}

function byTarget(sessions: readonly SessionRow[]): RunOutcomeView['targets'] {
  const targets = new Map<string, { sessions: number; permitted: number; denied: number; masked: number }>();
  for (const { target, permitted, denied, masked } of sessions) {
    const sum = targets.get(target) ?? { sessions: 0, permitted: 0, denied: 0, masked: 0 };
    targets.set(target, {
      sessions: sum.sessions + 1,
      permitted: sum.permitted + permitted,
      denied: sum.denied + denied,
      masked: sum.masked + masked,
    });
  }
  return [...targets].map(([name, sum]) => ({ name, ...sum })).sort((one, other) => (one.name < other.name ? -1 : 1));
}

import type { RunRow } from '../store/grant-rows.ts';
import { countRuns, NO_COUNTS, type RunCounts, searchRuns } from '../store/run-counts.ts';
import { findRun } from '../store/run-rows.ts';
import type { Store } from '../store/store.ts';
import { runOutcome } from './run-outcome.ts';
import { present, runReference, workloadPairs } from './run-view.ts';
import type { ApiServices, RunServices, RunSummaryView } from './services.ts';

export interface RunServicesParts extends Pick<ApiServices, 'grants' | 'recordings' | 'approvals' | 'retention'> {
  readonly store: Store;
  readonly nowMs: () => number;
}

/** As many sessions, grants and approvals as are shown of one run. */
const MOST_OF_RUN = 1_000;

/** Runs from the store, with what the index says of their sessions. */
export function runServices({ store, grants, recordings, approvals, retention, nowMs }: RunServicesParts): RunServices {
  return {
    async list({ since, until, cursor, who, repository, limit }) {
      const times = { since: since && instant(since), until: until && instant(until), before: cursor };
      const rows = await searchRuns(store, { ...present({ ...times, who, repository }), limit: limit + 1 });
      const page = rows.slice(0, limit);
      const counts = await countRuns(
        store,
        page.map(({ id }) => id),
      );
      const items = page.map((row) => summary(row, counts.get(row.id)));
      const last = rows.length > limit ? page.at(-1) : undefined;
      return last === undefined ? { items } : { items, next: last.id };
    },
    exists: async (id) => (await findRun(store, id)) !== undefined,
    outcome: (id) => runOutcome(id, { store, recordings, nowMs }),
    async find(id, caller) {
      const row = await findRun(store, id);
      if (row === undefined) return undefined;
      const mayAnswer = caller.scopes.has('approvals:answer') || caller.scopes.has('approvals:read');
      const [counts, granted, sessions, asked, erasure, holds] = await Promise.all([
        countRuns(store, [id]),
        caller.scopes.has('grants:read') ? grants.list({ run: id, limit: MOST_OF_RUN }) : [],
        recordings.sessions({ run: id, limit: MOST_OF_RUN }),
        mayAnswer ? approvals.list({ run: id, limit: MOST_OF_RUN }, caller) : { items: [] },
        retention.erasure(id),
        caller.scopes.has('retention:read') ? retention.holdsOver(id) : [],
      ]);
      const asserted = JSON.parse(row.asserted) as Readonly<Record<string, string>>;
      return {
        ...summary(row, counts.get(id)),
        workload: workloadPairs(row),
        asserted: Object.entries(asserted).map(([name, value]) => ({ name, value })),
        grants: granted,
        sessionList: sessions.items,
        approvalList: asked.items,
        ...(erasure === undefined ? {} : { erasure }),
        holds,
        evidence: present({ tokenDigest: row.token_digest, jwksDigest: row.jwks_digest }),
      };
    },
  };
}

function summary(row: RunRow, counts: RunCounts = NO_COUNTS): RunSummaryView {
  return {
    ...runReference(row),
    kind: row.kind,
    openedAt: row.opened_at,
    ...present({ closedAt: row.closed_at, termination: row.termination }),
    ...counts,
  };
}

/** With milliseconds and in UTC, so that text order is time order. */
function instant(text: string): string {
  return new Date(text).toISOString();
}

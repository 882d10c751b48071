import { type InfiniteData, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { BudgetView, Page, Run, RunEvidenceState, RunSummary, StatementView } from '../../api/types.ts';
import { filterQuery, type SearchFilter } from '../sessions/search-filter.ts';
import { found, NEWEST_ITEMS } from '../sessions/search-queries.ts';

const PAGE_ITEMS = 200;

/** Runs, newest first; not under the key that live events make stale (see `foundSessionsQuery`). */
export function foundRunsQuery(filter: SearchFilter) {
  return infiniteQueryOptions({
    queryKey: ['found', 'runs', filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<RunSummary>>('/v1/runs', runsQuery(filter, PAGE_ITEMS, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    select: (data: InfiniteData<Page<RunSummary>>) => found(data, ({ items }) => items),
    refetchOnWindowFocus: false,
  });
}

/** The newest as they are now, loaded anew with every live event. */
export function newestRunsQuery(filter: SearchFilter) {
  return queryOptions({
    queryKey: [...key.runs, 'newest', filter],
    queryFn: ({ signal }) => get<Page<RunSummary>>('/v1/runs', runsQuery(filter, NEWEST_ITEMS), signal),
  });
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: key.run(id),
    queryFn: ({ signal }) => get<Run>(`/v1/runs/${encodeURIComponent(id)}`, undefined, signal),
  });
}

/** What evidence there is of it. */
export function runEvidenceQuery(id: string) {
  return queryOptions({
    queryKey: [...key.run(id), 'evidence'],
    queryFn: ({ signal }) =>
      get<RunEvidenceState>(`/v1/runs/${encodeURIComponent(id)}/evidence/state`, undefined, signal),
    // It stands a moment after the run closed, and no event says so.
    refetchInterval: ({ state: { data } }) => (data?.state === 'making' ? 2_000 : false),
  });
}

/** Where a browser downloads it. */
export function bundleUrl(id: string, withoutBodies = false): string {
  return `/v1/runs/${encodeURIComponent(id)}/evidence${withoutBodies ? '?bodies=withheld' : ''}`;
}

/** What the run spent, and what all runs in its targets did. */
export function runBudgetsQuery(id: string) {
  return queryOptions({
    queryKey: [...key.run(id), 'budgets'],
    queryFn: async ({ signal }) =>
      (await get<{ readonly budgets: readonly BudgetView[] }>('/v1/budgets', { run: id }, signal)).budgets,
  });
}

interface StatementsBody {
  readonly statements: readonly StatementView[];
  readonly next?: string;
}

/** What a run asked, in pages as large as the API gives. */
export function runStatementsQuery(run: string) {
  return infiniteQueryOptions({
    queryKey: ['found', 'run', run],
    queryFn: ({ pageParam, signal }) =>
      get<StatementsBody>('/v1/statements', { run, limit: 500, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    select: (data: InfiniteData<StatementsBody>) => found(data, ({ statements }) => statements),
    refetchOnWindowFocus: false,
  });
}

function runsQuery(filter: SearchFilter, limit: number, cursor?: string) {
  return { ...filterQuery(filter, Date.now(), NOT_OF_RUNS), limit, cursor };
}

const NOT_OF_RUNS = ['run', 'session', 'target', 'table', 'kind', 'decision', 'text'] as const;

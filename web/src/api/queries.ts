import {
  type InfiniteData,
  infiniteQueryOptions,
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
} from '@tanstack/react-query';
import { call, get, rememberCsrf } from './client.ts';
import { ApiProblem } from './problem.ts';
import type {
  Approval,
  ApprovalAnswer,
  ApprovalState,
  ApprovalSummary,
  Gateway,
  LoginWays,
  Me,
  Overview,
  Page,
  RunSummary,
  SessionView,
} from './types.ts';

/**
 * Keys begin with what a live event names (`approval`, `session`, `configuration`, `definitions`), so that `events.ts` can tell what
 * is out of date: a page's own queries use the same first word.
 */
export const key = {
  me: ['me'],
  gateway: ['gateway'],
  loginWays: ['login'],
  overview: ['overview'],
  approvals: ['approval', 'list'],
  approval: (id: string) => ['approval', 'one', id],
  runs: ['session', 'runs'],
  run: (id: string) => ['session', 'run', id],
  sessions: ['session', 'list'],
  session: (id: string) => ['session', 'one', id],
  statements: ['session', 'statements'],
  targets: ['configuration', 'targets'],
  configuration: ['configuration', 'objects'],
  definitions: ['definitions', 'list'],
  definition: (id: string) => ['definitions', 'one', id],
  log: ['log'],
} as const;

export function makeQueryClient(): QueryClient {
  // A session that ended, or another one in its place: who is here is asked anew, and the shell does the rest.
  const onError = (error: unknown) => {
    if (error instanceof ApiProblem && (error.status === 401 || error.problem.code === 'csrf')) {
      void queries.invalidateQueries({ queryKey: key.me });
    }
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => (query.queryKey[0] === key.me[0] ? undefined : onError(error)),
    }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < 2 && (!(error instanceof ApiProblem) || error.status >= 500),
        refetchOnWindowFocus: true,
      },
    },
  });
  return queries;
}

export const meQuery = queryOptions({
  queryKey: key.me,
  queryFn: async ({ signal }) => {
    const me = await get<Me>('/v1/me', undefined, signal);
    rememberCsrf(me.csrf);
    return me;
  },
  staleTime: 60_000,
});

export const gatewayQuery = queryOptions({
  queryKey: key.gateway,
  queryFn: ({ signal }) => get<Gateway>('/v1/gateway', undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const loginWaysQuery = queryOptions({
  queryKey: key.loginWays,
  queryFn: ({ signal }) => get<LoginWays>('/v1/login', undefined, signal),
});

export const overviewQuery = queryOptions({
  queryKey: key.overview,
  queryFn: ({ signal }) => get<Overview>('/v1/overview', undefined, signal),
  refetchInterval: 60_000,
});

/** `all` is the history, what waits included. */
export type ApprovalView = 'mine' | 'pending' | 'all';

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  readonly run?: string;
}

/** Of a view; the history may be narrowed. */
export function approvalsQuery(view: ApprovalView, filter: ApprovalFilter = {}) {
  const query = view === 'mine' ? { mine: true, state: 'pending' } : view === 'pending' ? { state: 'pending' } : filter;
  return pages<ApprovalSummary>([...key.approvals, view], '/v1/approvals', { ...query });
}

export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: key.approval(id),
    queryFn: ({ signal }) => get<Approval>(`/v1/approvals/${encodeURIComponent(id)}`, undefined, signal),
  });
}

/** Answers an approval; what comes back is how it stands now. Throws an `ApiProblem`. */
export async function answerApproval(id: string, answer: ApprovalAnswer): Promise<Approval> {
  const { data } = await call<Approval>('POST', `/v1/approvals/${encodeURIComponent(id)}/answer`, { body: answer });
  return data;
}

/** The last few runs and sessions, for the palette. */
export const recentRunsQuery = queryOptions({
  queryKey: [...key.runs, 'recent'],
  queryFn: ({ signal }) => get<Page<RunSummary>>('/v1/runs', { limit: 8 }, signal),
});

export const recentSessionsQuery = queryOptions({
  queryKey: [...key.sessions, 'recent'],
  queryFn: ({ signal }) => get<{ sessions: SessionView[] }>('/v1/sessions', { limit: 8 }, signal),
});

/** A list that goes on: `GET path` with a cursor, 50 at a time; the items are at `field` of the body. */
export function pages<Item>(
  queryKey: readonly unknown[],
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  field = 'items',
) {
  return infiniteQueryOptions({
    queryKey: [...queryKey, query],
    queryFn: ({ pageParam, signal }) =>
      get<Readonly<Record<string, unknown>>>(path, { limit: 50, ...query, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page['next'] as string | undefined,
    select: (data: InfiniteData<Readonly<Record<string, unknown>>>) =>
      data.pages.flatMap((page) => page[field] as Item[]),
  });
}

import { type InfiniteData, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { SessionView, StatementView } from '../../api/types.ts';
import { filterQuery, type SearchFilter, STATEMENT_FILTERS } from './search-filter.ts';

/** As many as the API gives at once: a long list is scrolled through, not paged. */
const PAGE_ITEMS = 200;

interface SessionsPageBody {
  readonly sessions: readonly SessionView[];
  readonly next?: string;
}

interface StatementsPageBody {
  readonly statements: readonly StatementView[];
  readonly next?: string;
}

/**
 * Sessions, newest first. Not under the key that live events make stale: all pages of a long list would be loaded anew
 * with each of them. `newestSessionQuery` tells when there is something new.
 */
export function foundSessionsQuery(filter: SearchFilter) {
  return infiniteQueryOptions({
    queryKey: ['found', 'sessions', filter],
    queryFn: ({ pageParam, signal }) =>
      get<SessionsPageBody>('/v1/sessions', sessionsQuery(filter, PAGE_ITEMS, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    select: (data: InfiniteData<SessionsPageBody>) => found(data, ({ sessions }) => sessions),
    refetchOnWindowFocus: false,
  });
}

/** How many are looked at with every live event, to see whether a list is out of date. */
export const NEWEST_ITEMS = 50;

/** The newest as they are now, loaded anew with every live event. */
export function newestSessionsQuery(filter: SearchFilter) {
  return queryOptions({
    queryKey: [...key.sessions, 'newest', filter],
    queryFn: ({ signal }) => get<SessionsPageBody>('/v1/sessions', sessionsQuery(filter, NEWEST_ITEMS), signal),
  });
}

/** Statements, the sessions they were in newest first. Looking is recorded, so it is done only when somebody asks. */
export function foundStatementsQuery(filter: SearchFilter) {
  return infiniteQueryOptions({
    queryKey: ['found', 'statements', filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filterQuery(filter, Date.now()), limit: PAGE_ITEMS, cursor: pageParam };
      return get<StatementsPageBody>('/v1/statements', query, signal);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    select: (data: InfiniteData<StatementsPageBody>) => found(data, ({ statements }) => statements),
    refetchOnWindowFocus: false,
    staleTime: 60_000,
  });
}

function sessionsQuery(filter: SearchFilter, limit: number, cursor?: string) {
  return { ...filterQuery(filter, Date.now(), STATEMENT_FILTERS), limit, cursor };
}

/** What was found so far, in one list. */
export interface Found<Item> {
  readonly items: readonly Item[];
  /** How many pages of it were loaded. */
  readonly pages: number;
}

export function found<Body, Item>(data: InfiniteData<Body>, itemsOf: (body: Body) => readonly Item[]): Found<Item> {
  return { items: data.pages.flatMap(itemsOf), pages: data.pages.length };
}

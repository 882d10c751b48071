import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, get, raw } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { key } from '../../api/queries.ts';
import type { ExportList, LogEntry, LogStatus, LogVerification, SessionView } from '../../api/types.ts';
import type { TileFetch } from '../../verify/tiles.ts';

export const logQuery = queryOptions({
  queryKey: [...key.log, 'status'],
  queryFn: ({ signal }) => get<LogStatus>('/v1/log', undefined, signal),
  refetchInterval: 15_000,
});

export const exportsQuery = queryOptions({
  queryKey: [...key.log, 'exports'],
  queryFn: ({ signal }) => get<ExportList>('/v1/exports', undefined, signal),
  refetchInterval: 15_000,
});

const ENTRIES = 200;

/** The entries of the log of `size`, newest first. */
export function entriesQuery(size: number) {
  return infiniteQueryOptions({
    queryKey: [...key.log, 'entries', size],
    queryFn: async ({ pageParam: end, signal }) => {
      const start = Math.max(0, end - ENTRIES);
      const { entries } = await get<{ entries: LogEntry[] }>('/v1/log/entries', { start, limit: end - start }, signal);
      return { start, entries: entries.toReversed() };
    },
    initialPageParam: size,
    getNextPageParam: ({ start }) => (start > 0 ? start : undefined),
    select: ({ pages }) => pages.flatMap(({ entries }) => entries),
    enabled: size > 0,
  });
}

/** What the gateway hands out of a session, as it came: whoever verifies it reads it. */
export async function fetchEvidence(session: string): Promise<unknown> {
  return await patiently(() => get<unknown>(`/v1/sessions/${encodeURIComponent(session)}/evidence`));
}

const PATIENCE_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** A verification asks for much in a row; where the gateway says that it is too much, it waits. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const ms of PATIENCE_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 429) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, ms);
      });
    }
  }
  return await ask();
}

export async function newestSessions(limit: number): Promise<readonly SessionView[]> {
  const { sessions } = await get<{ sessions: SessionView[] }>('/v1/sessions', { limit });
  return sessions.filter(({ here }) => here);
}

/** The log as its gateway has it now, asked for anew. */
export async function fetchStatus(): Promise<LogStatus> {
  return await get<LogStatus>('/v1/log');
}

export async function verifyOnGateway(): Promise<LogVerification> {
  return (await call<LogVerification>('POST', '/v1/log/verify')).data;
}

export const fetchTile: TileFetch = async (path) => {
  try {
    const response = await patiently(() => raw(`/v1/log/${path}`));
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  }
};

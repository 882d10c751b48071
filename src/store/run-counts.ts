import { sql } from 'kysely';
import type { RunRow } from './grant-rows.ts';
import type { Store } from './store.ts';

/** What the sessions of something have come to. */
export interface Counts {
  readonly sessions: number;
  readonly permitted: number;
  readonly denied: number;
  readonly masked: number;
}

export interface RunCounts extends Counts {
  readonly approvals: number;
}

export const NO_COUNTS: RunCounts = { sessions: 0, permitted: 0, denied: 0, masked: 0, approvals: 0 };

/** Counts of runs, by id. */
export async function countRuns(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, RunCounts>> {
  if (ids.length === 0) return new Map();
  const [sessions, approvals] = await store.read((db) =>
    Promise.all([
      db
        .selectFrom('sessions')
        .select((of) => ['run_id', of.fn.countAll().as('sessions'), ...SUMS.map((name) => of.fn.sum(name).as(name))])
        .where('run_id', 'in', ids)
        .groupBy('run_id')
        .execute(),
      db
        .selectFrom('approvals')
        .select((of) => ['run_id', of.fn.countAll().as('approvals')])
        .where('run_id', 'in', ids)
        .groupBy('run_id')
        .execute(),
    ]),
  );
  const asked = new Map(approvals.map((row) => [row.run_id, Number(row.approvals)]));
  const counted = new Map(sessions.map((row) => [row.run_id, countsOf(row)]));
  return new Map(ids.map((id) => [id, { ...(counted.get(id) ?? NO_COUNTS), approvals: asked.get(id) ?? 0 }] as const));
}

const SUMS = ['permitted', 'denied', 'masked'] as const;

export interface HourCounts extends Counts {
  /** RFC 3339 up to the hour: `2026-11-22T21`. */
  readonly hour: string;
}

/** Sessions by the hour in which they opened, from a time on; hours without one are not there. */
export async function countHours(store: Store, since: string): Promise<readonly HourCounts[]> {
  const hour = sql<string>`substr(opened_at, 1, 13)`;
  const rows = await store.read((db) =>
    db
      .selectFrom('sessions')
      .select((of) => [
        hour.as('hour'),
        of.fn.countAll().as('sessions'),
        ...SUMS.map((name) => of.fn.sum(name).as(name)),
      ])
      .where('opened_at', '>=', since)
      .groupBy(hour)
      .orderBy(hour)
      .execute(),
  );
  return rows.map((row) => ({ hour: row.hour, ...countsOf(row) }));
}

/** What an overview counts at a moment. */
export async function countNow(store: Store, { since, now }: { readonly since: string; readonly now: string }) {
  return store.read(async (db) => {
    const live = await db
      .selectFrom('sessions')
      .select((of) => of.fn.countAll().as('n'))
      .where('closed_at', 'is', null)
      .executeTakeFirstOrThrow();
    const waiting = await db
      .selectFrom('approvals')
      .select((of) => of.fn.countAll().as('n'))
      .where('state', '=', 'pending')
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow();
    const runs = await db
      .selectFrom('runs')
      .select((of) => of.fn.countAll().as('n'))
      .where('opened_at', '>=', since)
      .executeTakeFirstOrThrow();
    const approvals = await db
      .selectFrom('approvals')
      .select((of) => of.fn.countAll().as('n'))
      .where('requested_at', '>=', since)
      .executeTakeFirstOrThrow();
    const [liveSessions, pending, openedRuns, asked] = [live, waiting, runs, approvals].map(({ n }) => Number(n));
    return { liveSessions: liveSessions ?? 0, waiting: pending ?? 0, runs: openedRuns ?? 0, approvals: asked ?? 0 };
  });
}

export interface RunSearch {
  /** Part of the principal, as people know it, in any case. */
  readonly who?: string;
  /** Part of the repository's address, or its id. */
  readonly repository?: string;
  /** RFC 3339, UTC, milliseconds: opened at or after; opened before. */
  readonly since?: string;
  readonly until?: string;
  readonly before?: string;
  readonly limit: number;
}

/** Newest first. */
export function searchRuns(store: Store, search: RunSearch): Promise<readonly RunRow[]> {
  const { who, repository, since, until, before, limit } = search;
  return store.read((db) => {
    let query = db.selectFrom('runs').selectAll().orderBy('id', 'desc').limit(limit);
    if (who !== undefined) query = query.where(like('display', who));
    if (repository !== undefined) {
      query = query.where((of) => of.or([like('repository_uri', repository), of('repository_id', '=', repository)]));
    }
    if (since !== undefined) query = query.where('opened_at', '>=', since);
    if (until !== undefined) query = query.where('opened_at', '<', until);
    if (before !== undefined) query = query.where('id', '<', before);
    return query.execute();
  });
}

function like(column: 'display' | 'repository_uri', part: string) {
  return sql<boolean>`lower(${sql.ref(column)}) like ${`%${likely(part)}%`} escape '\\'`;
}

/** `%` and `_` in what is searched for stand for themselves. */
function likely(part: string): string {
  return part.toLowerCase().replaceAll(/[\\%_]/g, '\\$&');
}

interface Sums {
  readonly sessions: number | string | bigint;
  readonly permitted?: number | string | bigint | null;
  readonly denied?: number | string | bigint | null;
  readonly masked?: number | string | bigint | null;
}

/** PostgreSQL gives sums as text. */
function countsOf({ sessions, permitted, denied, masked }: Sums): Counts {
  return {
    sessions: Number(sessions),
    permitted: Number(permitted ?? 0),
    denied: Number(denied ?? 0),
    masked: Number(masked ?? 0),
  };
}

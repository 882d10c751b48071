import { type Selectable, sql } from 'kysely';
import type { SessionsTable } from './schema.ts';
import type { Store } from './store.ts';

export type SessionRow = Selectable<SessionsTable>;

export async function insertSession(
  store: Store,
  session: Omit<
    SessionRow,
    'closed_at' | 'outcome' | 'permitted' | 'denied' | 'masked' | 'updated_at' | 'ending' | 'classes'
  >,
): Promise<void> {
  await store.write((db) =>
    db
      .insertInto('sessions')
      .values({ ...session, updated_at: session.opened_at })
      .execute(),
  );
}

/** What a session that runs has come to. */
export interface SessionCounts {
  readonly id: string;
  readonly permitted: number;
  readonly denied: number;
  readonly masked: number;
}

/** Moves the counts of sessions that are open, and wakes whoever watches sessions: those that opened and closed too. */
export async function progressSessions(store: Store, moved: readonly SessionCounts[], now: string): Promise<void> {
  await store.write(
    async (db) => {
      for (const { id, ...counts } of moved) {
        const row = { ...counts, updated_at: now };
        await db.updateTable('sessions').set(row).where('id', '=', id).where('closed_at', 'is', null).execute();
      }
    },
    ['sessions'],
  );
}

/** Sessions whose row moved at or after a time, oldest first. */
export function movedSessions(store: Store, since: string, limit: number): Promise<readonly SessionRow[]> {
  return store.read((db) =>
    db
      .selectFrom('sessions')
      .selectAll()
      .where('updated_at', '>=', since)
      .orderBy('updated_at')
      .orderBy('id')
      .limit(limit)
      .execute(),
  );
}

/** Who wants a session to end, and why. */
export interface SessionEnding {
  readonly by: string;
  readonly reason: string;
}

/** Asks the gateway that serves a session to end it; false where it is not open. */
export function askToEnd(store: Store, id: string, ending: SessionEnding): Promise<boolean> {
  return store.write(
    async (db) => {
      const asked = await db
        .updateTable('sessions')
        .set({ ending: JSON.stringify(ending) })
        .where('id', '=', id)
        .where('closed_at', 'is', null)
        .returning('id')
        .execute();
      return asked.length > 0;
    },
    ['sessions'],
  );
}

/** The sessions of a gateway that are to end. */
export function sessionsToEnd(
  store: Store,
  gateway: string,
): Promise<readonly { readonly id: string; readonly ending: SessionEnding }[]> {
  return store.read(async (db) => {
    const rows = await db
      .selectFrom('sessions')
      .select(['id', 'ending'])
      .where('ending', 'is not', null)
      .where('closed_at', 'is', null)
      .where('gateway', '=', gateway)
      .execute();
    return rows.map(({ id, ending }) => ({ id, ending: JSON.parse(ending ?? '{}') as SessionEnding }));
  });
}

export interface SessionClosing {
  readonly closed_at: string;
  readonly outcome: string;
  readonly permitted: number;
  readonly denied: number;
  readonly masked: number;
  /** JSON list of the classes of data that it met. */
  readonly classes?: string;
}

export async function closeSessionRow(store: Store, id: string, closing: SessionClosing): Promise<void> {
  await store.write((db) =>
    db
      .updateTable('sessions')
      .set({ ...closing, updated_at: closing.closed_at })
      .where('id', '=', id)
      .where('closed_at', 'is', null)
      .execute(),
  );
}

export interface SessionFilter {
  readonly run?: string;
  readonly target?: string;
  /** Part of the principal's name, in any case. */
  readonly principal?: string;
  /** Part of the repository's name, in any case. */
  readonly repository?: string;
  /** RFC 3339, UTC, milliseconds: opened at or after; opened before. */
  readonly since?: string;
  readonly until?: string;
  readonly open?: boolean;
  /** Sessions with a smaller id, which are older ones: the last id of the page before. */
  readonly before?: string;
  readonly limit: number;
}

/** Newest first. */
export function listSessions(store: Store, filter: SessionFilter): Promise<readonly SessionRow[]> {
  return store.read((db) => {
    let query = db.selectFrom('sessions').selectAll().orderBy('id', 'desc').limit(filter.limit);
    if (filter.run !== undefined) query = query.where('run_id', '=', filter.run);
    if (filter.target !== undefined) query = query.where('target', '=', filter.target);
    if (filter.open !== undefined) query = query.where('closed_at', filter.open ? 'is' : 'is not', null);
    if (filter.principal !== undefined) query = query.where(contains('principal', filter.principal));
    if (filter.repository !== undefined) query = query.where(contains('repository', filter.repository));
    if (filter.since !== undefined) query = query.where('opened_at', '>=', filter.since);
    if (filter.until !== undefined) query = query.where('opened_at', '<', filter.until);
    if (filter.before !== undefined) query = query.where('id', '<', filter.before);
    return query.execute();
  });
}

/** `%` and `_` in what is searched for stand for themselves. */
function contains(column: 'principal' | 'repository', part: string) {
  const pattern = `%${part.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

export function findSession(store: Store, id: string): Promise<SessionRow | undefined> {
  return store.read((db) => db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst());
}

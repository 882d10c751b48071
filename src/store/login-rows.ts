import type { Selectable } from 'kysely';
import type { PersonRow } from './people-rows.ts';
import type { BrowserSessionsTable, DeviceLoginsTable, LoginAttemptsTable } from './people-tables.ts';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export type BrowserSessionRow = Selectable<BrowserSessionsTable>;
export type DeviceLoginRow = Selectable<DeviceLoginsTable>;

/** Expired ones go when a new one comes. */
export async function insertBrowserSession(store: Store, row: BrowserSessionRow): Promise<void> {
  await store.write(async (db) => {
    await db.deleteFrom('browser_sessions').where('expires_at', '<=', row.created_at).execute();
    await db.insertInto('browser_sessions').values(row).execute();
  });
}

/** A session and whose it is. */
export function findBrowserSession(
  store: Store,
  hash: string,
): Promise<{ readonly session: BrowserSessionRow; readonly person: PersonRow } | undefined> {
  return store.read(async (db) => {
    const session = await db.selectFrom('browser_sessions').selectAll().where('hash', '=', hash).executeTakeFirst();
    if (session === undefined) return undefined;
    const person = await db
      .selectFrom('people')
      .selectAll()
      .where('id', '=', session.person_id)
      .executeTakeFirstOrThrow();
    return { session, person };
  });
}

/** Keeps a session from being idle. */
export async function touchBrowserSession(store: Store, { hash, person_id }: BrowserSessionRow, now: string) {
  await store.write(async (db) => {
    await db.updateTable('browser_sessions').set({ seen_at: now }).where('hash', '=', hash).execute();
    await db.updateTable('people').set({ last_seen_at: now }).where('id', '=', person_id).execute();
  });
}

/** How many were ended. */
export function deleteBrowserSessions(
  store: Store,
  which: { readonly hash: string } | { readonly person: string },
): Promise<number> {
  const remove = async (db: Db) => {
    const gone = await db
      .deleteFrom('browser_sessions')
      .where('hash' in which ? 'hash' : 'person_id', '=', 'hash' in which ? which.hash : which.person)
      .returning('hash')
      .execute();
    return gone.length;
  };
  // Streams that their pages hold open end with them.
  return store.write(remove, ['people']);
}

export async function insertLoginAttempt(
  store: Store,
  row: Selectable<LoginAttemptsTable>,
  now: string,
): Promise<void> {
  await store.write(async (db) => {
    await db.deleteFrom('login_attempts').where('expires_at', '<=', now).execute();
    await db.insertInto('login_attempts').values(row).execute();
  });
}

/** Uses an attempt up; undefined where there is none, it was used, or it is too old. */
export function takeLoginAttempt(
  store: Store,
  stateHash: string,
  now: string,
): Promise<Selectable<LoginAttemptsTable> | undefined> {
  return store.write(async (db) => {
    const taken = await db
      .deleteFrom('login_attempts')
      .where('state_hash', '=', stateHash)
      .returningAll()
      .executeTakeFirst();
    return taken && taken.expires_at > now ? taken : undefined;
  });
}

/** False where there are too many that wait for somebody already. */
export function insertDeviceLogin(store: Store, row: DeviceLoginRow, most: number): Promise<boolean> {
  return store.write(async (db) => {
    await db.deleteFrom('device_logins').where('expires_at', '<=', row.requested_at).execute();
    const waiting = await db
      .selectFrom('device_logins')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .where('state', '=', 'pending')
      .executeTakeFirstOrThrow();
    if (Number(waiting.count) >= most) return false;
    await db.insertInto('device_logins').values(row).execute();
    return true;
  });
}

export function findDeviceLogin(store: Store, userCodeHash: string): Promise<DeviceLoginRow | undefined> {
  return store.read((db) =>
    db.selectFrom('device_logins').selectAll().where('user_code_hash', '=', userCodeHash).executeTakeFirst(),
  );
}

/** Answers a device, once; undefined where it does not wait (any more). */
export function decideDeviceLogin(
  store: Store,
  userCodeHash: string,
  decision: { readonly state: 'approved' | 'denied'; readonly person: string; readonly now: string },
): Promise<DeviceLoginRow | undefined> {
  return store.write((db) =>
    db
      .updateTable('device_logins')
      .set({ state: decision.state, person_id: decision.person })
      .where('user_code_hash', '=', userCodeHash)
      .where('state', '=', 'pending')
      .where('expires_at', '>', decision.now)
      .returningAll()
      .executeTakeFirst(),
  );
}

/**
 * What a device that asks finds. Granted to one caller alone: the approval is used up by it. `polledAfter`: whoever asked
 * after that asks again too soon.
 */
export function pollDeviceLogin(
  store: Store,
  deviceHash: string,
  { now, polledAfter }: { readonly now: string; readonly polledAfter: string },
): Promise<{ readonly row: DeviceLoginRow; readonly tooSoon: boolean; readonly isGranted: boolean } | undefined> {
  return store.write(async (db) => {
    const row = await db
      .selectFrom('device_logins')
      .selectAll()
      .where('device_hash', '=', deviceHash)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const tooSoon = row.polled_at !== null && row.polled_at > polledAfter;
    const used = db
      .updateTable('device_logins')
      .set({ state: 'used', polled_at: now })
      .where('device_hash', '=', deviceHash)
      .where('state', '=', 'approved')
      .where('person_id', 'is not', null)
      .where('expires_at', '>', now)
      .returningAll();
    if (!tooSoon && (await used.execute()).length > 0) return { row, tooSoon, isGranted: true };
    await db.updateTable('device_logins').set({ polled_at: now }).where('device_hash', '=', deviceHash).execute();
    return { row, tooSoon, isGranted: false };
  });
}

export async function insertFirstLogin(store: Store, hash: string, expiresAt: string, now: string): Promise<void> {
  await store.write(async (db) => {
    await db.deleteFrom('first_logins').where('expires_at', '<=', now).execute();
    await db.insertInto('first_logins').values({ hash, expires_at: expiresAt, used_at: null }).execute();
  });
}

/** Whether a one-time code is still good; looking does not use it. */
export function isFirstLogin(store: Store, hash: string, now: string): Promise<boolean> {
  return store.read(async (db) => {
    const row = await db.selectFrom('first_logins').selectAll().where('hash', '=', hash).executeTakeFirst();
    return row !== undefined && row.used_at === null && row.expires_at > now;
  });
}

/** Uses a one-time code up: true for one caller alone. */
export function useFirstLogin(store: Store, hash: string, now: string): Promise<boolean> {
  return store.write(async (db) => {
    const used = await db
      .updateTable('first_logins')
      .set({ used_at: now })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('hash')
      .execute();
    return used.length > 0;
  });
}

export async function deleteFirstLogins(store: Store): Promise<void> {
  await store.write((db) => db.deleteFrom('first_logins').execute());
}

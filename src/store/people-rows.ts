import { type Selectable, sql } from 'kysely';
import type { PeopleTable } from './people-tables.ts';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export type PersonRow = Selectable<PeopleTable>;

/** What a login says of a person; the lists are JSON. */
export type ClaimedPerson = Pick<
  PersonRow,
  'issuer' | 'subject' | 'login' | 'name' | 'email' | 'claimed_groups' | 'claimed_roles' | 'claimed_handles'
>;

export type Entered =
  | { readonly kind: 'entered'; readonly row: PersonRow; readonly isNew: boolean }
  | { readonly kind: 'disabled'; readonly row: PersonRow }
  /** Somebody else of the same issuer goes by this login. */
  | { readonly kind: 'login-taken'; readonly row: PersonRow };

export interface Entering {
  readonly claimed: ClaimedPerson;
  /** For somebody who was never here. */
  readonly id: string;
  /** Set where given; left as they are where absent. Whoever `disabled_at` is given for comes in, disabled or not. */
  readonly local?: Partial<Pick<PersonRow, 'local_groups' | 'local_roles' | 'disabled_at'>>;
  readonly now: string;
}

/** Makes the person, or brings up to date what their claims say. A login of somebody who was disabled is free again. */
export function enterPerson(store: Store, { claimed, id, local = {}, now }: Entering): Promise<Entered> {
  return store.write(
    async (db): Promise<Entered> => {
      await lockPeople(db);
      const of = db.selectFrom('people').selectAll().where('issuer', '=', claimed.issuer);
      const known = await of.where('subject', '=', claimed.subject).executeTakeFirst();
      if (known?.disabled_at && local.disabled_at === undefined) return { kind: 'disabled', row: known };
      const other = await of
        .where('login', '=', claimed.login)
        .where('subject', '!=', claimed.subject)
        .executeTakeFirst();
      if (other && other.disabled_at === null) return { kind: 'login-taken', row: other };
      if (other) {
        const login = `${other.login}~${other.id.slice(-6)}`;
        await db.updateTable('people').set({ login }).where('id', '=', other.id).execute();
      }
      const values = { ...claimed, ...local, last_seen_at: now };
      const made = known
        ? await db.updateTable('people').set(values).where('id', '=', known.id).returningAll().executeTakeFirstOrThrow()
        : await db
            .insertInto('people')
            .values({ ...NOTHING_LOCAL, disabled_at: null, ...values, id, created_at: now, version: 1 })
            .returningAll()
            .executeTakeFirstOrThrow();
      return { kind: 'entered', row: made, isNew: known === undefined };
    },
    ['people'],
  );
}

const NOTHING_LOCAL = { local_groups: '[]', local_roles: '[]', local_handles: '[]' };

export function findPerson(store: Store, id: string): Promise<PersonRow | undefined> {
  return store.read((db) => db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst());
}

export interface PeopleFilter {
  /** People with a larger id, who came later: the last id of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** Oldest first. */
export function listPeople(store: Store, { after, limit }: PeopleFilter): Promise<readonly PersonRow[]> {
  return store.read((db) => {
    const query = db.selectFrom('people').selectAll().orderBy('id').limit(limit);
    return (after === undefined ? query : query.where('id', '>', after)).execute();
  });
}

/** True where somebody who may log in is an administrator. */
export function hasAdministrator(store: Store): Promise<boolean> {
  return store.read(async (db) => (await administrators(db)).length > 0);
}

export interface PersonChange {
  readonly id: string;
  /** The one that was looked at; undefined for whichever it is. */
  readonly version: number | undefined;
  readonly set: Partial<Pick<PersonRow, 'local_groups' | 'local_roles' | 'local_handles'>>;
  readonly disabled?: boolean;
  readonly now: string;
}

export type Changed =
  | { readonly kind: 'changed'; readonly row: PersonRow }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'last-administrator' };

/**
 * Changes what was given here. Whoever is disabled has no session, token or device any more once this resolves. All
 * changes of people wait for one another, so no two of them can take away the last two administrators.
 */
export function changePerson(store: Store, change: PersonChange): Promise<Changed> {
  return store.write(
    async (db): Promise<Changed> => {
      await lockPeople(db);
      const known = await db.selectFrom('people').selectAll().where('id', '=', change.id).executeTakeFirst();
      if (known === undefined) return { kind: 'missing' };
      if (change.version !== undefined && change.version !== known.version) return { kind: 'stale' };
      const disabledAt = change.disabled === undefined ? known.disabled_at : change.disabled ? change.now : null;
      const next: PersonRow = {
        ...known,
        ...change.set,
        disabled_at: disabledAt && (known.disabled_at ?? disabledAt),
        version: known.version + 1,
      };
      const others = (await administrators(db)).filter(({ id }) => id !== known.id);
      if (isAdministrator(known) && !isAdministrator(next) && others.length === 0) {
        return { kind: 'last-administrator' };
      }
      await db.updateTable('people').set(next).where('id', '=', known.id).execute();
      if (next.disabled_at !== null) await endEverythingOf(db, known.id, change.now);
      return { kind: 'changed', row: next };
    },
    ['people', 'grants'],
  );
}

async function administrators(db: Db): Promise<readonly PersonRow[]> {
  const rows = await db
    .selectFrom('people')
    .selectAll()
    .where('disabled_at', 'is', null)
    .where((or) => or.or([or('claimed_roles', 'like', '%"admin"%'), or('local_roles', 'like', '%"admin"%')]))
    .execute();
  return rows.filter(isAdministrator);
}

function isAdministrator({ disabled_at, claimed_roles, local_roles }: PersonRow): boolean {
  const roles = [JSON.parse(claimed_roles), JSON.parse(local_roles)].flat() as unknown[];
  return disabled_at === null && roles.includes('admin');
}

async function endEverythingOf(db: Db, person: string, now: string): Promise<void> {
  await db.deleteFrom('browser_sessions').where('person_id', '=', person).execute();
  await db.deleteFrom('device_logins').where('person_id', '=', person).execute();
  await db
    .updateTable('operator_tokens')
    .set({ revoked_at: now })
    .where('person_id', '=', person)
    .where('revoked_at', 'is', null)
    .execute();
  // Those of their own sittings: gateways hear of it and end the sessions.
  await db
    .updateTable('grants')
    .set({ revoked_at: now, revoked_because: 'its person was disabled' })
    .where('run_id', 'in', (runs) => runs.selectFrom('runs').select('id').where('principal', '=', person))
    .where('revoked_at', 'is', null)
    .execute();
}

/** The counter's row is locked until the transaction ends, on either store. */
async function lockPeople(db: Db): Promise<void> {
  await db
    .insertInto('versions')
    .values({ topic: 'people', version: 1 })
    .onConflict((conflict) => conflict.column('topic').doUpdateSet({ version: sql`versions.version + 1` }))
    .execute();
}

import type { Selectable } from 'kysely';
import { type GivenTargetRow, givenTargets } from './given-target-rows.ts';
import { type GrantsTable, type RunsTable } from './schema.ts';
import type { Store } from './store.ts';

export type GrantRow = Selectable<GrantsTable>;
export type RunRow = Selectable<RunsTable>;

/** A grant with all that people gave it since. */
export interface FoundGrant extends GrantRow {
  readonly given: readonly GivenTargetRow[];
}

/** The same with the run that it belongs to. */
export interface FoundGrantAndRun {
  readonly grant: FoundGrant;
  readonly run: RunRow;
}

/** A grant and the run that it belongs to. */
export interface GrantAndRun {
  readonly grant: GrantRow;
  readonly run: RunRow;
}

export interface NewGrant extends GrantAndRun {
  /** The CI token that opened the run, sealed. */
  readonly sealedToken?: string;
  /** What may not be used a second time, and until when that is remembered. */
  readonly consumes?: { readonly replayKey: string; readonly until: string };
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Uses the token up and inserts the run and its grant, in one transaction: of any number of processes that race with
 * one token, one gets true.
 */
export function insertGrant(
  store: Store,
  { grant, run, sealedToken: sealed, consumes, now }: NewGrant,
): Promise<boolean> {
  return store.write(async (db) => {
    await db.deleteFrom('consumed_tokens').where('expires_at', '<', now).execute();
    if (consumes !== undefined) {
      const won = await db
        .insertInto('consumed_tokens')
        .values({ replay_key: consumes.replayKey, run_id: run.id, expires_at: consumes.until })
        .onConflict((conflict) => conflict.column('replay_key').doNothing())
        .returning('replay_key')
        .execute();
      if (won.length === 0) return false;
    }
    await db.insertInto('runs').values(run).execute();
    if (sealed !== undefined) await db.insertInto('run_tokens').values({ run_id: run.id, sealed }).execute();
    await db.insertInto('grants').values(grant).execute();
    return true;
  });
}

/** Whether a token of this replay key was used up before, as long as that is remembered. */
export async function isConsumed(store: Store, replayKey: string): Promise<boolean> {
  const row = await store.read((db) =>
    db.selectFrom('consumed_tokens').select('replay_key').where('replay_key', '=', replayKey).executeTakeFirst(),
  );
  return row !== undefined;
}

export function findGrant(store: Store, id: string): Promise<FoundGrantAndRun | undefined> {
  return store.read(async (db) => {
    const grant = await db.selectFrom('grants').selectAll().where('id', '=', id).executeTakeFirst();
    if (grant === undefined) return undefined;
    const run = await db.selectFrom('runs').selectAll().where('id', '=', grant.run_id).executeTakeFirstOrThrow();
    return { grant: { ...grant, given: await givenTargets(db, [id]) }, run };
  });
}

/** Moves the expiry of a grant that is neither revoked nor expired; false where it is. */
export function extendGrant(store: Store, id: string, expiresAt: string, now: string): Promise<boolean> {
  return store.write(async (db) => {
    const extended = await db
      .updateTable('grants')
      .set({ expires_at: expiresAt })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('id')
      .execute();
    return extended.length > 0;
  });
}

/** Revokes the grants that match and are not revoked yet; their ids. Other processes hear of it. */
export function revokeGrants(
  store: Store,
  which: { readonly id: string } | { readonly run: string },
  because: string,
  now: string,
): Promise<readonly string[]> {
  return store.write(
    async (db) => {
      const revoked = await db
        .updateTable('grants')
        .set({ revoked_at: now, revoked_because: because })
        .where('id' in which ? 'id' : 'run_id', '=', 'id' in which ? which.id : which.run)
        .where('revoked_at', 'is', null)
        .returning('id')
        .execute();
      return revoked.map(({ id }) => id);
    },
    ['grants'],
  );
}

/** The grants that are revoked and whose sessions may still be open somewhere. */
export function revokedGrants(store: Store, expiringAfter: string): Promise<readonly string[]> {
  return store.read(async (db) => {
    const rows = await db
      .selectFrom('grants')
      .select('id')
      .where('revoked_at', 'is not', null)
      .where('expires_at', '>', expiringAfter)
      .execute();
    return rows.map(({ id }) => id);
  });
}

export interface GrantFilter {
  readonly run?: string;
  /** Only those that are neither revoked nor expired at this time. */
  readonly activeAt?: string;
  readonly limit: number;
}

/** Newest first, with the run's name for people. */
export function listGrants(
  store: Store,
  filter: GrantFilter,
): Promise<readonly (FoundGrant & { readonly display: string })[]> {
  return store.read(async (db) => {
    let query = db
      .selectFrom('grants')
      .innerJoin('runs', 'runs.id', 'grants.run_id')
      .selectAll('grants')
      .select('runs.display')
      .orderBy('grants.id', 'desc')
      .limit(filter.limit);
    if (filter.run !== undefined) query = query.where('grants.run_id', '=', filter.run);
    if (filter.activeAt !== undefined) {
      query = query.where('grants.revoked_at', 'is', null).where('grants.expires_at', '>', filter.activeAt);
    }
    const rows = await query.execute();
    const ids = rows.map(({ id }) => id);
    const given = Map.groupBy(await givenTargets(db, ids), ({ grant_id }) => grant_id);
    return rows.map((row) => ({ ...row, given: given.get(row.id) ?? [] }));
  });
}

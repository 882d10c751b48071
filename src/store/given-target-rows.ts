import type { Kysely, Selectable } from 'kysely';
import type { Db, StoreTransaction } from './schema.ts';
import type { Store } from './store.ts';

/** A target that people gave a run beside those of its grant. */
export interface GivenTargetsTable {
  /** By which they did: it gives once. */
  approval: string;
  grant_id: string;
  target: string;
  given_at: string;
  /** Null where it is given for as long as the grant lasts. */
  expires_at: string | null;
  revoked_at: string | null;
}

export type GivenTargetRow = Selectable<GivenTargetsTable>;

/** Approvals of a kind of their own: those that give a run a target. All that were there before are of requests. */
export async function givenTargetsMigration(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('approvals')
    .addColumn('kind', 'text', (column) => column.notNull().defaultTo('request'))
    .execute();
  await db.schema.alterTable('approvals').addColumn('access', 'text').execute();
  await db.schema
    .createTable('given_targets')
    .addColumn('approval', 'text', (column) => column.primaryKey().notNull().references('approvals.id'))
    .addColumn('grant_id', 'text', (column) => column.notNull().references('grants.id'))
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('given_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute();
  await db.schema.createIndex('given_targets_by_grant').on('given_targets').column('grant_id').execute();
  await db.schema.createIndex('given_targets_by_end').on('given_targets').column('revoked_at').execute();
}

export async function insertGivenTarget(trx: StoreTransaction, row: GivenTargetRow): Promise<void> {
  await trx.insertInto('given_targets').values(row).execute();
}

/** All that were ever given to these grants, in the order in which they were. */
export function givenTargets(db: Db, grants: readonly string[]): Promise<readonly GivenTargetRow[]> {
  if (grants.length === 0) return Promise.resolve([]);
  return db.selectFrom('given_targets').selectAll().where('grant_id', 'in', grants).orderBy('given_at').execute();
}

/** Takes a given target back; the approvals by which it was given. Other processes hear of it. */
export function revokeGivenTarget(
  store: Store,
  { grant, target, now }: { readonly grant: string; readonly target: string; readonly now: string },
): Promise<readonly string[]> {
  return store.write(
    async (db) => {
      const revoked = await db
        .updateTable('given_targets')
        .set({ revoked_at: now })
        .where('grant_id', '=', grant)
        .where('target', '=', target)
        .where('revoked_at', 'is', null)
        .returning('approval')
        .execute();
      return revoked.map(({ approval }) => approval);
    },
    ['grants'],
  );
}

/** Those that were taken back, and in which there may be open sessions somewhere. */
export function revokedGivenTargets(
  store: Store,
  expiringAfter: string,
): Promise<readonly Pick<GivenTargetRow, 'approval' | 'grant_id' | 'target'>[]> {
  return store.read((db) =>
    db
      .selectFrom('given_targets')
      .innerJoin('grants', 'grants.id', 'given_targets.grant_id')
      .select(['given_targets.approval', 'given_targets.grant_id', 'given_targets.target'])
      .where('given_targets.revoked_at', 'is not', null)
      .where('grants.expires_at', '>', expiringAfter)
      .execute(),
  );
}

import type { ApprovalRow } from './approval-rows.ts';
import type { Db, StoreTransaction } from './schema.ts';

/** The approval of a run that waits, and would give it the target. */
export function findOpenAccess(
  db: Db,
  { run, target, now }: { readonly run: string; readonly target: string; readonly now: string },
): Promise<ApprovalRow | undefined> {
  return db
    .selectFrom('approvals')
    .selectAll()
    .where('run_id', '=', run)
    .where('kind', '=', 'access')
    .where('target', '=', target)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .executeTakeFirst();
}

/** How often a run asked for targets, whatever became of it. */
export async function countAccesses(db: Db, run: string): Promise<number> {
  const { count } = await db
    .selectFrom('approvals')
    .select((of) => of.fn.countAll().as('count'))
    .where('run_id', '=', run)
    .where('kind', '=', 'access')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** A grant that is good still, by what it was given for: the run's kind and workload, and the rules (JSON). */
export function findLiveGrant(
  trx: StoreTransaction,
  grant: string,
  now: string,
): Promise<{ readonly kind: 'ci' | 'human'; readonly workload: string; readonly rules: string } | undefined> {
  return trx
    .selectFrom('grants')
    .innerJoin('runs', 'runs.id', 'grants.run_id')
    .select(['runs.kind', 'runs.workload', 'grants.rules'])
    .where('grants.id', '=', grant)
    .where('grants.revoked_at', 'is', null)
    .where('grants.expires_at', '>', now)
    .where('runs.closed_at', 'is', null)
    .executeTakeFirst();
}

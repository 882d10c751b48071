import { type ExpressionBuilder, sql } from 'kysely';
import { type ApprovalRow, isOver } from './approval-rows.ts';
import type { Schema } from './schema.ts';
import type { Store } from './store.ts';

export interface ApprovalFilter {
  readonly state?: ApprovalRow['state'];
  readonly run?: string;
  readonly session?: string;
  /** Those that wait for people of one of these groups. */
  readonly groups?: readonly string[];
  /** Beside those of the groups, the ones that this person answered. */
  readonly answeredBy?: string;
  /** Without those that this person answered. */
  readonly unansweredBy?: string;
  /** With a smaller id, which are older: the last id of the page before. */
  readonly before?: string;
  readonly now: string;
  readonly limit: number;
}

/** Newest first. What is over in its time is expired here, whether or not its row says so yet. */
export function listApprovals(store: Store, filter: ApprovalFilter): Promise<readonly ApprovalRow[]> {
  const { state, run, session, groups, answeredBy, unansweredBy, before, now, limit } = filter;
  return store.read((db) => {
    let query = db.selectFrom('approvals').selectAll().orderBy('id', 'desc').limit(limit);
    if (state === 'expired') query = query.where((of) => of.or([of('state', '=', 'expired'), isOver(of, now)]));
    else if (state !== undefined) query = query.where('state', '=', state).where((of) => of.not(isOver(of, now)));
    if (run !== undefined) query = query.where('run_id', '=', run);
    if (session !== undefined) query = query.where('session', '=', session);
    if (before !== undefined) query = query.where('id', '<', before);
    if (groups !== undefined) {
      query = query.where((of) => {
        const asked = of
          .selectFrom('approval_groups')
          .select(sql`1`.as('one'))
          .whereRef('approval_groups.approval', '=', 'approvals.id')
          .where('approval_groups.name', 'in', groups.length > 0 ? groups : ['']);
        if (answeredBy === undefined) return of.exists(asked);
        return of.or([of.exists(asked), of.exists(voteIn(of).where('approval_votes.person', '=', answeredBy))]);
      });
    }
    if (unansweredBy !== undefined) {
      query = query.where((of) => of.not(of.exists(voteIn(of).where('approval_votes.person', '=', unansweredBy))));
    }
    return query.execute();
  });
}

/** What changed at or after a time, oldest first, for those who watch. */
export function changedApprovals(
  store: Store,
  since: string,
): Promise<readonly Pick<ApprovalRow, 'id' | 'state' | 'expires_at' | 'used_at' | 'usable_until' | 'revision'>[]> {
  return store.read((db) =>
    db
      .selectFrom('approvals')
      .select(['id', 'state', 'expires_at', 'used_at', 'usable_until', 'revision'])
      .where('changed_at', '>=', since)
      .orderBy('changed_at')
      .execute(),
  );
}

function voteIn(of: ExpressionBuilder<Schema, 'approvals'>) {
  return of
    .selectFrom('approval_votes')
    .select(sql`1`.as('one'))
    .whereRef('approval_votes.approval', '=', 'approvals.id');
}

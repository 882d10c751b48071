import type { HoldRow } from '../store/hold-rows.ts';
import type { KeptRun } from '../store/kept-runs.ts';

/** What a hold keeps from being erased: runs that meet all that is named. At least one is. */
export interface HoldScope {
  readonly run?: string;
  /** The id of a repository or its address. */
  readonly repository?: string;
  /** Runs that had a session in it. */
  readonly target?: string;
  /** RFC 3339: runs that were open at some time from `since` to `until`; either may be left open. */
  readonly since?: string;
  readonly until?: string;
}

export interface Hold extends HoldScope {
  readonly id: string;
  /** In the words of whoever placed it. */
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: string;
  readonly lifted?: { readonly by: string; readonly at: string; readonly because: string };
}

/** Whether a run is under a hold of this scope. */
export function isUnder(scope: HoldScope, run: KeptRun): boolean {
  const { repository, target, since, until } = scope;
  if (scope.run !== undefined && scope.run !== run.id) return false;
  if (repository !== undefined && repository !== run.repositoryId && repository !== run.repositoryUri) return false;
  if (target !== undefined && !run.targets.includes(target)) return false;
  if (since !== undefined && run.closedAt !== null && run.closedAt < since) return false;
  return until === undefined || run.openedAt <= until;
}

export function holdOf(row: HoldRow): Hold {
  const { lifted_by, lifted_at, lifted_because } = row;
  return {
    id: row.id,
    ...scopeOf(row),
    reason: row.reason,
    placedBy: row.placed_by,
    placedAt: row.placed_at,
    ...(lifted_at === null ? {} : { lifted: { by: lifted_by ?? '', at: lifted_at, because: lifted_because ?? '' } }),
  };
}

function scopeOf({ run_id, repository, target, since, until }: HoldRow): HoldScope {
  return {
    ...(run_id === null ? {} : { run: run_id }),
    ...(repository === null ? {} : { repository }),
    ...(target === null ? {} : { target }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  };
}

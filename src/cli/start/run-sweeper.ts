import type { AuditLog } from '../../audit/recorder.ts';
import type { GrantService } from '../../grants/grant-service.ts';
import type { RunId } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import { listRuns } from '../../store/run-rows.ts';
import type { Store } from '../../store/store.ts';

export interface SweeperParts {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly grants: GrantService;
  readonly liveSessions: (run: RunId) => number;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Closes runs whose client went without a word: no grant of theirs is good any more, and no session of theirs lives.
 * Returns how to stop.
 */
export function sweepRuns(parts: SweeperParts): () => Promise<void> {
  let sweeping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweepOnce(parts).catch(parts.onFault);
  }, LIMITS.runSweepMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    return sweeping;
  };
}

export async function sweepOnce({ store, audit, grants, liveSessions }: SweeperParts): Promise<void> {
  const open = await listRuns(store, { open: true, limit: LIMITS.runsSweptAtOnce });
  for (const { id } of open) {
    const run = id as RunId;
    const good = await grants.list({ run, active: true, limit: 1 });
    if (good.length > 0 || liveSessions(run) > 0) continue;
    if (await grants.closeRun(run, 'expired')) await audit.closeRun(run, 'expired');
  }
}

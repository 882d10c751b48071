import type { RunTermination } from '../../audit/recorder.ts';
import type { GrantService } from '../../grants/grant-service.ts';
import type { RunAttachments } from '../../grants/run-attachments.ts';
import type { RunId } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import { findRun, listRuns } from '../../store/run-rows.ts';
import type { Store } from '../../store/store.ts';
import type { SessionIndex } from './session-index.ts';

export interface SweeperParts {
  readonly store: Store;
  readonly audit: SessionIndex;
  readonly grants: GrantService;
  readonly attachments: Pick<RunAttachments, 'sweep'>;
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

export async function sweepOnce({ store, audit, grants, attachments, liveSessions }: SweeperParts): Promise<void> {
  await attachments.sweep();
  const open = await listRuns(store, { open: true, limit: LIMITS.runsSweptAtOnce });
  for (const { id } of open) {
    const run = id as RunId;
    const good = await grants.list({ run, active: true, limit: 1 });
    if (good.length > 0 || liveSessions(run) > 0) continue;
    if (await grants.closeRun(run, 'expired')) await audit.closeRun(run, 'expired');
  }
  // A run that another gateway closed has sessions in this one's log, which ends it there.
  for (const run of audit.openRuns()) {
    if (liveSessions(run) > 0) continue;
    const row = await findRun(store, run);
    if (row?.closed_at) await audit.closeRun(run, (row.termination ?? 'expired') as RunTermination);
  }
}

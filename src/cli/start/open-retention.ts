import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import type { AuditLog } from '../../audit/recorder.ts';
import { ErasureWorker } from '../../retention/erasure-worker.ts';
import { Erasures } from '../../retention/erasures.ts';
import { Holds } from '../../retention/holds.ts';
import { RetentionSweeper } from '../../retention/sweeper.ts';
import type { Store } from '../../store/store.ts';
import type { Sealer } from '../../targets/sealing.ts';

export interface OpenRetention extends AsyncDisposable {
  readonly erasures: Erasures;
  readonly holds: Holds;
  readonly sweeper: RetentionSweeper;
  readonly worker: ErasureWorker;
}

export interface RetentionParts {
  readonly store: Store;
  readonly log: Pick<OpenAuditLog, 'eraseRun'>;
  readonly audit: Pick<AuditLog, 'note'>;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly sealer: Sealer;
  readonly dataDirectory: string;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** What is erased, when and by whom; begins with what a life of this gateway before this one left to do. */
export function openRetention(parts: RetentionParts): OpenRetention {
  const { store, log, audit, gateway, sealer, dataDirectory, nowMs, onFault } = parts;
  const random = (bytes: number) => randomBytes(bytes);
  const note = audit.note.bind(audit);
  const erasures = new Erasures({ store, ...sealer, nowMs, random });
  const worker = new ErasureWorker({
    store,
    gateway,
    eraseRun: (detail) => log.eraseRun(detail),
    eraseFiles: (run) => eraseDerived(join(dataDirectory, 'evidence'), run),
    nowMs,
    onFault,
  });
  const sweeper = new RetentionSweeper({ store, erasures, gateway, note, nowMs, random, onFault });
  worker.run().catch(onFault);
  return {
    erasures,
    holds: new Holds({ store, note, nowMs, random }),
    sweeper,
    worker,
    [Symbol.asyncDispose]: async () => {
      await sweeper[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

/** What is kept of a run's evidence beside the log: what was made of bodies goes, the statement about them stays. */
async function eraseDerived(directory: string, run: string): Promise<void> {
  const names = await readdir(join(directory, run)).catch(noneThere);
  const derived = names.filter((name) => /^(?:replay|bodies|keys)-/.test(name));
  for (const name of derived) await rm(join(directory, run, name), { force: true });
}

function noneThere(error: NodeJS.ErrnoException): readonly string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

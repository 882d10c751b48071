/** What is done before a gateway records anything: the records that a life before it left are sealed, and closed. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditPaths } from '../audit-paths.ts';
import { ensureDirectory } from '../durable-files.ts';
import type { SealState } from '../seal/seal-state.ts';
import { Sealer, type SealerOptions } from '../seal/sealer.ts';
import { listSegments, loadSegment, segmentName } from './journal-segment.ts';

export interface Recovered {
  /** The last group that was sealed; the journal goes on after it. */
  readonly group: number;
  /** Groups of the journal that were sealed now. */
  readonly replayed: number;
  /** The log, durable and not signed by this. */
  readonly head: SealState['log'];
}

export function recover(paths: AuditPaths, options: Omit<SealerOptions, 'replay'>): Recovered {
  ensureDirectory(paths.journal);
  removeTemporaries(paths);
  const sealer = new Sealer({ ...options, replay: true });
  const segments = listSegments(paths.journal);
  let replayed = 0;
  for (const number of segments) {
    for (const { group, records } of loadSegment(paths.journal, number, options.keys.deployment).groups) {
      // A group may stand in two segments: one after the other, where a sync of the first failed.
      if (group <= sealer.group) continue;
      sealer.process(records, group);
      replayed++;
    }
  }
  sealer.closeAbandoned();
  sealer.sync();
  for (const number of segments) rmSync(join(paths.journal, segmentName(number)), { force: true });
  return { group: sealer.group, replayed, head: sealer.head };
}

/** Files that were about to replace others when the process ended. */
function removeTemporaries(paths: AuditPaths): void {
  for (const directory of [
    paths.root,
    paths.log,
    paths.alarms,
    paths.keys,
    join(paths.keys, 'runs'),
    join(paths.keys, 'old'),
  ]) {
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory)) if (name.endsWith('.tmp')) rmSync(join(directory, name));
  }
}

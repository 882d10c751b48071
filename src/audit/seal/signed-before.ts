/** What was signed binds: a log that is less than it, or another, is not gone on with. */
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import type { NoteVerifier } from '../log/signed-note.ts';
import { logRoot } from '../log/tile-log.ts';
import type { SealState } from './seal-state.ts';

/** Throws a `Fault` of code `log-corrupt` where the log on disk does not continue the checkpoint that it published. */
export function requirePublished(paths: AuditPaths, log: SealState['log'], verifiers: readonly NoteVerifier[]): void {
  if (existsSync(paths.checkpoint))
    requireContinuation(paths, log, verifiers, readFileSync(paths.checkpoint, 'utf8'), paths.checkpoint);
}

/** The same for a checkpoint that was kept at `place`, elsewhere than in the log's own directory. */
export function requireContinuation(
  paths: AuditPaths,
  log: SealState['log'],
  verifiers: readonly NoteVerifier[],
  note: string,
  place: string,
): void {
  const origin = verifiers[0]?.name ?? '';
  const signed = openCheckpoint(note, origin, verifiers);
  if (signed === undefined)
    throw new Fault('log-corrupt', `the checkpoint in ${place} is not signed by this log's key`);
  if (signed.size > log.size) {
    throw new Fault(
      'log-corrupt',
      `the log has ${log.size} entries and ${signed.size} were signed, as the checkpoint in ${place} shows: ` +
        `it was rolled back. Bring back the newest copy of ${paths.root}. Where there is none any more, move ${paths.root} ` +
        'away and keep it as evidence: the next start begins a new log, under a new name',
    );
  }
  if (logRoot(paths.log, log.size, signed.size) !== signed.root) {
    throw new Fault('log-corrupt', `the log is not the one that was signed, as the checkpoint in ${place} shows`);
  }
}

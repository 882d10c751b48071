/** What witnesses saw of the log in an audit directory, and what they hold against it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import type { AuditPaths } from '../audit-paths.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { quorumHolds } from '../c2sp/quorum.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { openCosignatures } from '../log/cosignature.ts';
import { logRoot } from '../log/tile-log.ts';
import type { TlogPolicy } from '../log/tlog-policy.ts';
import { Alarms } from '../witness/alarms.ts';
import type { TrustedKeys } from './verify-keys.ts';
import type { LogCheck } from './verify-log.ts';

const FILE = 'log/witnessed';

/** Checks the witnessed checkpoint, with the auditor's own policy where there is one, and the alarms that hold proof. */
export function verifyWitnessed(
  { paths, findings }: LogCheck,
  checkpoint: Checkpoint,
  keys: TrustedKeys,
  policy: TlogPolicy | undefined,
): void {
  const path = join(paths.log, 'witnessed');
  const known = findings.all.length;
  const note = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  let said = policy === undefined ? 'no policy says who must have seen it' : 'nobody has seen it';
  if (note !== undefined) {
    const opened = openCheckpoint(note, keys.newest.name, keys.all);
    if (opened === undefined) findings.fail(FILE, 'the checkpoint is not one that this log signed');
    else if (opened.size > checkpoint.size || rootAt(paths, checkpoint, opened) !== opened.root)
      findings.fail(FILE, `the log does not continue the ${opened.size} entries that were witnessed`);
    else if (policy !== undefined) said = cosigned(note, opened, checkpoint, policy, findings);
    else said = `${opened.size} entries by witnesses that no policy names`;
  } else if (policy !== undefined && policy.quorum.kind !== 'none') {
    findings.incomplete(FILE, 'the log has no checkpoint that witnesses cosigned');
  }
  alarms(paths, checkpoint, keys, findings);
  // Where nobody was asked and nobody objects there is nothing to tick off.
  if (note === undefined && policy === undefined && findings.all.length === known) return;
  findings.check('witnesses', said);
}

function cosigned(
  note: string,
  opened: Checkpoint,
  checkpoint: Checkpoint,
  { witnesses, quorum }: TlogPolicy,
  findings: LogCheck['findings'],
): string {
  const found = openCosignatures(
    note,
    witnesses.map(({ key }) => key),
  );
  if (found === undefined) {
    findings.fail(FILE, 'a cosignature by a witness of the policy is wrong');
    return 'a cosignature is wrong';
  }
  const names = witnesses.filter(({ key }) => found.some(({ by }) => by === key)).map(({ name }) => name);
  if (!quorumHolds(quorum, new Set(names))) {
    findings.incomplete(FILE, `${names.length} witnesses of the policy cosigned it, which is no quorum`);
  } else if (opened.size < checkpoint.size) {
    findings.incomplete(FILE, `${checkpoint.size - opened.size} entries are signed and no quorum has seen them`);
  }
  return `${opened.size} entries, seen by ${names.join(', ')}`;
}

/** An alarm proves by itself: it holds a checkpoint that the log's own key signed, and that the log does not continue. */
function alarms(paths: AuditPaths, checkpoint: Checkpoint, keys: TrustedKeys, findings: LogCheck['findings']): void {
  if (!existsSync(paths.alarms) || readdirSync(paths.alarms).length === 0) return;
  try {
    for (const { id, theirs, witness } of new Alarms(paths.alarms).all) {
      const held = theirs === undefined ? undefined : openCheckpoint(theirs, keys.newest.name, keys.all);
      if (held === undefined) continue; // a claim
      if (held.size <= checkpoint.size && rootAt(paths, checkpoint, held) === held.root) continue;
      findings.fail(
        `alarms/${id}.json`,
        `witness ${witness} holds ${held.size} entries that this log signed and does not have`,
      );
    }
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    findings.fail('alarms', cause.message.replaceAll(`${paths.root}/`, ''));
  }
}

function rootAt({ log }: AuditPaths, checkpoint: Checkpoint, { size }: Checkpoint): string | undefined {
  try {
    return logRoot(log, checkpoint.size, size);
  } catch (cause) {
    if (cause instanceof Fault) return undefined; // the tiles are damaged, which is a finding of its own
    throw cause;
  }
}

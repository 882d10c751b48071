/** The checkpoint, and every entry under it that the bundle brings along. */
import { BUNDLE } from '../../bundle/manifest.ts';
import { parseProof } from '../../c2sp/proof-text.ts';
import { type BundleCheck, type CheckedStatement, MAX_WHOLE_BYTES, textOf } from './bundle-check.ts';
import { isIncluded, openCheckpoint, type TrustedCheckpoint } from './checkpoint.ts';
import { withHandOvers } from './hand-overs.ts';
import { disagreements, type LogEntry, parseEntryLine, RunLog } from './log-entries.ts';
import { parseVerifierKey } from './signed-note.ts';
import type { TrustPolicy } from './trust-policy.ts';
import { readText } from './zip-archive.ts';

const PLACE = { file: BUNDLE.entries };

/** What the log says of the run: nothing where its checkpoint is not to be believed. */
export async function checkLog(check: BundleCheck, statement: CheckedStatement | undefined): Promise<RunLog> {
  const { report, manifest, engine } = check;
  const log = new RunLog(engine, manifest.run.id);
  const entries = await readEntries(check);
  const note = await checkpointNote(check, entries);
  const checkpoint = note === undefined ? undefined : await trusted(check, note, entries);
  if (checkpoint === undefined) {
    report.end('checkpoint', 'no checkpoint that can be believed');
    report.incomplete('log', 'without a checkpoint nothing shows that these entries are in the log', PLACE);
  } else {
    report.end('checkpoint', told(checkpoint));
  }
  for (const entry of entries) {
    const problem = log.take(entry);
    if (problem !== undefined) report.fail('log', `entry ${entry.index} of the log ${problem}`, PLACE);
    if (checkpoint !== undefined) await checkInclusion(check, entry, checkpoint, note as string);
  }
  for (const problem of disagreements(manifest, log)) report.fail('log', problem, PLACE);
  checkManifestEntry(check, log, statement);
  checkWhole(check, log);
  strayProofs(check, entries);
  const last = log.isClosed ? `run.close at ${log.lastClose?.index}` : 'not closed';
  report.end('log', `${entries.length} entries: run.open at ${log.opens[0]?.index ?? 'none'}, ${last}`);
  return log;
}

async function readEntries({ archive, report }: BundleCheck): Promise<LogEntry[]> {
  const file = archive.get(BUNDLE.entries);
  const text = file === undefined ? undefined : await readText(file, MAX_WHOLE_BYTES);
  if (text === undefined || !text.endsWith('\n')) {
    report.fail('log', 'the entries of the log are missing or cut', PLACE);
    return [];
  }
  const entries: LogEntry[] = [];
  for (const [i, line] of text.slice(0, -1).split('\n').entries()) {
    const entry = parseEntryLine(line);
    const before = entries.at(-1)?.index ?? -1;
    if (typeof entry === 'string') report.fail('log', entry, { ...PLACE, line: i + 1 });
    else if (entry.index <= before)
      report.fail('log', 'the entries are not in the order of the log', { ...PLACE, line: i + 1 });
    else entries.push(entry);
  }
  report.totals.entries = entries.length;
  return entries;
}

/** The note that the proofs share: they are all against one. */
async function checkpointNote(
  { archive, report }: BundleCheck,
  entries: readonly LogEntry[],
): Promise<string | undefined> {
  const [first] = entries;
  if (first === undefined) {
    report.incomplete('checkpoint', 'there is no entry of the log, and so no proof that holds its checkpoint');
    return undefined;
  }
  const file = BUNDLE.proof(first.index);
  const proof = parseProof((await textOf(archive, file)) ?? '');
  if (proof === undefined)
    report.fail('checkpoint', 'the proof that holds the checkpoint is missing or malformed', { file });
  return proof?.checkpoint;
}

async function trusted(
  check: BundleCheck,
  note: string,
  entries: readonly LogEntry[],
): Promise<TrustedCheckpoint | undefined> {
  const { report, trust, manifest, nowMs } = check;
  const given = trust.policy ?? (await ownPolicy(check));
  if (given === undefined) return undefined;
  const checkpoint = await openCheckpoint(note, await withHandOvers(check, given, entries), nowMs);
  if (typeof checkpoint === 'string') {
    report.fail('checkpoint', checkpoint);
    return undefined;
  }
  if (checkpoint.origin !== manifest.log.origin) {
    report.fail('checkpoint', `the checkpoint is of ${checkpoint.origin}; the manifest says ${manifest.log.origin}`);
  }
  report.log = {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: checkpoint.root,
    witnesses: checkpoint.witnesses.map(({ name, time }) => ({ name, at: new Date(time * 1000).toISOString() })),
  };
  return checkpoint;
}

/** What the bundle says of itself, where the verifier brings nothing: it only shows that it agrees with itself. */
async function ownPolicy({ archive, engine, report }: BundleCheck): Promise<TrustPolicy | undefined> {
  report.keys = 'bundle';
  report.incomplete(
    'checkpoint',
    'you named no trust policy, so only the log key in the bundle was tried: the bundle was only checked against itself',
  );
  const text = await textOf(archive, BUNDLE.logKey);
  const logs = await Promise.all(
    (text ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => parseVerifierKey(engine, line)),
  );
  const known = logs.filter((key) => key !== undefined);
  return known.length === 0 ? undefined : { logs: known, witnesses: [], quorum: { kind: 'none' } };
}

async function checkInclusion(
  { archive, engine, report }: BundleCheck,
  entry: LogEntry,
  checkpoint: TrustedCheckpoint,
  note: string,
): Promise<void> {
  const file = BUNDLE.proof(entry.index);
  const proof = parseProof((await textOf(archive, file)) ?? '');
  if (proof === undefined) report.fail('log', 'the proof of an entry is missing or malformed', { file });
  else if (proof.checkpoint !== note)
    report.fail('log', 'the proof is against another checkpoint than the others', { file });
  else if (proof.index !== entry.index)
    report.fail('log', 'the proof is of another entry than its name says', { file });
  else if (!isIncluded(engine, entry.bytes, proof, checkpoint)) {
    report.fail('log', `the proof does not show that entry ${entry.index} is in the log`, { file });
  }
}

function checkManifestEntry(
  { report, manifestDigest }: BundleCheck,
  log: RunLog,
  statement: CheckedStatement | undefined,
): void {
  const newest = log.manifests.at(-1);
  if (newest === undefined) {
    report.incomplete(
      'log',
      'the log does not commit to the manifest: what it gathers beside the sessions is vouched for by the statement alone',
      PLACE,
    );
    return;
  }
  if (newest.detail['digest'] !== manifestDigest) {
    report.fail('log', 'the newest manifest that the log knows of this run is another one', PLACE);
  }
  const stated = statement?.predicate.log?.manifestIndex;
  if (stated !== undefined && stated !== newest.index) {
    report.fail('log', 'the statement names another entry of the log for the manifest', PLACE);
  }
}

/** Whether the whole run is here. */
function checkWhole({ report, manifest }: BundleCheck, log: RunLog): void {
  if (!log.isClosed && log.opens.length > 0) {
    report.incomplete('log', 'the run was not closed when the bundle was made: it may have gone on');
  } else if (!manifest.complete && manifest.elsewhere.length === 0) {
    report.incomplete('log', 'the manifest does not say that the run is complete');
  }
  for (const { session, gateway } of manifest.elsewhere) {
    report.incomplete(
      'log',
      `session ${session} of the run was recorded by ${gateway}: its evidence is in that one's bundle`,
    );
  }
  if (log.lastClose?.members['termination'] === 'gatewayFailed') {
    report.note('log', 'the gateway failed while the run was open, and closed it when it started again');
  }
}

function strayProofs({ archive, report }: BundleCheck, entries: readonly LogEntry[]): void {
  const known = new Set(entries.map(({ index }) => BUNDLE.proof(index)));
  for (const path of archive.keys()) {
    if (path.startsWith('proofs/') && !known.has(path))
      report.fail('log', 'this is a proof of no entry in the bundle', { file: path });
  }
}

function told({ origin, size, witnesses }: TrustedCheckpoint): string {
  const names = witnesses.map(({ name }) => name).join(', ');
  return `${origin} at ${size} entries, ${witnesses.length === 0 ? 'no witness' : `witnessed by ${names}`}`;
}

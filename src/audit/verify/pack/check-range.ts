/** The entries of the span: that none is missing, and that the log has exactly these. */

import { utf8 } from '../../c2sp/bytes.ts';
import { parseProof } from '../../c2sp/proof-text.ts';
import { isCanonical } from '../../canonical-json.ts';
import { PACK } from '../../pack/pack.ts';
import { openingOf, type PackEntry, PackFacts } from '../../pack/pack-facts.ts';
import { isIncluded, openCheckpoint, type TrustedCheckpoint } from '../bundle/checkpoint.ts';
import { withHandOvers } from '../bundle/hand-overs.ts';
import { type LogEntry, parseEntryLine } from '../bundle/log-entries.ts';
import { parseVerifierKey } from '../bundle/signed-note.ts';
import { GrowingTree, leafHash, verifyConsistency } from '../bundle/tree.ts';
import type { TrustPolicy } from '../bundle/trust-policy.ts';
import { hashesIn, linesIn, type PackCheck, packJson, packText } from './pack-check.ts';

export interface CheckedRange {
  readonly facts: PackFacts;
  readonly checkpoint: TrustedCheckpoint;
  /** The roots of the log at the sizes that were asked for, where the range passes them. */
  readonly roots: ReadonlyMap<number, string>;
}

interface Taken {
  readonly facts: PackFacts;
  readonly tree: GrowingTree;
  readonly rotations: LogEntry[];
  readonly roots: Map<number, string>;
  first: PackEntry | undefined;
  last: PackEntry | undefined;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly left: readonly string[];
  readonly consistency: readonly string[];
}

/** Undefined where there is no checkpoint that can be believed, or no range to hold against it. */
export async function checkRange(check: PackCheck, sizes: ReadonlySet<number>): Promise<CheckedRange | undefined> {
  const { report } = check;
  const range = await readRange(check);
  if (range === undefined) {
    report.fail('range', 'what ties the entries to the checkpoint is missing or malformed', PACK.range);
    return undefined;
  }
  const taken = await takeEntries(check, range, sizes);
  const beside = await readBeside(check);
  for (const entry of beside) if (entry.kind === 'key.rotated') taken.rotations.push(entry);
  const checkpoint = await trusted(
    check,
    taken.rotations.toSorted((one, other) => one.index - other.index),
  );
  if (checkpoint === undefined) return undefined;
  holdAgainst(check, checkpoint, range, taken);
  await proveBeside(check, checkpoint, range, beside);
  for (const entry of beside) taken.facts.beside(packEntryOf(entry));
  await takeOpenings(check, taken.facts);
  if (taken.facts.backwards > 0)
    report.note(
      'range',
      `the gateway’s clock went back ${taken.facts.backwards} times in the span: entries stand in the order of the log`,
    );
  report.end('range', `entries ${range.start} to ${range.end - 1}, and ${beside.length} beside`);
  return { facts: taken.facts, checkpoint, roots: taken.roots };
}

/** As facts are gathered from it. */
function packEntryOf({ index, kind, at, members, detail }: LogEntry): PackEntry {
  const { kind: _kind, at: _at, detail: _detail, ...own } = members;
  return { index, kind, at, members: { ...own, ...detail } };
}

const MAX_HASHES = 64;

async function readRange({ archive }: PackCheck): Promise<Range | undefined> {
  const value = await packJson(archive, PACK.range);
  const { start, end } = (value ?? {}) as { readonly start?: unknown; readonly end?: unknown };
  const left = hashesIn(value?.['left'], MAX_HASHES);
  const consistency = hashesIn(value?.['consistency'], MAX_HASHES);
  if (left === undefined || consistency === undefined) return undefined;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return undefined;
  const range = { start: Number(start), end: Number(end), left, consistency };
  if (range.start < 0 || range.start >= range.end) return undefined;
  const perfect = range.start.toString(2).replaceAll('0', '').length;
  return perfect === left.length ? range : undefined;
}

async function takeEntries(check: PackCheck, range: Range, sizes: ReadonlySet<number>): Promise<Taken> {
  const { archive, engine, report, manifest } = check;
  const { span, heartbeatMs } = manifest;
  const tree = new GrowingTree(engine, range.start, range.left);
  const facts = new PackFacts({ span, heartbeatMs });
  const taken: Taken = { facts, tree, rotations: [], roots: new Map(), first: undefined, last: undefined };
  const file = archive.get(PACK.entries);
  if (file === undefined) {
    report.fail('range', 'the entries of the log are missing', PACK.entries);
    return taken;
  }
  for await (const line of linesIn(file)) {
    check.signal?.throwIfAborted();
    const entry = parseEntryLine(line);
    if (typeof entry === 'string' || entry.index !== tree.size) {
      const why = typeof entry === 'string' ? entry : `entry ${tree.size} of the log is missing`;
      report.fail('range', why, PACK.entries);
      return taken;
    }
    tree.append(leafHash(engine, entry.bytes));
    if (sizes.has(tree.size)) taken.roots.set(tree.size, tree.root());
    if (entry.kind === 'key.rotated') taken.rotations.push(entry);
    const fact = packEntryOf(entry);
    facts.take(fact);
    taken.first ??= fact;
    taken.last = fact;
    report.totals.entries++;
  }
  return taken;
}

function holdAgainst(
  { report, engine, manifest }: PackCheck,
  checkpoint: TrustedCheckpoint,
  range: Range,
  taken: Taken,
): void {
  const { tree, first, last } = taken;
  const { size, root } = checkpoint;
  if (tree.size !== range.end)
    report.fail('range', `the range ends at ${range.end}, and its entries at ${tree.size}`, PACK.entries);
  const sizes = { old: tree.size, size };
  if (!verifyConsistency(engine, sizes, range.consistency, { oldRoot: tree.root(), root })) {
    report.fail(
      'range',
      'these entries are not those of the log at this place: one was changed, left out, or added',
      PACK.entries,
    );
  }
  const { from, to } = manifest.span;
  if (range.start > 0 && (first === undefined || first.at >= from)) {
    report.fail('range', 'the range begins within the span: entries before it may be left out', PACK.entries);
  }
  if (last !== undefined && last.at >= to) return;
  if (range.end < size)
    report.fail('range', 'the range ends within the span: entries after it may be left out', PACK.entries);
  else report.incomplete('range', `the log ends at ${last?.at ?? 'nothing'}, and the span goes on until ${to}`);
}

async function readBeside({ archive, report }: PackCheck): Promise<readonly LogEntry[]> {
  const file = archive.get(PACK.beside);
  if (file === undefined) {
    report.fail('range', 'the entries beside the range are missing', PACK.beside);
    return [];
  }
  const entries: LogEntry[] = [];
  for await (const line of linesIn(file)) {
    const entry = parseEntryLine(line);
    if (typeof entry === 'string' || entry.index <= (entries.at(-1)?.index ?? -1)) {
      report.fail(
        'range',
        typeof entry === 'string' ? entry : 'the entries beside the range are not in order',
        PACK.beside,
      );
      return entries;
    }
    entries.push(entry);
  }
  return entries;
}

async function proveBeside(
  { archive, engine, report }: PackCheck,
  checkpoint: TrustedCheckpoint,
  range: Range,
  entries: readonly LogEntry[],
): Promise<void> {
  const note = await packText(archive, PACK.checkpoint);
  for (const entry of entries) {
    const file = PACK.proof(entry.index);
    const proof = parseProof((await packText(archive, file)) ?? '');
    if (entry.index >= range.start && entry.index < range.end)
      report.fail('range', `entry ${entry.index} stands beside the range that it is in`, PACK.beside);
    else if (
      proof?.index !== entry.index ||
      proof.checkpoint !== note ||
      !isIncluded(engine, entry.bytes, proof, checkpoint)
    ) {
      report.fail('range', `no proof shows that entry ${entry.index} is in the log`, file);
    }
  }
}

/** The first line of each session is the one leaf of the tree that its `session.open` names. */
async function takeOpenings({ archive, engine, report }: PackCheck, facts: PackFacts): Promise<void> {
  const file = archive.get(PACK.openings);
  const left = new Set(facts.sessions.keys());
  if (file !== undefined) {
    for await (const line of linesIn(file)) {
      const { line: opening, session: id } = (isCanonical(line) ? JSON.parse(line) : {}) as Record<string, unknown>;
      const session = typeof id === 'string' ? facts.sessions.get(id) : undefined;
      if (session === undefined || typeof opening !== 'string' || leafHash(engine, utf8(opening)) !== session.root) {
        report.fail(
          'range',
          `the first line of session ${String(id)} is not the one that the log names`,
          PACK.openings,
        );
        continue;
      }
      left.delete(session.id);
      Object.assign(session, openingOf(opening));
    }
  }
  for (const id of left) report.fail('range', `the first line of session ${id} is missing`, PACK.openings);
}

async function trusted(check: PackCheck, rotations: readonly LogEntry[]): Promise<TrustedCheckpoint | undefined> {
  const { archive, report, trust, nowMs, manifest } = check;
  const given = trust.policy ?? (await ownPolicy(check));
  const note = await packText(archive, PACK.checkpoint);
  if (given === undefined || note === undefined) {
    report.fail('checkpoint', 'there is no checkpoint, or no key to believe it by', PACK.checkpoint);
    return undefined;
  }
  const checkpoint = await openCheckpoint(note, await withHandOvers(check, given, rotations), nowMs);
  if (typeof checkpoint === 'string') {
    report.fail('checkpoint', checkpoint, PACK.checkpoint);
    return undefined;
  }
  const { origin, size, root, witnesses } = checkpoint;
  if (origin !== manifest.origin)
    report.fail('checkpoint', `the checkpoint is of ${origin}; the pack says ${manifest.origin}`);
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  report.log = { origin, size, root, witnesses: witnesses.map(({ name, time }) => ({ name, at: at(time) })) };
  report.end(
    'checkpoint',
    `${origin} at ${size} entries, ${witnesses.length === 0 ? 'no witness' : `witnessed by ${witnesses.map(({ name }) => name).join(', ')}`}`,
  );
  return checkpoint;
}

async function ownPolicy({ archive, engine, report }: PackCheck): Promise<TrustPolicy | undefined> {
  report.keys = 'bundle';
  report.incomplete(
    'checkpoint',
    'you named no trust policy, so only the log key in the pack was tried: the pack was only checked against itself',
  );
  const key = await parseVerifierKey(engine, ((await packText(archive, PACK.logKey)) ?? '').trimEnd());
  return key === undefined ? undefined : { logs: [key], witnesses: [], quorum: { kind: 'none' } };
}

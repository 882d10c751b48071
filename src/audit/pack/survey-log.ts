/** Looks through a log on disk for a span: which entries are the range, what belongs to it beside, and what they say. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import { type AuditPaths, sessionPath } from '../audit-paths.ts';
import { TILE_WIDTH } from '../log/tile-path.ts';
import { type ReadEntry, readLogEntries } from '../read/read-log.ts';
import { openingOf, type PackEntry, PackFacts, type PackSession, type Span } from './pack-facts.ts';

export interface SurveyOptions {
  readonly paths: AuditPaths;
  readonly span: Span;
  /** Entries under the checkpoint. */
  readonly size: number;
  readonly heartbeatMs: number;
  /** The most entries that a range may have. */
  readonly maxEntries: number;
  readonly signal: AbortSignal;
}

export interface LogSurvey {
  readonly facts: PackFacts;
  /** The range: from the last entry before the span to the first one after it. */
  readonly start: number;
  readonly end: number;
  /** Outside the range, in the log's order. */
  readonly beside: readonly ReadEntry[];
}

export async function surveyLog(options: SurveyOptions): Promise<LogSurvey> {
  const { span, heartbeatMs, maxEntries, paths } = options;
  const { start, end } = await findRange(options);
  if (end - start > maxEntries) {
    throw new Fault('config-invalid', `the span has ${end - start} entries of the log, and a pack takes ${maxEntries}`);
  }
  const facts = new PackFacts({ span, heartbeatMs });
  const before: ReadEntry[] = [];
  const after: ReadEntry[] = [];
  for await (const entry of entriesOf(options, 0, options.size)) {
    const { index, text } = entry;
    if (index >= start && index < end) facts.take(packEntry(entry));
    else if (index < start && BEFORE.test(text)) keepBefore(before, entry);
    else if (index >= end && AFTER.test(text)) {
      const parsed = packEntry(entry);
      if (parsed.kind !== 'key.rotated' && !facts.runs.has(String(parsed.members['run']))) continue;
      after.push(entry);
      if (before.length + after.length > maxEntries)
        throw new Fault('config-invalid', 'too many entries belong to the span: name a shorter one');
    }
  }
  for (const entry of [...before, ...after]) facts.beside(packEntry(entry));
  for (const session of facts.sessions.values()) readOpening(paths, session);
  return { facts, start, end, beside: [...before, ...after] };
}

/** Entries of a log in batches, from `start` on and without `end`. Throws a `Fault` where one of them is gone. */
export async function* entriesOf(
  { paths, signal }: Pick<SurveyOptions, 'paths' | 'signal'>,
  start: number,
  end: number,
): AsyncGenerator<ReadEntry> {
  for (let at = start; at < end; ) {
    signal.throwIfAborted();
    const entries = await readLogEntries(paths.root, at, Math.min(BATCH, end - at));
    if (entries.length === 0 || entries[0]?.index !== at)
      throw new Fault('log-corrupt', `entry ${at} of the log is under its checkpoint and cannot be read`);
    yield* entries;
    at += entries.length;
  }
}

/** An entry as facts are gathered from it. An altered one says nothing, and its proof says so. */
export function packEntry({ index, text }: ReadEntry): PackEntry {
  try {
    const { kind, at, detail, ...own } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const said = typeof detail === 'object' && detail !== null ? { ...own, ...detail } : own;
    return { index, kind: String(kind), at: String(at), members: said };
  } catch {
    return { index, kind: '', at: '', members: {} };
  }
}

/** The first line of a session, without its newline. Throws a `Fault` where it is not there. */
export function firstLine(paths: AuditPaths, { day, id }: Pick<PackSession, 'day' | 'id'>): Buffer {
  const buffer = Buffer.allocUnsafe(MAX_LINE_BYTES);
  const file = openSync(sessionPath(paths, day, id), 'r');
  try {
    const read = readSync(file, buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, read).indexOf(0x0a);
    if (end >= 0) return Buffer.from(buffer.subarray(0, end));
  } finally {
    closeSync(file);
  }
  throw new Fault('log-corrupt', `session ${id} has no first line`);
}

const BATCH = 16 * TILE_WIDTH;
const MAX_LINE_BYTES = 64 * 1024;
const BEFORE = /"kind":"(?:policy\.activated|key\.rotated|hold\.placed|hold\.lifted)"/u;
const AFTER = /"kind":"(?:run\.close|session\.open|approval\.requested|bodies\.erased|key\.rotated)"/u;

/** Of what came before, what still held when the range begins: one policy set, the holds, and every change of a key. */
function keepBefore(kept: ReadEntry[], entry: ReadEntry): void {
  const { kind, members } = packEntry(entry);
  const replaced = kept.findIndex((one) => {
    const known = packEntry(one);
    if (kind === 'policy.activated') return known.kind === kind;
    return kind === 'hold.lifted' && known.kind === 'hold.placed' && known.members['hold'] === members['hold'];
  });
  if (replaced >= 0) kept.splice(replaced, 1);
  if (kind !== 'hold.lifted') kept.push(entry);
}

async function findRange(options: SurveyOptions): Promise<{ readonly start: number; readonly end: number }> {
  const { span, size } = options;
  let first = size;
  let last = -1;
  for await (const { index, text } of entriesOf(options, 0, size)) {
    const [, at = ''] = /"at":"([^"]+)"/u.exec(text) ?? [];
    if (first === size && at >= span.from) first = index;
    if (at < span.to) last = index;
  }
  const start = Math.max(0, first - 1);
  return { start, end: Math.min(size, Math.max(last + 2, start + 1)) };
}

function readOpening(paths: AuditPaths, session: PackSession): void {
  const opening = openingOf(firstLine(paths, session).toString('utf8'));
  if (opening === undefined) return;
  session.target = opening.target;
  session.principal = opening.principal;
}

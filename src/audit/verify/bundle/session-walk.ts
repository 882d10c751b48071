/** Follows the lines of a session's file: each an event, in its place, and together the tree that the log committed to. */
import { type AuditEvent, asEvent, type HeldEvent } from '../../audit-event.ts';
import { fromUtf8 } from '../../c2sp/bytes.ts';
import { EMPTY_ROOT } from '../../c2sp/tree-proofs.ts';
import { isCanonicalForm } from '../../canonical-json.ts';
import type { Engine } from './engine.ts';
import { ExchangeRules } from './exchange-rules.ts';
import { GrowingTree } from './tree.ts';
import type { ArchiveFile } from './zip-archive.ts';

export interface SessionIdentity {
  readonly id: string;
  readonly run: string;
  readonly closed: boolean;
  /** Sizes and roots of the tree that the log holds, ascending; the last is the close's where it closed. */
  readonly heads: readonly { readonly size: number; readonly root: string }[];
}

export interface Walked {
  readonly events: number;
  readonly root: string;
  readonly requests: number;
  readonly unknownOutcomes: number;
  readonly first: AuditEvent | undefined;
  readonly last: AuditEvent | undefined;
  /** Lines whose time is before that of the line before them. */
  readonly backwards: number;
}

export interface WalkSink {
  problem(line: number, message: string): void;
  approval(line: number, exchange: number, held: HeldEvent): void;
  /** A promise where what the event commits to must be looked for first. */
  event(line: number, event: AuditEvent): Promise<void> | undefined;
}

const CHUNK_BYTES = 256 * 1024;
/** A line is an event, whose body stands elsewhere. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const NEWLINE = 10;

export async function walkSession(
  engine: Engine,
  file: ArchiveFile,
  session: SessionIdentity,
  sink: WalkSink,
  onProgress: (bytes: number) => void,
): Promise<Walked> {
  const walk = new Walk(engine, session, sink);
  // One byte before the lines: it becomes the prefix of the leaf that is hashed.
  let buffer = new Uint8Array(1 + 2 * CHUNK_BYTES);
  let filled = 1;
  for (let at = 0; at < file.bytes; ) {
    const chunk = await file.read(at, Math.min(file.bytes, at + CHUNK_BYTES));
    at += chunk.length;
    if (filled + chunk.length > buffer.length) {
      if (filled > MAX_LINE_BYTES) return walk.giveUp('the line is longer than any event');
      const larger = new Uint8Array(2 * (filled + chunk.length));
      larger.set(buffer.subarray(0, filled));
      buffer = larger;
    }
    buffer.set(chunk, filled);
    filled += chunk.length;
    let start = 1;
    for (let end = buffer.indexOf(NEWLINE, start); end >= 0 && end < filled; end = buffer.indexOf(NEWLINE, start)) {
      const looking = walk.take(buffer, start, end);
      if (looking !== undefined) await looking;
      start = end + 1;
    }
    buffer.copyWithin(1, start, filled);
    filled -= start - 1;
    onProgress(chunk.length);
  }
  if (filled > 1) walk.giveUp('the line is cut');
  return walk.finish();
}

class Walk {
  readonly #engine: Engine;
  readonly #session: SessionIdentity;
  readonly #sink: WalkSink;
  readonly #tree: GrowingTree;
  readonly #rules: ExchangeRules;
  #nextHead = 0;
  #prev = EMPTY_ROOT;
  #at = '';
  #backwards = 0;
  #first: AuditEvent | undefined;
  #last: AuditEvent | undefined;

  constructor(engine: Engine, session: SessionIdentity, sink: WalkSink) {
    this.#engine = engine;
    this.#session = session;
    this.#sink = sink;
    this.#tree = new GrowingTree(engine);
    this.#rules = new ExchangeRules((exchange, held) => sink.approval(this.#tree.size + 1, exchange, held));
  }

  /** Takes the line that stands in `buffer` from `start` to `end`; the byte before it may be written over. */
  take(buffer: Uint8Array, start: number, end: number): Promise<void> | undefined {
    const line = this.#tree.size + 1;
    buffer[start - 1] = 0;
    const leaf = this.#engine.sha256(buffer.subarray(start - 1, end));
    const text = fromUtf8(buffer.subarray(start, end));
    const event = text === undefined ? undefined : readEvent(text);
    const problem = event === undefined ? 'the line is no event in canonical JSON' : this.#problem(event);
    if (problem !== undefined) this.#sink.problem(line, problem);
    this.#tree.append(leaf);
    this.#prev = leaf;
    this.#checkHead();
    if (event === undefined) return undefined;
    if (event.at < this.#at) this.#backwards++;
    this.#at = event.at;
    this.#first ??= event;
    this.#last = event;
    return this.#sink.event(line, event);
  }

  giveUp(message: string): Walked {
    this.#sink.problem(this.#tree.size + 1, message);
    return this.#walked();
  }

  finish(): Walked {
    const { size } = this.#tree;
    const { closed, heads } = this.#session;
    const missing = heads.at(-1);
    if (missing !== undefined && missing.size > size) {
      this.#sink.problem(size, `the file ends after ${size} lines; the log committed to ${missing.size}`);
    }
    if (closed && missing !== undefined && size > missing.size) {
      this.#sink.problem(size, 'the file goes on after the close of its session');
    }
    if (closed && this.#last?.kind !== 'session.close') this.#sink.problem(size, 'the last line is no close');
    if (closed) for (const exchange of this.#rules.unended) this.#sink.problem(size, `exchange ${exchange} has no end`);
    return this.#walked();
  }

  #walked(): Walked {
    const { requests, unknownOutcomes } = this.#rules;
    const counted = { events: this.#tree.size, root: this.#tree.root(), requests, unknownOutcomes };
    return { ...counted, first: this.#first, last: this.#last, backwards: this.#backwards };
  }

  #problem(event: AuditEvent): string | undefined {
    const { size } = this.#tree;
    const { id, run } = this.#session;
    if (event.session !== id || event.run !== run) return 'the event is of another session or run';
    if (event.seq !== size) return `the event says that it is number ${event.seq}, and ${size} stand before it`;
    if (event.prev !== this.#prev) return 'the event does not follow the line before it';
    if ((event.kind === 'session.open') !== (size === 0)) return 'the session is opened in the wrong place';
    if (this.#last?.kind === 'session.close') return 'the event comes after the close of its session';
    return this.#rules.problem(event);
  }

  #checkHead(): void {
    const { heads } = this.#session;
    for (let head = heads[this.#nextHead]; head?.size === this.#tree.size; head = heads[this.#nextHead]) {
      this.#nextHead++;
      if (head.root !== this.#tree.root()) {
        this.#sink.problem(head.size, `the first ${head.size} lines are not those that the log committed to`);
      }
    }
  }
}

function readEvent(text: string): AuditEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isCanonicalForm(text, value) ? asEvent(value) : undefined;
  } catch {
    return undefined; // not JSON, or nested deeper than anything is: the caller says where
  }
}

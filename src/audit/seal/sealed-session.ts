/** A session as the sealer keeps it: its event lines, their tree, and its bodies. */
import { hash } from 'node:crypto';
import { EMPTY_ROOT } from '../c2sp/tree-proofs.ts';
import { ByteBuffer } from '../journal/byte-buffer.ts';
import { type AuditRecord, COMMITMENT_PREFIX_BYTES, FLAG } from '../journal/record-codec.ts';
import { CompactRange } from '../log/merkle.ts';
import { writeDecimal } from '../record/write-decimal.ts';
import type { BodyFile } from './body-file.ts';

/** What `state.json` keeps of a session that is open. */
export interface SessionState {
  readonly number: number;
  readonly id: string;
  readonly run: string;
  /** The day in its path, `yyyy-mm-dd`. */
  readonly day: string;
  readonly roots: readonly string[];
  readonly size: number;
  readonly prev: string;
  readonly fileBytes: number;
  /** Exchanges that were permitted and are not over. */
  readonly open: readonly number[];
  /** Those of them that people must approve first, and that no approval was used for: none of them was forwarded. */
  readonly waiting?: readonly number[];
  readonly headSize: number;
}

/** The most that a line takes beside a record's text and media: names and ids of at most 100 characters. */
const LINE_OVERHEAD_BYTES = 640;
const HASH_CHARACTERS = 64;
const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const BODY = Buffer.from('"body":');
const BODY_BYTES = Buffer.from('"body":{"bytes":"');
const DIGEST = Buffer.from('","digest":"');
const MEDIA = Buffer.from('","media":"');
const OFFSET = Buffer.from('","offset":');
const PACK = Buffer.from(',"pack":');
const BODY_END = Buffer.from('},');
const PREV = Buffer.from('"prev":"');

export class SealedSession {
  readonly number: number;
  readonly id: string;
  readonly run: string;
  readonly day: string;
  readonly bodies: BodyFile;
  readonly open: Set<number>;
  readonly waiting: Set<number>;
  /** The size of the tree in the last head, and when that was. */
  headSize: number;
  headAt: number;
  readonly #tree: CompactRange;
  #prev: string;
  #fileBytes: number;
  /** Lines that are not in the file yet, after one byte of no meaning. */
  readonly #lines = emptyLines();
  /** What every line says before its number, and after it. */
  readonly #tail: Buffer;
  readonly #end: Buffer;

  constructor(state: SessionState, bodies: BodyFile, nowMs: number) {
    this.number = state.number;
    this.id = state.id;
    this.run = state.run;
    this.day = state.day;
    this.bodies = bodies;
    this.open = new Set(state.open);
    this.waiting = new Set(state.waiting);
    this.headSize = state.headSize;
    this.headAt = nowMs;
    this.#tree = new CompactRange(state.size, state.roots);
    this.#prev = state.prev;
    this.#fileBytes = state.fileBytes;
    this.#tail = Buffer.from(`"run":${JSON.stringify(state.run)},"seq":`);
    this.#end = Buffer.from(`,"session":${JSON.stringify(state.id)},"v":1}\n`);
  }

  get size(): number {
    return this.#tree.size;
  }

  /** Bytes that wait in memory. */
  get pending(): number {
    return this.#lines.length - 1 + this.bodies.pending;
  }

  get pendingLines(): Buffer {
    return this.#lines.view(1);
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  root(): string {
    return this.#tree.root();
  }

  /** The lines that waited are in the file. Where more are coming soon, they get the same memory. */
  settle(busy: boolean): void {
    this.#fileBytes += this.#lines.length - 1;
    if (!busy) this.#lines.clear();
    this.#lines.advance(1);
  }

  /** Makes the first event. What the record says after `prev` was for the sealer. */
  begin(record: AuditRecord): void {
    this.#event(record, record.afterStart);
  }

  /** Makes an event of a record: its body committed to and gathered, its line linked to the line before. */
  record(record: AuditRecord): void {
    const { flags, exchange } = record;
    if ((flags & FLAG.opens) !== 0) this.open.add(exchange);
    if ((flags & FLAG.asks) !== 0) this.waiting.add(exchange);
    if ((flags & (FLAG.ends | FLAG.releases)) !== 0) this.waiting.delete(exchange);
    if ((flags & FLAG.ends) !== 0) this.open.delete(exchange);
    this.#event(record, record.bodyStart);
  }

  /** Appends an event without a body; `before` and `after` are members in canonical JSON, each with its comma. */
  append(at: number, before: string, after: string): void {
    const bytes = Buffer.from(before + after);
    const to = this.#lines.reserve(LINE_OVERHEAD_BYTES + bytes.length);
    this.#line(to, this.#head(to, at), bytes, 0, Buffer.byteLength(before), bytes.length);
  }

  /** Makes an event of a record, whose members after `prev` end at `stop`. */
  #event(record: AuditRecord, stop: number): void {
    const { bytes, beforeStart, afterStart, bodyStart } = record;
    const described = (record.flags & FLAG.described) !== 0;
    const bodyText = described ? record.end - bodyStart : record.media.length * 3;
    const to = this.#lines.reserve(LINE_OVERHEAD_BYTES + bodyText + stop - beforeStart);
    let end = this.#head(to, record.at);
    if ((record.flags & FLAG.body) !== 0) {
      end = this.#commit(to, end, record);
    } else if (described) {
      end = put(to, end, BODY);
      end += bytes.copy(to, end, bodyStart, record.end);
      to[end++] = COMMA;
    }
    this.#line(to, end, bytes, beforeStart, afterStart, stop);
  }

  /** Writes the beginning of a line; returns where it goes on. */
  #head(to: Buffer, at: number): number {
    return put(to, this.#lines.length, headOf(at));
  }

  /** Gathers a body and writes the member that commits to it. */
  #commit(to: Buffer, start: number, { bytes, bodyStart, end: stop, media }: AuditRecord): number {
    const { bodies } = this;
    let end = put(to, start, BODY_BYTES);
    end = writeDecimal(to, end, stop - bodyStart - COMMITMENT_PREFIX_BYTES);
    end = put(to, end, DIGEST);
    end += to.write(hash('sha256', bytes.subarray(bodyStart, stop), 'hex'), end, HASH_CHARACTERS, 'latin1');
    end = put(to, end, MEDIA);
    end += to.write(media, end);
    end = put(to, end, OFFSET);
    end = writeDecimal(to, end, bodies.gathered);
    end = put(to, end, PACK);
    end = writeDecimal(to, end, bodies.packs);
    bodies.gather(bytes, bodyStart + 1, stop);
    return put(to, end, BODY_END);
  }

  /**
   * Completes the line whose beginning ends at `begun`. The members before `prev` stand in `bytes` from `before` to
   * `after`, those behind it from `after` to `stop`.
   */
  #line(to: Buffer, begun: number, bytes: Buffer, before: number, after: number, stop: number): void {
    const lines = this.#lines;
    const start = lines.length - 1;
    let end = begun + bytes.copy(to, begun, before, after);
    end = put(to, end, PREV);
    end += to.write(this.#prev, end, HASH_CHARACTERS, 'latin1');
    to[end++] = QUOTE;
    to[end++] = COMMA;
    if (stop > after) end += bytes.copy(to, end, after, stop);
    end = put(to, end, this.#tail);
    end = writeDecimal(to, end, this.#tree.size);
    end = put(to, end, this.#end);
    // The byte before the line (a newline, or the buffer's first) becomes the leaf's prefix for as long as it is hashed.
    to[start] = 0;
    const leaf = hash('sha256', to.subarray(start, end - 1), 'hex');
    to[start] = NEWLINE;
    lines.advance(end);
    this.#tree.append(leaf);
    this.#prev = leaf;
  }

  state(): SessionState {
    return {
      number: this.number,
      id: this.id,
      run: this.run,
      day: this.day,
      roots: this.#tree.roots,
      size: this.#tree.size,
      prev: this.#prev,
      fileBytes: this.#fileBytes,
      open: [...this.open],
      waiting: [...this.waiting],
      headSize: this.headSize,
    };
  }
}

/** A session that has no line yet. */
export function newSessionState(number: number, id: string, run: string, day: string): SessionState {
  return {
    number,
    id,
    run,
    day,
    roots: [],
    size: 0,
    prev: EMPTY_ROOT,
    fileBytes: 0,
    open: [],
    headSize: 0,
  };
}

let lastMs = Number.NaN;
let lastIso = '';

/** RFC 3339, UTC, milliseconds. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastIso = new Date(ms).toISOString();
  }
  return lastIso;
}

let headMs = Number.NaN;
let head = Buffer.alloc(0);

/** What a line of that time begins with. */
function headOf(ms: number): Buffer {
  if (ms !== headMs) {
    headMs = ms;
    head = Buffer.from(`{"at":"${isoTime(ms)}",`);
  }
  return head;
}

function put(to: Buffer, at: number, bytes: Buffer): number {
  to.set(bytes, at);
  return at + bytes.length;
}

function emptyLines(): ByteBuffer {
  const lines = new ByteBuffer();
  lines.advance(1);
  return lines;
}

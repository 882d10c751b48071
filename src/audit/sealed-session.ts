/** A session as the sealer keeps it: its event lines, their tree, and its bodies. */
import { hash } from 'node:crypto';
import type { BodyFile } from './body-file.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { CompactRange, EMPTY_ROOT } from './merkle.ts';
import { type AuditRecord, bodyBytes, COMMITMENT_PREFIX_BYTES, FLAG } from './record-codec.ts';

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
  /** Exchanges that may have been forwarded and are not over. */
  readonly open: readonly number[];
  readonly headSize: number;
}

const LINE_OVERHEAD_BYTES = 512;
const NEWLINE = 10;

export class SealedSession {
  readonly number: number;
  readonly id: string;
  readonly run: string;
  readonly day: string;
  readonly bodies: BodyFile;
  readonly open: Set<number>;
  /** The size of the tree in the last head, and when that was. */
  headSize: number;
  headAt: number;
  readonly #tree: CompactRange;
  #prev: string;
  #fileBytes: number;
  /** Lines that are not in the file yet, after one byte of no meaning. */
  #lines = emptyLines();
  readonly #tail: string;
  readonly #end: string;

  constructor(state: SessionState, bodies: BodyFile, nowMs: number) {
    this.number = state.number;
    this.id = state.id;
    this.run = state.run;
    this.day = state.day;
    this.bodies = bodies;
    this.open = new Set(state.open);
    this.headSize = state.headSize;
    this.headAt = nowMs;
    this.#tree = new CompactRange(state.size, state.roots);
    this.#prev = state.prev;
    this.#fileBytes = state.fileBytes;
    this.#tail = `"run":${JSON.stringify(state.run)},"seq":`;
    this.#end = `,"session":${JSON.stringify(state.id)},"v":1}\n`;
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
    if (busy) this.#lines.advance(1);
    else this.#lines = emptyLines();
  }

  /** Makes the first event. What the record says after `prev` was for the sealer. */
  begin(record: AuditRecord): void {
    const { at, bytes, beforeStart, afterStart } = record;
    this.#append(at, this.#commit(record), bytes, beforeStart, afterStart, afterStart);
  }

  /** Makes an event of a record: its body committed to and gathered, its line linked to the line before. */
  record(record: AuditRecord): void {
    if ((record.flags & FLAG.opens) !== 0) this.open.add(record.exchange);
    if ((record.flags & FLAG.ends) !== 0) this.open.delete(record.exchange);
    let body = '';
    if ((record.flags & FLAG.body) !== 0) body = this.#commit(record);
    else if ((record.flags & FLAG.described) !== 0) body = `"body":${bodyBytes(record).toString()},`;
    const { bytes, beforeStart, afterStart, bodyStart } = record;
    this.#append(record.at, body, bytes, beforeStart, afterStart, bodyStart);
  }

  /** Appends an event without a body; `before` and `after` are members in canonical JSON, each with its comma. */
  append(at: number, before: string, after: string): void {
    const bytes = Buffer.from(before + after);
    this.#append(at, '', bytes, 0, Buffer.byteLength(before), bytes.length);
  }

  /** The members before `prev` stand in `bytes` from `before` to `after`, those behind it from `after` to `stop`. */
  #append(at: number, body: string, bytes: Buffer, before: number, after: number, stop: number): void {
    const head = `{"at":"${isoTime(at)}",${body}`;
    const lines = this.#lines;
    const to = lines.reserve(LINE_OVERHEAD_BYTES + head.length * 3 + stop - before);
    const start = lines.length - 1;
    let end = lines.length;
    end += to.write(head, end);
    end += bytes.copy(to, end, before, after);
    end += to.write(`"prev":"${this.#prev}",`, end, 'latin1');
    end += bytes.copy(to, end, after, stop);
    end += to.write(`${this.#tail}${this.#tree.size}${this.#end}`, end);
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
      headSize: this.headSize,
    };
  }

  #commit(record: AuditRecord): string {
    const committed = bodyBytes(record);
    const digest = hash('sha256', committed, 'hex');
    const { bodies } = this;
    const place = `"offset":${bodies.gathered},"pack":${bodies.packs}`;
    bodies.gather(committed, 1);
    const bytes = committed.length - COMMITMENT_PREFIX_BYTES;
    return `"body":{"bytes":"${bytes}","digest":"${digest}","media":"${record.media}",${place}},`;
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

function emptyLines(): ByteBuffer {
  const lines = new ByteBuffer(2048);
  lines.advance(1);
  return lines;
}

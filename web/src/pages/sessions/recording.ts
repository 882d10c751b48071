import type { RecordedEvent } from '../../api/types.ts';
import { isMcpRequest } from '../../parts/mcp/mcp-message.ts';
import { sshAsked } from '../../parts/ssh/ssh-facts.ts';
import { LineStore } from './line-store.ts';
import { requestHead } from './request-text.ts';

/** One row of a session: an exchange with all its events, or what happened between exchanges. */
export interface Entry {
  readonly kind: 'exchange' | 'open' | 'unasked' | 'gap' | 'close';
  /** Its number within the session, from 1. */
  readonly exchange: number | undefined;
  /** Places of its events in the recording, in order. */
  readonly events: number[];
  /** RFC 3339. */
  readonly at: string;
  /** Milliseconds since the session's first event. */
  readonly startMs: number;
  /** Of its last event. Equal to `startMs` while nothing came back. */
  endMs: number;
  /** When its answer (reply, refusal, gap) was recorded; undefined while there is none. */
  answeredMs: number | undefined;
  head: string;
  /** True of a request of HTTP, whose head is its line. */
  http: boolean;
  /** True of a message of MCP, whose head begins with its method, and of what is asked of an SSH host. */
  message: boolean;
  /** True of what a terminal showed: its reply is read from its bytes. */
  terminal: boolean;
  /** What the target said it did, and what was carried of a file. */
  tags: readonly string[];
  /** The protocol's own word for how it ended: an SQLSTATE, an HTTP status. */
  code: string | undefined;
  verbs: readonly string[];
  decision: 'permit' | 'deny' | undefined;
  status: string | undefined;
  rows: number | undefined;
  maskedValues: number;
  /** A rule has it ask a person first. */
  asks: boolean;
  approval: { readonly id: string; readonly state: string; readonly waitedMs: number } | undefined;
  /** What it stands out by, of `MARKS`. */
  marks: number;
}

/** What an entry can stand out by, a bit each. */
export const MARKS = { refusal: 1, error: 2, write: 4, approval: 8, mask: 16 } as const;
export type Mark = keyof typeof MARKS;

/**
 * The events of one session as rows, appended as they come. A row keeps what a list shows; the events stay bytes and
 * are read when a row is looked at.
 */
export class Recording {
  readonly entries: Entry[] = [];
  /** Lines that are no events: a damaged recording, or a newer gateway's. */
  unreadable = 0;
  /** Events whose bodies were left out, for the page holds as much as it may. */
  dropped = 0;
  readonly #lines = new LineStore();
  readonly #maxBytes: number;
  readonly #byExchange = new Map<number, Entry>();
  #zero: { readonly mono: number; readonly at: number } | undefined;
  #version = 0;
  #lastSeq = -1;
  #session = '';

  constructor(maxBytes = 512 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** The session's id, as its events say it; empty while there are none. */
  get session(): string {
    return this.#session;
  }

  /** Grows with everything that is appended. */
  get version(): number {
    return this.#version;
  }

  get eventCount(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return this.#lines.bytes;
  }

  append(line: Uint8Array): void {
    const event = parseEvent(new TextDecoder().decode(line));
    if (event === undefined) {
      if (line.length > 0) this.unreadable += 1;
      return;
    }
    const place = this.#lines.append(this.#kept(line, event));
    this.#index(event, place);
    this.#lastSeq = event.seq;
    if (typeof event['session'] === 'string') this.#session = event['session'];
    this.#version += 1;
  }

  /** As `append`, but for what a stream says again after it was cut. */
  appendOnce(line: Uint8Array): void {
    const seq = parseEvent(new TextDecoder().decode(line))?.seq;
    if (seq !== undefined && seq <= this.#lastSeq) return;
    this.append(line);
  }

  /** The event at a place, read anew. */
  event(place: number): RecordedEvent | undefined {
    return parseEvent(this.#lines.text(place));
  }

  /** The events of an entry, read anew. */
  eventsOf(entry: Entry): RecordedEvent[] {
    return entry.events.flatMap((place) => this.event(place) ?? []);
  }

  #kept(line: Uint8Array, event: RecordedEvent): Uint8Array {
    if (this.#lines.bytes + line.length > this.#maxBytes) return this.#withoutBody(event);
    const { decoded, body } = event;
    if (decoded !== undefined && this.#isShownFromBytes(event)) {
      // Shown from its bytes: what its tables say of it is less.
      return new TextEncoder().encode(JSON.stringify({ ...event, decoded: undefined }));
    }
    if (decoded === undefined || (body?.base64?.length ?? 0) < WORTH_DROPPING) return line;
    // The reply is there twice, as bytes and as tables; a page shows the tables.
    return new TextEncoder().encode(JSON.stringify({ ...event, body: { ...body, base64: undefined } }));
  }

  #withoutBody({ decoded: _decoded, messages: _messages, body, ...event }: RecordedEvent): Uint8Array {
    this.dropped += 1;
    const kept = body && {
      media: body.media,
      bytes: body.bytes,
      withheld: 'too much for this page; download the recording',
    };
    return new TextEncoder().encode(JSON.stringify(kept ? { ...event, body: kept } : event));
  }

  #isShownFromBytes({ exchange }: RecordedEvent): boolean {
    const entry = exchange === undefined ? undefined : this.#byExchange.get(exchange);
    return entry?.http === true || entry?.terminal === true;
  }

  #index(event: RecordedEvent, place: number): void {
    const ms = this.#milliseconds(event);
    const entry = this.#entryOf(event, ms);
    entry.events.push(place);
    entry.endMs = Math.max(entry.endMs, ms);
    describe(entry, event, ms);
  }

  #entryOf(event: RecordedEvent, startMs: number): Entry {
    const known = event.exchange === undefined ? undefined : this.#byExchange.get(event.exchange);
    if (known) return known;
    const entry: Entry = {
      kind: entryKind(event),
      exchange: event.exchange,
      events: [],
      at: event.at,
      startMs,
      endMs: startMs,
      answeredMs: undefined,
      head: '',
      http: false,
      message: false,
      terminal: false,
      tags: [],
      code: undefined,
      verbs: [],
      decision: undefined,
      status: undefined,
      rows: undefined,
      maskedValues: 0,
      asks: false,
      approval: undefined,
      marks: 0,
    };
    this.entries.push(entry);
    if (event.exchange !== undefined) this.#byExchange.set(event.exchange, entry);
    return entry;
  }

  /** Since the first event, never backwards; by the gateway's own clock where the event has it. */
  #milliseconds(event: RecordedEvent): number {
    const mono = event.mono === undefined ? Number.NaN : Number(event.mono) / 1000;
    const at = Date.parse(event.at);
    this.#zero ??= { mono, at };
    const passed = Number.isFinite(mono - this.#zero.mono) ? mono - this.#zero.mono : at - this.#zero.at;
    const last = this.entries.at(-1)?.startMs ?? 0;
    return Number.isFinite(passed) ? Math.max(passed, last) : last;
  }
}

/** Characters of a body's bytes that are left out where its tables are there. */
const WORTH_DROPPING = 2048;

function entryKind({ kind, exchange }: RecordedEvent): Entry['kind'] {
  if (exchange !== undefined) return 'exchange';
  if (kind === 'session.open') return 'open';
  if (kind === 'session.close') return 'close';
  return kind === 'gap' ? 'gap' : 'unasked';
}

const HTTP = 'message/http';
const WRITES = new Set(['write', 'ddl', 'admin']);

function describe(entry: Entry, event: RecordedEvent, ms: number): void {
  const masked = (event.masked ?? []).reduce((sum, { count }) => sum + count, 0);
  entry.maskedValues += masked;
  if (masked > 0) entry.marks |= MARKS.mask;
  if (event.held) {
    const { id, state, waitedMs } = event.held;
    entry.approval = { id, state, waitedMs };
    entry.marks |= MARKS.approval;
  }
  switch (event.kind) {
    case 'request':
      describeRequest(entry, event);
      return;
    case 'reply':
      entry.answeredMs = ms;
      // A refusal in the middle cut the reply off.
      entry.status ??= event.refusal?.code ?? event.result?.status;
      if (event.refusal) entry.marks |= MARKS.refusal;
      if (event.result) entry.rows = Number(event.result.rows);
      entry.code = event.result?.code;
      entry.tags = event.result?.tags ?? [];
      if (event.result?.status === 'error') entry.marks |= MARKS.error;
      return;
    case 'refusal':
      entry.answeredMs = ms;
      entry.status = event.refusal?.code ?? 'refused';
      entry.marks |= MARKS.refusal;
      return;
    case 'gap':
      entry.answeredMs = ms;
      entry.status = 'unknown';
      entry.marks |= MARKS.error;
      return;
    default:
      return;
  }
}

function describeRequest(entry: Entry, event: RecordedEvent): void {
  const operations = (event.op ?? []) as readonly { readonly kind?: string; readonly access?: string }[];
  entry.head = requestHead(event);
  const ssh = sshAsked(event);
  entry.message = isMcpRequest(event) || ssh !== undefined;
  entry.terminal = ssh?.terminal === true;
  entry.http = event.body?.media === HTTP && !entry.message;
  entry.verbs = [...new Set(operations.flatMap(({ kind }) => kind ?? []))];
  entry.decision = event.decision?.effect;
  if (entry.decision === 'deny') entry.marks |= MARKS.refusal;
  entry.asks = obligationsOf(event).some(({ kind }) => kind === 'approve');
  if (entry.asks) entry.marks |= MARKS.approval;
  if (operations.some(({ access }) => access !== undefined && WRITES.has(access))) entry.marks |= MARKS.write;
}

function obligationsOf({ decision }: RecordedEvent): readonly { readonly kind?: string }[] {
  const obligations = (decision as { readonly obligations?: unknown } | undefined)?.obligations;
  return Array.isArray(obligations) ? obligations : [];
}

function parseEvent(text: string): RecordedEvent | undefined {
  try {
    const event: unknown = JSON.parse(text);
    const isEvent = typeof event === 'object' && event !== null && 'kind' in event && 'at' in event;
    return isEvent ? (event as RecordedEvent) : undefined;
  } catch {
    // Counted by whoever asked: a line that is no JSON is no event.
    return undefined;
  }
}

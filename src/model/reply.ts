import type { ColumnSource, JsonRows, Operation } from './request.ts';

/** A column of a result as the wire describes it. */
export interface ResultColumn {
  readonly name: string;
  /** Where its value comes from, when the server or the statement's own tree says so. */
  readonly sources: readonly ColumnSource[] | 'unknown';
  readonly plain: boolean;
  readonly json?: JsonRows;
  /** How the value is written, and what a mask must therefore write. */
  readonly type: ValueType;
  readonly format: 'text' | 'binary';
}

/** The families of column types that masks tell apart. `other` can only become null. */
export type ValueType =
  | 'text'
  | 'integer2'
  | 'integer4'
  | 'integer8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'bytea'
  | 'textArray'
  | 'other';

/**
 * What a masker is to the part that it walks over. A protocol calls it while it rewrites; it never learns why.
 * `undefined` keeps the value, `null` makes it NULL, bytes replace it.
 */
export interface FieldMasker {
  /** A new result shape begins: the columns of the rows that follow. */
  columns(columns: readonly ResultColumn[]): void;
  /** True when nothing in these whole messages can change: the cheap test before any field is looked at. */
  passes(wire: Buffer, kind: 'rows' | 'text'): boolean;
  /** One value of the current shape, at `wire[start, end)`. */
  field(column: number, wire: Buffer, start: number, end: number): Uint8Array | null | undefined;
  /** What stands where a value of the current shape is NULL; undefined, as where this is not there, keeps it. */
  absent?(column: number): Uint8Array | undefined;
  /** Free text: an error or notice field, a channel's payload. */
  text(wire: Buffer, start: number, end: number, told?: Told): Uint8Array | undefined;
  /** Of what has no rows: messages with fields and a body. Absent where only rows are masked. */
  readonly messages?: MessageMasks;
}

/** Masks messages of HTTP: their bodies as they come, and the fields that have a class. */
export interface MessageMasks {
  /** True where something in the body has a class: a body that cannot be taken apart must not pass. */
  readonly needsFields: boolean;
  /** Begins a body. Throws `Refused` of code `mask-impossible` where something in it has a class and it is text alone. */
  body(shape: BodyShape): BodyMasker;
  /** What stands for a short text of no body, of which nothing has a class; undefined where nothing is found in it. */
  words(text: Buffer): Buffer | undefined;
  /**
   * `window[from, to)` with what is found in the whole window masked by as many bytes as it has: of what is read at places,
   * and whose size was told before. Counts what begins in it; undefined where nothing of it changes.
   */
  level(window: Buffer, from: number, to: number): Buffer | undefined;
  /** The value that stands for that of a field, cookie or other named value with a class; undefined where it has none. */
  named(place: 'header' | 'cookie' | 'value', name: string, value: Buffer): Uint8Array | undefined;
}

/** How a body is taken apart; `json` is one JSON text or several, one after another. */
export type BodyShape = 'json' | 'csv' | 'form' | 'text';

/**
 * Masks a body that comes in pieces, cut anywhere, as if it had come whole. Throws `Refused` of code `mask-impossible`
 * where it turns out not to be what it was said to be, and something in it has a class.
 */
export interface BodyMasker {
  /** What may go on now: a view of `bytes`, or bytes of its own. */
  push(bytes: Buffer): Buffer;
  /** What was held, once the body is over. */
  end(): Buffer;
  /**
   * What may go on of what is held where the body pauses: up to where nothing that is looked for can be in the middle, or
   * `all`, where whoever waits for it types. Absent where nothing can before more came.
   */
  pause?(all: boolean): Buffer;
}

/** What is known of a text of the server beside its words. */
export interface Told {
  /** Which text: of an error or notice its words, or the names of what it is about; a setting's value; somebody's message. */
  readonly part: 'message' | 'detail' | 'hint' | 'context' | 'statement' | 'name' | 'setting' | 'payload';
  /** The protocol's own code: an SQLSTATE. */
  readonly code: string;
  /** It points at a place in the request, which was being read then: no row had been. */
  readonly atRequest: boolean;
  /** False where somebody else may have chosen the words: a function of the database, another server. */
  readonly ofServer: boolean;
}

/** How an exchange ended. */
export interface ExchangeResult {
  readonly status: 'ok' | 'error' | 'refused' | 'cancelled' | 'unknown';
  /** The protocol's own code: an SQLSTATE, an HTTP status, an exit status. */
  readonly code?: string;
  readonly rows: number;
  /** What the server said it did: command tags. */
  readonly tags?: readonly string[];
}

/**
 * A batch of a body: what arrived together, in `wire` as it came. `wire` may be a view of a buffer that is used again:
 * it is valid until the iterator is asked for the next part.
 */
export interface Part {
  readonly wire: Buffer;
  /** Present on the last part of a reply. */
  readonly result?: ExchangeResult;
  /** Of what a client goes on sending: what this asks for by itself, which is decided before it is forwarded. */
  readonly asks?: readonly Operation[];
  /** What begins in the part; present where the reply is metered. */
  readonly counts?: readonly ReplyCount[];
  /** The part as the masker wants it; `this` where nothing changed. */
  rewrite(masker: FieldMasker): Part;
  /**
   * Of a metered reply: what comes before the first message that `allow` says no to, and what is left from there on. It
   * is asked about each message that counts, in order.
   */
  cut?(allow: (message: ReplyCount) => boolean): CutPart;
}

export interface CutPart {
  readonly head: Part | undefined;
  readonly rest: Part | undefined;
}

/** What one statement's share of a part comes to; a row counts, whole, where it begins. */
export interface ReplyCount {
  /** Of the request's statements, from 0. */
  readonly statement: number;
  readonly rowsRead: number;
  readonly rowsChanged: number;
  /** Of messages that carry data. */
  readonly bytes: number;
}

/** What was masked in an exchange: a column or a detector's name, and how many values. Never a value. */
export interface MaskCount {
  readonly by: 'column' | 'detector';
  readonly name: string;
  readonly count: number;
  /**
   * Of a detector in a message: which of all that detectors found in it are its own, from 0, in the order in which they
   * stand. There where several detectors found something, and not more than can be told.
   */
  readonly order?: readonly number[];
}

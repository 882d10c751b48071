import { BodyReader, MalformedMessage, type Message, MessageDecoder } from './codec.ts';
import { BACKEND } from './messages.ts';
import { displayValue } from './replay-values.ts';

/** What a person sees of a recorded reply, in the order in which the client saw it. */
export type ReplayEvent =
  | { readonly kind: 'columns'; readonly columns: readonly ReplayColumn[] }
  /** `hex`: which of the values are bytes that are no text, shown as `\x…`. */
  | { readonly kind: 'row'; readonly values: readonly (string | null)[]; readonly hex: readonly number[] }
  | { readonly kind: 'complete'; readonly tag: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'error' | 'notice'; readonly fields: ReplayError }
  | { readonly kind: 'parameter'; readonly name: string; readonly value: string }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string; readonly processId: number }
  | { readonly kind: 'copy-in' | 'copy-out'; readonly binary: boolean }
  | { readonly kind: 'copy-data'; readonly bytes: Buffer }
  | { readonly kind: 'ready'; readonly status: string }
  /** The rest of the body was not kept, or is not the protocol. */
  | { readonly kind: 'cut'; readonly bytes: number };

export interface ReplayColumn {
  readonly name: string;
  /** The type's object id in the catalogue (manual, 52.64). */
  readonly typeId: number;
  readonly format: 'text' | 'binary';
  /** Where psql would put it: numbers to the right. */
  readonly align: 'left' | 'right';
}

/** The fields of an ErrorResponse or NoticeResponse that a person reads (manual, 55.8). */
export interface ReplayError {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly where?: string;
}

/** int8, int2, int4, oid, xid, float4, float8, money, numeric: what psql aligns to the right. */
const NUMBERS = new Set([20, 21, 23, 26, 28, 700, 701, 790, 1700]);
const MAX_RECORDED_MESSAGE_BYTES = 0x7fffffff;

/**
 * Decodes recorded reply bytes for display. Pure, and never throws on what a log may hold: bytes that were capped or
 * are not the protocol end in a `cut`. Rows whose description came in an earlier reply use `described`.
 */
export function* replayReply(wire: Buffer, described: readonly ReplayColumn[] = []): Generator<ReplayEvent> {
  const decoder = new MessageDecoder(MAX_RECORDED_MESSAGE_BYTES);
  decoder.push(wire);
  let columns = described;
  let consumed = 0;
  try {
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      const event = decode(message, columns);
      consumed += message.wire.length;
      if (event?.kind === 'columns') columns = event.columns;
      if (event) yield event;
    }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
  }
  if (consumed < wire.length) yield { kind: 'cut', bytes: wire.length - consumed };
}

function decode({ type, body }: Message, columns: readonly ReplayColumn[]): ReplayEvent | undefined {
  const reader = new BodyReader(body);
  switch (type) {
    case BACKEND.rowDescription:
      return { kind: 'columns', columns: readColumns(reader) };
    case BACKEND.dataRow:
      return { kind: 'row', ...readRow(reader, columns) };
    case BACKEND.commandComplete:
      return { kind: 'complete', tag: text(reader) };
    case BACKEND.emptyQuery:
      return { kind: 'empty' };
    case BACKEND.portalSuspended:
      return { kind: 'suspended' };
    case BACKEND.error:
      return { kind: 'error', fields: readError(reader) };
    case BACKEND.notice:
      return { kind: 'notice', fields: readError(reader) };
    case BACKEND.parameterStatus:
      return { kind: 'parameter', name: text(reader), value: text(reader) };
    case BACKEND.notification:
      return { kind: 'notification', processId: reader.int32(), channel: text(reader), payload: text(reader) };
    case BACKEND.copyIn:
      return { kind: 'copy-in', binary: reader.byte() === 1 };
    case BACKEND.copyOut:
      return { kind: 'copy-out', binary: reader.byte() === 1 };
    case BACKEND.copyData:
      return { kind: 'copy-data', bytes: body };
    case BACKEND.readyForQuery:
      return { kind: 'ready', status: String.fromCharCode(reader.byte()) };
    default:
      // The rest (ParseComplete, BindComplete, …) carries nothing that a person at psql would see.
      return undefined;
  }
}

function readColumns(reader: BodyReader): readonly ReplayColumn[] {
  return Array.from({ length: reader.int16() }, () => {
    const name = text(reader);
    reader.bytes(6);
    const typeId = reader.uint32();
    reader.bytes(6);
    const format = reader.int16() === 1 ? 'binary' : 'text';
    return { name, typeId, format, align: NUMBERS.has(typeId) ? 'right' : 'left' } as const;
  });
}

function readRow(reader: BodyReader, columns: readonly ReplayColumn[]) {
  const hex: number[] = [];
  const values = Array.from({ length: reader.int16() }, (_, index) => {
    const length = reader.int32();
    if (length < 0) return null;
    const column = columns[index];
    const bytes = reader.bytes(length);
    const value = displayValue(bytes, column?.typeId ?? 0, column?.format ?? 'text');
    if (isHexOf(value, bytes)) hex.push(index);
    return value;
  });
  return { values, hex };
}

/** A text that reads `\x…` by itself is as long as its bytes. */
function isHexOf(value: string, bytes: Buffer): boolean {
  return value.length === 2 + bytes.length * 2 && value.startsWith('\\x');
}

function readError(reader: BodyReader): ReplayError {
  const fields = new Map<string, string>();
  for (let code = reader.byte(); code !== 0; code = reader.byte()) fields.set(String.fromCharCode(code), text(reader));
  const optional = (name: string, letter: string) => (fields.has(letter) ? { [name]: fields.get(letter) } : {});
  return {
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    code: fields.get('C') ?? '',
    message: fields.get('M') ?? '',
    ...optional('detail', 'D'),
    ...optional('hint', 'H'),
    ...optional('position', 'P'),
    ...optional('where', 'W'),
  };
}

function text(reader: BodyReader): string {
  return reader.cstring().toString('utf8');
}

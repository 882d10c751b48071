/** Message types and encoders of PostgreSQL's protocol 3 (manual, 55.7). */

const code = (letter: string): number => letter.charCodeAt(0);

export const FRONTEND = {
  query: code('Q'),
  parse: code('P'),
  bind: code('B'),
  describe: code('D'),
  execute: code('E'),
  close: code('C'),
  sync: code('S'),
  flush: code('H'),
  terminate: code('X'),
  copyData: code('d'),
  copyDone: code('c'),
  copyFail: code('f'),
  functionCall: code('F'),
  password: code('p'),
} as const;

export const BACKEND = {
  authentication: code('R'),
  parameterStatus: code('S'),
  backendKeyData: code('K'),
  readyForQuery: code('Z'),
  negotiateProtocolVersion: code('v'),
  rowDescription: code('T'),
  dataRow: code('D'),
  commandComplete: code('C'),
  emptyQuery: code('I'),
  portalSuspended: code('s'),
  parseComplete: code('1'),
  bindComplete: code('2'),
  closeComplete: code('3'),
  noData: code('n'),
  parameterDescription: code('t'),
  error: code('E'),
  notice: code('N'),
  notification: code('A'),
  copyIn: code('G'),
  copyOut: code('H'),
  copyBoth: code('W'),
  copyData: code('d'),
  copyDone: code('c'),
  functionResult: code('V'),
} as const;

/** Codes of the requests that come instead of a startup message (manual, 55.7: SSLRequest, GSSENCRequest, …). */
export const STARTUP = { cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

/** The transaction status of ReadyForQuery: idle, in a transaction block, in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

export function message(type: number, ...fields: readonly Uint8Array[]): Buffer {
  const length = fields.reduce((sum, field) => sum + field.length, 4);
  const out = Buffer.allocUnsafe(length + 1);
  out[0] = type;
  out.writeInt32BE(length, 1);
  let at = 5;
  for (const field of fields) {
    out.set(field, at);
    at += field.length;
  }
  return out;
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text.replaceAll('\0', '')}\0`, 'utf8');
}

export function int16(value: number): Buffer {
  const out = Buffer.allocUnsafe(2);
  out.writeInt16BE(value, 0);
  return out;
}

export function int32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeInt32BE(value | 0, 0);
  return out;
}

export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING';
  /** SQLSTATE (manual, appendix A). */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export function errorResponse(fields: ErrorFields): Buffer {
  return errorOrNotice(BACKEND.error, fields);
}

export function noticeResponse(fields: ErrorFields): Buffer {
  return errorOrNotice(BACKEND.notice, fields);
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message(BACKEND.readyForQuery, Buffer.from(status, 'latin1'));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message(BACKEND.parameterStatus, cstring(name), cstring(value));
}

export function sync(): Buffer {
  return message(FRONTEND.sync);
}

export function flush(): Buffer {
  return message(FRONTEND.flush);
}

export function query(text: string): Buffer {
  return message(FRONTEND.query, cstring(text));
}

export function copyFail(why: string): Buffer {
  return message(FRONTEND.copyFail, cstring(why));
}

export function parse(name: string, text: string, types: readonly number[] = []): Buffer {
  return message(FRONTEND.parse, cstring(name), cstring(text), int16(types.length), ...types.map(int32));
}

/** Runs a statement without parameters under a name of its own, and forgets it; its results come as text. */
export function ownStatement(name: string, text: string): readonly Buffer[] {
  const named = cstring(name);
  return [
    parse(name, text),
    message(FRONTEND.bind, named, named, int16(0), int16(0), int16(0)),
    message(FRONTEND.execute, named, int32(0)),
    message(FRONTEND.close, Buffer.from('P', 'latin1'), named),
    message(FRONTEND.close, Buffer.from('S', 'latin1'), named),
  ];
}

/** Binds the unnamed statement to the unnamed portal; its results come as text. */
export function bindMessage(parameters: readonly (Uint8Array | null)[], formats: readonly number[]): Buffer {
  const values = parameters.flatMap((value) => (value === null ? [int32(-1)] : [int32(value.length), value]));
  const head = [cstring(''), cstring(''), int16(formats.length), ...formats.map(int16), int16(parameters.length)];
  return message(FRONTEND.bind, ...head, ...values, int16(0));
}

/** Executes the unnamed portal to its end. */
export function executeMessage(): Buffer {
  return message(FRONTEND.execute, cstring(''), int32(0));
}

export function describePortal(name: Buffer): Buffer {
  return message(FRONTEND.describe, Buffer.from('P', 'latin1'), name, Buffer.from([0]));
}

function errorOrNotice(type: number, fields: ErrorFields): Buffer {
  const parts = [
    field('S', fields.severity),
    field('V', fields.severity),
    field('C', fields.code),
    field('M', fields.message),
    fields.detail === undefined ? undefined : field('D', fields.detail),
    fields.hint === undefined ? undefined : field('H', fields.hint),
  ].filter((part) => part !== undefined);
  return message(type, ...parts, Buffer.from([0]));
}

function field(letter: string, value: string): Buffer {
  return Buffer.concat([Buffer.from(letter, 'latin1'), cstring(value)]);
}

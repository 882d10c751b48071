/**
 * The messages of a login as the client of a real server speaks them (PostgreSQL manual, 54.2.1, 54.7 and 54.8).
 * Pure; what is malformed throws a `Fault` of code `upstream-protocol`.
 */
import { Fault } from '../../model/fault.ts';

export const PROTOCOL_3_0 = 196_608;
export const PROTOCOL_3_2 = 196_610;

/** SSLRequest: a length of 8 and the code 80877103. */
export const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** CancelRequest: a length, the code 80877102, the process id, and a key of 4 to 256 bytes. */
export function cancelRequest(processId: number, secretKey: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(12 + secretKey.length, 0);
  head.writeInt32BE(80_877_102, 4);
  head.writeInt32BE(processId, 8);
  return Buffer.concat([head, secretKey]);
}

/** Throws where a name or a value holds a NUL, which the protocol cannot carry. */
export function startupMessage(version: number, parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => {
    if (name === '' || name.includes('\0') || value.includes('\0')) {
      throw new Fault('upstream-login', 'a startup parameter is empty or holds a NUL');
    }
    return [name, value];
  });
  const body = Buffer.from([...pairs, '', ''].join('\0'), 'utf8');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(version, 4);
  return Buffer.concat([head, body]);
}

/** PasswordMessage, SASLInitialResponse and SASLResponse share the type `p`. */
export function passwordMessage(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.writeUInt8(0x70, 0);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

export function saslInitialResponse(mechanism: string, response: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(response), 0);
  return passwordMessage(Buffer.from(`${mechanism}\0`), length, Buffer.from(response));
}

export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue' | 'sasl-final'; readonly data: string }
  | { readonly kind: 'unsupported'; readonly name: string };

/** The body of an `R` message. */
export function parseAuthentication(body: Buffer): Authentication {
  if (body.length < 4) throw malformed('Authentication');
  const code = body.readInt32BE(0);
  const rest = body.subarray(4);
  switch (code) {
    case 0:
      return { kind: 'ok' };
    case 3:
      return { kind: 'cleartext' };
    case 5:
      if (rest.length !== 4) throw malformed('AuthenticationMD5Password');
      return { kind: 'md5', salt: rest };
    case 10:
      return { kind: 'sasl', mechanisms: parseMechanisms(rest) };
    case 11:
      return { kind: 'sasl-continue', data: rest.toString('latin1') };
    case 12:
      return { kind: 'sasl-final', data: rest.toString('latin1') };
    default:
      return { kind: 'unsupported', name: OTHER_METHODS[code] ?? `an authentication of number ${code}` };
  }
}

const OTHER_METHODS: Readonly<Record<number, string>> = { 2: 'Kerberos V5', 7: 'GSSAPI', 8: 'GSSAPI', 9: 'SSPI' };

function parseMechanisms(list: Buffer): readonly string[] {
  const names = list.toString('latin1').split('\0');
  // Each name ends with a NUL, and so does the list, so that two empty pieces remain behind the last name.
  if (names.length < 3 || names.pop() !== '' || names.pop() !== '' || names.includes('')) {
    throw malformed('AuthenticationSASL');
  }
  return names;
}

/** NegotiateProtocolVersion: the minor version to go on with. Throws where a startup option was not understood. */
export function parseNegotiation(body: Buffer): number {
  if (body.length < 8) throw malformed('NegotiateProtocolVersion');
  const version = body.readInt32BE(0);
  // Servers send the whole version here; the manual of PostgreSQL 17 and older has its minor part alone.
  const minor = version >> 16 === 3 ? version & 0xffff : version;
  if (minor < 0 || minor > 1) throw malformed('NegotiateProtocolVersion');
  if (body.readInt32BE(4) !== 0) {
    throw new Fault('upstream-protocol', 'the server does not know an option that was never sent');
  }
  return minor;
}

/** ParameterStatus: a name and a value. */
export function parseParameterStatus(body: Buffer): readonly [name: string, value: string] {
  const parts = body.toString('utf8').split('\0');
  const [name, value, end] = parts;
  if (parts.length !== 3 || name === undefined || name === '' || value === undefined || end !== '') {
    throw malformed('ParameterStatus');
  }
  return [name, value];
}

/** BackendKeyData: a process id and a key of 4 bytes, or of up to 256 since protocol 3.2. */
export function parseBackendKeyData(body: Buffer): { readonly processId: number; readonly secretKey: Buffer } {
  if (body.length < 8 || body.length > 260) throw malformed('BackendKeyData');
  // Memory of its own: a slice of the shared pool would keep all of that alive as long as the session.
  const secretKey = Buffer.allocUnsafeSlow(body.length - 4);
  body.copy(secretKey, 0, 4);
  return { processId: body.readInt32BE(0), secretKey };
}

/** What the server says where it refuses; the cause of the `Fault` that tells of it. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly severity: string;
  /** The SQLSTATE, five characters; empty where the server gave none. */
  readonly sqlstate: string;

  constructor(severity: string, sqlstate: string, message: string) {
    super(message);
    this.severity = severity;
    this.sqlstate = sqlstate;
  }
}

/** ErrorResponse: its severity, SQLSTATE and primary message, free of control characters and of `secret`. */
export function parseErrorResponse(body: Buffer, secret: string | undefined): ServerError {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) if (field !== '') fields.set(field.charAt(0), field.slice(1));
  const message = fields.get('M') ?? 'no message';
  const shown = neutral(secret ? message.replaceAll(secret, '[secret]') : message, MAX_MESSAGE_CHARACTERS);
  const severity = neutral(fields.get('V') ?? fields.get('S') ?? 'ERROR', 10);
  return new ServerError(severity, /^[0-9A-Z]{5}$/.exec(fields.get('C') ?? '')?.[0] ?? '', shown);
}

const MAX_MESSAGE_CHARACTERS = 1_000;

/** Control, format and line-breaking characters become spaces, so that hostile text cannot act where it is shown. */
function neutral(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

function malformed(message: string): Fault {
  return new Fault('upstream-protocol', `the server sent a malformed ${message} message`);
}

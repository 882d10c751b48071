import type { SecureContext } from 'node:tls';
import type { TargetName } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { CancelKey, Login } from '../protocol.ts';
import { BodyReader, MalformedMessage } from './codec.ts';
import { BACKEND, cstring, int32, message, STARTUP } from './messages.ts';

/** What a client opens a connection with (manual, 55.2.1 and 55.2.8 to 55.2.10). */
export type Opening =
  | { readonly kind: 'cancel'; readonly key: CancelKey }
  | {
      readonly kind: 'startup';
      readonly user: string;
      readonly target: TargetName;
      readonly login: Login;
      readonly minor: number;
    };

export interface ClientTls {
  readonly context: SecureContext;
  /** True refuses a session without TLS. */
  readonly required: boolean;
}

const TLS_HANDSHAKE = 0x16;
/** Registered for PostgreSQL; a client that begins with TLS must offer it (manual, 55.2.9). */
const ALPN = ['postgresql'];
const LATEST_MINOR = 2;

/** Reads up to the startup message, and becomes TLS on the way where the client asks. Throws `Refused`. */
export async function readOpening(client: ByteStream, tls: ClientTls | undefined): Promise<Opening> {
  const first = await peek(client);
  if (first[0] === TLS_HANDSHAKE) {
    if (tls === undefined) throw new MalformedMessage('malformed', 'TLS where none is configured');
    client.unread(first);
    await client.startTls(tls.context, { alpn: ALPN, requireAlpn: true });
  } else {
    client.unread(first);
  }
  return negotiate(client, tls);
}

async function negotiate(client: ByteStream, tls: ClientTls | undefined): Promise<Opening> {
  for (let requests = 0; requests < 3; requests++) {
    const { code, body, rest } = await readPacket(client);
    if (code === STARTUP.ssl || code === STARTUP.gss) {
      // Bytes sent before the answer could have been put there by somebody else on the path (CVE-2021-23214).
      if (rest.length > 0) throw new MalformedMessage('malformed', 'bytes before the answer to an encryption request');
      const yes = code === STARTUP.ssl && tls !== undefined && !client.tls;
      await client.write(Buffer.from(yes ? 'S' : 'N', 'latin1'));
      if (yes) await client.startTls(tls.context, { alpn: ALPN, requireAlpn: false });
      continue;
    }
    if (rest.length > 0) client.unread(rest);
    if (code === STARTUP.cancel) return { kind: 'cancel', key: readCancelKey(body) };
    if (tls?.required === true && !client.tls) {
      throw new Refused({
        code: 'claim-invalid',
        message: 'this gateway takes connections over TLS only',
        hint: 'Connect with sslmode=require or stricter.',
      });
    }
    return readStartup(client, code, body);
  }
  throw new MalformedMessage('malformed', 'too many encryption requests');
}

async function readStartup(client: ByteStream, code: number, body: Buffer): Promise<Opening> {
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) {
    throw new Refused({
      code: 'protocol-unsupported',
      message: `protocol ${major}.${minor} is not supported; this gateway speaks 3.0 and 3.2`,
    });
  }
  const { parameters, extensions } = readParameters(body);
  if (minor > LATEST_MINOR || extensions.length > 0) await negotiateVersion(client, minor, extensions);
  const user = parameters.get('user') ?? '';
  const replication = parameters.get('replication');
  if (user === '')
    throw new Refused({
      code: 'claim-missing',
      message: 'no user was given',
      hint: 'The user name is the id of a grant.',
    });
  if (replication !== undefined && !isFalse(replication)) {
    throw new Refused({
      code: 'protocol-unsupported',
      message: 'replication connections are not supported through the gateway',
    });
  }
  const [target = '', ...database] = (parameters.get('database') ?? user).split('/');
  return {
    kind: 'startup',
    user,
    target: target as TargetName,
    login: {
      cancelKeyBytes: minor >= 2 ? 32 : 4,
      ...(database.length === 0 ? {} : { database: database.join('/') }),
      parameters: upstreamParameters(parameters),
    },
    minor: Math.min(minor, LATEST_MINOR),
  };
}

/** Manual, 55.7, NegotiateProtocolVersion: the newest minor that we speak, and the options we do not know. */
async function negotiateVersion(client: ByteStream, minor: number, unknown: readonly string[]): Promise<void> {
  const newest = Math.min(minor, LATEST_MINOR);
  await client.write(
    message(
      BACKEND.negotiateProtocolVersion,
      int32((3 << 16) | newest),
      int32(unknown.length),
      ...unknown.map(cstring),
    ),
  );
}

function readParameters(body: Buffer): { parameters: Map<string, string>; extensions: string[] } {
  const reader = new BodyReader(body);
  const parameters = new Map<string, string>();
  const extensions: string[] = [];
  for (;;) {
    const name = reader.cstring().toString('utf8');
    if (name === '') break;
    const value = reader.cstring().toString('utf8');
    if (name.startsWith('_pq_.')) extensions.push(name);
    else if (parameters.has(name)) throw new MalformedMessage('malformed', 'a startup parameter given twice');
    else parameters.set(name, value);
  }
  reader.end();
  return { parameters, extensions };
}

/**
 * What a client may set of its upstream session while it connects. Anything else would be a SET that no policy saw,
 * so it is refused; the client can send it as a statement, which is decided.
 */
const STARTUP_SETTINGS = new Set([
  'application_name',
  'client_encoding',
  'datestyle',
  'intervalstyle',
  'timezone',
  'extra_float_digits',
  'client_min_messages',
  'bytea_output',
  'xmloption',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'geqo',
  'jit',
]);

function upstreamParameters(parameters: ReadonlyMap<string, string>): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (name === 'user' || name === 'database' || name === 'replication') continue;
    if (name === 'options') Object.assign(chosen, readOptions(value));
    else if (STARTUP_SETTINGS.has(name.toLowerCase())) chosen[name.toLowerCase()] = value;
    else throw unsupportedSetting(name);
  }
  if (isUnsafeEncoding(chosen['client_encoding'] ?? '')) throw unsupportedEncoding(chosen['client_encoding'] ?? '');
  return chosen;
}

/** `options` as the server splits it: words by white space, a backslash taking the next character as it is. */
function readOptions(options: string): Record<string, string> {
  const words = (options.match(/(?:\\[\s\S]|[^\s\\])+/g) ?? []).map((word) => word.replace(/\\([\s\S])/g, '$1'));
  const chosen: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const setting =
      word === '-c'
        ? (words[++i] ?? '')
        : word.startsWith('--')
          ? word.slice(2)
          : word.startsWith('-c')
            ? word.slice(2)
            : '';
    const equals = setting.indexOf('=');
    const name = setting.slice(0, Math.max(equals, 0)).replaceAll('-', '_');
    if (equals < 1 || !STARTUP_SETTINGS.has(name.toLowerCase())) throw unsupportedSetting(name === '' ? word : name);
    chosen[name.toLowerCase()] = setting.slice(equals + 1);
  }
  return chosen;
}

/**
 * Encodings in which the second byte of a character may look like a quote or a backslash: the text that the gateway
 * reads could then not be the text that the server reads (manual, 24.3.1, "client only" encodings).
 */
export function isUnsafeEncoding(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return /^(?:sjis|shiftjis.*|mskanji|win932|windows932|big5|win950|windows950|gbk|win936|windows936|uhc|win949|windows949|johab|gb18030)$/.test(
    plain,
  );
}

export function unsupportedEncoding(name: string): Refused {
  return new Refused({
    code: 'protocol-unsupported',
    message: `the client encoding ${name} cannot be inspected safely`,
    hint: 'Use client_encoding=UTF8.',
  });
}

function unsupportedSetting(name: string): Refused {
  return new Refused({
    code: 'protocol-unsupported',
    message: `the startup setting "${name}" is not passed on`,
    hint: 'Send it as a SET statement after connecting, where the policy can decide it.',
  });
}

function isFalse(value: string): boolean {
  return ['false', 'off', 'no', '0', 'f', 'n', 'fals', 'fal', 'fa', 'of'].includes(value.toLowerCase());
}

function readCancelKey(body: Buffer): CancelKey {
  const reader = new BodyReader(body);
  const processId = reader.int32();
  const secret = reader.rest();
  if (secret.length < 4 || secret.length > 256)
    throw new MalformedMessage('malformed', 'a cancel key of a wrong length');
  return { processId, secret: Buffer.from(secret) };
}

/** One packet of the startup phase: a length that counts itself, a code, a body. `rest` is what came after it. */
async function readPacket(client: ByteStream): Promise<{ code: number; body: Buffer; rest: Buffer }> {
  let held = await peek(client);
  for (;;) {
    if (held.length >= 4) {
      const length = held.readInt32BE(0);
      if (length < 8) throw new MalformedMessage('malformed', 'a startup packet too short');
      if (length > LIMITS.maxStartupBytes) throw new MalformedMessage('too-large', 'a startup packet too long');
      if (held.length >= length) {
        return { code: held.readInt32BE(4), body: Buffer.from(held.subarray(8, length)), rest: held.subarray(length) };
      }
    }
    held = Buffer.concat([held, await peek(client)]);
  }
}

async function peek(client: ByteStream): Promise<Buffer> {
  const bytes = await client.read();
  if (bytes === null) throw new ClientGone();
  return bytes;
}

/** The client left before it said what it wanted: port scans and health checks do. */
export class ClientGone extends Error {
  constructor() {
    super('the client left before a session began');
    this.name = 'ClientGone';
  }
}

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Credential, TlsSettings } from '../../model/target.ts';
import { errorText } from '../upstream/error-text.ts';
import type { TlsFacts } from '../upstream/upstream-tls.ts';
import {
  PROTOCOL_3_0,
  PROTOCOL_3_2,
  parseBackendKeyData,
  parseErrorResponse,
  parseNegotiation,
  parseParameterStatus,
  type ServerError,
  startupMessage,
} from './login-messages.ts';
import { type LoginMessage, LoginReader } from './login-reader.ts';
import { authenticate, nextMessage, refused } from './upstream-authentication.ts';
import { type Progress, withProgress } from './upstream-deadline.ts';
import { type Dialled, dialUpstream, isUnixSocket } from './upstream-dial.ts';

export interface UpstreamOptions {
  /** A host that starts with `/` is the directory of a Unix socket. */
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: TlsSettings;
  readonly credential: Credential;
  /** The server takes the user's name where there is none. */
  readonly database?: string;
  /** Further startup parameters: `application_name`, `options`, … */
  readonly parameters: Readonly<Record<string, string>>;
  /** Lets the password itself over a connection without TLS. */
  readonly allowCleartext?: boolean;
  /** For the whole login; `LIMITS.upstreamConnectDeadlineMs` where absent. */
  readonly deadlineMs?: number;
}

/** A session with a real server that is logged in and idle. */
export interface UpstreamConnection {
  /** Paused. Errors that come later are on `errored` once it closes; it never throws an unheard one. */
  readonly socket: Socket | TLSSocket;
  /** What was read beyond ReadyForQuery. */
  readonly leftover: Buffer;
  readonly parameters: ReadonlyMap<string, string>;
  readonly serverVersion: string;
  readonly processId: number;
  /** 4 bytes, or up to 256 since protocol 3.2; empty where the server gives none and cannot cancel. */
  readonly secretKey: Buffer;
  /** 0 or 2. */
  readonly protocolMinor: number;
  readonly tls: TlsFacts | undefined;
  readonly transactionStatus: 'I' | 'T' | 'E';
}

/**
 * Opens a session with a real server, protocol 3.2 where it speaks it and else 3.0. The password itself is shown only
 * over TLS that was verified or that `require` demanded, over a Unix socket, or where `allowCleartext` says so. Throws a
 * `Fault` of code `upstream-unreachable`, `upstream-tls`, `upstream-login` or `upstream-protocol` whose text may name
 * what the server said and never the password, or the signal's reason; then nothing stays open.
 */
export function connectUpstream(options: UpstreamOptions, signal: AbortSignal): Promise<UpstreamConnection> {
  const deadlineMs = options.deadlineMs ?? LIMITS.upstreamConnectDeadlineMs;
  return withProgress(deadlineMs, signal, (progress) => connectWithin(options, progress));
}

async function connectWithin(options: UpstreamOptions, progress: Progress): Promise<UpstreamConnection> {
  let attempt: Attempt = { version: PROTOCOL_3_2, tls: options.tls };
  // Each failure can be answered once, so that there are three attempts at most.
  for (;;) {
    const outcome = await logIn(options, attempt, progress);
    if (outcome.kind === 'connected') return outcome.connection;
    const next = nextAttempt(attempt, outcome);
    if (next === undefined) throw rejection(outcome.error);
    attempt = next;
  }
}

interface Attempt {
  readonly version: number;
  readonly tls: TlsSettings;
}

type Outcome =
  | { readonly kind: 'connected'; readonly connection: UpstreamConnection }
  /** The very first answer was no, or nothing at all. */
  | { readonly kind: 'rejected'; readonly error: ServerError | undefined; readonly overTls: boolean };

function nextAttempt(attempt: Attempt, { error, overTls }: Outcome & { kind: 'rejected' }): Attempt | undefined {
  // Servers and poolers from before NegotiateProtocolVersion complain of an unknown version, or just hang up.
  const rejectsVersion = error === undefined || error.sqlstate === '0A000' || error.sqlstate === '08P01';
  if (rejectsVersion && attempt.version !== PROTOCOL_3_0) return { ...attempt, version: PROTOCOL_3_0 };
  // pg_hba.conf may have `hostnossl` alone, for which `prefer` tries again (PostgreSQL manual, 32.19.3).
  const rejectsTls = overTls && attempt.tls.mode === 'prefer' && error?.sqlstate === '28000';
  return rejectsTls ? { ...attempt, tls: { mode: 'disable' } } : undefined;
}

async function logIn(options: UpstreamOptions, attempt: Attempt, progress: Progress): Promise<Outcome> {
  const { credential } = options;
  const dialled = await dialUpstream(
    { address: options.address, tls: attempt.tls, clientCertificate: credential.clientCertificate },
    progress,
  );
  progress.step = 'log in';
  const reader = new LoginReader(dialled.socket, loginEnded);
  try {
    dialled.socket.write(startupMessage(attempt.version, startupParameters(options)));
    const outcome = await converse(options, attempt, dialled, reader);
    if (outcome.kind === 'rejected') dialled.socket.destroy();
    return outcome;
  } catch (cause) {
    dialled.socket.destroy();
    throw cause;
  } finally {
    reader.release();
  }
}

async function converse(options: UpstreamOptions, attempt: Attempt, dialled: Dialled, reader: LoginReader) {
  const { credential } = options;
  const opening = await firstAnswer(reader);
  if (opening === undefined) return rejected(undefined, dialled);
  if (opening.type === 'E') return rejected(parseErrorResponse(opening.body, credential.password?.reveal()), dialled);
  let protocolMinor = attempt.version & 0xffff;
  let request = opening;
  if (request.type === 'v') {
    protocolMinor = parseNegotiation(request.body);
    request = await nextMessage('R', { reader, credential });
  }
  await authenticate(request, {
    reader,
    send: (bytes) => dialled.socket.write(bytes),
    credential,
    tls: dialled.tls,
    mayShowPassword: mayShowPassword(options, dialled),
    randomBytes,
  });
  return { kind: 'connected', connection: await settle(reader, dialled, credential, protocolMinor) } as const;
}

/** Undefined where the server hung up without a word. */
async function firstAnswer(reader: LoginReader): Promise<LoginMessage | undefined> {
  try {
    return await reader.message('RvE');
  } catch (cause) {
    if (reader.silent && cause instanceof Fault && cause.code === 'upstream-login') return undefined;
    throw cause;
  }
}

/** PostgreSQL manual, 54.2.1: what a server tells of itself between AuthenticationOk and ReadyForQuery. */
async function settle(
  reader: LoginReader,
  dialled: Dialled,
  credential: Credential,
  protocolMinor: number,
): Promise<UpstreamConnection> {
  const parameters = new Map<string, string>();
  let key: { readonly processId: number; readonly secretKey: Buffer } = { processId: 0, secretKey: Buffer.alloc(0) };
  for (;;) {
    const { type, body } = await nextMessage('SKNZ', { reader, credential });
    if (type === 'S') parameters.set(...parseParameterStatus(body));
    if (type === 'K') key = parseBackendKeyData(body);
    if (type !== 'Z') continue;
    return {
      socket: dialled.socket,
      leftover: reader.release(),
      parameters,
      serverVersion: parameters.get('server_version') ?? '',
      ...key,
      protocolMinor,
      tls: dialled.tls,
      transactionStatus: parseReadyForQuery(body),
    };
  }
}

function parseReadyForQuery(body: Buffer): 'I' | 'T' | 'E' {
  const status = body.toString('latin1');
  if (status === 'I' || status === 'T' || status === 'E') return status;
  throw new Fault('upstream-protocol', 'the server sent a malformed ReadyForQuery message');
}

function startupParameters({ credential, database, parameters }: UpstreamOptions): Readonly<Record<string, string>> {
  for (const name of Object.keys(parameters)) {
    // Replication mode speaks another language than SQL; `_pq_.` options change the protocol itself.
    if (name === 'replication' || name.startsWith('_pq_.')) throw refused(`the startup parameter ${name} is refused`);
  }
  return { ...parameters, user: credential.user, ...(database === undefined ? {} : { database }) };
}

function mayShowPassword(options: UpstreamOptions, { tls }: Dialled): boolean {
  const demanded = tls !== undefined && (tls.verified || options.tls.mode !== 'prefer');
  return demanded || isUnixSocket(options.address.host) || options.allowCleartext === true;
}

function rejected(error: ServerError | undefined, { tls }: Dialled): Outcome & { kind: 'rejected' } {
  return { kind: 'rejected', error, overTls: tls !== undefined };
}

function rejection(error: ServerError | undefined): Fault {
  if (error === undefined) return refused('the server closed the connection without an answer');
  return refused(`the server refused the login: ${error.message}`, error);
}

function loginEnded(cause: Error | undefined): Fault {
  const text = errorText(cause);
  if (text.startsWith('ERR_SSL')) return new Fault('upstream-tls', `the server ended TLS: ${text}`, { cause });
  return new Fault('upstream-login', `the server closed the connection during the login: ${text}`, { cause });
}

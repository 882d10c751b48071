import { createHash } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import type { Secret } from '../../model/secret.ts';
import type { Credential } from '../../model/target.ts';
import type { TlsFacts } from '../upstream/upstream-tls.ts';
import { serverEndPoint } from './channel-binding.ts';
import {
  type Authentication,
  parseAuthentication,
  parseErrorResponse,
  passwordMessage,
  saslInitialResponse,
} from './login-messages.ts';
import type { LoginMessage, LoginReader } from './login-reader.ts';
import { scramClient } from './scram.ts';
import { type ChannelBinding, ScramError, type ScramMechanism } from './scram-messages.ts';

export interface AuthenticationContext {
  readonly reader: LoginReader;
  readonly send: (bytes: Uint8Array) => void;
  readonly credential: Credential;
  readonly tls: TlsFacts | undefined;
  /** Whether the connection is private enough for the password as it is. */
  readonly mayShowPassword: boolean;
  readonly randomBytes: (size: number) => Buffer;
}

/** Answers the server's authentication request, until the server says that it is satisfied. Throws a `Fault`. */
export async function authenticate(request: LoginMessage, context: AuthenticationContext): Promise<void> {
  const asked = parseAuthentication(request.body);
  switch (asked.kind) {
    case 'ok':
      return;
    case 'cleartext':
      if (!context.mayShowPassword) {
        throw refused('the server asks for the password in the clear, and the connection to it is not private');
      }
      context.send(passwordMessage(Buffer.from(`${passwordOf(context).reveal()}\0`)));
      return expectOk(context);
    case 'md5':
      context.send(passwordMessage(Buffer.from(`${md5Answer(context, asked.salt)}\0`)));
      return expectOk(context);
    case 'sasl':
      await scram(asked.mechanisms, context);
      return expectOk(context);
    case 'unsupported':
      throw refused(`the server asks for ${asked.name}, which the gateway does not speak`);
    case 'sasl-continue':
    case 'sasl-final':
      throw unexpected();
    default:
      return asked satisfies never;
  }
}

/** The next message of one of these types; an error that the server sends instead is thrown as a `Fault`. */
export async function nextMessage(
  types: string,
  { reader, credential }: Pick<AuthenticationContext, 'reader' | 'credential'>,
): Promise<LoginMessage> {
  const message = await reader.message(`${types}E`);
  if (message.type !== 'E') return message;
  const error = parseErrorResponse(message.body, credential.password?.reveal());
  throw refused(`the server refused the login: ${error.message}`, error);
}

async function expectOk(context: AuthenticationContext): Promise<void> {
  if ((await nextAuthentication(context)).kind !== 'ok') throw unexpected();
}

async function nextAuthentication(context: AuthenticationContext): Promise<Authentication> {
  return parseAuthentication((await nextMessage('R', context)).body);
}

/** PostgreSQL manual, 54.2.1: `md5` and the MD5 of the hex of the MD5 of password and user, and the salt. */
function md5Answer(context: AuthenticationContext, salt: Buffer): string {
  const inner = md5(Buffer.from(passwordOf(context).reveal() + context.credential.user)).toString('hex');
  return `md5${md5(Buffer.concat([Buffer.from(inner), salt])).toString('hex')}`;
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

async function scram(offered: readonly string[], context: AuthenticationContext): Promise<void> {
  const { mechanism, channelBinding } = chooseMechanism(offered, context.tls);
  try {
    const client = scramClient({
      user: '',
      password: passwordOf(context),
      mechanism,
      nonce: context.randomBytes(18).toString('base64'),
      ...(channelBinding === undefined ? {} : { channelBinding }),
    });
    context.send(saslInitialResponse(mechanism, client.first));
    const challenge = await nextAuthentication(context);
    if (challenge.kind !== 'sasl-continue') throw unexpected();
    context.send(passwordMessage(Buffer.from(await client.final(challenge.data))));
    const last = await nextAuthentication(context);
    if (last.kind !== 'sasl-final') throw unexpected();
    client.verify(last.data);
  } catch (cause) {
    if (cause instanceof ScramError) throw refused(`SCRAM failed: ${cause.message}`, cause);
    throw cause;
  }
}

/** PostgreSQL manual, 54.3: with TLS the binding mechanism where it is offered, as it unmasks a relaying attacker. */
function chooseMechanism(
  offered: readonly string[],
  tls: TlsFacts | undefined,
): { readonly mechanism: ScramMechanism; readonly channelBinding?: ChannelBinding | 'possible' } {
  const plus = offered.includes('SCRAM-SHA-256-PLUS');
  const plain = offered.includes('SCRAM-SHA-256');
  if (tls !== undefined && plus) {
    const data = serverEndPoint(tls.certificate);
    if (data !== undefined) {
      return { mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: { type: 'tls-server-end-point', data } };
    }
    // An attacker could present such a certificate to evade the binding, so the certificate itself must be trusted.
    if (!tls.verified)
      throw refused('channel binding is undefined for the certificate, and the certificate unverified');
    if (plain) return { mechanism: 'SCRAM-SHA-256' };
  }
  if (!plain) throw refused(`the server offers none of the gateway's SASL mechanisms`);
  return { mechanism: 'SCRAM-SHA-256', ...(tls === undefined ? {} : { channelBinding: 'possible' }) };
}

function passwordOf({ credential: { password } }: AuthenticationContext): Secret {
  if (password === undefined || password.reveal() === '') {
    throw refused('the server asks for a password, and the target has none');
  }
  return password;
}

export function refused(message: string, cause?: Error): Fault {
  return new Fault('upstream-login', message, cause === undefined ? {} : { cause });
}

function unexpected(): Fault {
  return new Fault('upstream-protocol', 'the server sent an authentication message out of turn');
}

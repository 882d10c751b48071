/** SCRAM-SHA-256 and -PLUS, both sides (RFC 5802, RFC 7677), as pure steps: the caller moves the messages. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { LIMITS } from '../../model/limits.ts';
import type { Secret } from '../../model/secret.ts';
import type { ScramKeys, ScramProof } from '../protocol.ts';
import { saslPrep } from './saslprep.ts';
import {
  type ChannelBinding,
  type ClientFirst,
  escapeName,
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst,
  ScramError,
  type ScramMechanism,
} from './scram-messages.ts';

export { ScramError };

export interface ScramClientOptions {
  /** PostgreSQL takes the user from its startup message and ignores this one; libpq leaves it empty. */
  readonly user: string;
  readonly password: Secret;
  readonly mechanism: ScramMechanism;
  /** Printable ASCII without a comma, fresh for each login. */
  readonly nonce: string;
  /**
   * The binding for -PLUS. Under plain SCRAM-SHA-256, `possible` says that this client could have bound and the
   * server offered no way to, by which an honest server notices that its offer was cut out.
   */
  readonly channelBinding?: ChannelBinding | 'possible';
}

export interface ScramClient {
  readonly first: string;
  /** Answers the server's challenge. Throws `ScramError`. */
  final(serverFirst: string): Promise<string>;
  /** Throws `ScramError` where the server did not prove that it knows the password too. */
  verify(serverFinal: string): void;
}

export function scramClient(options: ScramClientOptions): ScramClient {
  const gs2Header = clientHeader(options);
  const bare = `n=${escapeName(options.user)},r=${options.nonce}`;
  let expected: Buffer | undefined;
  return {
    first: gs2Header + bare,
    async final(serverFirst) {
      const { nonce, salt, iterations } = parseServerFirst(serverFirst);
      if (!nonce.startsWith(options.nonce) || nonce.length === options.nonce.length) {
        throw new ScramError("the server's nonce does not extend ours");
      }
      if (iterations < LIMITS.minScramIterations || iterations > LIMITS.maxScramIterations) {
        throw new ScramError(`the server asks for ${iterations} iterations, which is out of bounds`);
      }
      const salted = await saltedPassword(options.password, salt, iterations);
      const withoutProof = `c=${bindingInput(gs2Header, options.channelBinding).toString('base64')},r=${nonce}`;
      const authMessage = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, 'Client Key');
      const proof = xor(clientKey, hmac(sha256(clientKey), authMessage));
      expected = hmac(hmac(salted, 'Server Key'), authMessage);
      return `${withoutProof},p=${proof.toString('base64')}`;
    },
    verify(serverFinal) {
      const signature = parseServerFinal(serverFinal);
      if (expected === undefined || !equal(signature, expected)) {
        throw new ScramError('the server did not prove that it knows the password');
      }
    },
  };
}

export interface ScramServerOptions {
  readonly keys: ScramKeys;
  /** Our half of the nonce: printable ASCII without a comma, fresh for each login. */
  readonly nonce: string;
  /** The mechanism that the client chose. */
  readonly mechanism: ScramMechanism;
  /** Present where -PLUS was offered: the hash of our own certificate. */
  readonly allowPlus: { readonly bindingData: Uint8Array } | undefined;
}

export interface ScramServer {
  /** Takes the client-first message, gives the server-first one. Throws `ScramError`. */
  first(clientFirst: string): string;
  /** Takes the client-final message, gives what the keys must be checked against. Throws `ScramError`. */
  final(clientFinal: string): ScramProof;
  /** The server-final message. Only for a caller that has accepted the proof: it proves our own knowledge. */
  accepted(): string;
}

export function scramServer(options: ScramServerOptions): ScramServer {
  const { keys, allowPlus } = options;
  let opened: { readonly client: ClientFirst; readonly nonce: string; readonly serverFirst: string } | undefined;
  let authMessage: string | undefined;
  return {
    first(clientFirst) {
      if (opened !== undefined) throw new ScramError('a second client-first message');
      const client = parseClientFirst(clientFirst);
      checkBindingFlag(client, options);
      const nonce = client.nonce + options.nonce;
      const serverFirst = `r=${nonce},s=${Buffer.from(keys.salt).toString('base64')},i=${keys.iterations}`;
      opened = { client, nonce, serverFirst };
      return serverFirst;
    },
    final(clientFinal) {
      if (opened === undefined || authMessage !== undefined) throw new ScramError('an unexpected client-final message');
      const message = parseClientFinal(clientFinal);
      const binding: ChannelBinding | undefined =
        allowPlus && opened.client.binding === 'p'
          ? { type: 'tls-server-end-point', data: allowPlus.bindingData }
          : undefined;
      if (!equal(message.channelBinding, bindingInput(opened.client.gs2Header, binding))) {
        throw new ScramError('channel binding does not match: the TLS connections of the two ends differ');
      }
      if (message.nonce !== opened.nonce) throw new ScramError('the nonce does not match');
      authMessage = `${opened.client.bare},${opened.serverFirst},${message.withoutProof}`;
      return { authMessage, clientProof: message.proof };
    },
    accepted() {
      if (authMessage === undefined) throw new ScramError('nothing was proven yet');
      return `v=${hmac(keys.serverKey, authMessage).toString('base64')}`;
    },
  };
}

/** RFC 5802, section 3: whether the proof was made with the password that the keys came from. */
export function provesPassword(proof: ScramProof, keys: ScramKeys): boolean {
  const clientKey = xor(hmac(keys.storedKey, proof.authMessage), proof.clientProof);
  return equal(sha256(clientKey), keys.storedKey);
}

/** RFC 5802, section 3: what a server keeps of a password. */
export async function deriveScramKeys(password: Secret, salt: Uint8Array, iterations: number): Promise<ScramKeys> {
  const salted = await saltedPassword(password, salt, iterations);
  return { salt, iterations, storedKey: sha256(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
}

function clientHeader({ mechanism, channelBinding }: ScramClientOptions): string {
  if (mechanism === 'SCRAM-SHA-256') return channelBinding === 'possible' ? 'y,,' : 'n,,';
  if (channelBinding === undefined || channelBinding === 'possible') throw new ScramError('no channel binding data');
  return `p=${channelBinding.type},,`;
}

/** RFC 5802, section 6: the flag must fit the mechanism; `y` while we offer -PLUS means that our offer was cut out. */
function checkBindingFlag(client: ClientFirst, { mechanism, allowPlus }: ScramServerOptions): void {
  if (mechanism === 'SCRAM-SHA-256-PLUS') {
    if (client.binding !== 'p') throw new ScramError('SCRAM-SHA-256-PLUS was chosen without channel binding');
    if (allowPlus === undefined) throw new ScramError('SCRAM-SHA-256-PLUS was not offered');
    return;
  }
  if (client.binding === 'p') throw new ScramError('channel binding needs SCRAM-SHA-256-PLUS');
  if (client.binding === 'y' && allowPlus !== undefined) {
    throw new ScramError('the client did not see that channel binding was offered');
  }
}

function bindingInput(gs2Header: string, binding: ChannelBinding | 'possible' | undefined): Buffer {
  const bound = binding !== undefined && binding !== 'possible' && gs2Header.startsWith('p=');
  return Buffer.concat([Buffer.from(gs2Header), bound ? binding.data : new Uint8Array(0)]);
}

function saltedPassword(password: Secret, salt: Uint8Array, iterations: number): Promise<Buffer> {
  return promisify(pbkdf2)(saslPrep(password.reveal()), salt, iterations, 32, 'sha256');
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, i) => byte ^ (right[i] ?? 0)));
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

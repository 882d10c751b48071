import { LIMITS } from '../../../model/limits.ts';
import { Refused } from '../../../model/refusal.ts';
import { Secret } from '../../../model/secret.ts';
import { sshFingerprint } from '../../../model/ssh-key.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Claim } from '../../protocol.ts';
import { CERTIFICATE_SUFFIX, readCertificate, whyNotGood } from '../keys/certificate.ts';
import { readPublicKey, verifies } from '../keys/public-key.ts';
import { SIGNATURES } from '../transport/algorithms.ts';
import { DISCONNECT, MESSAGE } from '../transport/numbers.ts';
import { MalformedSsh, PacketReader, PacketWriter } from '../transport/packets.ts';
import type { SshTransport } from '../transport/transport.ts';

export interface ServerLoginParts {
  readonly transport: Pick<SshTransport, 'send' | 'sessionId' | 'disconnect' | 'unimplemented'>;
  /** The next payload; a promise while there is none. Rejects once the connection is over. */
  readonly next: () => Promise<Buffer>;
  /** Lets in who proved something. Throws `Refused`: of code `claim-invalid` where it proves nothing here. */
  readonly enter: (user: string, claim: Claim) => Promise<void>;
  /** Keys of the gateway's own that sign for users. */
  readonly authorities: readonly Buffer[];
  readonly nowMs: () => number;
}

/** Messages before somebody is let in, keys that are only asked about among them. */
const MOST_MESSAGES = 50;
const METHODS = 'publickey,password';

/**
 * User authentication (RFC 4252), the server's side. Resolves once somebody was let in. What proves nothing is answered the
 * same whatever it names; who proved something and may not enter is told why, and sent away.
 */
export async function serveLogin(parts: ServerLoginParts): Promise<void> {
  const { transport, enter } = parts;
  await awaitService(parts);
  let attempts = 0;
  for (let messages = 0; messages < MOST_MESSAGES && attempts < LIMITS.maxSshLoginAttempts; messages++) {
    const reader = new PacketReader(await authRequest(parts));
    const user = reader.text();
    const service = reader.text();
    const claim = service === CONNECTION ? claimOf(user, reader, parts) : undefined;
    if (claim === 'asked') continue;
    if (claim !== undefined) attempts++;
    try {
      if (claim !== undefined) {
        await enter(user, claim);
        return transport.send(new PacketWriter(MESSAGE.authSuccess).done());
      }
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (cause.refusal.code !== 'claim-invalid') {
        await transport.disconnect(
          DISCONNECT.noMoreAuthMethods,
          `chaperone: ${cause.refusal.code}: ${cause.refusal.message}`,
        );
        throw cause;
      }
    }
    transport.send(new PacketWriter(MESSAGE.authFailure).string(METHODS).bool(false).done());
  }
  await transport.disconnect(DISCONNECT.noMoreAuthMethods, 'chaperone: too many attempts to log in');
  throw new PeerLeft('too many attempts to log in');
}

const CONNECTION = 'ssh-connection';

async function awaitService({ transport, next }: ServerLoginParts): Promise<void> {
  const payload = await next();
  if (payload[0] !== MESSAGE.serviceRequest) throw new MalformedSsh('a message before a login');
  const service = new PacketReader(payload).text();
  if (service !== 'ssh-userauth') throw new MalformedSsh('a service that there is not');
  transport.send(new PacketWriter(MESSAGE.serviceAccept).string(service).done());
}

/** The next request of authentication; what else comes before a login ends the connection. */
async function authRequest({ next }: ServerLoginParts): Promise<Buffer> {
  for (;;) {
    const payload = await next();
    if (payload[0] === MESSAGE.authRequest) return payload;
    // A client may tell of its extensions (RFC 8308, section 2.4).
    if (payload[0] !== MESSAGE.extInfo) throw new MalformedSsh('a message before a login');
  }
}

/** What the request proves; undefined where that is nothing, `asked` where it asks whether a key would do. */
function claimOf(user: string, reader: PacketReader, parts: ServerLoginParts): Claim | 'asked' | undefined {
  switch (reader.text()) {
    case 'publickey':
      return keyClaim(user, reader, parts);
    case 'password':
      return reader.bool() ? undefined : passwordClaim(reader.text());
    default:
      return undefined;
  }
}

/** `GRANT.SECRET`: the user name says other things. */
function passwordClaim(text: string): Claim | undefined {
  const dot = text.indexOf('.');
  if (dot <= 0) return undefined;
  return { kind: 'password', user: text.slice(0, dot), password: new Secret(text.slice(dot + 1)) };
}

/** Any key of a kind that is taken would do, so that nobody learns which ones are known. */
function keyClaim(user: string, reader: PacketReader, parts: ServerLoginParts): Claim | 'asked' | undefined {
  const isSigned = reader.bool();
  const algorithm = reader.text();
  const blob = reader.string();
  if (!TAKEN.has(algorithm) || new PacketReader(blob, 0).text() !== keyTypeOf(algorithm)) return undefined;
  if (!isSigned) {
    parts.transport.send(new PacketWriter(MESSAGE.authKeyAccepted).string(algorithm).string(blob).done());
    return 'asked';
  }
  const signature = reader.string();
  const signed = new PacketWriter()
    .string(parts.transport.sessionId)
    .byte(MESSAGE.authRequest)
    .string(user)
    .string(CONNECTION)
    .string('publickey')
    .bool(true)
    .string(algorithm)
    .string(blob)
    .done();
  return algorithm.endsWith(CERTIFICATE_SUFFIX)
    ? certifiedClaim(blob, signed, signature, parts)
    : plainClaim(algorithm, blob, signed, signature);
}

function plainClaim(algorithm: string, blob: Buffer, signed: Buffer, signature: Buffer): Claim | undefined {
  const key = readPublicKey(blob);
  return verifies(key, algorithm, signed, signature)
    ? { kind: 'key', user: '', fingerprint: sshFingerprint(blob) }
    : undefined;
}

/** The authority puts the grant into the certificate, as its only principal. */
function certifiedClaim(
  blob: Buffer,
  signed: Buffer,
  signature: Buffer,
  { authorities, nowMs }: ServerLoginParts,
): Claim | undefined {
  const certificate = readCertificate(blob);
  const { publicKey, authority, principals } = certificate;
  const [grant = ''] = principals;
  const wanted = { kind: 'user', principal: grant, nowMs: nowMs() } as const;
  if (!authorities.some((known) => known.equals(authority)) || whyNotGood(certificate, wanted) !== undefined)
    return undefined;
  if (!verifies(publicKey, publicKey.type, signed, signature)) return undefined;
  return { kind: 'key', user: grant, fingerprint: sshFingerprint(publicKey.blob) };
}

const TAKEN: ReadonlySet<string> = new Set(SIGNATURES);

function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

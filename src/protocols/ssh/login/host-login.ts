import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Fault } from '../../../model/fault.ts';
import { readSshKeyLine } from '../../../model/ssh-key.ts';
import type { SshCredential } from '../../../model/target.ts';
import { CERTIFICATE_SUFFIX, signCertificate } from '../keys/certificate.ts';
import { namedSignature, type PrivateKey, privateKey, readPrivateKey } from '../keys/private-key.ts';
import { MESSAGE } from '../transport/numbers.ts';
import { PacketReader, PacketWriter } from '../transport/packets.ts';
import type { SshTransport } from '../transport/transport.ts';

export interface HostLoginParts {
  readonly transport: Pick<SshTransport, 'send' | 'sessionId'>;
  readonly next: () => Promise<Buffer>;
  readonly user: string;
  readonly credential: SshCredential;
  /** What the certificate's key id says: whose connection it is. */
  readonly keyId: string;
  readonly nowMs: () => number;
}

/** Logs in to a host (RFC 4252). Throws a `Fault` of code `upstream-login` where it lets nobody in. */
export async function logInToHost(parts: HostLoginParts): Promise<void> {
  const { transport, credential } = parts;
  transport.send(new PacketWriter(MESSAGE.serviceRequest).string('ssh-userauth').done());
  await answered(parts, [MESSAGE.serviceAccept]);
  if (credential.kind === 'password') return logInByPassword(parts, credential.password.reveal());
  const { key, blob } = presented(parts);
  const algorithm = certifiedName(blob) ?? key.algorithm;
  const request = new PacketWriter(MESSAGE.authRequest)
    .string(parts.user)
    .string('ssh-connection')
    .string('publickey')
    .bool(true)
    .string(algorithm)
    .string(blob)
    .done();
  const signed = Buffer.concat([new PacketWriter().string(transport.sessionId).done(), request]);
  transport.send(Buffer.concat([request, new PacketWriter().string(namedSignature(key, signed)).done()]));
  await answered(parts, [MESSAGE.authSuccess]);
}

async function logInByPassword(parts: HostLoginParts, password: string): Promise<void> {
  const request = new PacketWriter(MESSAGE.authRequest).string(parts.user).string('ssh-connection');
  parts.transport.send(request.string('password').bool(false).string(password).done());
  await answered(parts, [MESSAGE.authSuccess]);
}

/** The key that signs, and what is shown of it: itself, or a certificate for it. */
function presented({ credential, keyId, nowMs }: HostLoginParts): { readonly key: PrivateKey; readonly blob: Buffer } {
  switch (credential.kind) {
    case 'password':
      throw new Fault('internal', 'a password has no key');
    case 'key': {
      const key = readPrivateKey(credential.key, credential.passphrase);
      if (credential.certificate === undefined) return { key, blob: key.blob };
      const certificate = readSshKeyLine(credential.certificate);
      if (certificate === undefined)
        throw new Fault('upstream-login', 'the certificate of the credential cannot be read');
      return { key, blob: certificate };
    }
    case 'authority': {
      const { principals, validForMs } = credential;
      const authority = readPrivateKey(credential.key);
      // Of this connection alone: nobody keeps it.
      const key = privateKey(generateKeyPairSync('ed25519').privateKey);
      const now = nowMs();
      const times = { validAfterMs: now - CLOCKS_DIFFER_MS, validBeforeMs: now + validForMs };
      const drawn = { serial: randomBytes(8).readBigUInt64BE() >> 1n, nonce: randomBytes(32) };
      const blob = signCertificate({ key, authority, keyId, principals, ...times, ...drawn, extensions: EXTENSIONS });
      return { key, blob };
    }
    default:
      return credential satisfies never;
  }
}

/** What sessions may need of the host; nothing of agents and X11. */
const EXTENSIONS = ['permit-port-forwarding', 'permit-pty'];
const CLOCKS_DIFFER_MS = 60_000;

/** How a certificate's own kind of signature is named (RFC 8332; PROTOCOL.certkeys). */
function certifiedName(blob: Buffer): string | undefined {
  const type = new PacketReader(blob, 0).text();
  if (!type.endsWith(CERTIFICATE_SUFFIX)) return undefined;
  return type.startsWith('ssh-rsa') ? `rsa-sha2-512${CERTIFICATE_SUFFIX}` : type;
}

/** Waits for one of the messages; everything that is none of them says no. */
async function answered({ next }: HostLoginParts, wanted: readonly number[]): Promise<void> {
  for (;;) {
    const type = (await next())[0] ?? 0;
    if (wanted.includes(type)) return;
    if (type === MESSAGE.authBanner || type === MESSAGE.extInfo) continue;
    if (type === MESSAGE.authFailure) throw new Fault('upstream-login', "the host refused the gateway's login");
    throw new Fault('upstream-protocol', `the host answered a login by message ${type}`);
  }
}

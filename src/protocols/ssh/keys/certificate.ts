import { MalformedSsh, PacketReader, PacketWriter } from '../transport/packets.ts';
import { namedSignature, type PrivateKey } from './private-key.ts';
import { type PublicKey, readKeyFields, readPublicKey, verifies } from './public-key.ts';

/** A certificate of OpenSSH's (PROTOCOL.certkeys). */
export interface Certificate {
  readonly blob: Buffer;
  /** The key that it is for, as a blob without the certificate. */
  readonly key: Buffer;
  readonly publicKey: PublicKey;
  readonly serial: bigint;
  readonly kind: 'user' | 'host';
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** Names of what must be understood by whoever takes it. */
  readonly criticalOptions: readonly string[];
  /** The key that signed it. */
  readonly authority: Buffer;
}

export const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com';
const USER = 1;
const HOST = 2;

/** Reads a certificate, and verifies that its authority signed it. Throws `MalformedSsh`. */
export function readCertificate(blob: Buffer): Certificate {
  const reader = new PacketReader(blob, 0);
  const name = reader.text();
  if (!name.endsWith(CERTIFICATE_SUFFIX)) throw new MalformedSsh('a certificate that is none');
  const type = name.slice(0, -CERTIFICATE_SUFFIX.length);
  reader.string();
  const fieldsFrom = blob.length - reader.left;
  const key = readKeyFields(type, reader);
  const fields = blob.subarray(fieldsFrom, blob.length - reader.left);
  const plain = Buffer.concat([new PacketWriter().string(type).done(), fields]);
  const serial = reader.u64();
  const kind = reader.u32();
  const keyId = reader.text();
  const principals = names(reader.string(), false);
  const validAfter = reader.u64();
  const validBefore = reader.u64();
  const criticalOptions = names(reader.string(), true);
  names(reader.string(), true);
  reader.string();
  const authority = reader.string();
  const signedTo = blob.length - reader.left;
  const signature = reader.string();
  reader.end();
  if (kind !== USER && kind !== HOST) throw new MalformedSsh('a certificate of a kind that there is not');
  requireSigned(authority, blob.subarray(0, signedTo), signature);
  const publicKey = { type, blob: plain, key };
  const times = { validAfter, validBefore };
  const said = {
    serial,
    kind: kind === USER ? ('user' as const) : ('host' as const),
    keyId,
    principals,
    criticalOptions,
  };
  return { blob, key: plain, publicKey, ...said, ...times, authority };
}

/** Why a certificate is not good for this now; undefined where it is. */
export function whyNotGood(
  { kind, principals, validAfter, validBefore, criticalOptions }: Certificate,
  wanted: { readonly kind: 'user' | 'host'; readonly principal: string; readonly nowMs: number },
): string | undefined {
  const now = BigInt(Math.floor(wanted.nowMs / 1000));
  if (kind !== wanted.kind) return `it is for a ${kind}`;
  // What names nobody would be good for everybody.
  if (!principals.includes(wanted.principal)) return 'it is for other names';
  if (now < validAfter || now >= validBefore) return 'it is not valid now';
  return criticalOptions.length === 0 ? undefined : 'it demands what is not known here';
}

export interface NewCertificate {
  /** For whom: the public part alone. */
  readonly key: Pick<PrivateKey, 'blob'>;
  readonly authority: PrivateKey;
  readonly keyId: string;
  readonly principals: readonly string[];
  readonly validAfterMs: number;
  readonly validBeforeMs: number;
  readonly serial: bigint;
  /** 32 bytes of randomness. */
  readonly nonce: Uint8Array;
  /** Names of what it lets its holder ask for: `permit-pty`. */
  readonly extensions: readonly string[];
}

/** Signs a certificate for a user. */
export function signCertificate(certificate: NewCertificate): Buffer {
  const { key, authority, keyId, principals, validAfterMs, validBeforeMs, serial, nonce, extensions } = certificate;
  const reader = new PacketReader(key.blob, 0);
  const type = reader.text();
  const body = new PacketWriter()
    .string(`${type}${CERTIFICATE_SUFFIX}`)
    .string(nonce)
    .raw(reader.rest())
    .u64(serial)
    .u32(USER)
    .string(keyId)
    .string(listed(principals))
    .u64(BigInt(Math.floor(validAfterMs / 1000)))
    .u64(BigInt(Math.ceil(validBeforeMs / 1000)))
    .string('')
    .string(
      extensions
        .toSorted()
        .reduce((all, one) => all.string(one).string(''), new PacketWriter())
        .done(),
    )
    .string('')
    .string(authority.blob)
    .done();
  return Buffer.concat([body, new PacketWriter().string(namedSignature(authority, body)).done()]);
}

function requireSigned(authority: Buffer, body: Buffer, signature: Buffer): void {
  const key = readPublicKey(authority);
  const algorithm = new PacketReader(signature, 0).text();
  if (!verifies(key, algorithm, body, signature)) throw new MalformedSsh('a certificate whose signature is wrong');
}

function listed(texts: readonly string[]): Buffer {
  return texts.reduce((all, one) => all.string(one), new PacketWriter()).done();
}

/** A list of texts; where `valued` each has a value behind it. */
function names(bytes: Buffer, valued: boolean): readonly string[] {
  const reader = new PacketReader(bytes, 0);
  const found: string[] = [];
  while (reader.left > 0) {
    found.push(reader.text());
    if (valued) reader.string();
  }
  return found;
}

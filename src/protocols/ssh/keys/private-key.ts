import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import ssh2 from 'ssh2';
import { Fault } from '../../../model/fault.ts';
import type { Secret } from '../../../model/secret.ts';
import { PacketReader, PacketWriter } from '../transport/packets.ts';
import { blobOf, CURVES, signed } from './public-key.ts';

/** A key that the gateway holds, and what it signs with it. */
export interface PrivateKey {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string;
  readonly blob: Buffer;
  /** The name of its signatures: that of its type, `rsa-sha2-512` of RSA. */
  readonly algorithm: string;
  /** The signature's bytes, without its name. */
  sign(data: Buffer): Buffer;
}

/**
 * Reads a key in PEM (PKCS #8, PKCS #1, SEC 1) or OpenSSH's form. Throws a `Fault` of code `upstream-login` that shows
 * nothing of it.
 */
export function readPrivateKey(key: Secret, passphrase?: Secret): PrivateKey {
  try {
    return privateKey(keyObject(key.reveal(), passphrase?.reveal()));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('upstream-login', 'the private key of the credential cannot be read, or its passphrase is wrong');
  }
}

export function privateKey(key: KeyObject): PrivateKey {
  const blob = blobOf(createPublicKey(key));
  const type = new PacketReader(blob, 0).text();
  return {
    type,
    blob,
    algorithm: type === 'ssh-rsa' ? 'rsa-sha2-512' : type,
    sign: (data) => signature(type, key, data),
  };
}

/** A signature with its name in front (RFC 4253, section 6.6). */
export function namedSignature({ algorithm, sign: signs }: PrivateKey, data: Buffer): Buffer {
  return new PacketWriter().string(algorithm).string(signs(data)).done();
}

function signature(type: string, key: KeyObject, data: Buffer): Buffer {
  const curve = CURVES[type];
  if (type === 'ssh-ed25519') return sign(null, data, key);
  if (curve === undefined) return sign('sha512', data, key);
  const plain = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [plain.subarray(0, curve.bytes), plain.subarray(curve.bytes)];
  return new PacketWriter().string(signed(r)).string(signed(s)).done();
}

function keyObject(text: string, passphrase: string | undefined): KeyObject {
  if (!text.includes('OPENSSH PRIVATE KEY')) {
    return createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
  }
  const parsed = ssh2.utils.parseKey(text, passphrase);
  const first = Array.isArray(parsed) ? parsed[0] : parsed;
  if (first === undefined || first instanceof Error) throw new Fault('upstream-login', UNREADABLE);
  return createPrivateKey(first.getPrivatePEM());
}

const UNREADABLE = 'the private key of the credential is none of OpenSSH, or its passphrase is missing or wrong';

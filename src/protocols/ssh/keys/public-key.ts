import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { MalformedSsh, PacketReader, PacketWriter } from '../transport/packets.ts';

/** A public key as SSH has it (RFC 4253, section 6.6; RFC 5656; RFC 8709). */
export interface PublicKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  readonly blob: Buffer;
  readonly key: KeyObject;
}

/** RSA below this many bits is refused on either side. */
const MIN_RSA_BITS = 2048;

export const CURVES: Readonly<Record<string, { readonly crv: string; readonly bytes: number; readonly hash: string }>> =
  {
    'ecdsa-sha2-nistp256': { crv: 'P-256', bytes: 32, hash: 'sha256' },
    'ecdsa-sha2-nistp384': { crv: 'P-384', bytes: 48, hash: 'sha384' },
    'ecdsa-sha2-nistp521': { crv: 'P-521', bytes: 66, hash: 'sha512' },
  };

const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

/** Throws `MalformedSsh` where it is no key that is taken here. */
export function readPublicKey(blob: Buffer): PublicKey {
  const reader = new PacketReader(blob, 0);
  const type = reader.text();
  const key = readKeyFields(type, reader);
  reader.end();
  return { type, blob, key };
}

/** What stands behind the type in a key, and in a certificate behind its nonce. */
export function readKeyFields(type: string, reader: PacketReader): KeyObject {
  const curve = CURVES[type];
  if (type === 'ssh-ed25519') {
    const x = reader.string();
    return imported({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
  }
  if (curve !== undefined) {
    const { crv, bytes } = curve;
    reader.string();
    const point = reader.string();
    if (point.length !== 1 + 2 * bytes || point[0] !== 4) throw new MalformedSsh('a point that is none of its curve');
    const x = point.subarray(1, 1 + bytes).toString('base64url');
    return imported({ kty: 'EC', crv, x, y: point.subarray(1 + bytes).toString('base64url') });
  }
  if (type !== 'ssh-rsa') throw new MalformedSsh(`keys of the type ${type.slice(0, 64)} are not taken`);
  const e = unsigned(reader.string());
  const n = unsigned(reader.string());
  if (n.length * 8 < MIN_RSA_BITS) throw new MalformedSsh('a key of RSA that is too short');
  return imported({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
}

/** Whether the key made the signature, by the algorithm that is named in it and stood in the request. */
export function verifies(
  { type, key }: Omit<PublicKey, 'blob'>,
  algorithm: string,
  data: Buffer,
  signature: Buffer,
): boolean {
  const reader = new PacketReader(signature, 0);
  const named = reader.text();
  const bytes = reader.string();
  if (named !== algorithm || reader.left !== 0) return false;
  if (type === 'ssh-ed25519') return algorithm === type && verify(null, data, key, bytes);
  const curve = CURVES[type];
  if (curve !== undefined) {
    const plain = algorithm === type ? plainSignature(bytes, curve.bytes) : undefined;
    return plain !== undefined && verify(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' }, plain);
  }
  const hash = RSA_HASHES[algorithm];
  return type === 'ssh-rsa' && hash !== undefined && verify(hash, data, key, bytes);
}

/** `ssh-ed25519 AAAA…`. */
export function lineOf(blob: Buffer): string {
  return `${new PacketReader(blob, 0).text()} ${blob.toString('base64')}`;
}

/** The blob of a key of Node's. Throws `MalformedSsh` where it is of a kind that SSH has not, or is not taken. */
export function blobOf(key: KeyObject): Buffer {
  const { kty, crv, x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  if (kty === 'OKP' && crv === 'Ed25519') return new PacketWriter().string('ssh-ed25519').string(bytes(x)).done();
  if (kty === 'RSA')
    return new PacketWriter()
      .string('ssh-rsa')
      .string(signed(bytes(e)))
      .string(signed(bytes(n)))
      .done();
  const [type, curve] = Object.entries(CURVES).find(([, one]) => kty === 'EC' && one.crv === crv) ?? [];
  if (type === undefined || curve === undefined) throw new MalformedSsh('SSH has no keys of this kind');
  const point = Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]);
  return new PacketWriter().string(type).string(type.slice('ecdsa-sha2-'.length)).string(point).done();
}

/** Two numbers of SSH's, as one after another in the curve's own length. */
function plainSignature(bytes: Buffer, length: number): Buffer | undefined {
  const reader = new PacketReader(bytes, 0);
  const [r, s] = [unsigned(reader.string()), unsigned(reader.string())];
  if (reader.left !== 0 || r.length > length || s.length > length) return undefined;
  const plain = Buffer.alloc(2 * length);
  r.copy(plain, length - r.length);
  s.copy(plain, 2 * length - s.length);
  return plain;
}

/** A number of SSH's (RFC 4251, `mpint`) without the zeros before it. */
function unsigned(bytes: Buffer): Buffer {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  return bytes.subarray(at);
}

/** Of a number that is not negative. */
export function signed(bytes: Buffer): Buffer {
  const plain = unsigned(bytes);
  return (plain[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), plain]) : plain;
}

function imported(key: Readonly<Record<string, string>>): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new MalformedSsh(`a public key that is none: ${(cause as Error).message}`);
  }
}

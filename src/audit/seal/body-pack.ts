/**
 * Packs: how bodies stand in `bodies/<session>.bodies`. A pack is zstd over salts and bodies, then AES-256-GCM under
 * a key of the session (HKDF of the run's key). Little endian: `CBP` and a format byte (0 plain, 1 zstd), u32 number
 * (dense from 0), u32 bytes once opened, u32 bytes of ciphertext, 12 bytes of nonce; then ciphertext; then 16 of tag.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export const PACK_HEADER_BYTES = 28;
const TAG_BYTES = 16;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Below this zstd costs more than it saves. */
const MIN_COMPRESS_BYTES = 4096;

export function bodyKey(runKey: Uint8Array, session: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', runKey, session, 'chaperone bodies v1', 32)));
}

export function sealPack(key: KeyObject, number: number, plain: Uint8Array, nonce: Uint8Array): Buffer {
  const squeezed = plain.length < MIN_COMPRESS_BYTES ? plain : zstdCompressSync(plain, ZSTD);
  const smaller = squeezed.length < plain.length;
  const content = smaller ? squeezed : plain;
  const pack = Buffer.allocUnsafe(PACK_HEADER_BYTES + content.length + TAG_BYTES);
  pack.write('CBP', 0, 'latin1');
  pack[3] = smaller ? 1 : 0;
  pack.writeUInt32LE(number, 4);
  pack.writeUInt32LE(plain.length, 8);
  pack.writeUInt32LE(content.length, 12);
  pack.set(nonce, 16);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(pack.subarray(0, 16));
  pack.set(cipher.update(content), PACK_HEADER_BYTES);
  cipher.final();
  pack.set(cipher.getAuthTag(), PACK_HEADER_BYTES + content.length);
  return pack;
}

export interface PackHeader {
  readonly number: number;
  readonly plainBytes: number;
  /** Bytes of the whole pack, header and tag included. */
  readonly bytes: number;
}

/** Reads a pack's header; undefined where these bytes are none. */
export function readPackHeader(header: Buffer): PackHeader | undefined {
  if (header.length < PACK_HEADER_BYTES || header.toString('latin1', 0, 3) !== 'CBP' || (header[3] ?? 2) > 1) {
    return undefined;
  }
  const content = header.readUInt32LE(12);
  return {
    number: header.readUInt32LE(4),
    plainBytes: header.readUInt32LE(8),
    bytes: PACK_HEADER_BYTES + content + TAG_BYTES,
  };
}

/** Opens a pack; undefined where it is not as it was sealed. */
export function openPack(key: KeyObject, pack: Buffer): Buffer | undefined {
  const header = readPackHeader(pack);
  if (header === undefined || header.bytes !== pack.length) return undefined;
  const cipher = createDecipheriv('aes-256-gcm', key, pack.subarray(16, PACK_HEADER_BYTES));
  cipher.setAAD(pack.subarray(0, 16)).setAuthTag(pack.subarray(pack.length - TAG_BYTES));
  try {
    const content = cipher.update(pack.subarray(PACK_HEADER_BYTES, pack.length - TAG_BYTES));
    cipher.final();
    if (pack[3] === 0) return content;
    return zstdDecompressSync(content, { maxOutputLength: Math.max(1, header.plainBytes) });
  } catch {
    return undefined; // the tag does not fit: the caller says where
  }
}

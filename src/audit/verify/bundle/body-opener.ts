/** Opens the bodies of a session from its packs (src/audit/seal/body-pack.ts) and holds each against its commitment. */

import type { BodyRef } from '../../audit-event.ts';
import { concat, owned, utf8 } from '../../c2sp/bytes.ts';
import { packsOf } from '../../packs-of.ts';
import type { ByteSource, DigestStream, Engine } from './engine.ts';
import { type ArchiveFile, windowed } from './zip-archive.ts';

/** `good`: all of it is what was committed to. `partial`: what was kept of it is. */
export type BodyOutcome = 'good' | 'partial' | 'altered' | 'missing';

const HEADER_BYTES = 28;
const AUTHENTICATED_BYTES = 16;
const TAG_BYTES = 16;
const SALT_BYTES = 32;
const MAGIC = 'CBP';
/** A pack is 256 KiB, or a piece of a large body: more than this is none of ours. */
const MAX_PACK_BYTES = 256 * 1024 * 1024;

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The key of a session's bodies: HKDF of the run's. */
export async function bodyKey(runKey: Uint8Array, session: string): Promise<WebKey> {
  const { subtle } = crypto;
  const base = await subtle.importKey('raw', owned(runKey), 'HKDF', false, ['deriveKey']);
  const kdf = { name: 'HKDF', hash: 'SHA-256', salt: utf8(session), info: utf8('chaperone bodies v1') };
  return await subtle.deriveKey(kdf, base, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
}

export class BodyOpener {
  readonly #engine: Engine;
  readonly #source: ByteSource;
  readonly #key: WebKey;
  /** Where each pack begins that was come across so far. */
  readonly #starts: number[] = [0];
  /** The pack that is open, behind one byte of no meaning. */
  #open: { readonly number: number; readonly plain: Uint8Array } | undefined;

  constructor(engine: Engine, file: ArchiveFile, key: WebKey) {
    this.#engine = engine;
    this.#source = windowed({ size: file.bytes, read: (start, end) => file.read(start, end) });
    this.#key = key;
  }

  /** As `check`, where the pack is open already; undefined where it is not. */
  checkNow(ref: BodyRef): BodyOutcome | undefined {
    return ref.offset !== undefined && this.#open?.number === ref.pack ? this.#checkInline(ref, ref.offset) : undefined;
  }

  async check(ref: BodyRef): Promise<BodyOutcome> {
    const { pack, offset, packs = 0 } = ref;
    if (pack === undefined) return 'altered';
    if (offset === undefined) return await this.#checkLarge(ref, pack, packs);
    const fault = await this.#take(pack);
    return fault ?? this.#checkInline(ref, offset);
  }

  #checkInline(ref: BodyRef, offset: number): BodyOutcome {
    const plain = (this.#open as { readonly plain: Uint8Array }).plain;
    const end = 1 + offset + SALT_BYTES + Number(ref.bytes);
    if (!Number.isSafeInteger(end) || end > plain.length) return 'altered';
    // The byte before salt and body becomes the commitment's prefix for as long as they are hashed.
    const before = plain[offset] as number;
    plain[offset] = 1;
    const digest = this.#engine.sha256(plain.subarray(offset, end));
    plain[offset] = before;
    return digest === ref.digest ? 'good' : 'altered';
  }

  async #checkLarge(ref: BodyRef, first: number, packs: number): Promise<BodyOutcome> {
    const digest: DigestStream = this.#engine.sha256Stream();
    digest.update(Uint8Array.of(1));
    let bytes = -SALT_BYTES;
    for (const pack of packsOf(first, packs, ref)) {
      const fault = await this.#take(pack);
      if (fault !== undefined) return fault;
      const plain = (this.#open as { readonly plain: Uint8Array }).plain.subarray(1);
      digest.update(plain);
      bytes += plain.length;
    }
    const isKept = String(bytes) === (ref.stored ?? ref.bytes);
    if (!isKept || digest.digest() !== (ref.storedDigest ?? ref.digest)) return 'altered';
    return ref.stored === undefined ? 'good' : 'partial';
  }

  /** Opens a pack; why it cannot be had, where it cannot. */
  async #take(number: number): Promise<'altered' | 'missing' | undefined> {
    if (this.#open?.number === number) return undefined;
    const start = await this.#startOf(number);
    if (start === undefined) return 'missing';
    const header = await this.#header(start);
    if (header === undefined || header.number !== number || start + header.bytes > this.#source.size) return 'altered';
    const pack = await this.#source.read(start, start + header.bytes);
    const plain = await this.#decrypt(pack, header.plainBytes);
    if (plain === undefined) return 'altered';
    this.#open = { number, plain: concat(Uint8Array.of(0), plain) };
    return undefined;
  }

  async #decrypt(pack: Uint8Array, plainBytes: number): Promise<Uint8Array | undefined> {
    const algorithm = {
      name: 'AES-GCM',
      iv: owned(pack.subarray(AUTHENTICATED_BYTES, HEADER_BYTES)),
      additionalData: owned(pack.subarray(0, AUTHENTICATED_BYTES)),
      tagLength: TAG_BYTES * 8,
    };
    try {
      const content = new Uint8Array(
        await crypto.subtle.decrypt(algorithm, this.#key, owned(pack.subarray(HEADER_BYTES))),
      );
      const plain = pack[3] === 0 ? content : this.#engine.unzstd(content, plainBytes);
      return plain.length === plainBytes ? plain : undefined;
    } catch {
      return undefined; // the tag does not fit, or what it sealed is no zstd: the caller says where
    }
  }

  async #startOf(number: number): Promise<number | undefined> {
    while (this.#starts.length <= number) {
      const at = this.#starts.at(-1) as number;
      const header = await this.#header(at);
      if (header === undefined || at + header.bytes > this.#source.size) return undefined;
      this.#starts.push(at + header.bytes);
    }
    return this.#starts[number];
  }

  async #header(at: number): Promise<{ number: number; plainBytes: number; bytes: number } | undefined> {
    if (at + HEADER_BYTES > this.#source.size) return undefined;
    const header = await this.#source.read(at, at + HEADER_BYTES);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    if (String.fromCharCode(...header.subarray(0, 3)) !== MAGIC || view.getUint8(3) > 1) return undefined;
    const content = view.getUint32(12, true);
    const plainBytes = view.getUint32(8, true);
    if (content > MAX_PACK_BYTES || plainBytes > MAX_PACK_BYTES) return undefined;
    return { number: view.getUint32(4, true), plainBytes, bytes: HEADER_BYTES + content + TAG_BYTES };
  }
}

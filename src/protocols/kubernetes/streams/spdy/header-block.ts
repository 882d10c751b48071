import { constants, inflateRawSync } from 'node:zlib';
import { MalformedHttp } from '../../../http/message.ts';
import { DICTIONARY, DICTIONARY_ID } from './dictionary.ts';

export type Headers = readonly (readonly [name: string, value: string])[];

/** Of one block, unpacked; those of clusters have three short fields. */
const MOST_BLOCK_BYTES = 16 * 1024;
const MOST_FIELDS = 64;
/** How far back deflate looks (RFC 1951, 2). */
const WINDOW_BYTES = 32 * 1024;

/**
 * Reads the header blocks of one side (SPDY Protocol, Draft 3, 2.6.10): parts of one zlib stream, each flushed to a whole
 * byte, so that each is inflated alone with what came before it as its dictionary.
 */
export class HeaderReader {
  #window: Buffer | undefined;

  /** Throws `MalformedHttp` for what is no block, or too long. */
  read(block: Buffer): Headers {
    const deflated = this.#window === undefined ? this.#begin(block) : block;
    const text = inflated(deflated, this.#window ?? DICTIONARY);
    this.#window = Buffer.concat([this.#window ?? DICTIONARY, text]).subarray(-WINDOW_BYTES);
    return fieldsOf(text);
  }

  /** The head of the zlib stream (RFC 1950, 2.2), taken off. */
  #begin(block: Buffer): Buffer {
    if (block.length < 2 || (block.readUInt16BE(0) & 0x0f00) !== 0x0800 || block.readUInt16BE(0) % 31 !== 0) {
      throw new MalformedHttp(400, 'a header block that is no zlib stream');
    }
    this.#window = Buffer.alloc(0);
    if (((block[1] ?? 0) & 0x20) === 0) return block.subarray(2);
    if (block.length < 6 || block.readUInt32BE(2) !== DICTIONARY_ID) {
      throw new MalformedHttp(400, 'a header block with a dictionary that is not SPDY’s');
    }
    this.#window = DICTIONARY;
    return block.subarray(6);
  }
}

/** Writes the header blocks of one side: stored, not deflated (RFC 1951, 3.2.4), so nothing is remembered. */
export class HeaderWriter {
  #begun = false;

  write(headers: Headers): Buffer {
    const text = Buffer.concat([
      number(headers.length),
      ...headers.flatMap(([name, value]) => [
        number(Buffer.byteLength(name, 'latin1')),
        Buffer.from(name, 'latin1'),
        number(Buffer.byteLength(value, 'latin1')),
        Buffer.from(value, 'latin1'),
      ]),
    ]);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(text.length, 1);
    stored.writeUInt16LE(~text.length & 0xffff, 3);
    const begin = this.#begun ? NOTHING : ZLIB;
    this.#begun = true;
    return Buffer.concat([begin, stored, text, FLUSH]);
  }
}

const NOTHING = Buffer.alloc(0);
/** An empty block: readers in use hold back what stands before it until it comes. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);
/** RFC 1950, 2.2: deflate, a window of 32 KiB, no dictionary. */
const ZLIB = Buffer.from([0x78, 0x01]);

function inflated(deflated: Buffer, dictionary: Buffer): Buffer {
  try {
    return inflateRawSync(deflated, {
      ...(dictionary.length === 0 ? {} : { dictionary }),
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MOST_BLOCK_BYTES,
    });
  } catch {
    throw new MalformedHttp(400, 'a header block that cannot be unpacked, or is too long');
  }
}

/** 2.6.10: a count, then names and values with their lengths; names in lower case, each once. */
function fieldsOf(text: Buffer): Headers {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > text.length - at) throw new MalformedHttp(400, 'a header block that ends in the middle');
    at += length;
    return text.subarray(at - length, at);
  };
  const count = take(4).readUInt32BE(0);
  if (count > MOST_FIELDS) throw new MalformedHttp(431, 'a header block with too many fields');
  const fields = Array.from({ length: count }, () => {
    const name = take(take(4).readUInt32BE(0)).toString('latin1');
    return [name, take(take(4).readUInt32BE(0)).toString('latin1')] as const;
  });
  const names = new Set(fields.map(([name]) => name));
  if (names.size < fields.length || at < text.length) throw new MalformedHttp(400, 'a header block that is ambiguous');
  return fields;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import { fieldOf } from './forwarded-head.ts';
import { listOf } from './grammar.ts';
import { shapeOf } from './mask/rewrite.ts';
import type { IncomingReply, MessageBody, ReplyHead } from './message.ts';
import { bodyTypeOf } from './parts.ts';
import { type MakePart, passed } from './passed-reply.ts';

/** A reply whose parts may be masked: no content coding on it, and each part a whole message of its kind. */
export interface Maskable {
  readonly head: ReplyHead;
  /** True where the body comes in one part, so that its length is known. */
  readonly whole: boolean;
  parts<Made>(make: MakePart<Made>): AsyncIterable<Made>;
}

/** Fields that are true of the bytes as the server sent them alone. */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'accept-ranges',
  'content-length',
]);

/** What a reply that will be masked is made of. Rejects with `Refused` of code `mask-impossible`. */
export function maskable({ head, body }: IncomingReply): Maskable {
  const codings = listOf(fieldOf(head.fields, 'content-encoding') ?? '').filter((coding) => coding !== 'identity');
  const shape = shapeOf(bodyTypeOf(head));
  if (shape === 'binary') return { head, whole: false, parts: (make) => passed(body, make) };
  const bare = { ...head, fields: head.fields.filter(([name]) => !OF_THE_BYTES.has(name)) };
  if (body.length === 'none') return { head: bare, whole: true, parts: (make) => passed(body, make) };
  if (head.status === 206) throw impossible('a part of it alone was asked for');
  if (shape === 'text' && codings.length === 0) return { head: bare, whole: false, parts: (make) => lines(body, make) };
  return {
    head: bare,
    whole: true,
    parts: async function* (make) {
      yield make(await decoded(await all(body), codings), true);
    },
  };
}

async function all(body: MessageBody): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    length += bytes.length;
    if (length > LIMITS.maxMaskedHttpBytes) throw impossible('it is too long');
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces);
}

const DECODERS: ReadonlyMap<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = new Map(
  [
    ['gzip', promisify(gunzip)],
    ['x-gzip', promisify(gunzip)],
    ['deflate', promisify(inflate)],
    ['br', promisify(brotliDecompress)],
    ['zstd', promisify(zstdDecompress)],
  ] as const,
);

/** RFC 9110, 8.4: the coding that was put on last is taken off first. */
async function decoded(bytes: Buffer, codings: readonly string[]): Promise<Buffer> {
  let plain = bytes;
  for (const coding of codings.toReversed()) {
    const decode = DECODERS.get(coding);
    if (decode === undefined) throw impossible('its content coding is not known');
    try {
      plain = await decode(plain, { maxOutputLength: LIMITS.maxMaskedHttpBytes });
    } catch {
      // Which of the two it was, the library says in its words only.
      throw impossible('it cannot be decoded, or is too long');
    }
  }
  return plain;
}

/** Whole lines; one that is too long is cut. */
async function* lines<Made>(body: MessageBody, make: MakePart<Made>): AsyncGenerator<Made> {
  let held: Buffer = Buffer.alloc(0);
  yield make(held, false);
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    const text = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const end = text.lastIndexOf(NEWLINE) + 1;
    const settled = end === 0 && text.length > LIMITS.maxHeldStreamBytes ? text.length : end;
    if (settled > 0) yield make(text.subarray(0, settled), false);
    held = Buffer.from(text.subarray(settled));
  }
  yield make(held, true);
}

const NEWLINE = 10;

function impossible(why: string): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: `the reply must be masked, and ${why}`,
    hint: 'Ask for less of it, or for JSON or text without a content coding.',
  });
}

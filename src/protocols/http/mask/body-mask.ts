import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import { mediaTypeOf } from '../forwarded-head.ts';
import { EventStreamMask } from './event-stream-mask.ts';
import { MultipartMask } from './multipart-mask.ts';
import { boundaryOf } from './parameters.ts';
import { type Shape, shapeOf } from './shape.ts';
import { unmaskable } from './unmaskable.ts';

/** More than blanks, and of what says only that it is bytes so much, is looked at before it is decided what a body is. */
const SNIFFED_BYTES = 512;
const NOTHING = Buffer.alloc(0);

/** The mask of a body of this type (`Content-Type` as sent), whatever that says: its first bytes count as well. */
export function bodyMask(contentType: string, masks: MessageMasks, depth = 0): BodyMasker {
  const mediaType = mediaTypeOf(contentType);
  const shape = shapeOf(mediaType);
  if (shape === 'events') return new EventStreamMask(masks);
  const boundary = mediaType.startsWith('multipart/') ? boundaryOf(contentType) : undefined;
  if (boundary !== undefined) {
    if (depth >= MOST_NESTED) throw unmaskable('its parts are nested too deep');
    return new MultipartMask(boundary, masks, (type) => bodyMask(type, masks, depth + 1));
  }
  return new SniffedMask(shape, BYTES.has(mediaType), masks);
}

const MOST_NESTED = 3;

/** Says nothing but that it is bytes: stores of objects give everything this type. */
const BYTES: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', 'application/x-binary']);

/** Waits for the first bytes, which tell what a body is where its type lies. */
class SniffedMask implements BodyMasker {
  readonly #shape: Shape;
  readonly #isBytes: boolean;
  readonly #masks: MessageMasks;
  #held: Buffer = NOTHING;
  #mask: BodyMasker | undefined;

  constructor(shape: Shape, isBytes: boolean, masks: MessageMasks) {
    this.#shape = shape;
    this.#isBytes = isBytes;
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    if (this.#mask !== undefined) return this.#mask.push(bytes);
    return this.#begin(this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]), false);
  }

  end(): Buffer {
    const begun = this.#mask === undefined ? this.#begin(this.#held, true) : NOTHING;
    const last = this.#mask?.end() ?? NOTHING;
    return begun.length === 0 ? last : Buffer.concat([begun, last]);
  }

  #begin(seen: Buffer, isOver: boolean): Buffer {
    const at = startOf(seen);
    const isEnough = at !== undefined || isOver || seen.length >= SNIFFED_BYTES;
    const start = at ?? seen.length;
    this.#mask = isEnough ? this.#maskOf(seen[start], seen, isOver) : undefined;
    this.#held = this.#mask === undefined ? Buffer.from(seen) : NOTHING;
    if (this.#mask === undefined) return NOTHING;
    const text = this.#mask.push(seen.subarray(start));
    return start === 0 ? text : Buffer.concat([seen.subarray(0, start), text]);
  }

  /** Undefined where more must be seen first. */
  #maskOf(first: number | undefined, seen: Buffer, isOver: boolean): BodyMasker | undefined {
    const masks = this.#masks;
    if (first === undefined) return isOver ? PASSED : masks.body(this.#shape === 'json' ? 'json' : 'text');
    const isJson = first === OPEN_OBJECT || first === OPEN_LIST;
    switch (this.#shape) {
      case 'json':
        return masks.body(first === OPEN_TAG ? 'text' : 'json');
      case 'csv':
      case 'form':
      case 'text':
        return masks.body(isJson ? 'json' : this.#shape);
      case 'binary':
        if (isJson) return masks.body('json');
        if (masks.needsFields) throw unmaskable('something in it has a class, and it is of a type that cannot be read');
        if (first === OPEN_TAG) return masks.body('text');
        if (!this.#isBytes) return PASSED;
        if (!isOver && seen.length < SNIFFED_BYTES && !isBinary(seen)) return undefined;
        return isBinary(seen.subarray(0, SNIFFED_BYTES)) ? PASSED : masks.body('text');
      case 'events':
      case 'frames':
        return masks.body('text');
      default:
        return this.#shape satisfies never;
    }
  }
}

const PASSED: BodyMasker = { push: (bytes) => bytes, end: () => NOTHING };
const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const OPEN_TAG = 0x3c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Behind a byte order mark and blanks; undefined where nothing else came yet. */
function startOf(bytes: Buffer): number | undefined {
  let at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
  if (at === 0 && bytes.length < BYTE_ORDER_MARK.length && bytes[0] === BYTE_ORDER_MARK[0]) return undefined;
  while (at < bytes.length && BLANKS.has(bytes[at]!)) at++;
  return at < bytes.length ? at : undefined;
}

/** With what separates JSON texts of a sequence (RFC 7464, 2.2). */
const BLANKS: ReadonlySet<number> = new Set([9, 10, 13, 30, 32]);

/** Bytes that no text has (WHATWG MIME Sniffing, 3: binary data byte). */
function isBinary(bytes: Buffer): boolean {
  return bytes.some((byte) => byte <= 8 || byte === 11 || (byte >= 14 && byte <= 26) || (byte >= 28 && byte <= 31));
}

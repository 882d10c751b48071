import type { BodyMasker, FieldMasker, MessageMasks } from '../../../model/reply.ts';
import type { Fields } from '../message.ts';
import { FrameReader, frameBytes, OPCODE } from '../websocket-frames.ts';
import { bodyMask } from './body-mask.ts';
import { maskWhole } from './mask-whole.ts';
import { FRAMES } from './shape.ts';

/** The fields as the masker wants them; undefined where nothing changed. */
export function rewriteFields(fields: Fields, masker: FieldMasker): Fields | undefined {
  const masks = messagesOf(masker);
  let changed = false;
  const rewritten = fields.map(([name, value]) => {
    const masked = maskedValue(name, value, masks);
    changed ||= masked !== undefined;
    return [name, masked ?? value] as const;
  });
  return changed ? rewritten : undefined;
}

/** The body of one reply: each piece as it comes, until `isLast`. `contentType` as sent, or what stands for frames. */
export class BodyRewriter {
  readonly #contentType: string;
  readonly #own: ((masks: MessageMasks) => BodyMasker) | undefined;
  #mask: BodyMasker | undefined;

  /** With `own` it is masked by that, in place of what its type says. */
  constructor(contentType: string, own?: (masks: MessageMasks) => BodyMasker) {
    this.#contentType = contentType;
    this.#own = own;
  }

  /** The same bytes where nothing changed. Throws `Refused` where the body cannot be masked. */
  rewrite(body: Buffer, isLast: boolean, masker: FieldMasker): Buffer {
    const masks = messagesOf(masker);
    if (this.#contentType === FRAMES) return rewriteFrames(body, masks) ?? body;
    if (this.#mask === undefined && body.length === 0) return body;
    this.#mask ??= this.#own?.(masks) ?? bodyMask(this.#contentType, masks);
    return isLast ? maskWhole(this.#mask, body) : this.#mask.push(body);
  }
}

function messagesOf({ messages }: FieldMasker): MessageMasks {
  if (messages === undefined) throw new Error('a masker of rows alone was given a message');
  return messages;
}

/** What stands for the value of a field; undefined where that stays. */
export function maskedValue(name: string, value: string, masks: MessageMasks): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  const named = masks.named('header', name, bytes) ?? (name === 'set-cookie' ? maskedCookie(value, masks) : undefined);
  if (named !== undefined) return Buffer.from(named).toString('latin1');
  return STRUCTURE.has(name) ? undefined : masks.words(bytes)?.toString('latin1');
}

/** RFC 6265, 4.1.1; what stands behind its value says how it is kept. */
function maskedCookie(cookie: string, masks: MessageMasks): Buffer | undefined {
  const end = cookie.includes(';') ? cookie.indexOf(';') : cookie.length;
  const equals = cookie.indexOf('=');
  if (equals < 0 || equals > end) return undefined;
  const value = Buffer.from(cookie.slice(equals + 1, end).trim(), 'latin1');
  const masked = masks.named('cookie', cookie.slice(0, equals).trim(), value);
  if (masked === undefined) return undefined;
  return Buffer.from(
    `${cookie.slice(0, equals + 1)}${Buffer.from(masked).toString('latin1')}${cookie.slice(end)}`,
    'latin1',
  );
}

/** Messages of a WebSocket: those that are text, which may be JSON. */
function rewriteFrames(body: Buffer, masks: MessageMasks): Buffer | undefined {
  let changed = false;
  const frames = new FrameReader({ masked: false }).push(body).map((frame) => {
    if (frame.opcode !== OPCODE.text && frame.opcode !== OPCODE.binary) return frame;
    const type = frame.opcode === OPCODE.text ? 'text/plain' : 'application/octet-stream';
    const payload = maskWhole(bodyMask(type, masks), frame.payload);
    if (payload.equals(frame.payload)) return frame;
    changed = true;
    return { ...frame, payload };
  });
  return changed ? Buffer.concat(frames.map((frame) => frameBytes(frame))) : undefined;
}

/** Fields that hold no text of the data. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'date',
  'last-modified',
  'expires',
  'cache-control',
  'vary',
  'age',
  'accept-ranges',
  'content-range',
  'content-length',
  'retry-after',
  'etag',
  'allow',
  'trailer',
]);

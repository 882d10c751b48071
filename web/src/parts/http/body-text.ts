import { fieldValue, formPairs, type HttpFields } from './http-message.ts';

/** A body as a person can read it. */
export type BodyText =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string; readonly json: boolean }
  | { readonly kind: 'form'; readonly text: string; readonly pairs: HttpFields }
  | { readonly kind: 'bytes'; readonly hex: string; readonly bytes: number; readonly type: string };

const SHOWN_BYTES = 512;

/** `body` has no content coding. */
export function bodyText(body: Uint8Array, fields: HttpFields): BodyText {
  if (body.length === 0) return { kind: 'none' };
  const type = mediaType(fields);
  const text = utf8(body);
  if (text === undefined) {
    const hex = Array.from(body.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, '0'));
    return { kind: 'bytes', hex: lines(hex), bytes: body.length, type };
  }
  if (type === 'application/x-www-form-urlencoded') return { kind: 'form', text, pairs: formPairs(text) };
  return { kind: 'text', text, json: /(?:\/|\+)json$/.test(type) || /^\s*[[{]/.test(text) };
}

export function mediaType(fields: HttpFields): string {
  return (fieldValue(fields, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The content codings of a body, the last first: as they are to be taken off (RFC 9110, 8.4). */
export function codingsOf(fields: HttpFields): readonly string[] {
  return (fieldValue(fields, 'content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .toReversed();
}

const KNOWN: Readonly<Record<string, CompressionFormat>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' };
/** Of a body that was small when it was sent. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The body without its content codings, as far as that can be told: one that was cut off ends where it does. Undefined
 * where a coding is not known here, or it becomes too long.
 */
export async function withoutCodings(body: Uint8Array, codings: readonly string[]): Promise<Uint8Array | undefined> {
  let plain = body;
  for (const coding of codings) {
    const format = KNOWN[coding];
    const next = format === undefined ? undefined : await unpacked(plain, format);
    if (next === undefined) return undefined;
    plain = next;
  }
  return plain;
}

async function unpacked(body: Uint8Array, format: CompressionFormat): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([body.slice()]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > MOST_BYTES) {
        await reader.cancel();
        return undefined;
      }
      pieces.push(read.value);
    }
  } catch {
    // Cut off, or not what it says: what came out until then is shown, if anything did.
    if (length === 0) return undefined;
  }
  return joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Undefined where the bytes are no text; one character that is cut off at the end does not count. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function lines(hex: readonly string[]): string {
  return Array.from({ length: Math.ceil(hex.length / 16) }, (_, line) =>
    hex.slice(line * 16, line * 16 + 16).join(' '),
  ).join('\n');
}

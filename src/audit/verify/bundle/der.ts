/**
 * DER (X.690) as certificates and timestamps are written in it. It keeps the bytes of every element as they stand,
 * because signatures are over those; what is not DER throws `NotDer`.
 */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length with it. */
  readonly raw: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export class NotDer extends Error {
  override readonly name = 'NotDer';
}

/** The one element that fills the bytes. */
export function readDer(bytes: Uint8Array): Der {
  const der = readAt(bytes, 0);
  if (der.raw.length !== bytes.length) throw new NotDer('bytes stand behind the end');
  return der;
}

/** The elements within one. `tag` is what it must be. */
export function childrenOf(der: Der | undefined, tag: number): Der[] {
  if (der?.tag !== tag) throw new NotDer(`an element of tag ${tag} is missing`);
  const children: Der[] = [];
  for (let at = 0; at < der.content.length; ) {
    const child = readAt(der.content, at);
    children.push(child);
    at += child.raw.length;
  }
  return children;
}

/** The content of an element that must be there. */
export function contentOf(der: Der | undefined, tag: number): Uint8Array {
  if (der?.tag !== tag) throw new NotDer(`an element of tag ${tag} is missing`);
  return der.content;
}

/** An object identifier in dotted form. */
export function oidOf(der: Der | undefined): string {
  const bytes = contentOf(der, TAG.oid);
  const arcs: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 127);
    if (value > Number.MAX_SAFE_INTEGER) throw new NotDer('an object identifier is too large');
    if (byte < 128) {
      arcs.push(value);
      value = 0;
    }
  }
  if (bytes.length === 0 || (bytes.at(-1) as number) >= 128) throw new NotDer('an object identifier is cut');
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime in UTC. */
export function timeOf(der: Der | undefined): number {
  const text = String.fromCharCode(...(der?.content ?? []));
  const short = der?.tag === TAG.utcTime;
  if (!short && der?.tag !== TAG.generalizedTime) throw new NotDer('a time is missing');
  const pattern = short
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/u;
  const [, year, month, day, hour, minute, second, fraction = ''] = pattern.exec(text) ?? [];
  const century = short ? (Number(year) >= 50 ? '19' : '20') : '';
  const ms = Date.parse(
    `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  );
  if (Number.isNaN(ms)) throw new NotDer('a time cannot be read');
  return ms;
}

/** The bytes of a bit string of whole bytes. */
export function bitsOf(der: Der | undefined): Uint8Array {
  const content = contentOf(der, TAG.bitString);
  if (content[0] !== 0) throw new NotDer('a bit string is not of whole bytes');
  return content.subarray(1);
}

/** An ECDSA signature (RFC 3279, section 2.2.3) as WebCrypto wants it: both numbers at the curve's width, in bytes. */
export function ecdsaRaw(signature: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const numbers = childrenOf(readDer(signature), TAG.sequence);
  const raw = new Uint8Array(2 * width);
  if (numbers.length !== 2) throw new NotDer('a signature has not two numbers');
  for (const [i, number] of numbers.entries()) {
    const content = contentOf(number, TAG.integer);
    const [first = 0, second = 0] = content;
    const padded = first === 0 && content.length > 1;
    if (content.length === 0 || first >= 128 || (padded && second < 128)) throw new NotDer('a number is not minimal');
    const value = padded ? content.subarray(1) : content;
    if (value.length > width) throw new NotDer('a number is too large for the curve');
    raw.set(value, (i + 1) * width - value.length);
  }
  return raw;
}

const MAX_LENGTH_BYTES = 4;

function readAt(bytes: Uint8Array, at: number): Der {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 31) === 31) throw new NotDer('an element is cut');
  let start = at + 2;
  let length = first;
  if (first >= 128) {
    const count = first - 128;
    if (count === 0 || count > MAX_LENGTH_BYTES || start + count > bytes.length)
      throw new NotDer('a length is not DER');
    length = 0;
    for (const end = start + count; start < end; start++) length = length * 256 + (bytes[start] as number);
    if (length < 128 || length < 256 ** (count - 1)) throw new NotDer('a length is not minimal');
  }
  if (start + length > bytes.length) throw new NotDer('an element is cut');
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(at, start + length) };
}

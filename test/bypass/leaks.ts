import { createHash } from 'node:crypto';
import type { BackendMessage } from '../support/raw-postgres.ts';
import { CANARIES } from './world.ts';

/** So many characters of a canary in a row are a leak, in whatever encoding. */
const WINDOW = 6;
/** Of one that is hexadecimal digits alone, as what masks put in its place is too: six of them are the same now and then. */
const HEX_WINDOW = 10;

/**
 * What of the canaries can be read in what a client got: in the bytes of its messages; in each value of a row, decoded
 * from hex, base64, escapes; in each column from row to row, where every row may hold a letter. Empty where nothing can.
 */
export function leaksIn(messages: readonly BackendMessage[]): readonly string[] {
  const texts = new Set<string>();
  for (const message of messages) texts.add(message.body.toString('latin1'));
  for (const column of columnsOf(messages)) {
    texts.add(column.join(''));
    texts.add(column.toReversed().join(''));
    for (const value of column) for (const decoded of decodings(value)) texts.add(decoded);
  }
  const haystack = [...texts].map((text) => text.toLowerCase());
  return NEEDLES.filter(({ text }) => haystack.some((one) => one.includes(text))).map(({ what }) => what);
}

interface Needle {
  readonly what: string;
  readonly text: string;
}

const NEEDLES: readonly Needle[] = Object.entries(CANARIES).flatMap(([name, values]) =>
  values.flatMap((value) => needlesOf(name, value)),
);

/** A canary's windows as they are and reversed, without separators too; in hex, base64, as codes; and its digests. */
function needlesOf(name: string, value: string): readonly Needle[] {
  const plain = value.replace('@planted.test', '');
  const needles: Needle[] = [];
  const add = (how: string, text: string) => needles.push({ what: `${name} ${how} ${text}`, text: text.toLowerCase() });
  for (const text of new Set([plain, plain.replaceAll(/[^a-z\d]/gi, '')])) {
    for (const window of windows(text, name === 'token' ? HEX_WINDOW : WINDOW)) {
      add('as it is', window);
      add('reversed', Array.from(window).toReversed().join(''));
      add('in hex', Buffer.from(window).toString('hex'));
      add('in UTF-16', Array.from(window).join('\0'));
      for (const separator of [',', ', ', '|', ' ', '-', '\n']) {
        add(
          'as codes',
          Array.from(window)
            .map((letter) => letter.charCodeAt(0))
            .join(separator),
        );
        add('spread', Array.from(window).join(separator));
      }
      for (const base64 of base64Of(window)) add('in base64', base64);
      add('rotated', rot13(window));
    }
  }
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
    const digest = createHash(algorithm).update(value).digest();
    add(algorithm, digest.toString('hex').slice(0, 12));
    add(`${algorithm} raw`, digest.subarray(0, 8).toString('latin1'));
  }
  if (/^\d{6}$/.test(value)) add('as an integer', int32(Number(value)).toString('latin1'));
  if (name === 'token') add('raw', Buffer.from(plain.replaceAll('-', ''), 'hex').subarray(0, 8).toString('latin1'));
  if (name === 'born')
    add('as days', int32((Date.parse(value) - Date.UTC(2000, 0, 1)) / 86_400_000).toString('latin1'));
  return needles;
}

function windows(text: string, width: number): readonly string[] {
  return Array.from({ length: Math.max(0, text.length - width + 1) }, (_, at) => text.slice(at, at + width));
}

/** The base64 of a piece, at each of the three places where it can begin, without the characters it shares. */
function base64Of(piece: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from('\0'.repeat(before) + piece)
      .toString('base64')
      .replaceAll('=', '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + piece.length) * 8) / 6);
    return encoded.slice(first, last);
  });
}

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A value as it is, and as what it may be an encoding of. */
function decodings(value: string): readonly string[] {
  const texts = [value, value.replaceAll(/[^a-z\d]/gi, '')];
  const hex = /^(?:\\x)?((?:[\da-f]{2})+)$/i.exec(value)?.[1];
  if (hex !== undefined) texts.push(Buffer.from(hex, 'hex').toString('latin1'));
  if (/^[\w+/=\n-]{8,}$/.test(value)) texts.push(Buffer.from(value, 'base64').toString('latin1'));
  texts.push(
    value.replaceAll(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    value.replaceAll(/\\([0-3][0-7]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
    value.replaceAll(/&#x?([\da-f]+);/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    value.replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  const codes = value.match(/\d{2,3}/g)?.map(Number) ?? [];
  if (codes.length >= WINDOW) texts.push(String.fromCharCode(...codes));
  return texts;
}

/** The values of each column of the rows, top to bottom, letters and codes of letters as letters. */
function columnsOf(messages: readonly BackendMessage[]): readonly (readonly string[])[] {
  const columns: string[][] = [];
  for (const { type, body } of messages) {
    if (type === 'd') (columns[0] ??= []).push(body.toString('latin1').trimEnd());
    if (type !== 'D') continue;
    for (const [index, value] of valuesOf(body).entries()) (columns[index] ??= []).push(value);
  }
  const codes = columns.map((column) =>
    column.map((value) => (/^\d{2,3}$/.test(value) ? String.fromCharCode(Number(value)) : value)),
  );
  return [...columns, ...codes];
}

function valuesOf(row: Buffer): readonly string[] {
  const values: string[] = [];
  for (let at = 2; at < row.length; ) {
    const length = row.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? '' : row.toString('latin1', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}

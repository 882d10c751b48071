import type { JsonRows } from '../model/request.ts';
import type { MaskKind } from '../model/target.ts';
import type { ColumnMask } from './column-rules.ts';
import { stringEnd } from './json-tokens.ts';
import { jsonPrefix } from './mask-json.ts';
import { REDACTED } from './mask-text.ts';

/** One key of each row, and what stands for its value; undefined keeps that. */
export interface RowLeaf {
  readonly key: string;
  readonly constant: string | undefined;
  /** Under which name it is counted. */
  readonly name: string;
}

/** How JSON that is made of rows is to be masked. */
export interface RowsOrder {
  readonly shape: JsonRows['shape'];
  readonly type: 'json' | 'jsonb';
  readonly format: 'text' | 'binary';
  /** In the order in which the server writes them. */
  readonly leaves: readonly RowLeaf[];
}

/** Masked JSON, and how many rows it has. */
export interface MaskedRows {
  readonly value: Buffer;
  readonly rows: number;
}

/** `maskOf` says how a leaf is masked; undefined where none is, and where the value is no JSON. */
export function rowsOrder(
  { shape, leaves }: JsonRows,
  { type, format }: { readonly type: string; readonly format: 'text' | 'binary' },
  maskOf: (leaf: JsonRows['leaves'][number]) => Pick<ColumnMask, 'kind' | 'name'> | undefined,
): RowsOrder | undefined {
  if (type !== 'json' && type !== 'jsonb') return undefined;
  const inOrder = type === 'json' ? leaves : leaves.toSorted((one, other) => jsonbOrder(one.name, other.name));
  const orders = inOrder.map((leaf): RowLeaf => {
    const mask = maskOf(leaf);
    return { key: leaf.name, constant: mask && constantOf(mask.kind), name: mask?.name ?? '' };
  });
  return orders.every(({ constant }) => constant === undefined) ? undefined : { shape, type, format, leaves: orders };
}

/**
 * The same for every row, NULL or not and of whatever type: the text of a date or a UUID within JSON is not what its
 * column's mask was made for, and a part that both keep differently may be all of it.
 */
function constantOf(kind: MaskKind): string {
  return kind === 'null' ? 'null' : `"${REDACTED}"`;
}

/** Keys of jsonb are sorted by length and then by bytes (utils/adt/jsonb_util.c, lengthCompareJsonbString). */
function jsonbOrder(one: string, other: string): number {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length - second.length || first.compare(second);
}

/**
 * The rows with the values of masked keys replaced, all else byte for byte as it was. Undefined where the value is not
 * exactly one object (an array of objects, for an aggregate) with exactly these keys in exactly this order.
 */
export function maskJsonRows(order: RowsOrder, value: Buffer): MaskedRows | undefined {
  const prefix = jsonPrefix(order.type, order.format);
  if (prefix > 0 && value[0] !== JSONB_VERSION) return undefined;
  const text = textOf(value.subarray(prefix));
  if (text === undefined) return undefined;
  const scan: Scan = { text, at: 0, pieces: [], kept: 0 };
  skipBlanks(scan);
  const rows = order.shape === 'array' ? maskArray(scan, order.leaves) : maskObject(scan, order.leaves) ? 1 : undefined;
  if (rows === undefined) return undefined;
  skipBlanks(scan);
  if (scan.at !== text.length) return undefined;
  const masked = Buffer.from(scan.pieces.join('') + text.slice(scan.kept));
  return { value: prefix > 0 ? Buffer.concat([value.subarray(0, prefix), masked]) : masked, rows };
}

const JSONB_VERSION = 1;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Only what is UTF-8: in SJIS, Big5 or GBK the last byte of a letter may be a backslash's, and a value that ends so would
 * run on over the quote that ends it. No such letter is UTF-8.
 */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    JSON.parse(text);
    return text;
  } catch {
    // Not JSON, not UTF-8 or too large: the caller replaces it whole.
    return undefined;
  }
}

/** A walk over a text that is known to be JSON. */
interface Scan {
  readonly text: string;
  at: number;
  readonly pieces: string[];
  /** Until where the pieces hold the text. */
  kept: number;
}

/** The number of objects; undefined where one is not as expected. */
function maskArray(scan: Scan, leaves: readonly RowLeaf[]): number | undefined {
  if (scan.text[scan.at] !== '[') return undefined;
  for (let rows = 1; ; rows++) {
    scan.at++;
    skipBlanks(scan);
    if (!maskObject(scan, leaves)) return undefined;
    skipBlanks(scan);
    if (scan.text[scan.at] === ']') {
      scan.at++;
      return rows;
    }
  }
}

function maskObject(scan: Scan, leaves: readonly RowLeaf[]): boolean {
  const { text } = scan;
  for (const [index, leaf] of leaves.entries()) {
    if (text[scan.at++] !== (index === 0 ? '{' : ',')) return false;
    skipBlanks(scan);
    if (text[scan.at] !== '"') return false;
    const end = stringEnd(text, scan.at);
    if (JSON.parse(text.slice(scan.at, end)) !== leaf.key) return false;
    scan.at = end;
    skipBlanks(scan);
    scan.at++;
    skipBlanks(scan);
    const start = scan.at;
    skipValue(scan);
    if (leaf.constant !== undefined) {
      scan.pieces.push(text.slice(scan.kept, start), leaf.constant);
      scan.kept = scan.at;
    }
    skipBlanks(scan);
  }
  return text[scan.at++] === '}';
}

function skipValue(scan: Scan): void {
  const { text } = scan;
  let depth = 0;
  do {
    const character = text[scan.at] ?? '';
    if (character === '"') scan.at = stringEnd(text, scan.at);
    else if (OPENING.has(character) || CLOSING.has(character)) {
      depth += OPENING.has(character) ? 1 : -1;
      scan.at++;
    } else if (BETWEEN.has(character)) scan.at++;
    else while (scan.at < text.length && !ENDS_WORD.test(text[scan.at] ?? '')) scan.at++;
  } while (depth > 0);
}

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);
/** What stands between the values within one. */
const BETWEEN = new Set([',', ':', ' ', '\t', '\n', '\r']);
const ENDS_WORD = /[\s,:[\]{}"]/;

function skipBlanks(scan: Scan): void {
  while (scan.at < scan.text.length && scan.text.charCodeAt(scan.at) <= 32) scan.at++;
}

import type { ValueType } from '../model/reply.ts';
import type { MaskKind } from '../model/target.ts';
import { maskTextArray } from './mask-arrays.ts';
import { maskDate, maskTimestamp } from './mask-dates.ts';
import { maskJson } from './mask-json.ts';
import { maskFloat, maskInteger, maskNumeric } from './mask-numbers.ts';
import { maskText } from './mask-text.ts';

/** How one value is to be masked. */
export interface MaskOrder {
  readonly kind: MaskKind;
  /** The column's class: `partial` keeps other things of an e-mail than of a card. */
  readonly class: string;
  readonly type: ValueType;
  readonly format: 'text' | 'binary';
  /** HMAC-SHA-256 under the run's key: 32 bytes, the same for the same bytes throughout a run. */
  readonly digest: (bytes: Uint8Array) => Buffer;
}

const FALSE_TEXT = Buffer.from('f');
const FALSE_BINARY = Buffer.from([0]);
const NO_BYTES_TEXT = Buffer.from('\\x');
const NO_BYTES = Buffer.alloc(0);

/** The value that stands for `value`, of the same type in the same format (PostgreSQL's); null is NULL. */
export function maskValue(order: MaskOrder, value: Buffer): Buffer | null {
  if (order.kind === 'null') return null;
  switch (order.type) {
    case 'text':
      return maskText(order, value);
    case 'integer2':
    case 'integer4':
    case 'integer8':
      return maskInteger(order, order.type, value);
    case 'float4':
    case 'float8':
      return maskFloat(order, order.type, value);
    case 'numeric':
      return maskNumeric(order, value);
    case 'boolean':
      return order.format === 'text' ? FALSE_TEXT : FALSE_BINARY;
    case 'date':
      return maskDate(order, value);
    case 'timestamp':
    case 'timestamptz':
      return maskTimestamp(order, order.type, value);
    case 'uuid':
      return maskUuid(order, value);
    case 'json':
    case 'jsonb':
      return maskJson(order, order.type, value);
    case 'bytea':
      return maskBytes(order, value);
    case 'textArray':
      return maskTextArray(order, value);
    case 'other':
      return null;
    default:
      return order.type satisfies never;
  }
}

/** The zero UUID; `partial` keeps the last four digits; `hash` is a keyed UUID of version 8 (RFC 9562, 5.8). */
function maskUuid(order: MaskOrder, value: Buffer): Buffer {
  const binary = order.format === 'binary' ? value : Buffer.from(value.toString('latin1').replaceAll('-', ''), 'hex');
  const masked = Buffer.alloc(16);
  if (order.kind === 'partial') binary.copy(masked, 14, 14, 16);
  if (order.kind === 'hash') {
    order.digest(binary).copy(masked, 0, 0, 16);
    masked[6] = 0x80 | (masked[6]! & 0x0f);
    masked[8] = 0x80 | (masked[8]! & 0x3f);
  }
  if (order.format === 'binary') return masked;
  const hex = masked.toString('hex');
  return Buffer.from(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  );
}

/** No bytes; `hash` is 16 keyed bytes. */
function maskBytes(order: MaskOrder, value: Buffer): Buffer {
  if (order.kind !== 'hash') return order.format === 'text' ? NO_BYTES_TEXT : NO_BYTES;
  const digest = order.digest(order.format === 'text' ? decodeBytea(value) : value).subarray(0, 16);
  return order.format === 'text' ? Buffer.from(`\\x${digest.toString('hex')}`) : digest;
}

/** The bytes of a bytea's text: `\x` and hexadecimal, or the older escapes (PostgreSQL manual, 8.4). */
export function decodeBytea(value: Buffer): Buffer {
  const text = value.toString('latin1');
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  return Buffer.from(
    text.replaceAll(/\\(\\|[0-3][0-7][0-7])/g, (_, escaped: string) =>
      escaped === '\\' ? '\\' : String.fromCharCode(Number.parseInt(escaped, 8)),
    ),
    'latin1',
  );
}

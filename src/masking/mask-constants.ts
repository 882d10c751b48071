import type { ValueType } from '../model/reply.ts';
import { REDACTED } from './mask-text.ts';

/**
 * What stands for every value of a column that is computed from classified ones, for NULL too: which rows are NULL, how
 * long a text is or how many elements an array has can be made to tell as much as the value. Null where the type has no
 * such value.
 */
export function constantMask(type: ValueType, format: 'text' | 'binary'): Buffer | null {
  const constant = CONSTANTS[type];
  return constant === null ? null : constant[format];
}

interface Constant {
  readonly text: Buffer;
  readonly binary: Buffer;
}

/** 1970-01-01, counted from 2000-01-01. */
const UNIX_EPOCH_DAYS = -10_957;
const MICROSECONDS_PER_DAY = 86_400_000_000n;

function of(text: string, binary: Buffer = Buffer.from(text)): Constant {
  return { text: Buffer.from(text), binary };
}

function days(): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(UNIX_EPOCH_DAYS);
  return bytes;
}

function microseconds(): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(UNIX_EPOCH_DAYS) * MICROSECONDS_PER_DAY);
  return bytes;
}

const CONSTANTS: Readonly<Record<ValueType, Constant | null>> = {
  text: of(REDACTED),
  integer2: of('0', Buffer.alloc(2)),
  integer4: of('0', Buffer.alloc(4)),
  integer8: of('0', Buffer.alloc(8)),
  float4: of('0', Buffer.alloc(4)),
  float8: of('0', Buffer.alloc(8)),
  numeric: of('0', Buffer.alloc(8)),
  boolean: of('f', Buffer.alloc(1)),
  date: of('1970-01-01', days()),
  timestamp: of('1970-01-01 00:00:00', microseconds()),
  timestamptz: of('1970-01-01 00:00:00+00', microseconds()),
  uuid: of('00000000-0000-0000-0000-000000000000', Buffer.alloc(16)),
  json: of(`"${REDACTED}"`),
  jsonb: of(`"${REDACTED}"`, Buffer.from(`\u0001"${REDACTED}"`)),
  bytea: of('\\x', Buffer.alloc(0)),
  textArray: null,
  other: null,
};

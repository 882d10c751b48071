import type { MaskOrder } from './masks.ts';

type IntegerType = 'integer2' | 'integer4' | 'integer8';
type FloatType = 'float4' | 'float8';

const BYTES = { integer2: 2, integer4: 4, integer8: 8, float4: 4, float8: 8 } as const;
/** The most digits of which every number fits. */
const DIGITS = { integer2: 4, integer4: 9, integer8: 18, float4: 7, float8: 15, numeric: 40 } as const;
const KEPT_DIGITS = 4;
const MIN_PARTIAL_DIGITS = 8;

/** Zero; `partial` makes every digit but the last four a nine; `hash` is a keyed number of the type's range. */
export function maskInteger(order: MaskOrder, type: IntegerType, value: Buffer): Buffer {
  const read = order.format === 'text' ? value.toString('latin1') : readInteger(type, value);
  const masked = BigInt(maskDigits(order, type, read));
  if (order.format === 'text') return Buffer.from(masked.toString());
  const bytes = Buffer.alloc(BYTES[type]);
  if (type === 'integer8') bytes.writeBigInt64BE(masked);
  else bytes.writeIntBE(Number(masked), 0, BYTES[type]);
  return bytes;
}

/** As for integers; what is no whole number becomes zero when `partial`. */
export function maskFloat(order: MaskOrder, type: FloatType, value: Buffer): Buffer {
  const number =
    order.format === 'text'
      ? Number(value.toString('latin1'))
      : type === 'float4'
        ? value.readFloatBE(0)
        : value.readDoubleBE(0);
  const masked = maskDigits(order, type, Number.isInteger(number) ? number.toFixed(0) : String(number));
  if (order.format === 'text') return Buffer.from(masked);
  const bytes = Buffer.alloc(BYTES[type]);
  if (type === 'float4') bytes.writeFloatBE(Number(masked));
  else bytes.writeDoubleBE(Number(masked));
  return bytes;
}

/** As for floats. */
export function maskNumeric(order: MaskOrder, value: Buffer): Buffer {
  const read = order.format === 'text' ? value.toString('latin1') : readNumeric(value);
  const masked = maskDigits(order, 'numeric', read.replace(/\.0*$/, ''));
  return order.format === 'text' ? Buffer.from(masked) : writeNumeric(BigInt(masked));
}

export function readInteger(type: IntegerType, value: Buffer): string {
  return type === 'integer8' ? value.readBigInt64BE(0).toString() : String(value.readIntBE(0, BYTES[type]));
}

function maskDigits(order: MaskOrder, type: IntegerType | FloatType | 'numeric', written: string): string {
  switch (order.kind) {
    case 'partial': {
      const digits = written.replace(/^-/, '');
      if (digits.length < MIN_PARTIAL_DIGITS || /\D/.test(digits)) return '0';
      const length = Math.min(digits.length, DIGITS[type]);
      return length <= KEPT_DIGITS ? '0' : digits.slice(-KEPT_DIGITS).padStart(length, '9');
    }
    case 'hash':
      return hashNumber(type, order.digest(Buffer.from(written))).toString();
    case 'redact':
    case 'null':
      return '0';
    default:
      return order.kind satisfies never;
  }
}

/**
 * A number derived from a digest. Of the wide types it has 15 digits and begins with an 8: exact in a double, and no
 * card's number.
 */
function hashNumber(type: IntegerType | FloatType | 'numeric', digest: Buffer): bigint {
  const random = digest.readBigUInt64BE(0);
  switch (type) {
    case 'integer2':
      return random % 0x8000n;
    case 'integer4':
      return random % 0x8000_0000n;
    case 'float4':
      return random % 0x100_0000n;
    case 'integer8':
    case 'float8':
    case 'numeric':
      return 800_000_000_000_000n + (random % 100_000_000_000_000n);
    default:
      return type satisfies never;
  }
}

const NEGATIVE = 0x4000;
const NOT_A_NUMBER = 0xc000;

/** PostgreSQL's binary numeric (utils/adt/numeric.c, numeric_send): base 10,000 digits, weight of the first one. */
export function readNumeric(value: Buffer): string {
  const count = value.readUInt16BE(0);
  const weight = value.readInt16BE(2);
  const sign = value.readUInt16BE(4);
  const scale = value.readUInt16BE(6);
  if (sign >= NOT_A_NUMBER) return 'NaN';
  let whole = '';
  let fraction = '';
  for (let i = 0; i < count; i++) {
    const digits = String(value.readUInt16BE(8 + 2 * i)).padStart(4, '0');
    if (i <= weight) whole += digits;
    else fraction += digits;
  }
  if (weight >= count) whole += '0000'.repeat(weight + 1 - count);
  if (weight < -1) fraction = '0000'.repeat(-1 - weight) + fraction;
  whole = whole.replace(/^0+(?=\d)/, '') || '0';
  fraction = fraction.padEnd(scale, '0').slice(0, scale);
  return `${sign === NEGATIVE ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function writeNumeric(value: bigint): Buffer {
  const digits: number[] = [];
  for (let rest = value; rest > 0n; rest /= 10_000n) digits.unshift(Number(rest % 10_000n));
  const weight = Math.max(0, digits.length - 1);
  while (digits.at(-1) === 0) digits.pop();
  const bytes = Buffer.alloc(8 + 2 * digits.length);
  bytes.writeUInt16BE(digits.length, 0);
  bytes.writeInt16BE(weight, 2);
  for (const [index, digit] of digits.entries()) bytes.writeUInt16BE(digit, 8 + 2 * index);
  return bytes;
}

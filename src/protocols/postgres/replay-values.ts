/** PostgreSQL's binary formats (the types' `_send` functions) as the text that psql would print. Display only. */

const EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
const decoder = new TextDecoder('utf-8', { fatal: true });

const BINARY: Readonly<Record<number, (bytes: Buffer) => string>> = {
  16: (bytes) => (bytes[0] === 1 ? 't' : 'f'),
  17: hex,
  20: (bytes) => bytes.readBigInt64BE(0).toString(),
  21: (bytes) => String(bytes.readInt16BE(0)),
  23: (bytes) => String(bytes.readInt32BE(0)),
  26: (bytes) => String(bytes.readUInt32BE(0)),
  700: (bytes) => String(Math.fround(bytes.readFloatBE(0))),
  701: (bytes) => String(bytes.readDoubleBE(0)),
  1082: (bytes) => new Date(EPOCH_MS + bytes.readInt32BE(0) * DAY_MS).toISOString().slice(0, 10),
  1114: (bytes) => timestamp(bytes),
  1184: (bytes) => timestamp(bytes).replace(/\d$/, '$&+00'),
  1700: numeric,
  2950: uuid,
  3802: (bytes) => utf8(bytes.subarray(1)),
};

/** A recorded value as text. What has no printable form is shown as `\x…`. */
export function displayValue(bytes: Buffer, typeId: number, format: 'text' | 'binary'): string {
  const read = format === 'binary' ? BINARY[typeId] : undefined;
  if (!read) return utf8(bytes);
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof RangeError) return hex(bytes);
    throw error;
  }
}

/** A NUL never stands in PostgreSQL's text: such bytes, and those that are not UTF-8, are some binary form. */
function utf8(bytes: Buffer): string {
  if (bytes.includes(0)) return hex(bytes);
  try {
    return decoder.decode(bytes);
  } catch {
    // Not UTF-8 (a binary value without a description, or another client encoding).
    return hex(bytes);
  }
}

function hex(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

function uuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Microseconds since 2000-01-01; the two ends of Int64 are the infinities. */
function timestamp(bytes: Buffer): string {
  const micros = bytes.readBigInt64BE(0);
  if (micros === 0x7fffffffffffffffn) return 'infinity';
  if (micros === -0x8000000000000000n) return '-infinity';
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = (micros - seconds * 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  const whole = new Date(EPOCH_MS + Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return fraction ? `${whole}.${fraction}` : whole;
}

/** numeric_send: digits in base 10,000, the weight of the first, a sign, and how many decimals to show. */
function numeric(bytes: Buffer): string {
  const [count, weight, sign, scale] = [0, 2, 4, 6].map((at) => bytes.readUInt16BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  if (sign === 0xc000) return 'NaN';
  if (sign === 0xd000) return 'Infinity';
  if (sign === 0xf000) return '-Infinity';
  const first = (weight << 16) >> 16;
  const digit = (index: number) => (index >= 0 && index < count ? bytes.readUInt16BE(8 + index * 2) : 0);
  let whole = '';
  for (let power = first; power >= 0; power--) whole += String(digit(first - power)).padStart(4, '0');
  let decimals = '';
  for (let power = -1; decimals.length < scale; power--) decimals += String(digit(first - power)).padStart(4, '0');
  const body = `${whole.replace(/^0+(?=\d)/, '') || '0'}${scale > 0 ? `.${decimals.slice(0, scale)}` : ''}`;
  return sign === 0x4000 ? `-${body}` : body;
}

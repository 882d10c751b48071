import type { MaskOrder } from './masks.ts';

/** PostgreSQL counts days and microseconds from 2000-01-01; this is 1970-01-01 there. */
const UNIX_EPOCH_DAYS = -10_957;
const MS_PER_DAY = 86_400_000;
const US_PER_DAY = 86_400_000_000n;
/** `hash` spreads dates over the century from 1970. */
const HASH_DAYS = 36_525n;

/** 1970-01-01; `partial` keeps the year, as its first of January; `hash` is a keyed day between 1970 and 2069. */
export function maskDate(order: MaskOrder, value: Buffer): Buffer {
  const days = maskDays(order, order.format === 'text' ? readDays(value) : value.readInt32BE(0));
  if (order.format === 'text') return Buffer.from(formatDays(days));
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(days);
  return bytes;
}

/** As for dates, at midnight (UTC where there is a time zone). */
export function maskTimestamp(order: MaskOrder, type: 'timestamp' | 'timestamptz', value: Buffer): Buffer {
  if (order.format === 'text') {
    const days = maskDays(order, readDays(value));
    return Buffer.from(`${formatDays(days)} 00:00:00${type === 'timestamptz' ? '+00' : ''}`);
  }
  const microseconds = value.readBigInt64BE(0);
  const before = microseconds < 0n ? US_PER_DAY - 1n : 0n;
  const days = maskDays(order, Number((microseconds - before) / US_PER_DAY));
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(days) * US_PER_DAY);
  return bytes;
}

/** `days` is undefined where the value was no date of our calendar: infinity, before Christ, another date style. */
function maskDays(order: MaskOrder, days: number | undefined): number {
  const year = days === undefined ? Number.NaN : yearOf(days);
  if (order.kind === 'partial') return year >= 1 && year <= 9999 ? firstDayOf(year) : UNIX_EPOCH_DAYS;
  if (order.kind !== 'hash') return UNIX_EPOCH_DAYS;
  const random = order.digest(Buffer.from(String(days))).readBigUInt64BE(0);
  return UNIX_EPOCH_DAYS + Number(random % HASH_DAYS);
}

/** The day that an ISO date or timestamp names. */
function readDays(value: Buffer): number | undefined {
  const text = value.toString('latin1');
  const match = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  if (match === null || text.endsWith('BC')) return undefined;
  return Date.parse(`${match[0]}T00:00:00Z`) / MS_PER_DAY + UNIX_EPOCH_DAYS;
}

function formatDays(days: number): string {
  return new Date((days - UNIX_EPOCH_DAYS) * MS_PER_DAY).toISOString().slice(0, 10);
}

function yearOf(days: number): number {
  return new Date((days - UNIX_EPOCH_DAYS) * MS_PER_DAY).getUTCFullYear();
}

function firstDayOf(year: number): number {
  return Date.parse(`${String(year).padStart(4, '0')}-01-01T00:00:00Z`) / MS_PER_DAY + UNIX_EPOCH_DAYS;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Letters of Greek, years beyond 3000: what no column that is not classified holds. */
const PLANTED_TEXT = /[\u0370-\u03ff\u1f00-\u1fff]|\b3[01]\d\d-\d\d-\d\d/;
/** What sums and averages of other columns do not reach. */
const PLANTED_NUMBER = 1e14;

/** True where a value in text format holds something that was planted, or a piece of it. */
export function hasPlantedText(value: string): boolean {
  if (PLANTED_TEXT.test(value)) return true;
  for (const [digits] of value.matchAll(/(?<![.\d])\d{15,}/g)) if (Number(digits) >= PLANTED_NUMBER) return true;
  return value.startsWith('\\x') && /^\\x([0-9a-f]{2})*?c[ef][89ab]/.test(value);
}

/** The same for a value of this type in binary format. */
export function hasPlantedBytes(oid: number, bytes: Buffer): boolean {
  switch (oid) {
    case 20:
      return bytes.length === 8 && Math.abs(Number(bytes.readBigInt64BE())) >= PLANTED_NUMBER;
    case 1700:
      return isLargeNumeric(bytes);
    case 1082:
      return bytes.length === 4 && bytes.readInt32BE() > DAYS_TO_3000;
    case 2249:
      return recordFields(bytes).some(([type, field]) => hasPlantedBytes(type, field));
    default:
      if (FIXED.has(oid)) return false;
      return oid >= FIRST_USER_TYPE && isComposite(bytes)
        ? recordFields(bytes).some(([type, field]) => hasPlantedBytes(type, field))
        : hasPlantedText(bytes.toString('utf8'));
  }
}

/** int4, int2, bool, float8, oid, timestamps: what they hold in a generated query is never planted. */
const FIXED = new Set([16, 21, 23, 26, 701, 1114, 1184]);
const FIRST_USER_TYPE = 16_384;
const DAYS_TO_3000 = 365_242 - 1;

/** Digits in base 10000, the first of weight `weight` (numeric.c). */
function isLargeNumeric(bytes: Buffer): boolean {
  if (bytes.length < 10) return false;
  const weight = bytes.readInt16BE(2);
  return bytes.readInt16BE(0) > 0 && bytes.readUInt16BE(8) * 10_000 ** weight >= PLANTED_NUMBER;
}

/** A composite value begins with its number of fields, each with its type and its length. */
function isComposite(bytes: Buffer): boolean {
  return bytes.length >= 12 && bytes.readInt32BE(0) > 0 && bytes.readInt32BE(0) < 100 && bytes[0] === 0;
}

function recordFields(bytes: Buffer): [type: number, field: Buffer][] {
  const fields: [number, Buffer][] = [];
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0 && at + 8 <= bytes.length; left--) {
    const length = bytes.readInt32BE(at + 4);
    if (length > 0) fields.push([bytes.readUInt32BE(at), bytes.subarray(at + 8, at + 8 + length)]);
    at += 8 + Math.max(length, 0);
  }
  return fields;
}

/** The three schemas with what is planted in them. */
export function corpusSchemas(): string {
  const folder = join(import.meta.dirname, '..', 'corpus', 'postgres');
  return ['rental', 'orders', 'bank'].map((name) => readFileSync(join(folder, `${name}.sql`), 'utf8')).join('\n');
}

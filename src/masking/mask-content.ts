import type { ResultColumn } from '../model/reply.ts';
import { isCardNumber } from './detectors/card.ts';
import { type Finding, joinFindings } from './finding.ts';
import type { Findings } from './findings.ts';
import { eachToken } from './json-tokens.ts';
import { jsonPrefix } from './mask-json.ts';
import { readInteger, readNumeric } from './mask-numbers.ts';
import { decodeBytea, maskValue } from './masks.ts';
import { replaceFindings } from './replace.ts';

/** Told of each detector that found something in a value. */
export type CountFinding = (detector: string) => void;

/** After a replacement what stood beside it may show itself as another finding; so often at most. */
const MAX_ROUNDS = 4;

/**
 * The value without its findings, of the same type and format; undefined where there are none, null is NULL. Types that
 * cannot hold what a detector finds (dates, UUIDs, small numbers) are not looked at; nor are floats.
 */
export function maskContent(
  findings: Findings,
  column: Pick<ResultColumn, 'type' | 'format'>,
  bytes: Buffer,
  start: number,
  end: number,
  count: CountFinding,
): Buffer | null | undefined {
  switch (column.type) {
    case 'text':
      return maskFreeText(findings, bytes, start, end, count);
    case 'json':
    case 'jsonb':
      return maskJsonContent(findings, column.type, column.format, bytes.subarray(start, end), count);
    case 'integer8':
    case 'numeric':
      return maskNumberContent(findings, column, bytes.subarray(start, end), count);
    case 'bytea': {
      const value = column.format === 'text' ? decodeBytea(bytes.subarray(start, end)) : bytes.subarray(start, end);
      return tell(findings.in(value, 0, value.length), count) ? zeroOf(column, value) : undefined;
    }
    case 'textArray':
    case 'other':
      return tell(findings.in(bytes, start, end), count) ? null : undefined;
    case 'integer4':
      return findings.isNamed ? maskNumberContent(findings, column, bytes.subarray(start, end), count) : undefined;
    case 'integer2':
    case 'float4':
    case 'float8':
    case 'boolean':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
      return undefined;
    default:
      return column.type satisfies never;
  }
}

/** Text with each finding replaced in place; `more` are findings that only show themselves in what stands around it. */
export function maskFreeText(
  findings: Findings,
  bytes: Buffer,
  start: number,
  end: number,
  count: CountFinding,
  more: readonly Finding[] = [],
): Buffer | undefined {
  let found = findings.in(bytes, start, end);
  if (more.length > 0) found = joinFindings([...found, ...more]);
  if (found.length === 0) return undefined;
  let masked = bytes.subarray(start, end);
  for (let round = 0; found.length > 0; round++) {
    tell(found, count);
    if (round === MAX_ROUNDS) return replaceFindings(masked, 0, masked.length, [whole(masked, found)]);
    masked = replaceFindings(masked, 0, masked.length, found);
    found = findings.in(masked, 0, masked.length);
  }
  return masked;
}

function whole(bytes: Buffer, found: readonly Finding[]): Finding {
  return { start: 0, end: bytes.length, detector: found[0]?.detector ?? '' };
}

/** A card's number in a numeric column, or an id in a column that is called so. */
function maskNumberContent(
  findings: Findings,
  column: Pick<ResultColumn, 'type' | 'format'>,
  value: Buffer,
  count: CountFinding,
): Buffer | undefined | null {
  if (!findings.includes('card') && !findings.isNamed) return undefined;
  const digits = numberText(column, value).replace(/^-/, '').replace(/\.0*$/, '');
  if (findings.includes('card') && isCardNumber(digits)) count('card');
  else if (!findings.isNamed || !tell(findings.in(Buffer.from(digits), 0, digits.length), count)) return undefined;
  return zeroOf(column, value);
}

function numberText({ type, format }: Pick<ResultColumn, 'type' | 'format'>, value: Buffer): string {
  if (format === 'text') return value.toString('latin1');
  return type === 'integer4' || type === 'integer8' ? readInteger(type, value) : readNumeric(value);
}

/** Strings and keys have their findings replaced in place; a number that is one becomes 0. */
function maskJsonContent(
  findings: Findings,
  type: 'json' | 'jsonb',
  format: 'text' | 'binary',
  value: Buffer,
  count: CountFinding,
): Buffer | undefined {
  const prefix = jsonPrefix(type, format);
  const masked = maskJsonTokens(findings, value, prefix, prefix, count);
  if (masked === 'malformed') return asJson(value, prefix);
  return masked === undefined || prefix === 0 ? masked : Buffer.concat([value.subarray(0, prefix), masked]);
}

/**
 * `value[start, end)`, which is tokens of JSON, without its findings; undefined where there are none, `malformed` where there
 * are and it is no JSON. `value[from, start)` stands before it: a word there may name what is found.
 */
export function maskJsonTokens(
  findings: Findings,
  value: Buffer,
  from: number,
  start: number,
  count: CountFinding,
): Buffer | undefined | 'malformed' {
  if (!findings.suspects(value, from, value.length)) return undefined;
  const text = value.toString('latin1', start);
  const pieces: Buffer[] = [];
  let kept = start;
  const keep = (first: number, end: number, replacement: Buffer | undefined): void => {
    if (replacement === undefined) return;
    pieces.push(value.subarray(kept, first + start), replacement);
    kept = end + start;
  };
  // A key may say what its value is (`"password": …`): what is found in the whole counts where it lies in one string.
  const before = start - from;
  const whole = findings.in(value, from, value.length).filter((finding) => finding.end > before);
  let next = 0;
  const complete = eachToken(text, (token) => {
    const { start: open, end } = token;
    const inside: Finding[] = [];
    while (next < whole.length && whole[next]!.start - before < end) {
      const { start: first, end: last, detector } = whole[next++]!;
      if (token.kind === 'number' || (first - before > open && last - before < end))
        inside.push({ start: first - before - open - 1, end: last - before - open - 1, detector });
    }
    if (token.kind === 'number') {
      if (tell(inside, count) || tell(findings.in(value, open + start, end + start), count)) keep(open, end, ZERO);
    } else if (token.kind === 'string' || token.kind === 'key') {
      keep(open + 1, end - 1, maskFreeText(findings, value, open + 1 + start, end - 1 + start, count, inside));
    }
  });
  if (!complete) return tell(whole, count) ? 'malformed' : undefined;
  return pieces.length === 0 ? undefined : Buffer.concat([...pieces, value.subarray(kept)]);
}

const ZERO = Buffer.from('0');

/** What is no JSON, and holds a finding, becomes a JSON string. */
function asJson(value: Buffer, prefix: number): Buffer {
  return Buffer.concat([value.subarray(0, prefix), Buffer.from('"[redacted]"')]);
}

function zeroOf(column: Pick<ResultColumn, 'type' | 'format'>, value: Buffer): Buffer | null {
  return maskValue({ ...column, kind: 'redact', class: '', digest: (bytes) => Buffer.from(bytes) }, value);
}

function tell(found: readonly Finding[], count: CountFinding): boolean {
  for (const { detector } of found) count(detector);
  return found.length > 0;
}

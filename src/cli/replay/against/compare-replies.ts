import { typeName } from '../../../protocols/postgres/decode-reply.ts';
import type { ReplyContent, ReplyResult } from './reply-content.ts';

/** One way in which two replies differ. */
export type Difference =
  | { readonly kind: 'outcome'; readonly was: string; readonly is: string }
  | { readonly kind: 'results'; readonly was: number; readonly is: number }
  | {
      readonly kind: 'columns';
      readonly result: number;
      readonly was: readonly string[];
      readonly is: readonly string[];
    }
  | { readonly kind: 'tag'; readonly result: number; readonly was: string; readonly is: string }
  | { readonly kind: 'rows'; readonly result: number; readonly was: number; readonly is: number }
  | {
      readonly kind: 'value';
      readonly result: number;
      /** From 1. */
      readonly row: number;
      readonly column: string;
      readonly was: string | null;
      readonly is: string | null;
    };

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Values that differ beyond those that are listed. */
  readonly moreValues: number;
  /** Values that differ and were masked by a key of each run's own. */
  readonly maskedValues: number;
  /** Values that are masked in one of the two and not in the other. */
  readonly maskedOnce: number;
  /** The same rows came in another order. */
  readonly reordered: boolean;
  /** What was recorded of the reply ends before the reply did. */
  readonly partial: boolean;
}

/** Values that differ are listed up to this many in one exchange. */
const LISTED_VALUES = 20;

/** Holds a reply against the one that was recorded; `masked` where some of either was masked. Pure. */
export function compareReplies(was: ReplyContent, is: ReplyContent, masked: boolean): Comparison {
  const differences: Difference[] = [];
  const counts = { moreValues: 0, maskedValues: 0, maskedOnce: 0, reordered: false, masked };
  const partial = was.cutBytes > 0 || is.cutBytes > 0;
  if (was.error?.code !== is.error?.code) {
    differences.push({ kind: 'outcome', was: outcomeOf(was), is: outcomeOf(is) });
  } else if (was.results.length !== is.results.length && !partial) {
    differences.push({ kind: 'results', was: was.results.length, is: is.results.length });
  }
  for (const [index, result] of was.results.entries()) {
    const other = is.results[index];
    const isLast = index === was.results.length - 1;
    if (other !== undefined) compareResult(result, other, index, partial && isLast, differences, counts);
  }
  const { moreValues, maskedValues, maskedOnce, reordered } = counts;
  return { differences, moreValues, maskedValues, maskedOnce, reordered, partial };
}

interface Counts {
  moreValues: number;
  maskedValues: number;
  maskedOnce: number;
  reordered: boolean;
  readonly masked: boolean;
}

function outcomeOf({ error }: ReplyContent): string {
  return error === undefined ? 'ok' : `error ${error.code}: ${error.message}`;
}

function compareResult(
  was: ReplyResult,
  is: ReplyResult,
  result: number,
  partial: boolean,
  differences: Difference[],
  counts: Counts,
): void {
  const columns = (of: ReplyResult) => of.columns.map(({ name, typeId }) => `${name} ${typeName(typeId)}`);
  // A client that described its statement earlier has no description in this reply.
  const isDescribed = was.columns.length > 0 && is.columns.length > 0;
  if (isDescribed && columns(was).join() !== columns(is).join()) {
    differences.push({ kind: 'columns', result, was: columns(was), is: columns(is) });
    return;
  }
  const isPrefix = was.suspended || partial;
  if (!isPrefix && was.tag !== is.tag) differences.push({ kind: 'tag', result, was: was.tag ?? '', is: is.tag ?? '' });
  if (isPrefix ? is.rows.length < was.rows.length : is.rows.length !== was.rows.length) {
    differences.push({ kind: 'rows', result, was: was.rows.length, is: is.rows.length });
  }
  const listed = valueDifferences(was, is, result, counts);
  if (listed.length > 0 && !isPrefix && isReordered(was, is)) counts.reordered = true;
  else differences.push(...listed.slice(0, LISTED_VALUES));
  if (!counts.reordered) counts.moreValues += Math.max(0, listed.length - LISTED_VALUES);
}

function valueDifferences(was: ReplyResult, is: ReplyResult, result: number, counts: Counts): Difference[] {
  const found: Difference[] = [];
  const names = is.columns.length > 0 ? is.columns : was.columns;
  for (const [row, values] of was.rows.entries()) {
    const others = is.rows[row];
    if (others === undefined) break;
    for (const [at, value] of values.entries()) {
      const other = others[at] ?? null;
      if (value === other) continue;
      if (counts.masked && isKeyed(value) && isKeyed(other)) counts.maskedValues++;
      else if (counts.masked && isMask(value) !== isMask(other)) counts.maskedOnce++;
      else {
        const column = names[at]?.name ?? `column ${at + 1}`;
        found.push({ kind: 'value', result, row: row + 1, column, was: value, is: other });
      }
    }
  }
  return found;
}

/** What stands for a whole value and cannot be taken for one. A mask of a number or a date looks like any other. */
function isMask(value: string | null): boolean {
  return value === '[redacted]' || isKeyed(value);
}

/** What `hash` leaves of a value hangs on a key of the run: of two runs it differs, whatever the values were. */
function isKeyed(value: string | null): boolean {
  return value !== null && KEYED.test(value);
}

/** A token of text, a UUID of version 8, 16 bytes of a bytea (masking/mask-text.ts, masks.ts). */
const KEYED =
  /^(?:hash:[a-p]{16}|[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|\\x[0-9a-f]{32})$/;

function isReordered(was: ReplyResult, is: ReplyResult): boolean {
  if (was.rows.length !== is.rows.length) return false;
  const sorted = ({ rows }: ReplyResult) => rows.map((row) => JSON.stringify(row)).sort();
  const others = sorted(is);
  return sorted(was).every((row, index) => row === others[index]);
}

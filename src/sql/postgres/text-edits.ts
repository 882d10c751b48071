import type { TextEdit } from '../../model/request.ts';

/** The text with its edits, which are in order and do not overlap. */
export function editText(text: string, edits: readonly TextEdit[]): string {
  let edited = '';
  let from = 0;
  for (const { at, removed, inserted } of edits) {
    edited += text.slice(from, at) + inserted;
    from = at + removed;
  }
  return edited + text.slice(from);
}

/**
 * Where a place of the edited text was in the original. Both count characters from 1, as the server does (PostgreSQL
 * manual, 55.8, field P); a place within what was inserted is where it was put.
 */
export function originalPosition(text: string, edits: readonly TextEdit[], position: number): number {
  let shift = 0;
  for (const { at, removed, inserted } of edits) {
    const start = characters(text, 0, at) + 1;
    if (position - shift < start) break;
    if (position - shift < start + inserted.length) return start;
    shift += inserted.length - characters(text, at, at + removed);
  }
  return position - shift;
}

/** The server counts code points, not halves of them. */
function characters(text: string, start: number, end: number): number {
  let count = 0;
  for (const _ of text.slice(start, end)) count++;
  return count;
}

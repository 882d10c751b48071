import { type Entry, MARKS, type Mark } from './recording.ts';

/** The next entry in this direction that bears one of the marks; undefined where there is none. */
export function jumpTarget(
  entries: readonly Entry[],
  from: number,
  direction: 1 | -1,
  marks: readonly Mark[],
): number | undefined {
  const wanted = marks.reduce((sum, mark) => sum | MARKS[mark], 0);
  for (let index = from + direction; index >= 0 && index < entries.length; index += direction) {
    if (((entries[index]?.marks ?? 0) & wanted) !== 0) return index;
  }
  return undefined;
}

/** How many entries bear each mark. */
export function countMarks(entries: readonly Entry[]): Readonly<Record<Mark, number>> {
  const counts: Record<Mark, number> = { refusal: 0, error: 0, write: 0, approval: 0, mask: 0 };
  for (const { marks } of entries) {
    for (const [mark, bit] of Object.entries(MARKS)) if ((marks & bit) !== 0) counts[mark as Mark] += 1;
  }
  return counts;
}

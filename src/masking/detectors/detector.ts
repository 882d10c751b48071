import type { Trigger } from '../triggers.ts';

/**
 * Finds one kind of sensitive text. It looks at text of which each character is one byte (latin1), so that positions
 * are byte offsets and non-ASCII letters, in whatever encoding, are the characters from 0x80 on.
 */
export interface Detector {
  readonly name: string;
  /** At least one of these occurs in everything that `find` reports, boundaries included, unless the column names it. */
  readonly triggers: readonly Trigger[];
  /** The same for numbers that PostgreSQL sends in binary, with the length that comes before them. */
  readonly binaryTriggers?: readonly Trigger[];
  /** What a column is called that holds such values: all of it is looked at, as if such a word stood before it. */
  readonly columnNames?: RegExp;
  /**
   * Reports every finding as [start, end); they may overlap. `isNamed` says that what the text is called (its column)
   * is one of `columnNames`. Linear in the text's length, whatever the text.
   */
  find(text: string, report: Report, isNamed?: boolean): void;
}

export type Report = (start: number, end: number) => void;

import type { Word } from './syntax.ts';

/** A word of a program's, as far as it is known. */
export interface Argument {
  readonly value?: string;
  /** What it begins with; of several words each. */
  readonly start: string;
  readonly isOne: boolean;
  /** It is a number, and one word. */
  readonly isNumber?: true;
}

export function knownArgument(value: string): Argument {
  return { value, start: value, isOne: true };
}

/** Any number of words. */
export const ANY_ARGUMENTS: Argument = { start: '', isOne: false };

export function argumentOf({ value, start, isOne, isNumber }: Word): Argument {
  if (isNumber === true) return { start: '0', isOne: true, isNumber };
  return value === undefined ? { start, isOne } : { value, start, isOne };
}

/** True of what may be an option of a program. */
export function mayBeOption({ value, start }: Argument): boolean {
  if (value !== undefined) return value.startsWith('-') && value !== '-';
  return start === '' || start.startsWith('-');
}

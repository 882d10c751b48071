import { type Trigger, trigger } from '../triggers.ts';
import { SEPARATOR_TRIGGER } from './characters.ts';
import type { Detector } from './detector.ts';

/** A national id with a check of its own: where it is taken for one, and how its code is checked. */
export interface NationalId {
  readonly name: string;
  /** The form that is taken for one wherever it stands. */
  readonly plain?: Form;
  /** The form that is taken for one where a word of `words` says so: too many other numbers look like it. */
  readonly named?: RegExp;
  /** Lower-case words, by which people and columns call it; a blank may be `_`, `-` or nothing. In latin1, so those beyond ASCII are their UTF-8 bytes. */
  readonly words: readonly string[];
  /** Whether the code checks: digits and capitals, without separators. */
  readonly checks: (code: string) => boolean;
}

export interface Form {
  readonly pattern: RegExp;
  readonly triggers: readonly Trigger[];
}

/** How far a word may stand before the number, and after it. */
const BEFORE = 48;
const AFTER = 24;

/** One separator in latin1: a blank, dash, dot or slash, or a typographic space or dash in UTF-8. */
const SEPARATOR = '(?:[ ./-]|\\xc2\\xa0|\\xe2\\x80[\\x80-\\x95\\xaf])';

/** A form of digits and capitals that is part of nothing longer; `source` says its groups, `~` is a separator or none. */
export function idPattern(source: string): RegExp {
  const body = source.replaceAll('~', `${SEPARATOR}?`);
  return new RegExp(`(?<![A-Za-z0-9_])(?<![0-9][.-])(?:${body})(?![A-Za-z0-9_])(?![.-][0-9])`, 'g');
}

/** The triggers of a plain form; `~` is a separator. */
export function idTriggers(...sources: readonly string[]): readonly Trigger[] {
  return sources.map((source) => trigger(source.replaceAll('~', SEPARATOR_TRIGGER)));
}

export function nationalId(id: NationalId): Detector {
  const words = wordsPattern(id.words);
  const named = id.named;
  return {
    name: id.name,
    triggers: [...(id.plain?.triggers ?? []), ...(named === undefined ? [] : id.words.map(wordTrigger))],
    ...(named === undefined ? {} : { columnNames: words }),
    find(text, report, isNamed = false) {
      for (const match of id.plain === undefined ? [] : text.matchAll(id.plain.pattern)) {
        if (id.checks(codeOf(match[0]))) report(match.index, match.index + match[0].length);
      }
      if (named === undefined || !(isNamed || words.test(text))) return;
      for (const match of text.matchAll(named)) {
        const end = match.index + match[0].length;
        if (!id.checks(codeOf(match[0]))) continue;
        if (isNamed || isCalled(text, match.index, end, words)) report(match.index, end);
      }
    },
  };
}

/** Whether a word stands near [start, end): before it, or after it in its line. */
function isCalled(text: string, start: number, end: number, words: RegExp): boolean {
  if (words.test(text.slice(Math.max(0, start - BEFORE), start))) return true;
  const after = text.slice(end, end + AFTER);
  const line = after.search(/[\r\n]/);
  return words.test(line === -1 ? after : after.slice(0, line));
}

function codeOf(written: string): string {
  return written.replaceAll(/[^0-9A-Za-z]/g, '').toUpperCase();
}

/** A word stands alone, or begins with a capital in a name: `bsn`, `customer_bsn`, `customerBsn`, not `absnotice`. */
function wordsPattern(words: readonly string[]): RegExp {
  return new RegExp(`(?:(?<![a-zA-Z])|(?<=[a-z])(?=[A-Z]))(?:${words.map(eitherCase).join('|')})(?![a-z])`);
}

function wordTrigger(word: string): Trigger {
  return trigger(eitherCase(word));
}

function eitherCase(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`).replaceAll(' ', '[ _-]?');
}

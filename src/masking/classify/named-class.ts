import type { SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import { BARE_NAMES, CLASS_TERMS, COUNTER_TERMS, PEOPLE, QUALIFIERS } from './class-terms.ts';
import { indexOfTerm, wordsOf } from './name-words.ts';

/** The class that a name speaks for, and how. */
export interface NamedClass {
  readonly class: string;
  readonly term: string;
  readonly in: 'name' | 'domain' | 'comment';
  /** True where the term is the end of a longer word, which may be another word (`Alkoholgehalt` is no salary). */
  readonly isEnding: boolean;
}

interface Term {
  readonly class: string;
  readonly words: readonly string[];
  readonly joined: string;
}

/** Longest first, so that `email address` is an address of mail. */
const TERMS: readonly Term[] = Object.entries(CLASS_TERMS)
  .flatMap(([name, terms]) =>
    terms.map((term) => ({ class: name, words: term.split(' '), joined: term.replaceAll(' ', '') })),
  )
  .toSorted((one, other) => other.joined.length - one.joined.length);

/** So long a term may end a word that is written together: `customeremail`, `Kundengeburtsdatum`. */
const LEAST_ENDING = 5;

/** What the column's name says it holds; else its domain's, else its comment. Undefined where none says anything. */
export function namedClass(
  { name, domain, comment }: SurveyedColumn,
  relation: Pick<SurveyedRelation, 'name'>,
): NamedClass | undefined {
  const byName = classOfName(wordsOf(name)) ?? bareName(wordsOf(name), relation);
  if (byName !== undefined) return { ...byName, in: 'name' };
  const byDomain = domain === undefined ? undefined : classOfName(wordsOf(domain));
  if (byDomain !== undefined) return { ...byDomain, in: 'domain' };
  const byComment = comment === undefined ? undefined : classOfComment(wordsOf(comment));
  return byComment && { ...byComment, in: 'comment' };
}

/** What a reader is told of it. */
export function toldName({ term, in: where }: NamedClass): string {
  switch (where) {
    case 'name':
      return `its name says “${term}”`;
    case 'domain':
      return `its domain says “${term}”`;
    case 'comment':
      return `its comment says “${term}”`;
    default:
      return where satisfies never;
  }
}

/** A word of the name that speaks against a class; undefined where none does. */
export function counterWord(name: string, of: string): string | undefined {
  const words = wordsOf(name);
  return COUNTER_TERMS[of]?.find((word) => words.includes(word));
}

export function isOfPeople(relation: Pick<SurveyedRelation, 'name'>): boolean {
  return wordsOf(relation.name).some((word) => PEOPLE.has(word));
}

type Match = Omit<NamedClass, 'in'>;

function classOfName(words: readonly string[]): Match | undefined {
  for (const term of TERMS) {
    const at = indexOfTerm(words, term.words);
    const isEnding = at < 0;
    const after = isEnding ? endingWith(words, term) : at + term.words.length;
    if (after === undefined) continue;
    if (words.slice(after).some((word) => QUALIFIERS.has(word))) return undefined;
    return { class: term.class, term: term.words.join(' '), isEnding };
  }
  return undefined;
}

/** A comment is prose: only what nobody says by the way counts, which terms of a single short word are not. */
function classOfComment(words: readonly string[]): Match | undefined {
  const found = TERMS.find((term) => term.joined.length >= LEAST_ENDING && indexOfTerm(words, term.words) >= 0);
  return found && { class: found.class, term: found.words.join(' '), isEnding: false };
}

function endingWith(words: readonly string[], { joined }: Term): number | undefined {
  if (joined.length < LEAST_ENDING) return undefined;
  const at = words.findIndex((word) => word.length > joined.length + 2 && word.endsWith(joined));
  return at < 0 ? undefined : at + 1;
}

function bareName(words: readonly string[], relation: Pick<SurveyedRelation, 'name'>): Match | undefined {
  const [only, ...others] = words;
  if (only === undefined || others.length > 0 || !BARE_NAMES.has(only) || !isOfPeople(relation)) return undefined;
  return { class: 'name', term: only, isEnding: false };
}

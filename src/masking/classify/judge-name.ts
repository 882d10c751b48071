import type { SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import { ALL_DETECTORS } from './all-detectors.ts';
import { PASSWORDS } from './class-terms.ts';
import { isOfPeople, type NamedClass, toldName } from './named-class.ts';
import { CONFIDENCES, type Confidence, type Verdict } from './proposal.ts';
import type { ColumnEvidence } from './sample-evidence.ts';
import { type TypeFamily, typeFamily } from './type-family.ts';
import type { ValueForm } from './value-forms.ts';

/** What supports a name: the types that can hold the class, and what its values look like. */
interface Support {
  readonly types: readonly TypeFamily[];
  readonly forms: readonly { readonly form: ValueForm; readonly share: number; readonly confidence: Confidence }[];
  /** Types for which the name alone will do. */
  readonly byType?: Readonly<Partial<Record<TypeFamily, Confidence>>>;
  /** Where no form holds but there are values: what the name alone is worth. */
  readonly otherwise?: Confidence;
  /** True where no two of its kind have the same, so that uniqueness supports it. */
  readonly isOneEach?: boolean;
}

const SUPPORT: Readonly<Record<string, Support>> = {
  email: { types: ['text', 'json'], forms: [], isOneEach: true },
  phone: {
    types: ['text', 'number'],
    forms: [{ form: 'phone-like', share: 0.8, confidence: 'medium' }],
    isOneEach: true,
  },
  card: { types: ['text', 'number'], forms: [] },
  iban: { types: ['text'], forms: [], isOneEach: true },
  'us-ssn': {
    types: ['text', 'number'],
    forms: [{ form: 'nine-digits', share: 0.8, confidence: 'medium' }],
    isOneEach: true,
  },
  'ip-address': { types: ['text'], forms: [] },
  'bank-account': numbered('digits'),
  'national-id': numbered('with-digits'),
  'tax-id': numbered('with-digits'),
  passport: numbered('with-digits'),
  name: { types: ['text'], forms: [{ form: 'words', share: 0.8, confidence: 'high' }], otherwise: 'low' },
  birthday: {
    types: ['date', 'text', 'number'],
    forms: [{ form: 'date', share: 0.8, confidence: 'high' }],
    byType: { date: 'high', number: 'medium' },
  },
  address: { types: ['text', 'json'], forms: [], otherwise: 'medium' },
  salary: {
    types: ['number', 'text'],
    forms: [{ form: 'number', share: 0.8, confidence: 'medium' }],
    byType: { number: 'high' },
  },
  credential: {
    types: ['text', 'bytes', 'uuid', 'json'],
    forms: [
      { form: 'password-hash', share: 0.5, confidence: 'high' },
      { form: 'random', share: 0.5, confidence: 'high' },
    ],
    otherwise: 'low',
  },
  gender: { types: ['text', 'other'], forms: [{ form: 'short-code', share: 0.8, confidence: 'medium' }] },
  health: { types: ['text', 'json', 'other'], forms: [], otherwise: 'medium' },
  'special-category': { types: ['text', 'json', 'other'], forms: [], otherwise: 'medium' },
  location: { types: ['number', 'other'], forms: [], otherwise: 'low' },
};

function numbered(form: ValueForm): Support {
  return { types: ['text', 'number'], forms: [{ form, share: 0.8, confidence: 'medium' }], isOneEach: true };
}

/**
 * What the name is worth: nothing for a type that cannot hold the class, or for values that look otherwise; little where
 * there are no values to look at.
 */
export function judgeName(
  named: NamedClass,
  column: SurveyedColumn,
  relation: SurveyedRelation,
  evidence: ColumnEvidence | undefined,
): Verdict | undefined {
  const support = SUPPORT[named.class];
  const family = typeFamily(column.type);
  if (support === undefined || !support.types.includes(family)) return undefined;
  const verdict = (confidence: Confidence, ...why: readonly string[]): Verdict => ({
    class: named.class,
    confidence: named.in === 'name' && !named.isEnding ? confidence : step(confidence, -1),
    why: [toldName(named), ...why],
  });
  const byType = support.byType?.[family];
  if (byType !== undefined) return verdict(byType, `its type is ${column.type}`);
  const values = evidence?.values ?? 0;
  if (evidence === undefined || values === 0)
    return verdict('low', evidence ? 'it has no values' : 'it was not sampled');
  const form = support.forms.find((one) => evidence.ofForm(one.form) >= values * one.share);
  if (form === undefined) return lone(named, support, relation, values, verdict);
  const told = `${evidence.ofForm(form.form)} of ${values} sampled values ${FORM_WORDS[form.form]}`;
  if (named.class === 'name' && !isOfPeople(relation) && named.term === 'name') return verdict('low', told);
  if (support.isOneEach === true && column.unique)
    return verdict(step(form.confidence, 1), told, 'no two rows share one');
  return verdict(form.confidence, told);
}

/** No form supports it. Where a detector would have found something, and did not, the name is wrong. */
function lone(
  named: NamedClass,
  { otherwise }: Support,
  relation: SurveyedRelation,
  values: number,
  verdict: (confidence: Confidence, ...why: readonly string[]) => Verdict,
): Verdict | undefined {
  if (otherwise === undefined || (ALL_DETECTORS.has(named.class) && named.class !== 'credential')) return undefined;
  const isHigher = PASSWORDS.has(named.term) || (named.class === 'location' && isOfPeople(relation));
  return verdict(isHigher ? 'medium' : otherwise, `nothing in ${values} sampled values speaks against it`);
}

function step(confidence: Confidence, by: -1 | 1): Confidence {
  return CONFIDENCES[Math.min(2, Math.max(0, CONFIDENCES.indexOf(confidence) + by))] ?? 'low';
}

const FORM_WORDS: Readonly<Record<ValueForm, string>> = {
  'phone-like': 'are written like phone numbers',
  'nine-digits': 'are nine digits',
  digits: 'are digits in groups',
  date: 'are dates',
  number: 'are numbers',
  words: 'are words',
  'password-hash': 'are password hashes',
  random: 'look random',
  'with-digits': 'are short and have digits',
  'short-code': 'are short codes',
  bracketed: 'stand in angle brackets',
};

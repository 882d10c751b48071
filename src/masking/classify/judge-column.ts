import type { SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import { DETECTOR_GROUPS } from '../detectors/detectors.ts';
import { ALL_DETECTORS } from './all-detectors.ts';
import { judgeName } from './judge-name.ts';
import { counterWord, type NamedClass, namedClass, toldName } from './named-class.ts';
import type { Confidence, Verdict } from './proposal.ts';
import type { ColumnEvidence, DetectorHits } from './sample-evidence.ts';
import { typeFamily } from './type-family.ts';

/** Fewer values than this can be all of a kind by chance. */
const FEW = 5;
/** From this share of the values on they are of the class; and still are where the name says so, too. */
const MOST = 0.8;
const MANY = 0.4;
/** From this share on a text is said to hold what a detector finds in it. */
const SOME = 0.2;

/** One in ten numbers of the right length passes a check digit, so that some of many say nothing. */
const CHANCES: ReadonlySet<string> = new Set(['card', ...(DETECTOR_GROUPS['national-id'] ?? [])]);
/** What a class of names stands for, where it is no detector's and no group's name. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  credential: DETECTOR_GROUPS['secret'] ?? [],
  'tax-id': ['de-tax-id', 'es-dni', 'it-fiscal-code', 'br-cpf'],
};

const SECRETS: ReadonlySet<string> = new Set(DETECTOR_GROUPS['secret'] ?? []);

/** What a column most likely holds; undefined where nothing speaks for any class. */
export function judgeColumn(
  relation: SurveyedRelation,
  column: SurveyedColumn,
  evidence: ColumnEvidence | undefined,
): Verdict | undefined {
  if (typeFamily(column.type) === 'address') {
    return { class: 'ip-address', confidence: 'high', why: [`its type is ${column.type}`] };
  }
  const named = namedClass(column, relation);
  const byValues = evidence && judgeValues(column, evidence, named);
  const byName = named && judgeName(named, column, relation, evidence);
  // What the name says of a login's column, a JWT in it says more exactly; a free text that holds one address less so.
  if (byValues === undefined) return byName;
  if (byName === undefined || byName.class === byValues.class) return byValues;
  return RANK[byName.confidence] > RANK[byValues.confidence] ? byName : byValues;
}

const RANK: Readonly<Record<Confidence, number>> = { low: 0, medium: 1, high: 2 };

function judgeValues(
  column: SurveyedColumn,
  evidence: ColumnEvidence,
  named: NamedClass | undefined,
): Verdict | undefined {
  const [best] = evidence.hits.toSorted(byShare);
  if (best === undefined || !ALL_DETECTORS.has(best.detector)) return undefined;
  const { values } = evidence;
  const agrees = named !== undefined && isOfClass(best.detector, named.class);
  const confidence = confidenceOf(best, values, agrees);
  if (confidence === undefined) return undefined;
  const why = [toldHits(best, values), ...(agrees ? [toldName(named)] : [])];
  const against = agrees || confidence === 'low' ? undefined : whatSpeaksAgainst(column, best.detector, evidence);
  if (against !== undefined) return { class: best.detector, confidence: 'low', why: [...why, against] };
  return { class: best.detector, confidence, why };
}

function isOfClass(detector: string, name: string): boolean {
  return detector === name || [KINDS[name], DETECTOR_GROUPS[name]].some((kinds) => kinds?.includes(detector));
}

/** What is written like one thing and is another: a version like an address, a message's id like a person's. */
function whatSpeaksAgainst({ name }: SurveyedColumn, detector: string, evidence: ColumnEvidence): string | undefined {
  const counter = counterWord(name, detector);
  if (counter !== undefined) return `the word “${counter}” of its name speaks against it`;
  const isBracketed = detector === 'email' && evidence.ofForm('bracketed') >= evidence.values * MOST;
  return isBracketed ? 'they stand in angle brackets, as the ids of messages do' : undefined;
}

function confidenceOf({ detector, whole, any }: DetectorHits, values: number, agrees: boolean): Confidence | undefined {
  const share = whole / values;
  if (values >= FEW && share >= MOST) return 'high';
  if (values < FEW && share >= MOST) return agrees ? 'high' : 'medium';
  if (share >= MANY) return agrees ? 'high' : 'medium';
  if (agrees && any > 0) return CHANCES.has(detector) ? 'low' : 'medium';
  if (SECRETS.has(detector) && any > 0) return 'low';
  return values >= FEW && any / values >= (CHANCES.has(detector) ? MANY : SOME) ? 'low' : undefined;
}

function toldHits({ detector, whole, any }: DetectorHits, values: number): string {
  if (any > whole)
    return `${any} of ${values} sampled values hold what the detector ${detector} finds, ${whole} are it`;
  return `${whole} of ${values} sampled values are what the detector ${detector} finds`;
}

function byShare(one: DetectorHits, other: DetectorHits): number {
  return other.whole - one.whole || other.any - one.any || (one.detector < other.detector ? -1 : 1);
}

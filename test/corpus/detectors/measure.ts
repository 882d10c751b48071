import { DETECTORS } from '../../../src/masking/detectors/detectors.ts';
import { Findings } from '../../../src/masking/findings.ts';
import type { Case } from './case.ts';
import { corpusOf, type Seed } from './corpus.ts';

/** What a detector did with its corpus. */
export interface Measured {
  readonly detector: string;
  readonly positives: number;
  readonly negatives: number;
  readonly precision: number;
  readonly recall: number;
  /** Positives of which not all was found, with what was found instead. */
  readonly misses: readonly Outcome[];
  /** What was found and should not have been. */
  readonly falseAlarms: readonly Outcome[];
}

export interface Outcome {
  readonly kind: string;
  readonly text: string;
  readonly found: readonly string[];
}

/**
 * Runs one detector over its corpus, behind its triggers as in the gateway. Found is what is found in its exact bounds;
 * every other finding, also beside or around one in a positive, counts as wrong.
 */
export function measure(name: string, seed: Seed): Measured {
  const detector = DETECTORS.find((each) => each.name === name);
  if (detector === undefined) throw new Error(`no detector ${name}`);
  const findings = new Findings([detector]);
  const { positives, negatives } = corpusOf(name, seed);
  let right = 0;
  let wrong = 0;
  const misses: Outcome[] = [];
  const falseAlarms: Outcome[] = [];
  for (const each of [...positives, ...negatives]) {
    const found = find(findings, each);
    const rest = [...found];
    let missed = 0;
    for (const expected of each.expected) {
      const at = rest.indexOf(expected);
      if (at === -1) missed++;
      else rest.splice(at, 1);
    }
    right += each.expected.length - missed;
    wrong += rest.length;
    const outcome = { kind: each.kind, text: each.text, found };
    if (missed > 0) misses.push(outcome);
    if (rest.length > 0) falseAlarms.push(outcome);
  }
  const all = positives.reduce((sum, { expected }) => sum + expected.length, 0);
  return {
    detector: name,
    positives: positives.length,
    negatives: negatives.length,
    precision: right / Math.max(1, right + wrong),
    recall: right / Math.max(1, all),
    misses,
    falseAlarms,
  };
}

function find(findings: Findings, { text, column }: Case): readonly string[] {
  const bytes = Buffer.from(text);
  const own = column === undefined ? findings : findings.forColumn(column);
  return own.in(bytes, 0, bytes.length).map(({ start, end }) => bytes.toString('utf8', start, end));
}

import { createHmac, createSecretKey } from 'node:crypto';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { ColumnRules } from './column-rules.ts';
import { expandClasses } from './detectors/detectors.ts';
import { ExchangeMasker } from './exchange-masker.ts';
import { type Findings, findingsFor } from './findings.ts';
import type { Masker } from './masker.ts';
import { FieldRules } from './messages/field-rules.ts';

/** What one decision masks in one target: made once a session and decision, so that a masker costs next to nothing. */
export interface MaskPlan {
  /** The detectors at work; undefined where only columns are masked. */
  readonly findings: Findings | undefined;
  /**
   * The masker of one exchange. `said` gives the request's own text: what an error quotes of it the client knows
   * already, so it is kept.
   */
  masker(operations: readonly Operation[], said?: () => Uint8Array): Masker;
  /** The function by which a request would take masked values to where no mask is; undefined where there is none. */
  carrier(operations: readonly Operation[]): string | undefined;
  /** By what a request could have classified fields come back under other names; undefined where it cannot. */
  renamed(operations: readonly Operation[]): string | undefined;
}

/** Makes what is costly to make for these classes, and is kept: a tenth of a second that no exchange should wait for. */
export function prepareMasks(classes: readonly string[]): void {
  findingsFor(expandClasses(classes));
}

/**
 * The plan of a decision, or undefined where nothing could ever change. `classes` is what the decision's mask obligations
 * name (column classes, detectors, groups of detectors); `hashKey` is the run's: under it the same value is the same token
 * throughout a run, and in no other.
 */
export function createMaskPlan(
  classes: readonly string[],
  target: Pick<Target, 'classified'>,
  hashKey: Uint8Array,
): MaskPlan | undefined {
  const expanded = expandClasses(classes);
  const findings = findingsFor(expanded);
  const columns = target.classified.filter(({ place }) => place === undefined);
  const rules = new ColumnRules(columns, expanded);
  const fields = new FieldRules(target.classified, expanded);
  if (findings === undefined && rules.size === 0 && fields.size === 0) return undefined;
  // An object: Node looks at a key of bytes for ten times as long as at a value.
  const key = createSecretKey(hashKey);
  const digest = (bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest();
  const shared = { findings, rules, digest };
  return {
    findings,
    carrier: (operations) => rules.carrier(operations),
    renamed: (operations) => fields.renamed(operations),
    masker: (operations, said) => new ExchangeMasker(shared, rules.reading(operations), said, fields.of(operations)),
  };
}

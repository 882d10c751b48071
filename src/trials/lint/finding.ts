import type { Policy } from '../../policy/policy.ts';

export const LINT_CODES = [
  'never-matches',
  'unknown-target',
  'unknown-flag',
  'unused-class',
  'shadowed',
  'redundant',
  'overlapping',
  'too-broad',
  'empty-group',
  'limit-unreachable',
  'time-unused',
  'ignore-unused',
  'ignore-without-reason',
] as const;
export type LintCode = (typeof LINT_CODES)[number];

/** What is wrong with a rule although it loads. */
export interface Finding {
  readonly code: LintCode;
  /** The rule, by name. */
  readonly rule: string;
  /** The key of the rule that it is about; absent where it is about all of it. */
  readonly at?: readonly (string | number)[];
  readonly message: string;
  readonly advice: string;
}

/** One check of one rule. */
export type Check = (policy: Policy, surroundings: LintSurroundings) => readonly Finding[];

export interface LintSurroundings {
  readonly policies: readonly Policy[];
  /** The targets that there are; absent where nobody said. */
  readonly targets?: readonly LintTarget[] | undefined;
  /** The groups that have somebody in them; absent where nobody said. */
  readonly groups?: ReadonlySet<string> | undefined;
}

export interface LintTarget {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly classes: readonly string[];
  /** How its requests are told apart; absent where that is not known. */
  readonly document?: LintDocument | undefined;
}

export interface LintDocument {
  readonly dialect?: string | undefined;
  /** What its OpenAPI document calls its operations, and its paths; empty where there is none. */
  readonly operations: readonly string[];
  readonly templates: readonly string[];
}

import type { Declared } from '../../model/declaration.ts';
import type { Policy } from '../../policy/policy.ts';
import { checkHttpNames } from './check-http.ts';
import { checkCondition, checkFlags, checkImpossible } from './check-matching.ts';
import { checkBroad, checkLimits, checkOverlapping, checkShadowed } from './check-others.ts';
import { checkClasses, checkGroups, checkTargets } from './check-targets.ts';
import type { Check, Finding, LintCode, LintSurroundings } from './finding.ts';
import { type QuietLine, quietLines } from './quiet-lines.ts';

/** A finding and where it stands. */
export interface PlacedFinding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly code: LintCode;
  readonly rule: string;
  readonly message: string;
  readonly advice: string;
}

export interface LintInput extends LintSurroundings {
  /** Where each rule stands. */
  readonly declared: readonly Declared[];
  /** The files as they are, for the comments that switch a finding off. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

const CHECKS: readonly Check[] = [
  checkImpossible,
  checkCondition,
  checkFlags,
  checkTargets,
  checkClasses,
  checkGroups,
  checkHttpNames,
  checkShadowed,
  checkOverlapping,
  checkBroad,
  checkLimits,
];

/** What is wrong with rules that load, in order of place. Comments that switch a finding off are heeded, and judged. */
export function lintPolicies(input: LintInput): readonly PlacedFinding[] {
  const places = new Map(input.declared.map((one) => [nameOf(one), one]));
  const quiet = quietLines(input.files, input.declared);
  const used = new Set<QuietLine>();
  const found = input.policies.flatMap((policy) => CHECKS.flatMap((check) => check(policy, input)));
  const told = found.flatMap((finding) => {
    const by = quiet.find(({ rule, code }) => rule === finding.rule && code === finding.code);
    if (by !== undefined) used.add(by);
    return by === undefined ? [placed(finding, places.get(finding.rule))] : [];
  });
  const ofComments = quiet.flatMap((line) => commentFindings(line, used.has(line)));
  return [...told, ...ofComments].toSorted((one, other) =>
    one.path < other.path ? -1 : one.path > other.path ? 1 : one.line - other.line,
  );
}

function commentFindings({ path, line, rule, code, reason }: QuietLine, isUsed: boolean): readonly PlacedFinding[] {
  const place = { path, line, rule };
  if (!isUsed) {
    const message = `nothing of this rule is ${code || 'named'}, so nothing is switched off`;
    return [{ ...place, code: 'ignore-unused', message, advice: 'Delete the comment.' }];
  }
  if (reason !== '') return [];
  const message = `it does not say why ${code} is switched off`;
  return [{ ...place, code: 'ignore-without-reason', message, advice: `Write \`# lint-ignore: ${code} because …\`.` }];
}

function placed(finding: Finding, declared: Declared | undefined): PlacedFinding {
  const { code, rule, message, advice, at = [] } = finding;
  return { path: declared?.file ?? '', line: declared?.line(at) ?? 1, code, rule, message, advice };
}

function nameOf({ value }: Declared): Policy['name'] {
  const name = (value as { readonly name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : '';
}

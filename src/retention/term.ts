import type { KeptRun } from '../store/kept-runs.ts';
import { isAbout, type RetentionRule } from './retention-rule.ts';

/** Until when the bodies of a run stay. */
export interface Term {
  /** RFC 3339. */
  readonly eraseAt: string;
  /** The rule that asks for the erasure: of those that are about the run, the one with the shortest time. */
  readonly rule: string;
  /** The rule that keeps it longer than that one would, where one does. */
  readonly keptBy?: string;
}

const DAY_MS = 86_400_000;

/**
 * The shortest `eraseAfter` of the rules that are about a closed run, but never before the longest `keepAtLeast`: what
 * must be kept wins over what should go. Undefined where no rule asks for an erasure, which keeps the bodies for good.
 */
export function termOf(rules: readonly RetentionRule[], run: KeptRun): Term | undefined {
  if (run.closedAt === null) return undefined;
  const about = rules.filter((rule) => isAbout(rule, run));
  const eraser = extreme(
    about,
    (rule) => rule.eraseAfterDays,
    (a, b) => a < b,
  );
  if (eraser === undefined) return undefined;
  const keeper = extreme(
    about,
    (rule) => rule.keepAtLeastDays,
    (a, b) => a > b,
  );
  const isKept = keeper !== undefined && keeper.days > eraser.days;
  const days = isKept ? keeper.days : eraser.days;
  const eraseAt = new Date(Date.parse(run.closedAt) + days * DAY_MS).toISOString();
  return { eraseAt, rule: eraser.rule.name, ...(isKept ? { keptBy: keeper.rule.name } : {}) };
}

/** Of equal ones the first by name, so that every gateway names the same. */
function extreme(
  rules: readonly RetentionRule[],
  days: (rule: RetentionRule) => number | undefined,
  isBetter: (one: number, other: number) => boolean,
): { readonly rule: RetentionRule; readonly days: number } | undefined {
  let best: { readonly rule: RetentionRule; readonly days: number } | undefined;
  for (const rule of rules.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const own = days(rule);
    if (own !== undefined && (best === undefined || isBetter(own, best.days))) best = { rule, days: own };
  }
  return best;
}

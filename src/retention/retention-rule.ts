import { z } from 'zod';
import { loadItems } from '../declared/load-items.ts';
import type { Declared, Loaded } from '../model/declaration.ts';
import type { KeptRun } from '../store/kept-runs.ts';

/** How long the bodies of runs are kept. Absent conditions are met by every run; those that are there must all be met. */
export interface RetentionRule {
  readonly name: string;
  readonly when: {
    /** Runs with a session in one of them. */
    readonly targets?: readonly string[];
    /** Ids or addresses. */
    readonly repositories?: readonly string[];
    /** Runs whose sessions met one of them. */
    readonly classes?: readonly string[];
    readonly kinds?: readonly ('ci' | 'human')[];
  };
  /** Days after the end of the run. */
  readonly eraseAfterDays?: number;
  readonly keepAtLeastDays?: number;
}

const REFERENCE = 'See docs/operating/retention.md.';
const UNIT_DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };
const MAX_DAYS = 36_500;

const duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[dwy]$/, 'a time is written 90d, 12w or 7y')
  .refine((text) => daysOf(text) <= MAX_DAYS, 'a time is a hundred years at most');
const names = z.array(z.string().min(1).max(500)).min(1).max(1_000);

const ruleSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/, '1 to 63 of a-z, 0-9, `.`, `_`, `-`'),
    when: z
      .strictObject({
        targets: names.optional(),
        repositories: names.optional(),
        classes: names.optional(),
        kinds: z
          .array(z.enum(['ci', 'human']))
          .min(1)
          .optional(),
      })
      .optional(),
    eraseAfter: duration.optional(),
    keepAtLeast: duration.optional(),
  })
  .refine(({ eraseAfter, keepAtLeast }) => eraseAfter !== undefined || keepAtLeast !== undefined, {
    message: 'says neither eraseAfter nor keepAtLeast',
  });

type RuleDeclaration = z.infer<typeof ruleSchema>;

/** Reads `retention:`. */
export function loadRetention(declared: readonly Declared[]): Loaded<RetentionRule> {
  return loadItems(declared, ruleSchema, { what: 'retention rule', reference: REFERENCE }, ruleOf);
}

/** The rule as somebody would declare it. */
export function declareRetention({ name, when, eraseAfterDays, keepAtLeastDays }: RetentionRule): object {
  return {
    name,
    ...(Object.keys(when).length === 0 ? {} : { when }),
    ...(eraseAfterDays === undefined ? {} : { eraseAfter: `${eraseAfterDays}d` }),
    ...(keepAtLeastDays === undefined ? {} : { keepAtLeast: `${keepAtLeastDays}d` }),
  };
}

/** Whether a rule is about a run. A run whose classes nobody counted counts as having met all. */
export function isAbout({ when }: RetentionRule, run: KeptRun): boolean {
  const { targets, repositories, classes, kinds } = when;
  if (targets !== undefined && !run.targets.some((name) => targets.includes(name))) return false;
  if (kinds !== undefined && !kinds.includes(run.kind)) return false;
  const addresses = [run.repositoryId, run.repositoryUri].filter((one) => one !== null);
  if (repositories !== undefined && !addresses.some((one) => repositories.includes(one))) return false;
  return classes === undefined || run.classes === undefined || run.classes.some((name) => classes.includes(name));
}

function ruleOf({ name, when = {}, eraseAfter, keepAtLeast }: RuleDeclaration): RetentionRule {
  const given = Object.entries(when).filter(([, value]) => value !== undefined);
  return {
    name,
    when: Object.fromEntries(given) as RetentionRule['when'],
    ...(eraseAfter === undefined ? {} : { eraseAfterDays: daysOf(eraseAfter) }),
    ...(keepAtLeast === undefined ? {} : { keepAtLeastDays: daysOf(keepAtLeast) }),
  };
}

function daysOf(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_DAYS[text.slice(-1)] ?? Number.NaN);
}

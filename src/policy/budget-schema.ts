import { z } from 'zod';
import type { Budget, BudgetMeasure } from '../model/decision.ts';
import { LIMITS } from '../model/limits.ts';
import { approve, duration } from './approve-schema.ts';

const MEASURES = ['rowsRead', 'rowsChanged', 'bytes', 'statements', 'tables'] as const satisfies BudgetMeasure[];

const amount = z
  .int('Write a whole number.')
  .min(0, 'Write 0 or more.')
  .max(LIMITS.maxBudget, `Write at most ${LIMITS.maxBudget}.`)
  .optional();

const SIZE = 'Write a size such as 50MB: a number, and B, KB, MB, GB, KiB, MiB or GiB.';
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const size = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(/^\d{1,9} ?(?:[KMG]i?)?B$/)
        .transform((text) => Number.parseInt(text, 10) * (BYTES[text.replace(/^\d+ ?/, '')] ?? 0)),
    ],
    { error: SIZE },
  )
  .refine((bytes) => bytes <= LIMITS.maxBudget, `Write at most ${LIMITS.maxBudget} bytes.`)
  .optional();

const amounts = { rowsRead: amount, rowsChanged: amount, bytes: size, statements: amount, tables: amount };

const exceeded = z.union(
  [
    z.literal('deny').transform(() => undefined),
    z.strictObject({ approve: approve }).transform(({ approve: asked }) => asked),
  ],
  { error: 'Write `deny`, or `{ approve: { group: … } }`.' },
);

const entry = z
  .strictObject({
    ...amounts,
    per: z.enum(['statement', 'run', 'target'], { error: 'Write statement, run or target.' }).default('run'),
    within: duration.optional(),
    exceeded: exceeded.optional(),
  })
  .superRefine((budget, context) => {
    const { per, within, statements } = budget;
    const say = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    // A measure that is misspelt was told already.
    if (context.issues.length === 0 && MEASURES.every((measure) => budget[measure] === undefined)) {
      context.addIssue({ code: 'custom', message: `Say how much of what: ${MEASURES.join(', ')}.` });
    }
    if (per === 'statement' && within !== undefined) say('within', 'A statement has no time; leave `within` out.');
    if (per === 'statement' && statements !== undefined) say('statements', 'Count statements per run or per target.');
    if (per === 'target' && within === undefined) say('per', 'A target has no end: say `within`, such as 1h.');
    if (within !== undefined && within < LIMITS.minBudgetWindowMs) say('within', 'Write at least 1m.');
    if (within !== undefined && within > LIMITS.maxBudgetWindowMs) say('within', 'Write at most 31d.');
  })
  .transform(({ per, within, exceeded: asked, ...rest }) =>
    MEASURES.flatMap((measure): readonly Omit<Budget, 'rule'>[] => {
      const most = rest[measure];
      if (most === undefined) return [];
      const time = within === undefined ? {} : { withinMs: within };
      return [{ measure, most, per, ...time, ...(asked === undefined ? {} : { exceeded: asked }) }];
    }),
  );

/** `limit` of a rule: budgets, or a map of what a run may spend. */
export const limit = z
  .preprocess(
    (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? [value] : value),
    z.array(entry, { error: 'Write a list of budgets, or a map such as { rowsRead: 1000 }.' }).min(1),
  )
  .transform((entries) => entries.flat())
  .superRefine((budgets, context) => {
    const seen = new Set<string>();
    for (const { measure, per, withinMs } of budgets) {
      const key = `${measure} per ${per}${withinMs === undefined ? '' : ' of that time'} ${withinMs ?? ''}`.trim();
      if (seen.has(key)) context.addIssue({ code: 'custom', message: `There are two budgets of ${key}; keep one.` });
      seen.add(key);
    }
  });

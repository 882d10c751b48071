import { z } from 'zod';

/** A name of letters, digits, `-` and `_`. */
export const identifier = z
  .string({ error: 'Put a word here; a number or a date needs quotes.' })
  .min(1, 'Write something here, or leave the line out.')
  .max(500)
  .regex(/^[a-z][a-z0-9_-]*$/i, 'Use letters, digits, - and _ only.');

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, as milliseconds. */
export const duration = z
  .string({ error: 'Write a duration such as 30m.' })
  .regex(/^[1-9]\d{0,5}(ms|s|m|h|d)$/, 'Write a duration such as 30m: a number and one of ms, s, m, h, d.')
  .transform((value) => Number.parseInt(value, 10) * (UNITS[value.replace(/^\d+/, '')] ?? 0));

/** Whom to ask: `approve` of a rule, and of a budget that is used up. */
export const approve = z
  .strictObject({
    group: identifier,
    quorum: z.int('Write how many people must approve.').min(1).max(20).default(1),
    within: duration.default(30 * 60_000),
    allowActor: z.boolean('Write true or false.').default(false),
    measureRows: z.boolean('Write true or false.').default(false),
    showText: z.boolean('Write true or false.').default(false),
  })
  .transform(({ within, ...rest }) => ({ ...rest, withinMs: within }));

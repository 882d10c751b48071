import { z } from 'zod';

const count = z.number().int();

/** One request of a run that was not simply permitted. */
const notable = z.object({
  session: z.string(),
  exchange: count,
  target: z.string(),
  /** As it was sent; '' where it is not given out. */
  text: z.string(),
});

/** What a run came to, as the gateway answers whoever closes it. */
export const runOutcomeSchema = z.object({
  sessions: count,
  requests: count,
  permitted: count,
  denied: count,
  approved: count,
  masked: count,
  /** Decimal; absent where the run is too large to be counted while somebody waits. */
  rows: z.string().optional(),
  errors: count.optional(),
  targets: z.array(z.object({ name: z.string(), sessions: count, permitted: count, denied: count, masked: count })),
  /** Newest first, at most `LIMITS.outcomeStatements`. */
  refusals: z.array(notable.extend({ code: z.string(), rules: z.array(z.string()) })),
  approvals: z.array(notable.extend({ id: z.string(), state: z.string() })),
});

export type RunOutcome = z.infer<typeof runOutcomeSchema>;

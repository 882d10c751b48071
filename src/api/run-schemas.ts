import { z } from 'zod';
import { approvalSummarySchema, runReferenceSchema } from './approval-schemas.ts';
import { erasureSchema, holdSchema } from './erasure-view.ts';
import { listOf } from './paging.ts';
import { sessionSchema } from './session-schema.ts';

export const grantSchema = z.object({
  id: z.string(),
  run: z.string(),
  principal: z.string(),
  targets: listOf(z.string()),
  rules: listOf(z.string()),
  issuedAt: z.string(),
  expiresAt: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  given: listOf(
    z.object({
      target: z.string(),
      approval: z.string(),
      givenAt: z.string(),
      expiresAt: z.string().optional().describe('Absent where it is given for as long as the grant lasts.'),
      revokedAt: z.string().optional(),
    }),
  ).describe('Targets that people gave it since; `targets` has those that it may enter now.'),
});

const count = z.number().int();

export const runSummarySchema = runReferenceSchema.extend({
  kind: z.enum(['ci', 'human']),
  openedAt: z.string(),
  closedAt: z.string().optional(),
  termination: z.string().optional(),
  sessions: count,
  permitted: count,
  denied: count,
  masked: count,
  approvals: count,
});

const pair = z.object({ name: z.string(), value: z.string() });

export const runSchema = runSummarySchema.extend({
  workload: listOf(pair.extend({ class: z.enum(['verified', 'derived']) })).describe(
    'What its token proved: what its issuer signed, and what follows from that.',
  ),
  asserted: listOf(pair).describe('What its client said of itself: proved by nothing.'),
  grants: listOf(grantSchema),
  sessionList: listOf(sessionSchema).describe('Newest first, at most 1,000.'),
  approvalList: listOf(approvalSummarySchema).describe('Those that the caller may see.'),
  erasure: erasureSchema.optional().describe('Present where the bodies of the run were erased, or are to be.'),
  holds: listOf(holdSchema).describe('Those that keep its bodies.'),
  evidence: z.object({ tokenDigest: z.string().optional(), jwksDigest: z.string().optional() }),
});

const notable = z.object({ session: z.string(), exchange: count, target: z.string(), text: z.string() });

export const runOutcomeSchema = z.object({
  sessions: count,
  requests: count,
  permitted: count,
  denied: count,
  approved: count,
  masked: count,
  rows: z.string().optional().describe('Decimal; absent where the run is too large to be read while somebody waits.'),
  errors: count.optional(),
  targets: listOf(z.object({ name: z.string(), sessions: count, permitted: count, denied: count, masked: count })),
  refusals: listOf(notable.extend({ code: z.string(), rules: listOf(z.string()) })).describe('Newest first.'),
  approvals: listOf(notable.extend({ id: z.string(), state: z.string() })).describe(
    'Requests that people were asked about.',
  ),
});

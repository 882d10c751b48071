import { z } from 'zod';

const stateSchema = z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']);

const runSchema = z.object({
  id: z.string(),
  display: z.string(),
  repository: z.string().optional(),
  ref: z.string().optional(),
  commit: z.string().optional(),
  workflow: z.string().optional(),
  url: z.string().optional(),
  actor: z.string().optional(),
  agent: z.string().optional(),
  demo: z.boolean(),
});

export const approvalSummarySchema = z.object({
  id: z.string(),
  kind: z.enum(['request', 'access']),
  state: stateSchema,
  mine: z.boolean(),
  target: z.string(),
  protocol: z.string(),
  kinds: z.array(z.string()),
  tables: z.array(z.string()),
  text: z.string(),
  line: z.string().optional(),
  run: runSchema,
  session: z.string(),
  requirements: z.array(z.object({ group: z.string(), quorum: z.number(), approvals: z.number() })),
  rules: z.array(z.string()),
  requestedAt: z.string(),
  expiresAt: z.string(),
  decidedAt: z.string().optional(),
  usedAt: z.string().optional(),
});

const estimateSchema = z.object({
  kind: z.enum(['planned', 'measured', 'unavailable']),
  statements: z.array(
    z.object({
      text: z.string(),
      rows: z.number().optional(),
      cost: z.number().optional(),
      plan: z.string().optional(),
      why: z.string().optional(),
    }),
  ),
  why: z.string().optional(),
  tookMs: z.number(),
});

export const approvalSchema = approvalSummarySchema.extend({
  statements: z.array(z.object({ text: z.string(), parameters: z.array(z.string().nullable()) })),
  digest: z.string(),
  policy: z.string(),
  gateway: z.string().optional(),
  operations: z.array(
    z.object({
      kind: z.string(),
      access: z.string(),
      title: z.string(),
      facts: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
      tables: z.array(z.object({ name: z.string(), use: z.enum(['read', 'write']) })),
      columns: z.array(z.string()),
      filters: z.array(z.string()),
      writes: z.array(z.string()),
      copies: z.array(z.object({ into: z.string(), from: z.array(z.string()), temporary: z.boolean() })),
      lock: z.string().optional(),
      functions: z.array(z.string()),
      hasWhere: z.boolean(),
      flags: z.array(z.string()),
      reason: z.string().optional(),
    }),
  ),
  context: z.array(z.object({ name: z.string(), value: z.string() })),
  estimate: estimateSchema.optional(),
  votes: z.array(
    z.object({
      login: z.string(),
      name: z.string().optional(),
      answer: z.enum(['approve', 'deny']),
      reason: z.string().optional(),
      channel: z.string(),
      at: z.string(),
    }),
  ),
  notMine: z.string().optional(),
  before: z.array(
    z.object({
      at: z.string(),
      kinds: z.array(z.string()),
      tables: z.array(z.string()),
      decision: z.enum(['permit', 'deny']),
      text: z.string(),
      line: z.string().optional(),
      status: z.string().optional(),
      rows: z.number().optional(),
    }),
  ),
  held: z.boolean(),
  reason: z.string().optional(),
});

export const approvalPageSchema = z.object({ items: z.array(approvalSummarySchema), next: z.string().optional() });

export type ApprovalSummary = z.infer<typeof approvalSummarySchema>;
export type Approval = z.infer<typeof approvalSchema>;

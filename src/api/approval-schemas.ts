import { z } from 'zod';
import { listOf } from './paging.ts';

export const runReferenceSchema = z.object({
  id: z.string(),
  display: z.string(),
  repository: z.string().optional(),
  ref: z.string().optional(),
  commit: z.string().optional(),
  workflow: z.string().optional(),
  url: z.string().optional().describe("The CI system's own page of the job: https, on that system's own host."),
  actor: z.string().optional(),
  agent: z.string().optional().describe('What the client says of itself.'),
  demo: z.boolean(),
});

const lineSchema = z
  .string()
  .describe(
    'In a line, as people say it, where that is not the text: `kubectl delete pods/web`, `POST /orders`, a command.',
  );

export const approvalState = z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']);

export const approvalSummarySchema = z.object({
  id: z.string(),
  kind: z
    .enum(['request', 'access'])
    .describe('`access`: it gives its run the target, and is used up as it is approved. `text` says what is asked.'),
  state: approvalState,
  mine: z.boolean().describe('Whether the caller can answer it now.'),
  target: z.string(),
  protocol: z.string(),
  kinds: listOf(z.string()),
  tables: listOf(z.string()),
  text: z.string().describe('The first 300 characters.'),
  line: lineSchema.optional(),
  run: runReferenceSchema,
  session: z.string(),
  requirements: listOf(z.object({ group: z.string(), quorum: z.number().int(), approvals: z.number().int() })),
  rules: listOf(z.string()),
  requestedAt: z.string(),
  expiresAt: z.string(),
  decidedAt: z.string().optional(),
  usedAt: z.string().optional(),
});

export const operationSchema = z.object({
  kind: z.string(),
  access: z.string(),
  title: z.string().describe('As people say it: `sudo rm`, `delete pods`; the kind where that says it.'),
  facts: listOf(z.object({ name: z.string(), values: listOf(z.string()) })).describe(
    'What a rule sees of it beside tables and columns: words and files of a program, refs, the name of an object.',
  ),
  tables: listOf(z.object({ name: z.string(), use: z.enum(['read', 'write']) })),
  columns: listOf(z.string()).describe('Whose values can be read in the reply; `?` where that is not known.'),
  filters: listOf(z.string()).describe('Columns that decide which rows or values come out.'),
  writes: listOf(z.string()).describe('Columns that are assigned.'),
  copies: listOf(z.object({ into: z.string(), from: listOf(z.string()), temporary: z.boolean() })),
  lock: z.string().optional().describe('The strongest lock on a table, as PostgreSQL names it, with dashes.'),
  functions: listOf(z.string()),
  hasWhere: z.boolean(),
  flags: listOf(z.string()),
  reason: z.string().optional(),
});

const estimateSchema = z.object({
  kind: z.enum(['planned', 'measured', 'unavailable']),
  statements: listOf(
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

const voteSchema = z.object({
  login: z.string(),
  name: z.string().optional(),
  answer: z.enum(['approve', 'deny']),
  reason: z.string().optional(),
  channel: z.string(),
  at: z.string(),
});

export const statementSchema = z.object({
  session: z.string(),
  exchange: z.number().int(),
  at: z.string(),
  run: z.string(),
  principal: z.string(),
  repository: z.string().optional(),
  target: z.string(),
  kinds: listOf(z.string()),
  tables: listOf(z.string()),
  decision: z.enum(['permit', 'deny']),
  rules: listOf(z.string()),
  text: z.string(),
  line: lineSchema.optional(),
  status: z.string().optional(),
  code: z.string().optional(),
  rows: z.number().int().optional(),
  masked: z.number().int().optional(),
  approval: z.string().optional(),
});

export const approvalSchema = approvalSummarySchema.extend({
  statements: listOf(z.object({ text: z.string(), parameters: listOf(z.string().nullable()) })),
  digest: z.string().describe('SHA-256 of what is approved, hex; sent back with the answer.'),
  policy: z.string(),
  gateway: z.string().optional(),
  operations: listOf(operationSchema),
  context: listOf(z.object({ name: z.string(), value: z.string() })),
  estimate: estimateSchema.optional(),
  votes: listOf(voteSchema),
  notMine: z.string().optional().describe('Why the caller cannot answer it.'),
  before: listOf(statementSchema).describe('What the run did before in this target, newest first.'),
  held: z.boolean().describe('Whether the client still holds its connection for the answer.'),
  reason: z.string().optional(),
});

import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { isPrincipalField } from '../policy/principal-fields.ts';
import { type Caller, noteAction, requireScope } from './caller.ts';
import { listOf } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const mask = z.object({ kind: z.enum(['redact', 'partial', 'hash', 'null']), class: z.string(), name: z.string() });

export const explanationSchema = z.object({
  effect: z.enum(['permit', 'deny']),
  code: z.string().optional(),
  reason: z.string().optional(),
  hint: z.string().optional(),
  rules: listOf(z.string()),
  obligations: listOf(z.string()).describe('What a permit asks for, in words.'),
  operations: listOf(
    z.object({
      name: z.string(),
      outcome: z.string(),
      facts: listOf(z.string()).describe('Kind, columns, copies, lock, flags: what a rule can see of it, a line each.'),
      rules: listOf(
        z.object({
          name: z.string(),
          effect: z.enum(['permit', 'deny']),
          result: z.enum(['matched', 'binds', 'not-matched', 'error']),
          why: z.string().optional(),
        }),
      ),
    }),
  ),
  results: listOf(listOf(z.object({ name: z.string(), mask: mask.optional() })).nullable()),
  detectors: listOf(z.string()),
  target: z.string(),
  principal: z.string(),
  at: z.string(),
  text: z.string().optional(),
  recorded: z.string().optional().describe('What was decided then, of a request of the record.'),
  analysis: z
    .enum(['recorded', 'catalogue', 'text', 'request'])
    .describe(
      'Where the operations come from: the record, the database as a session last read it, the text alone, or a request of HTTP.',
    ),
});

export const replaySchema = z.object({
  sessions: z.number().int(),
  looked: z.number().int(),
  same: z.number().int(),
  loosened: z.number().int(),
  tightened: z.number().int(),
  groups: listOf(
    z.object({
      kind: z.string(),
      loosened: z.boolean(),
      tightened: z.boolean(),
      before: z.string(),
      after: z.string(),
      count: z.number().int(),
      examples: listOf(
        z.object({
          session: z.string(),
          exchange: z.number().int(),
          at: z.string(),
          target: z.string(),
          principal: z.string(),
          kinds: listOf(z.string()),
          tables: listOf(z.string()),
          text: z.string().optional(),
        }),
      ),
    }),
  ),
  unread: z.object({ withheld: z.number(), withoutTarget: z.number(), unsupported: z.number() }),
  complete: z.boolean(),
  problems: listOf(z.object({ file: z.string(), line: z.number().int(), message: z.string() })),
});

const tags = ['policies'];

/** Why something is decided as it is, and what other policies would have decided. Both change nothing. */
export function policyTrialRoutes(router: ApiRouter, services: ApiServices): void {
  explainRoute(router, services);
  replayRoute(router, services);
}

const asked = z.union([
  z.strictObject({ session: z.string().max(100), exchange: z.number().int().min(1) }),
  z.strictObject({ approval: z.string().max(100) }),
  z.strictObject({
    statement: z.string().min(1).max(LIMITS.maxStatementBytes),
    target: z.string().max(200),
    as: z
      .record(z.string().max(200).refine(isPrincipalField, 'there is no such field'), z.string().max(2_000))
      .default({})
      .describe('Fields of the principal.'),
  }),
]);

function explainRoute(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags,
    summary: 'Explain a decision',
    description:
      'Of a request of the record, of an approval, or of a statement that nobody asked yet: its operations, every rule and why it matches or not, and what of a result would be masked, by the policies in force. Texts are there for those who may read recordings.',
    body: asked,
    response: { 200: explanationSchema, ...problemResponses },
  };
  router.post('/v1/policies/explain', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:read');
    const what = request.body;
    if (!('statement' in what)) await requireScope(request, services, 'sessions:read');
    await noteAction(services, caller, 'policies.explain', 'session' in what ? { session: what.session } : {});
    const explanation = await services.explainPolicies(await resolved(what, caller, services));
    if (explanation === undefined) throw new HttpProblem(404, 'There is no such request, or no such target, here');
    return explanation;
  });
}

async function resolved(what: z.infer<typeof asked>, caller: Caller, services: ApiServices) {
  if ('statement' in what) return what;
  const texts = caller.scopes.has('recordings:read');
  if ('session' in what) return { ...what, texts };
  const approval = await services.approvals.find(what.approval, caller);
  if (approval === undefined) throw new HttpProblem(404, 'There is no such approval for you to see');
  return { approval: approval.id, texts };
}

function replayRoute(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags,
    summary: 'Replay recorded requests under other policies',
    description:
      'Decides what this gateway recorded again, by the policies in force and by these, and groups what would change. Requests are judged by what the gateway found in them then, at their own time, in the targets as they are now.',
    body: z.strictObject({
      files: z
        .array(z.object({ name: z.string().max(1000), text: z.string().max(LIMITS.maxPolicyFileBytes) }))
        .min(1)
        .max(LIMITS.apiMaxFiles),
      since: z.iso.datetime({ offset: true }).optional(),
      until: z.iso.datetime({ offset: true }).optional(),
      limit: z.number().int().min(1).max(LIMITS.replayStatements).default(LIMITS.replayStatements),
    }),
    response: { 200: replaySchema, ...problemResponses },
  };
  router.post('/v1/policies/replay', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:read');
    await requireScope(request, services, 'sessions:read');
    const { since, until, files, limit } = request.body;
    await noteAction(services, caller, 'policies.replay', { files: files.length });
    const texts = caller.scopes.has('recordings:read');
    return services.replayPolicies({ files, limit, texts, since: instant(since), until: instant(until) });
  });
}

/** With milliseconds and in UTC, so that text order is time order. */
function instant(text: string | undefined): string | undefined {
  return text === undefined ? undefined : new Date(text).toISOString();
}

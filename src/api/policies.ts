import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { statementSchema } from './approval-schemas.ts';
import { noteAction, requireScope } from './caller.ts';
import { listOf } from './paging.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const requestSchema = z.object({
  files: z
    .array(z.object({ name: z.string().max(1000), text: z.string().max(LIMITS.maxPolicyFileBytes) }))
    .min(1)
    .max(LIMITS.apiMaxFiles),
});

const place = { line: z.number().int(), column: z.number().int().optional(), message: z.string() };

export const checkedSchema = z.object({
  ok: z.boolean(),
  digest: z.string().optional().describe('Of the set that these policies make; stands in every decision by it.'),
  problems: listOf(z.object({ file: z.string(), ...place })),
  policies: listOf(z.object({ name: z.string(), effect: z.enum(['permit', 'deny']) })),
});

export const trialSchema = z.object({
  looked: z.number().int(),
  same: z.number().int(),
  changed: listOf(z.object({ statement: statementSchema, before: z.string(), after: z.string() })),
  problems: listOf(z.object(place)),
});

const tags = ['policies'];

/** Whether policies can be put in force, and what would have been different. Changes nothing. */
export function policyRoutes(router: ApiRouter, services: ApiServices): void {
  const check = {
    tags,
    summary: 'Check policies',
    description: 'Says of each problem where it stands and what to do. Changes nothing.',
    body: requestSchema,
    response: { 200: checkedSchema, ...problemResponses },
  };
  router.post('/v1/policies/check', { schema: check }, async (request) => {
    await requireScope(request, services, 'configuration:read');
    const { policies, problems } = parsePolicies(request.body.files.map(({ name, text }) => ({ path: name, text })));
    return {
      ok: problems.length === 0,
      problems: problems.map(({ path, ...problem }) => ({ file: path, ...problem })),
      policies: policies.map(({ name, effect }) => ({ name, effect })),
      ...(problems.length === 0 ? { digest: compilePolicies(policies).digest } : {}),
    };
  });

  const trial = {
    tags,
    summary: 'Try a policy on recent traffic',
    description:
      'Decides what this gateway recorded lately again, newest sessions first: under the policies in force, and with this text in place of the policies that it names. Texts are there for those who may read recordings.',
    body: z.strictObject({
      text: z.string().max(LIMITS.maxPolicyFileBytes),
      name: z
        .string()
        .max(200)
        .optional()
        .describe('The policy that the text takes the place of, where it renames it.'),
      since: z.iso.datetime().optional(),
      limit: z.number().int().min(1).max(LIMITS.trialStatements).default(1_000),
    }),
    response: { 200: trialSchema, ...problemResponses },
  };
  router.post('/v1/policies/try', { schema: trial }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:read');
    await requireScope(request, services, 'sessions:read');
    await noteAction(services, caller, 'policies.try');
    const texts = caller.scopes.has('recordings:read');
    const { since, ...rest } = request.body;
    return services.tryPolicies({ ...rest, texts, ...(since ? { since: new Date(since).toISOString() } : {}) });
  });
}

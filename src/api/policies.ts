import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { requireScope } from './caller.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const requestSchema = z.object({
  files: z
    .array(z.object({ name: z.string().max(1000), text: z.string().max(LIMITS.maxPolicyFileBytes) }))
    .min(1)
    .max(LIMITS.apiMaxFiles),
});

const checkedSchema = z.object({
  ok: z.boolean(),
  digest: z.string().optional().describe('Of the set that these policies make; stands in every decision by it.'),
  problems: z.array(z.object({ file: z.string(), line: z.number().int(), message: z.string() })),
  policies: z.array(z.object({ name: z.string(), effect: z.enum(['permit', 'deny']) })),
});

/** Whether policies can be put in force, and what is wrong with them. Changes nothing. */
export function policyRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = { tags: ['policies'], body: requestSchema, response: { 200: checkedSchema, ...problemResponses } };
  router.post('/v1/policies/check', { schema }, async (request) => {
    await requireScope(request, services, 'configuration:read');
    const { policies, problems } = parsePolicies(request.body.files.map(({ name, text }) => ({ path: name, text })));
    return {
      ok: problems.length === 0,
      problems: problems.map(({ path, line, message }) => ({ file: path, line, message })),
      policies: policies.map(({ name, effect }) => ({ name, effect })),
      ...(problems.length === 0 ? { digest: compilePolicies(policies).digest } : {}),
    };
  });
}

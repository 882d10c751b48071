import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { callerId, noteAction, requireScope } from './caller.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const fileSchema = z.object({ name: z.string().max(1000), text: z.string().max(LIMITS.maxDeclarationBytes) });
const filesSchema = z.array(fileSchema).min(1).max(LIMITS.apiMaxFiles);

const requestSchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('plan'), files: filesSchema }),
  z.object({
    mode: z.literal('apply'),
    files: filesSchema,
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not the digest of a plan')
      .describe('The digest of the plan that was looked at; another plan by now is refused.'),
  }),
]);

export const planSchema = z.object({
  digest: z.string(),
  changes: z
    .array(
      z.object({
        action: z.enum(['create', 'update', 'delete']),
        kind: z.string(),
        name: z.string(),
        details: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});

/** Targets, trust and policies from files: first the plan, then what the plan showed. */
export function configurationRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['configuration'],
    summary: 'Apply configuration files',
    description: 'First `mode: plan`, which changes nothing and gives a digest; then `mode: apply` with that digest.',
    body: requestSchema,
    response: { 200: planSchema, ...problemResponses },
  };
  router.post('/v1/apply', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { body } = request;
    if (body.mode === 'plan') return services.configuration.plan(body.files);
    await noteAction(services, caller, 'configuration.apply', { plan: body.digest, files: body.files.length });
    return services.configuration.apply(body.files, body.digest, callerId(caller));
  });
}

import { z } from 'zod';
import { checkTrust } from '../identity/check-trust.ts';
import { TOKEN_STEPS } from '../identity/token-reason.ts';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import { noteAction, requireScope } from './caller.ts';
import { listOf } from './paging.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const trustCheckSchema = z.object({
  ok: z.boolean(),
  issuer: z.string().optional(),
  steps: listOf(
    z.object({
      name: z.enum([...TOKEN_STEPS, 'traps', 'rules', 'use']),
      outcome: z.enum(['passed', 'failed', 'skipped']),
      detail: z.string(),
    }),
  ),
  claims: listOf(z.object({ name: z.string(), value: z.string(), class: z.enum(['verified', 'derived']) })),
  unknownClaims: listOf(z.string()),
  rules: listOf(
    z.object({
      name: z.string(),
      matches: z.boolean(),
      why: z.string().optional(),
      note: z.string().optional(),
    }),
  ),
  targets: listOf(z.string()),
  reason: z.string().optional(),
  problem: z.string().optional(),
});

/** Whether a CI job would be let in, and why not. The token is verified, and not used up, kept or logged. */
export function trustCheckRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['trust'],
    summary: 'Check a CI token',
    description:
      'Each step of an exchange, and which rules the token would meet, or why none. It is verified as for an exchange, and is not used up, kept or logged.',
    body: z.strictObject({ token: z.string().min(1).max(LIMITS.maxTokenBytes) }),
    response: { 200: trustCheckSchema, ...problemResponses },
  };
  router.post('/v1/trust/check', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:read');
    await noteAction(services, caller, 'trust.check');
    const { trust } = services;
    const checker = { verify: trust.verify, rules: trust.rules(), wasUsed: trust.wasUsed };
    return checkTrust(new Secret(request.body.token), checker, AbortSignal.timeout(LIMITS.issuerFetchMs * 3));
  });
}

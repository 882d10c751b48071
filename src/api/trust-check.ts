import { z } from 'zod';
import type { TrustDirectory } from '../identity/trust-directory.ts';
import { considerTrust } from '../identity/trust-rule.ts';
import { LIMITS } from '../model/limits.ts';
import type { Workload } from '../model/principal.ts';
import { Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { noteAction, requireScope } from './caller.ts';
import { listOf } from './paging.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const trustCheckSchema = z.object({
  ok: z.boolean(),
  issuer: z.string().optional(),
  claims: listOf(z.object({ name: z.string(), value: z.string(), class: z.string() })),
  rules: listOf(z.object({ name: z.string(), matches: z.boolean(), why: z.string().optional() })),
  problem: z.string().optional(),
});

/** Whether a CI job would be let in, and why not. The token is verified, and not used up, kept or logged. */
export function trustCheckRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['trust'],
    summary: 'Check a CI token',
    description:
      'Which rules it would meet, or why none. The token is verified as for an exchange, and is not used up, kept or logged.',
    body: z.strictObject({ token: z.string().min(1).max(LIMITS.maxTokenBytes) }),
    response: { 200: trustCheckSchema, ...problemResponses },
  };
  router.post('/v1/trust/check', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:read');
    await noteAction(services, caller, 'trust.check');
    return checkToken(services.trust, new Secret(request.body.token));
  });
}

async function checkToken(
  trust: Pick<TrustDirectory, 'verify' | 'rules'>,
  token: Secret,
): Promise<z.infer<typeof trustCheckSchema>> {
  try {
    const { workload, issuer } = await trust.verify(token, AbortSignal.timeout(LIMITS.issuerFetchMs * 2));
    const rules = considerTrust({ workload, issuer }, trust.rules());
    const ok = rules.some(({ matches }) => matches);
    const problem = ok ? {} : { problem: rules.length === 0 ? 'There are no trust rules.' : 'No rule lets it in.' };
    return { ok, issuer, claims: claimsOf(workload), rules, ...problem };
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const { message, hint } = refused.refusal;
    return { ok: false, claims: [], rules: [], problem: hint === undefined ? message : `${message} ${hint}` };
  }
}

/** What rules and policies see of it: what its issuer signed, and what follows from that. */
function claimsOf({ extra = {}, ...workload }: Workload) {
  const own = Object.entries(workload).map(([name, value]) => ({ name, value, class: 'verified' }));
  const more = Object.entries(extra).map(([name, value]) => ({ name: `extra.${name}`, value, class: 'verified' }));
  return [...own, ...more];
}

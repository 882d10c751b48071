import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { requireScope } from './caller.ts';
import { grantHolder } from './grant-holder.ts';
import { pageCursor, pageLimit, pageOf } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import { runOutcomeSchema, runSchema, runSummarySchema } from './run-schemas.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const closedSchema = z.object({
  run: z.string(),
  closed: z.literal(true),
  evidence: z
    .object({ path: z.string(), token: z.string(), expiresAt: z.string() })
    .describe('Where the bundle of the run is fetched, and the bearer token that fetches it once.'),
  outcome: runOutcomeSchema.optional().describe('What the run came to, where the client asked.'),
});

/** Nothing at all is a body too. */
const closingSchema = z
  .object({
    asserted: z
      .record(z.string().max(100), z.string().max(LIMITS.maxAssertedLabelBytes))
      .optional()
      .describe('Labels that the client has to say at the end; those of its beginning stay.'),
    outcome: z.boolean().optional().describe('Whether the answer says what the run came to.'),
  })
  .nullish();
const params = z.object({ run: z.string().max(100) });
const tags = ['runs'];

/** CI job runs: who asked, what came of it, and the end of one, said by the client that opened it. */
export function runRoutes(router: ApiRouter, services: ApiServices): void {
  const list = {
    tags,
    summary: 'List runs',
    description: 'Newest first, with what their sessions came to so far.',
    querystring: z.object({
      who: z.string().max(500).optional().describe('Part of the principal, as people know it.'),
      repository: z.string().max(500).optional().describe('Part of the repository, or its id.'),
      since: z.iso.datetime().optional(),
      until: z.iso.datetime().optional(),
      cursor: pageCursor,
      limit: pageLimit,
    }),
    response: { 200: pageOf(runSummarySchema), ...problemResponses },
  };
  router.get('/v1/runs', { schema: list }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    return services.runs.list(request.query);
  });

  const one = {
    tags,
    summary: 'Show a run',
    description: 'With its grants, its sessions, the approvals that the caller may see, and what its token proved.',
    params,
    response: { 200: runSchema, ...problemResponses },
  };
  router.get('/v1/runs/:run', { schema: one }, async (request) => {
    const caller = await requireScope(request, services, 'sessions:read');
    const run = await services.runs.find(request.params.run, caller);
    if (!run) throw new HttpProblem(404, 'There is no such run');
    return run;
  });

  const close = {
    tags,
    summary: 'Close a run',
    description:
      'By whoever holds its grant (`Authorization: DPoP GRANT.SECRET` with a proof of its key; HTTP Basic for one that is bound to none): its grants are void from then on.',
    params,
    body: closingSchema,
    response: { 200: closedSchema, ...problemResponses },
  };
  router.post('/v1/runs/:run/close', { schema: close }, async (request) => {
    const { run } = request.params;
    const { asserted = {}, outcome = false } = request.body ?? {};
    const { token, expiresAt } = await services.closeRun(run, await grantHolder(request, services), asserted);
    const path = `/v1/runs/${encodeURIComponent(run)}/evidence`;
    const evidence = { path, token: token.reveal(), expiresAt };
    return { run, closed: true as const, evidence, ...(outcome ? { outcome: await services.runs.outcome(run) } : {}) };
  });
}

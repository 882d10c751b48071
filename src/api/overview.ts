import { z } from 'zod';
import { requireScope } from './caller.ts';
import { logHealthSchema } from './log-schemas.ts';
import { listOf } from './paging.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const count = z.number().int();

export const overviewSchema = z.object({
  at: z.string(),
  liveSessions: count,
  waitingForMe: count.describe('Approvals that the caller can answer now; at most 100 are counted.'),
  waiting: count,
  definitionsWaiting: count.describe('Definitions of MCP targets that nobody decided on.'),
  today: z
    .object({ runs: count, sessions: count, permitted: count, denied: count, masked: count, approvals: count })
    .describe('Since midnight, UTC.'),
  hours: listOf(z.object({ at: z.string(), sessions: count, permitted: count, denied: count, masked: count })).describe(
    'The last 24 hours, by the hour in which sessions opened, oldest first.',
  ),
  log: logHealthSchema,
});

/** What a person wants to know first. Counted from the index of all gateways, at most a second old. */
export function overviewRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['overview'],
    summary: 'The overview',
    description: 'What runs, what waits, and what today came to, over all gateways of the deployment.',
    response: { 200: overviewSchema, ...problemResponses },
  };
  router.get('/v1/overview', { schema }, async (request) =>
    services.overview(await requireScope(request, services, 'overview:read')),
  );
}

import { z } from 'zod';
import { grantHolder } from './grant-holder.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const closedSchema = z.object({ run: z.string(), closed: z.literal(true) });

/** The end of a run, said by the client that opened it: whoever holds its grant (HTTP Basic: the grant, its secret). */
export function runRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['runs'],
    params: z.object({ run: z.string().max(100) }),
    response: { 200: closedSchema, ...problemResponses },
  };
  router.post('/v1/runs/:run/close', { schema }, async (request) => {
    const { run } = request.params;
    await services.closeRun(run, grantHolder(request));
    return { run, closed: true as const };
  });
}

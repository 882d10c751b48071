import { z } from 'zod';
import { bearer } from './operator.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const closeSchema = z.object({
  status: z.number().int().min(0).max(255).optional().describe("The command's exit status, as the client says it."),
});
const closedSchema = z.object({ run: z.string(), closed: z.literal(true) });

/** The end of a run, said by the client that opened it: whoever holds its grant. */
export function runRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['runs'],
    params: z.object({ run: z.string().max(100) }),
    body: closeSchema,
    response: { 200: closedSchema, ...problemResponses },
  };
  router.post('/v1/runs/:run/close', { schema }, async (request) => {
    const grant = bearer(request);
    if (!grant) throw new HttpProblem(401, 'Closing a run needs its grant as a bearer token');
    const { run } = request.params;
    if (await services.closeRun(run, grant, request.body.status)) return { run, closed: true as const };
    throw new HttpProblem(403, 'This grant does not belong to that run');
  });
}

import { z } from 'zod';
import { HttpProblem } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** C2SP tlog-tiles: what witnesses and auditors read. Entries hold commitments alone, so it is open to everybody. */
export function logRoutes(router: ApiRouter, services: ApiServices): void {
  router.get('/v1/log/checkpoint', { schema: { tags: ['log'] } }, async (_request, reply) => {
    const checkpoint = await services.recordings.checkpoint();
    return reply.type('text/plain; charset=utf-8').send(Buffer.from(checkpoint));
  });

  const params = z.object({ '*': z.string().regex(/^(?:entries|[0-9]{1,2})\/[x0-9./p]{1,80}$/) });
  const schema = { tags: ['log'], params };
  router.get('/v1/log/tile/*', { schema }, async (request, reply) => {
    const tile = await services.recordings.tile(`tile/${request.params['*']}`);
    if (!tile) throw new HttpProblem(404, 'The log has no such tile');
    // A tile of that width never changes.
    return reply
      .type('application/octet-stream')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(Buffer.from(tile));
  });
}

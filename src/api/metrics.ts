import { z } from 'zod';
import { requireScope } from './caller.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** Metrics for Prometheus, for whoever may see the overview: they name targets. */
export function metricRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['gateway'],
    summary: 'Metrics',
    description:
      'In the text format of Prometheus. They name targets, so they are not open to everybody: give Prometheus an operator token with the scope `overview:read`.',
    response: { 200: z.string().describe('Prometheus text exposition format.'), ...problemResponses },
  };
  router.get('/metrics', { schema }, async (request, reply) => {
    await requireScope(request, services, 'overview:read');
    return reply.type(services.metrics.contentType).send(await services.metrics.text());
  });
}

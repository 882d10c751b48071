import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { pageCursor, pageLimit } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const deliverySchema = z.object({
  id: z.string(),
  channel: z.string(),
  event: z.string(),
  approval: z.string().optional(),
  state: z.enum(['waiting', 'delivered', 'dead']),
  attempts: z.int(),
  nextAt: z.string().optional(),
  createdAt: z.string(),
  lastFault: z.string().optional(),
});

const querySchema = z.object({
  state: z.enum(['waiting', 'delivered', 'dead']).optional(),
  channel: z.string().max(200).optional(),
  cursor: pageCursor,
  limit: pageLimit,
});

/** What was sent through channels, what waits, and what was given up; the last can be tried again by hand. */
export function deliveryRoutes(router: ApiRouter, services: ApiServices): void {
  const tags = ['channels'];
  const page = { 200: z.object({ items: z.array(deliverySchema), next: z.string().optional() }), ...problemResponses };
  const list = {
    tags,
    summary: 'List deliveries',
    description: 'What was sent through channels, or is to be; newest first.',
    querystring: querySchema,
    response: page,
  };
  router.get('/v1/deliveries', { schema: list }, async (request) => {
    await requireScope(request, services, 'channels:read');
    const { items, next } = await services.channels.deliveries(request.query);
    return { items: [...items], ...(next === undefined ? {} : { next }) };
  });

  const params = z.object({ delivery: z.string().max(100) });
  const retried = { 200: z.object({ id: z.string(), retried: z.literal(true) }), ...problemResponses };
  const retry = {
    tags,
    summary: 'Send a delivery again',
    description: 'One that was given up, at once.',
    params,
    response: retried,
  };
  router.post('/v1/deliveries/:delivery/retry', { schema: retry }, async (request) => {
    const caller = await requireScope(request, services, 'channels:write');
    const { delivery: id } = request.params;
    await noteAction(services, caller, 'delivery.retry', { delivery: id });
    if (!(await services.channels.retry(id))) {
      throw new HttpProblem(404, 'There is no such delivery on the dead-letter list');
    }
    return { id, retried: true as const };
  });
}

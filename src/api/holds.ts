import { z } from 'zod';
import type { HoldScope } from '../retention/hold.ts';
import { callerId, noteAction, requireScope } from './caller.ts';
import { holdSchema } from './erasure-view.ts';
import { listOf, pageLimit, queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['retention'];
const words = z.string().trim().min(1).max(2_000);
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

const scopeSchema = z.strictObject({
  run: z
    .string()
    .regex(/^run_\w{1,80}$/)
    .optional(),
  repository: z.string().min(1).max(500).optional().describe('Its id, or its address.'),
  target: z.string().min(1).max(63).optional(),
  since: instant.optional().describe('Runs that were open at this time or later.'),
  until: instant.optional().describe('Runs that were opened at this time or before.'),
});

/** Legal holds: what may not be erased, whoever asks and whatever a rule says. */
export function holdRoutes(router: ApiRouter, services: ApiServices): void {
  const list = {
    tags,
    summary: 'List holds',
    description: 'Newest first: those in force, with `lifted` also those that were lifted.',
    querystring: z.object({ lifted: queryFlag.default(false), limit: pageLimit }),
    response: { 200: z.object({ holds: listOf(holdSchema) }), ...problemResponses },
  };
  router.get('/v1/holds', { schema: list }, async (request) => {
    await requireScope(request, services, 'retention:read');
    return { holds: await services.retention.holds(request.query) };
  });

  const place = {
    tags,
    summary: 'Place a hold',
    description:
      'On runs that meet all that is named: a run, a repository, a target, a span of time. `tooLate` names those whose bodies are gone already, or going.',
    body: scopeSchema.extend({ reason: words }),
    response: {
      201: z.object({ hold: holdSchema, tooLate: listOf(z.string()) }),
      ...problemResponses,
    },
  };
  router.post('/v1/holds', { schema: place }, async (request, reply) => {
    const caller = await requireScope(request, services, 'holds:write');
    const { reason, ...named } = request.body;
    const scope = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as HoldScope;
    if (Object.keys(scope).length === 0) {
      throw new HttpProblem(400, 'A hold names what it keeps', {
        hint: 'Give a run, a repository, a target, or a span of time; of several all must be met.',
      });
    }
    const placed = await services.retention.place(scope, reason, callerId(caller));
    if (placed === 'too-many') {
      throw new HttpProblem(409, 'There are too many holds', { hint: 'Lift those that are not needed any more.' });
    }
    return reply.code(201).send(placed);
  });

  const lift = {
    tags,
    summary: 'Lift a hold',
    description: 'Erasures that waited for it are done, where no other hold is in the way.',
    params: z.object({ hold: z.string().max(100) }),
    body: z.strictObject({ reason: words }),
    response: { 200: holdSchema, ...problemResponses },
  };
  router.delete('/v1/holds/:hold', { schema: lift }, async (request) => {
    const caller = await requireScope(request, services, 'holds:write');
    const { hold } = request.params;
    await noteAction(services, caller, 'hold.lift', { hold });
    const lifted = await services.retention.lift(hold, request.body.reason, callerId(caller));
    if (lifted === undefined) throw new HttpProblem(404, 'There is no such hold in force');
    return lifted;
  });
}

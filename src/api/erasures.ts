import { z } from 'zod';
import { ERASURE_REASONS } from '../model/erasure.ts';
import type { Ordered } from '../retention/erasures.ts';
import { callerId, noteAction, requireScope } from './caller.ts';
import { erasureSchema } from './erasure-view.ts';
import { pageCursor, pageLimit, pageOf } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['retention'];

/** The end of what a run sent and was answered: its log stays and verifies. */
export function erasureRoutes(router: ApiRouter, services: ApiServices): void {
  const erase = {
    tags,
    summary: "Erase a run's bodies",
    description:
      'For good: the key of what the run sent and was answered is destroyed on every gateway that served it. The log says so, and still verifies. Answers 409 while the run is open (`run-open`) or under a hold (`held`): that erasure waits, and is done once no hold is in the way.',
    params: z.object({ run: z.string().max(100) }),
    body: z.strictObject({
      reason: z.enum(ERASURE_REASONS).exclude(['retention']),
      note: z.string().trim().min(1).max(2_000).optional().describe('Stays in the store, sealed; never in the log.'),
    }),
    response: { 200: erasureSchema, ...problemResponses },
  };
  router.delete('/v1/runs/:run/bodies', { schema: erase }, async (request) => {
    const caller = await requireScope(request, services, 'bodies:erase');
    const { run } = request.params;
    const { reason, note } = request.body;
    await noteAction(services, caller, 'bodies.erase', { run, reason });
    const order = { run, reason, by: callerId(caller), ...(note === undefined ? {} : { note }) };
    const { ordered, erasure } = await services.retention.erase(order);
    refuse(ordered);
    if (erasure?.state === 'pending') throw held(erasure.hold ?? '');
    if (erasure === undefined) throw new HttpProblem(404, 'There is no such run');
    return erasure;
  });

  const list = {
    tags,
    summary: 'List erasures',
    description: 'Newest first: whose bodies were erased, by whom and why, and how far each gateway is with it.',
    querystring: z.object({
      state: z.enum(['pending', 'ordered', 'done']).optional(),
      cursor: pageCursor,
      limit: pageLimit,
    }),
    response: { 200: pageOf(erasureSchema), ...problemResponses },
  };
  router.get('/v1/erasures', { schema: list }, async (request) => {
    await requireScope(request, services, 'retention:read');
    const { state, cursor, limit } = request.query;
    const found = await services.retention.erasures({
      limit: limit + 1,
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return last === undefined ? { items } : { items, next: last.id };
  });
}

function refuse(ordered: Ordered): void {
  switch (ordered.kind) {
    case 'unknown':
      throw new HttpProblem(404, 'There is no such run');
    case 'open':
      throw new HttpProblem(409, 'The run is open', {
        code: 'run-open',
        detail: 'What an open run records would be lost as it is recorded, so nothing of it is erased.',
        hint: 'Revoke its grants, or wait for its end, and ask again.',
      });
    case 'held':
      throw held(ordered.hold);
    case 'known':
    case 'ordered':
      return;
    default:
      ordered satisfies never;
  }
}

function held(hold: string): HttpProblem {
  return new HttpProblem(409, 'The run is under a hold', {
    code: 'held',
    detail: `The hold ${hold} keeps the bodies of this run. The erasure waits, and is done once no hold is in the way.`,
    hint: `See it with: chaperone holds. An administrator lifts it with: chaperone holds lift ${hold} --reason …`,
  });
}

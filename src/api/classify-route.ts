import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { PeerLeft } from '../wire/peer-left.ts';
import { callerId, noteAction, requireScope } from './caller.ts';
import { classificationSchema } from './classification-schemas.ts';
import { configuredName } from './configured-name.ts';
import { queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** What the columns of a target may hold, by a sample of it. */
export function classifyRoute(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['targets'],
    summary: 'Propose classes for the columns of a target',
    description:
      'Samples some rows of every table, in a session of its own that is recorded without any value, and says which columns hold what, how surely and why. Changes nothing.',
    params: z.object({ name: z.string().max(200) }),
    querystring: z.object({
      all: queryFlag.default(false).describe('True to read columns that are classified already, too.'),
    }),
    response: { 200: classificationSchema, ...problemResponses },
  };
  router.post('/v1/targets/:name/classify', { schema }, async (request, reply) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { name } = request.params;
    const target = configuredName(name, await services.targets.list());
    await noteAction(services, caller, 'target.classify', { target });
    const left = new AbortController();
    reply.raw.once('close', () => left.abort(new PeerLeft('whoever asked for a classification has gone')));
    const signal = AbortSignal.any([left.signal, AbortSignal.timeout(LIMITS.classifyMs + LIMITS.targetCheckMs)]);
    const operator = { id: callerId(caller), display: caller.name };
    const found = await services.classify(name, operator, request.query, signal);
    if (!found) throw new HttpProblem(404, `There is no target named ${name}`);
    return found;
  });
}

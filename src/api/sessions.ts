import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { queryFlag, recordingFilter } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import { sessionSchema } from './session-schema.ts';

const params = z.object({ session: z.string().max(100) });

/** Sessions as the index has them, and the end of one that lives. */
export function sessionRoutes(router: ApiRouter, services: ApiServices): void {
  const listed = z.object({ sessions: z.array(sessionSchema), next: z.string().optional() });
  const list = {
    tags: ['sessions'],
    summary: 'List sessions',
    description: 'Newest first, from the index that all gateways of a deployment share.',
    querystring: recordingFilter.extend({ live: queryFlag.optional() }),
    response: { 200: listed, ...problemResponses },
  };
  router.get('/v1/sessions', { schema: list }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    const { items, next } = await services.recordings.sessions(request.query);
    return { sessions: [...items], ...(next ? { next } : {}) };
  });

  const one = {
    tags: ['sessions'],
    summary: 'Show a session',
    description: 'Its counts move while it lives, about once a second.',
    params,
    response: { 200: sessionSchema, ...problemResponses },
  };
  router.get('/v1/sessions/:session', { schema: one }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    const session = await services.recordings.session(request.params.session);
    if (!session) throw new HttpProblem(404, 'There is no such session');
    return session;
  });

  const end = {
    tags: ['sessions'],
    summary: 'End a session',
    description:
      'The gateway that serves it closes it at once, whichever gateway is asked; its client is told who and why.',
    params,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    response: { 202: z.object({ session: z.string(), ending: z.literal(true) }), ...problemResponses },
  };
  router.post('/v1/sessions/:session/end', { schema: end }, async (request, reply) => {
    const caller = await requireScope(request, services, 'sessions:end');
    const { session } = request.params;
    const { reason } = request.body;
    await noteAction(services, caller, 'session.end', { session });
    if (await services.recordings.end(session, { by: caller.name, reason })) {
      return reply.code(202).send({ session, ending: true });
    }
    const known = await services.recordings.session(session);
    if (!known) throw new HttpProblem(404, 'There is no such session');
    throw new HttpProblem(409, 'This session is over already');
  });
}

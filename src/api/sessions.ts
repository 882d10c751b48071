import { Readable } from 'node:stream';
import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { recordingFilter } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const sessionSchema = z.object({
  id: z.string(),
  run: z.string(),
  principal: z.string(),
  repository: z.string().optional(),
  target: z.string(),
  gateway: z.string().optional().describe('The gateway that serves and records it, by the name of its log.'),
  openedAt: z.string(),
  closedAt: z.string().optional(),
  outcome: z.string().optional(),
  permitted: z.number().int(),
  denied: z.number().int(),
  masked: z.number().int(),
});

/** Sessions, and the recording of one: every event with what it carried, as JSON lines. */
export function sessionRoutes(router: ApiRouter, services: ApiServices): void {
  const listed = z.object({ sessions: z.array(sessionSchema), next: z.string().optional() });
  const list = { tags: ['sessions'], querystring: recordingFilter, response: { 200: listed, ...problemResponses } };
  router.get('/v1/sessions', { schema: list }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    const { items, next } = await services.recordings.sessions(request.query);
    return { sessions: [...items], ...(next ? { next } : {}) };
  });

  const params = z.object({ session: z.string().max(100) });
  const one = { tags: ['sessions'], params, response: { 200: sessionSchema, ...problemResponses } };
  router.get('/v1/sessions/:session', { schema: one }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    const session = await services.recordings.session(request.params.session);
    if (!session) throw new HttpProblem(404, 'There is no such session');
    return session;
  });

  // Lines of JSON: the schema of a response describes one JSON value, so there is none here.
  router.get('/v1/sessions/:session/recording', { schema: { tags: ['sessions'], params } }, async (request, reply) => {
    const caller = await requireScope(request, services, 'recordings:read');
    const { session } = request.params;
    await noteAction(services, caller, 'recording.read', { session });
    const recording = await services.recordings.recording(session);
    if (!recording) throw await notRecordedHere(session, services);
    return reply.type('application/jsonl; charset=utf-8').send(Readable.from(withLineFeeds(recording)));
  });
}

/** Gateways that share a store list the sessions of all; the recording of one is with the gateway that served it. */
async function notRecordedHere(id: string, services: ApiServices): Promise<HttpProblem> {
  const session = await services.recordings.session(id);
  if (!session) return new HttpProblem(404, 'There is no such session');
  return new HttpProblem(404, 'The recording of this session is not on this gateway', {
    hint: `Ask the gateway that served it (--url): its log is named ${session.gateway ?? 'otherwise'}.`,
  });
}

async function* withLineFeeds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

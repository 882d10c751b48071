import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { logEntrySchema, logStatusSchema, logVerificationSchema } from './log-schemas.ts';
import { listOf } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['log'];
/** As many as a bundle holds. */
const MAX_ENTRIES = 256;

/** The log: what the gateway says of it, its entries, and a verification; and its tiles for everybody. */
export function logRoutes(router: ApiRouter, services: ApiServices): void {
  tileRoutes(router, services);
  const status = {
    tags,
    summary: 'State of the log',
    description: 'What this gateway says of its own log. Whoever needs to be sure verifies it by themselves.',
    response: { 200: logStatusSchema, ...problemResponses },
  };
  router.get('/v1/log', { schema: status }, async (request) => {
    await requireScope(request, services, 'log:read');
    return services.log.status();
  });

  const entries = {
    tags,
    summary: 'Read entries of the log',
    description:
      'Those from `start` on, in their order. An entry holds commitments and ids, and nothing of what was said; `names` says whom the ids belong to.',
    querystring: z.object({
      start: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(MAX_ENTRIES).default(MAX_ENTRIES),
    }),
    response: { 200: z.object({ entries: listOf(logEntrySchema) }), ...problemResponses },
  };
  router.get('/v1/log/entries', { schema: entries }, async (request) => {
    await requireScope(request, services, 'log:read');
    const { start, limit } = request.query;
    return { entries: await services.log.entries(start, limit) };
  });

  const verify = {
    tags,
    summary: 'Verify the log',
    description:
      'The gateway verifies its own directory: every entry, every session, every body that can be opened. Who asks while one is under way gets its result.',
    response: { 200: logVerificationSchema, ...problemResponses },
  };
  router.post('/v1/log/verify', { schema: verify }, async (request) => {
    const caller = await requireScope(request, services, 'log:read');
    await noteAction(services, caller, 'log.verify');
    return services.log.verify(caller.name);
  });
}

/** C2SP tlog-tiles: what witnesses and auditors read. Hashes are open to everybody, entries to those who read the log. */
function tileRoutes(router: ApiRouter, services: ApiServices): void {
  const signed = {
    tags,
    summary: 'The signed checkpoint',
    description: 'A signed note (C2SP tlog-checkpoint), as text. Open to everybody.',
  };
  router.get('/v1/log/checkpoint', { schema: signed }, async (_request, reply) => {
    const checkpoint = await services.recordings.checkpoint();
    return reply.type('text/plain; charset=utf-8').send(Buffer.from(checkpoint));
  });

  const params = z.object({ '*': z.string().regex(/^(?:entries|[0-9]{1,2})\/[x0-9./p]{1,80}$/) });
  const schema = {
    tags,
    summary: 'A tile of the log',
    description: 'Hashes (open to everybody) or bundles of entries (C2SP tlog-tiles), as bytes.',
    params,
  };
  router.get('/v1/log/tile/*', { schema }, async (request, reply) => {
    // Entries say who did what here; their hashes say nothing.
    if (request.params['*'].startsWith('entries/')) await requireScope(request, services, 'log:read');
    const tile = await services.recordings.tile(`tile/${request.params['*']}`);
    if (!tile) throw new HttpProblem(404, 'The log has no such tile');
    // A tile of that width never changes.
    return reply
      .type('application/octet-stream')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(Buffer.from(tile));
  });
}

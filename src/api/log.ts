import { z } from 'zod';
import { callerId, noteAction, requireScope } from './caller.ts';
import { logEntrySchema, logStatusSchema, logVerificationSchema, newKeySchema } from './log-schemas.ts';
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
  writeRoutes(router, services);
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

const MOST_OVERLAP_DAYS = 366;

/** What changes the log itself: its key, and what is made of an alarm. */
function writeRoutes(router: ApiRouter, services: ApiServices): void {
  const rotate = {
    tags,
    summary: 'Give the log, or statements, a new key',
    description:
      'The log says so. `log`: under both keys; the old one goes on signing beside the new one for `overlapDays` (7 where it is not said), for witnesses and auditors who know it alone. `statement`: statements made from now on are signed by the new one alone. A key that a KMS keeps is changed in the configuration.',
    body: z.object({
      what: z.enum(['log', 'statement']).default('log'),
      overlapDays: z.number().int().min(0).max(MOST_OVERLAP_DAYS).optional().describe('Of `log` alone.'),
    }),
    response: { 200: newKeySchema, ...problemResponses },
  };
  router.post('/v1/log/keys', { schema: rotate }, async (request) => {
    const caller = await requireScope(request, services, 'log:write');
    const { what, overlapDays = 7 } = request.body;
    if (what === 'log') return { vkey: await services.log.rotate(callerId(caller), overlapDays * DAY_MS) };
    if (request.body.overlapDays !== undefined)
      throw new HttpProblem(400, 'A key of statements signs nothing beside its successor: overlapDays is for `log`');
    const { keyId, publicKey } = await services.evidence.rotate(callerId(caller));
    return { keyId, publicKey };
  });

  const acknowledge = {
    tags,
    summary: 'Say that an alarm was looked into',
    description: 'It stays where it is, and keeps nobody out any more.',
    params: z.object({ alarm: z.string().max(100) }),
    response: { 200: z.object({ alarm: z.string(), acknowledged: z.literal(true) }), ...problemResponses },
  };
  router.post('/v1/log/alarms/:alarm/acknowledge', { schema: acknowledge }, async (request) => {
    const caller = await requireScope(request, services, 'log:write');
    const { alarm } = request.params;
    if (!(await services.log.acknowledge(alarm, callerId(caller))))
      throw new HttpProblem(404, 'There is no such alarm');
    return { alarm, acknowledged: true as const };
  });
}

const DAY_MS = 24 * 60 * 60_000;

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

  const witnessed = {
    tags,
    summary: 'The witnessed checkpoint',
    description: 'The newest that a quorum of witnesses cosigned, as text. Open to everybody.',
  };
  router.get('/v1/log/witnessed', { schema: witnessed }, async (_request, reply) => {
    const checkpoint = await services.log.witnessed();
    if (checkpoint === undefined) throw new HttpProblem(404, 'The log has no witnessed checkpoint');
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
    const isEntries = request.params['*'].startsWith('entries/');
    if (isEntries) await requireScope(request, services, 'log:read');
    const tile = await services.recordings.tile(`tile/${request.params['*']}`);
    if (!tile) throw new HttpProblem(404, 'The log has no such tile');
    // A tile of that width never changes. A cache that others share would hand entries to whoever asks.
    return reply
      .type('application/octet-stream')
      .header('cache-control', `${isEntries ? 'private' : 'public'}, max-age=31536000, immutable`)
      .send(Buffer.from(tile));
  });
}

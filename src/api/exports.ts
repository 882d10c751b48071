import { z } from 'zod';
import type { ExportStatus } from '../export/export-service.ts';
import { noteAction, requireScope } from './caller.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const exportSchema = z.object({
  name: z.string(),
  kind: z.enum(['file', 'stdout', 'webhook', 'syslog', 's3']),
  format: z.enum(['ocsf', 'ecs', 'cef']),
  people: z.boolean().describe('Whether it tells logins and addresses.'),
  statements: z.boolean().describe('Whether it tells statements, without their literals.'),
  state: z.enum(['ok', 'failing', 'off']),
  index: z.int().describe('The next entry of the log that it reads.'),
  behind: z.int().describe('Entries of the log that are still to be read.'),
  behindMs: z.int().describe('Age of the oldest of them.'),
  delivered: z.int().describe('Events that arrived.'),
  aside: z.int().describe('Events and records that were put aside: unreadable, or refused by the receiver.'),
  lastDeliveredAt: z.string().optional(),
  lastFault: z.string().optional(),
  nextTryAt: z.string().optional(),
});

/** Exports as they are declared and as they fare; and one sent again from an entry of the log on. */
export function exportRoutes(router: ApiRouter, services: ApiServices): void {
  const tags = ['exports'];
  const list = {
    tags,
    summary: 'List exports',
    description:
      'Where the record goes besides the log, and how far each has come. A gateway exports its own log and tells of that alone. No secret is in it.',
    response: { 200: z.object({ gateway: z.string(), exports: z.array(exportSchema) }), ...problemResponses },
  };
  router.get('/v1/exports', { schema: list }, async (request) => {
    await requireScope(request, services, 'log:read');
    const [exports, { origin }] = await Promise.all([services.exports.list(), services.log.status()]);
    return { gateway: origin, exports: exports.map(exportView) };
  });

  const replay = {
    tags,
    summary: 'Send an export again',
    description:
      'All events from an entry of the log on are sent once more. A receiver knows by their ids which it has seen.',
    params: z.object({ name: z.string().max(63) }),
    body: z.object({ from: z.int().min(0).describe('An entry of the log.') }),
    response: { 200: z.object({ name: z.string(), from: z.int() }), ...problemResponses },
  };
  router.post('/v1/exports/:name/replay', { schema: replay }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { name } = request.params;
    const { from } = request.body;
    const { size } = await services.log.status();
    const found = (await services.exports.list()).find((one) => one.name === name && one.state !== 'off');
    if (found === undefined) throw new HttpProblem(404, 'There is no export of that name that is switched on');
    if (from > size) throw new HttpProblem(422, `The log has ${size} entries, so there is no entry ${from}`);
    await noteAction(services, caller, 'export.replay', { name, entry: from });
    await services.exports.replay(name, from);
    return { name, from };
  });
}

function exportView(status: ExportStatus): z.infer<typeof exportSchema> {
  const { lastDeliveredAtMs, nextTryAtMs, lastFault, ...rest } = status;
  return {
    ...rest,
    behindMs: Math.round(rest.behindMs),
    ...(lastFault !== undefined && { lastFault }),
    ...(lastDeliveredAtMs !== undefined && { lastDeliveredAt: new Date(lastDeliveredAtMs).toISOString() }),
    ...(nextTryAtMs !== undefined && { nextTryAt: new Date(nextTryAtMs).toISOString() }),
  };
}

import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { configuredName } from './configured-name.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const channelSchema = z.object({
  name: z.string(),
  kind: z.enum(['slack', 'webhook', 'email']),
  groups: z.array(z.string()).readonly().describe('Those whose approvals are told there; empty for all.'),
  state: z.enum(['ok', 'failing', 'off']),
  lastDeliveredAt: z.string().optional(),
  lastFault: z.string().optional(),
  waiting: z.int(),
  dead: z.int(),
});

const testSchema = z.object({ channel: z.string(), ok: z.boolean(), detail: z.string() });

/** Channels as they are declared and as they fare, without their secrets; and a message to see whether one works. */
export function channelRoutes(router: ApiRouter, services: ApiServices): void {
  const tags = ['channels'];
  const listed = { 200: z.object({ channels: z.array(channelSchema) }), ...problemResponses };
  router.get(
    '/v1/channels',
    {
      schema: {
        tags,
        summary: 'List channels',
        description:
          'The ways in which people are told that something waits, and whether what is sent arrives. No secret is in them.',
        response: listed,
      },
    },
    async (request) => {
      await requireScope(request, services, 'channels:read');
      return { channels: [...(await services.channels.list())] };
    },
  );

  const params = z.object({ name: z.string().max(200) });
  const tested = {
    tags,
    summary: 'Try a channel',
    description: 'Sends a message that says that it is a test, and tells what came of it.',
    params,
    response: { 200: testSchema, ...problemResponses },
  };
  router.post('/v1/channels/:name/test', { schema: tested }, async (request) => {
    const caller = await requireScope(request, services, 'channels:write');
    const { name } = request.params;
    const channel = configuredName(name, await services.channels.list());
    await noteAction(services, caller, 'channel.test', { channel });
    const test = await services.channels.test(name);
    if (!test) throw new HttpProblem(404, `There is no channel named ${name}`);
    return test;
  });
}

import { z } from 'zod';
import { requireScope } from './caller.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const infoSchema = z.object({
  version: z.string(),
  demo: z.boolean().describe('True where this gateway trusts a made-up issuer and guards made-up data.'),
  audience: z.string().describe('The one audience that a CI token must have.'),
  url: z.string(),
  ssh: z
    .object({
      hostKey: z.string().describe('By which SSH clients know it, as in known_hosts.'),
      userAuthority: z.string().describe('The key that signs certificates of SSH clients.'),
    })
    .optional(),
});
const healthSchema = z.object({
  status: z.string(),
  missing: z.array(z.string()).optional(),
  details: z.record(z.string(), z.string()).optional().describe('Why, for whoever may read the log.'),
});

/** What this gateway is, whether it lives, and whether it can do its work. Open to everybody. */
export function gatewayRoutes(router: ApiRouter, services: ApiServices): void {
  router.get(
    '/v1/gateway',
    {
      schema: {
        tags: ['gateway'],
        summary: 'What this gateway is',
        description: 'Open to everybody.',
        response: { 200: infoSchema },
      },
    },
    () => ({ ...services.info, ssh: services.ssh }),
  );

  router.get(
    '/healthz',
    {
      schema: {
        tags: ['gateway'],
        summary: 'Whether it lives',
        description: 'Open to everybody.',
        response: { 200: healthSchema },
      },
    },
    () => ({
      status: 'alive',
    }),
  );

  router.get(
    '/readyz',
    {
      schema: {
        tags: ['gateway'],
        summary: 'Whether it can work',
        description:
          '503 with what is missing where it cannot. Open to everybody; why is told to whoever may read the log.',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (request, reply) => {
      const missing = await services.readiness();
      if (missing.length === 0) return { status: 'ready' };
      const names = missing.map(({ name }) => name);
      const mayKnow = await requireScope(request, services, 'log:read').then(() => true, isStranger);
      const details = Object.fromEntries(missing.map(({ name, detail }) => [name, detail]));
      return reply.code(503).send({ status: 'not ready', missing: names, ...(mayKnow && { details }) });
    },
  );
}

/** Whoever asks without a login gets the answer that everybody gets, also where the store cannot tell who they are. */
function isStranger(): false {
  return false;
}

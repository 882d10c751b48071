import { z } from 'zod';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const infoSchema = z.object({
  version: z.string(),
  demo: z.boolean().describe('True where this gateway trusts a made-up issuer and guards made-up data.'),
  audience: z.string().describe('The one audience that a CI token must have.'),
  url: z.string(),
});
const healthSchema = z.object({ status: z.string(), missing: z.array(z.string()).optional() });

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
    () => services.info,
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
        description: '503 with what is missing where it cannot. Open to everybody.',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const missing = await services.readiness();
      if (missing.length === 0) return { status: 'ready' };
      return reply.code(503).send({ status: 'not ready', missing: [...missing] });
    },
  );
}

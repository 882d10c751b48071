import { z } from 'zod';
import { callerId, noteAction, requireScope } from './caller.ts';
import { configuredName } from './configured-name.ts';
import { pageLimit, queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import { grantSchema } from './run-schemas.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** Who may enter what, until when; and the end of that, at once. */
export function grantRoutes(router: ApiRouter, services: ApiServices): void {
  const querystring = z.object({
    run: z.string().max(100).optional(),
    active: queryFlag.optional(),
    limit: pageLimit,
  });
  const response = { 200: z.object({ grants: z.array(grantSchema) }), ...problemResponses };
  router.get(
    '/v1/grants',
    {
      schema: {
        tags: ['grants'],
        summary: 'List grants',
        description: 'Who may enter what, until when; newest first.',
        querystring,
        response,
      },
    },
    async (request) => {
      await requireScope(request, services, 'grants:read');
      return { grants: [...(await services.grants.list(request.query))] };
    },
  );

  const schema = {
    tags: ['grants'],
    summary: 'Revoke a grant',
    description: 'At once, in every gateway: its live sessions end.',
    params: z.object({ grant: z.string().max(100) }),
    response: { 200: z.object({ grant: z.string(), revoked: z.literal(true) }), ...problemResponses },
  };
  router.delete('/v1/grants/:grant', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'grants:revoke');
    const { grant } = request.params;
    await noteAction(services, caller, 'grant.revoke', { grant });
    if (!(await services.grants.revoke(grant, callerId(caller)))) {
      throw new HttpProblem(404, 'There is no such grant');
    }
    return { grant, revoked: true as const };
  });

  const takingBack = {
    tags: ['grants'],
    summary: 'Take back a given target',
    description:
      'A target that people gave the grant beside those of its rules: at once, in every gateway, its live sessions there end.',
    params: z.object({ grant: z.string().max(100), target: z.string().max(200) }),
    response: {
      200: z.object({ grant: z.string(), target: z.string(), revoked: z.literal(true) }),
      ...problemResponses,
    },
  };
  router.delete('/v1/grants/:grant/targets/:target', { schema: takingBack }, async (request) => {
    const caller = await requireScope(request, services, 'grants:revoke');
    const { grant, target: asked } = request.params;
    const target = configuredName(asked, await services.targets.list());
    await noteAction(services, caller, 'grant.narrow', { grant, target });
    if (!(await services.grants.takeBack(grant, asked, callerId(caller)))) {
      throw new HttpProblem(404, 'The grant was given no such target');
    }
    return { grant, target: asked, revoked: true as const };
  });
}

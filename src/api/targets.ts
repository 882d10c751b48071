import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { noteAction, requireScope } from './caller.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const targetSchema = z.object({
  name: z.string(),
  protocol: z.string(),
  address: z.string(),
  database: z.string().optional(),
  tls: z.string(),
  labels: z.record(z.string(), z.string()).readonly(),
  classified: z.array(z.object({ column: z.string(), class: z.string() })).readonly(),
  recordMode: z.string(),
});

export const checkSchema = z.object({
  target: z.string(),
  ok: z.boolean(),
  steps: z
    .array(
      z.object({
        step: z.enum(['credential', 'address', 'tls', 'login']),
        status: z.enum(['ok', 'failed', 'skipped']),
        detail: z.string(),
        hint: z.string().optional(),
      }),
    )
    .readonly(),
});

/** Targets as they are declared, without their credentials, and whether the gateway gets in. */
export function targetRoutes(router: ApiRouter, services: ApiServices): void {
  const listSchema = {
    tags: ['targets'],
    summary: 'List targets',
    description: 'As they are declared, without their credentials.',
    response: { 200: z.object({ targets: z.array(targetSchema) }), ...problemResponses },
  };
  router.get('/v1/targets', { schema: listSchema }, async (request) => {
    await requireScope(request, services, 'targets:read');
    return { targets: [...(await services.targets.list())] };
  });

  const params = z.object({ name: z.string().max(200) });
  const schema = {
    tags: ['targets'],
    summary: 'Check a target',
    description: 'Goes in as a session would, and says of each step whether it went well.',
    params,
    response: { 200: checkSchema, ...problemResponses },
  };
  router.post('/v1/targets/:name/check', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'targets:check');
    const { name } = request.params;
    await noteAction(services, caller, 'target.check', { target: name });
    const check = await services.targets.check(name, AbortSignal.timeout(LIMITS.targetCheckMs));
    if (!check) throw new HttpProblem(404, `There is no target named ${name}`);
    return check;
  });
}

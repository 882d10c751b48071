import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { noteAction, requireScope } from './caller.ts';
import { configuredName } from './configured-name.ts';
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
  /** Columns that have their class from others, whose values an exchange copied into them. */
  inherited: z
    .array(
      z.object({
        id: z.string(),
        column: z.string(),
        class: z.string(),
        /** The columns that were copied. */
        from: z.array(z.string()).readonly(),
        run: z.string(),
        session: z.string(),
        exchange: z.int(),
        at: z.string(),
      }),
    )
    .readonly(),
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
    description: 'As they are declared, without their credentials, and the classes that columns inherited by copies.',
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
    const target = configuredName(name, await services.targets.list());
    await noteAction(services, caller, 'target.check', { target });
    const check = await services.targets.check(name, AbortSignal.timeout(LIMITS.targetCheckMs));
    if (!check) throw new HttpProblem(404, `There is no target named ${name}`);
    return check;
  });
  removeInherited(router, services);
}

function removeInherited(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['targets'],
    summary: 'Delete an inherited class',
    description: 'Of a column that holds nothing of that class: from the next request on it is not masked by it.',
    params: z.object({ name: z.string().max(200), id: z.string().max(100) }),
    response: { 200: z.object({ id: z.string(), deleted: z.literal(true) }), ...problemResponses },
  };
  router.delete('/v1/targets/:name/inherited/:id', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { name, id } = request.params;
    const target = configuredName(name, await services.targets.list());
    await noteAction(services, caller, 'class.delete', { target, inherited: id });
    if (!(await services.targets.removeInherited(name, id))) {
      throw new HttpProblem(404, 'There is no such inherited class in this target');
    }
    return { id, deleted: true as const };
  });
}

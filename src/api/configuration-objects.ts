import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { type ConfigurationObject, OBJECT_KINDS, type ObjectChange } from '../targets/configuration-objects.ts';
import { callerId, noteAction, requireScope } from './caller.ts';
import { planSchema } from './configuration.ts';
import { listOf, queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const kindSchema = z.enum(OBJECT_KINDS);

export const objectSchema = z.object({
  kind: kindSchema,
  name: z.string(),
  text: z.string().describe('YAML as `chaperone apply` takes it, one object. A secret stands as `sealed: true`.'),
  updatedAt: z.string(),
  etag: z.string(),
});

const params = z.object({ kind: kindSchema, name: z.string().min(1).max(200) });
const planning = z.object({
  plan: queryFlag.default(false).describe('True to be told what would change, and change nothing.'),
});
const tags = ['configuration'];
const CONDITIONS =
  'Takes `If-Match` with the ETag of what was read, or `If-None-Match: *` for an object that is to be new: 428 without one, 412 where somebody else was first.';

/** Targets, issuers, trust rules, policies and channels one by one: read, planned, changed, each under its ETag. */
export function configurationObjectRoutes(router: ApiRouter, services: ApiServices): void {
  readRoutes(router, services);
  const put = {
    tags,
    summary: 'Write an object of the configuration',
    description: `${CONDITIONS} A target's text without its credential, a channel's without its secrets, and either with \`sealed: true\` in place of a secret, keeps what is sealed, for as long as the address stays.`,
    params,
    querystring: planning,
    body: z.strictObject({ text: z.string().max(LIMITS.maxDeclarationBytes) }),
    response: { 200: z.union([objectSchema, planSchema]), ...problemResponses },
  };
  router.put('/v1/configuration/:kind/:name', { schema: put }, async (request, reply) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { kind, name } = request.params;
    const change = { kind, name, text: request.body.text, ...condition(request, { mayBeNew: true }) };
    const { configurationObjects } = services;
    if (request.query.plan) return fresh(await configurationObjects.plan(change));
    // Before it is noted: what is no object's name, or does not stand in its text, is not for the log.
    fresh(await configurationObjects.plan(change));
    await noteAction(services, caller, 'configuration.write', { what: kind, name });
    fresh(await configurationObjects.apply(change, callerId(caller)));
    return tagged(reply, await find(services, change));
  });

  const remove = {
    tags,
    summary: 'Delete an object of the configuration',
    description: 'Takes `If-Match` with the ETag of what was read. What something else needs is not deleted.',
    params,
    querystring: planning,
    response: { 200: planSchema, ...problemResponses },
  };
  router.delete('/v1/configuration/:kind/:name', { schema: remove }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { kind, name } = request.params;
    const change = { kind, name, ...condition(request, { mayBeNew: false }) };
    await find(services, change);
    if (request.query.plan) return fresh(await services.configurationObjects.plan(change));
    await noteAction(services, caller, 'configuration.delete', { what: kind, name });
    return fresh(await services.configurationObjects.apply(change, callerId(caller)));
  });
}

function readRoutes(router: ApiRouter, services: ApiServices): void {
  const list = {
    tags,
    summary: 'List the objects of the configuration',
    description: 'Of one kind, or all. No secret is in them.',
    querystring: z.object({ kind: kindSchema.optional() }),
    response: { 200: z.object({ objects: listOf(objectSchema) }), ...problemResponses },
  };
  router.get('/v1/configuration', { schema: list }, async (request) => {
    await requireScope(request, services, 'configuration:read');
    return { objects: await services.configurationObjects.list(request.query.kind) };
  });

  const one = {
    tags,
    summary: 'Show an object of the configuration',
    description: 'With its ETag, which a change of it sends back.',
    params,
    response: { 200: objectSchema, ...problemResponses },
  };
  router.get('/v1/configuration/:kind/:name', { schema: one }, async (request, reply) => {
    await requireScope(request, services, 'configuration:read');
    return tagged(reply, await find(services, request.params));
  });
}

async function find({ configurationObjects }: ApiServices, { kind, name }: Pick<ObjectChange, 'kind' | 'name'>) {
  const object = (await configurationObjects.list(kind)).find((one) => one.name === name);
  if (object === undefined) throw new HttpProblem(404, `There is no ${kind} named ${name}`);
  return object;
}

function tagged(reply: FastifyReply, object: ConfigurationObject): ConfigurationObject {
  reply.header('etag', object.etag);
  return object;
}

/** What the object must be for the change to be made (RFC 9110, 13.1). Throws the problem 428 where nothing is said. */
function condition(
  { headers }: FastifyRequest,
  { mayBeNew }: { readonly mayBeNew: boolean },
): Pick<ObjectChange, 'etag'> {
  if (mayBeNew && headers['if-none-match'] === '*') return {};
  const etag = headers['if-match'];
  if (etag !== undefined) return { etag };
  throw new HttpProblem(428, 'Say which state of the object you mean', {
    hint: `Send If-Match with its ETag${mayBeNew ? ', or `If-None-Match: *` where it is to be new' : ''}.`,
  });
}

function fresh<Plan>(plan: Plan | 'stale'): Plan {
  if (plan !== 'stale') return plan;
  throw new HttpProblem(412, 'The object is not as you know it', {
    code: 'conflict',
    hint: 'Somebody else changed it. Load it again.',
  });
}

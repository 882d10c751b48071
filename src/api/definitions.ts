import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { noteAction, requireScope } from './caller.ts';
import { definitionSchema, definitionSummarySchema, differenceSchema } from './definition-schemas.ts';
import { pageLimit, pageOf, queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['definitions'];
const id = z.string().max(100);
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest in hex');
const params = z.object({ definition: id });
const reason = z.string().trim().max(LIMITS.maxApprovalReasonBytes).optional();

/** What MCP targets say of their tools, prompts and resources: what waits, what differs, and what people decide. */
export function definitionRoutes(router: ApiRouter, services: ApiServices): void {
  readRoutes(router, services);
  decideRoutes(router, services);
}

function readRoutes(router: ApiRouter, services: ApiServices): void {
  const list = {
    tags,
    summary: 'List definitions',
    description: 'What MCP targets say of themselves: what waits for a person first, then by target, kind and name.',
    querystring: z.object({
      target: z.string().max(200).optional(),
      kind: definitionSummarySchema.shape.kind.optional(),
      standing: definitionSummarySchema.shape.standing.optional(),
      waits: queryFlag.optional().describe('Only what a person is waited for.'),
      cursor: z
        .string()
        .regex(/^def_[0-9a-f]{32}$/, 'is no cursor of this list')
        .optional()
        .describe('`next` of the page before.'),
      limit: pageLimit,
    }),
    response: { 200: pageOf(definitionSummarySchema), ...problemResponses },
  };
  router.get('/v1/definitions', { schema: list }, async (request) => {
    await requireScope(request, services, 'targets:read');
    return services.definitions.list(request.query);
  });

  const one = {
    tags,
    summary: 'Show a definition',
    description:
      'All its forms with what looks like a trap in each, and what the current one changes of the accepted one.',
    params,
    response: { 200: definitionSchema, ...problemResponses },
  };
  router.get('/v1/definitions/:definition', { schema: one }, async (request) => {
    await requireScope(request, services, 'targets:read');
    return found(await services.definitions.find(request.params.definition));
  });

  const diff = {
    tags,
    summary: 'Compare two forms of a definition',
    description: 'Where `from` is absent it is the form that was accepted last, where `to` is, the current one.',
    params,
    querystring: z.object({ from: digest.optional(), to: digest.optional() }),
    response: { 200: differenceSchema, ...problemResponses },
  };
  router.get('/v1/definitions/:definition/diff', { schema: diff }, async (request) => {
    await requireScope(request, services, 'targets:read');
    const { from, to } = request.query;
    return found(await services.definitions.differences(request.params.definition, from, to));
  });
}

function decideRoutes(router: ApiRouter, services: ApiServices): void {
  for (const [verb, answer] of VERBS) {
    const schema = {
      tags,
      summary: `${verb === 'accept' ? 'Accept' : 'Reject'} a form of a definition`,
      description:
        'In force at every gateway from then on. `digest` is that of the form as it was read: what the target says in another way is another form.',
      params,
      body: z.strictObject({ digest, reason }),
      response: { 200: definitionSchema, ...problemResponses },
    };
    router.post(`/v1/definitions/:definition/${verb}`, { schema }, async (request) => {
      const caller = await requireScope(request, services, 'definitions:decide');
      const form = { definition: request.params.definition, digest: request.body.digest };
      const target = await services.definitions.targetOf(form.definition);
      await noteAction(services, caller, `definition.${verb}`, {
        target: target ?? 'none',
        definition: form.definition,
      });
      if (target === undefined) return found(undefined);
      const isThere = await services.definitions.decide(
        { ...form, target },
        { answer, reason: request.body.reason },
        caller,
      );
      if (!isThere) throw noForm();
      return found(await services.definitions.find(form.definition));
    });
  }
  acceptSeveral(router, services);
}

function acceptSeveral(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags,
    summary: 'Accept several forms',
    description: 'Each by its digest, as it was read. Those that are not there any more are left out, and named.',
    body: z.strictObject({
      forms: z
        .array(z.strictObject({ definition: id, digest }))
        .min(1)
        .max(LIMITS.apiMaxPageItems),
      reason,
    }),
    response: {
      200: z.object({ accepted: z.array(z.string()), missing: z.array(z.string()) }),
      ...problemResponses,
    },
  };
  router.post('/v1/definitions/accept', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'definitions:decide');
    const accepted: string[] = [];
    const missing: string[] = [];
    for (const form of request.body.forms) {
      const target = await services.definitions.targetOf(form.definition);
      await noteAction(services, caller, 'definition.accept', {
        target: target ?? 'none',
        definition: form.definition,
      });
      const answer = { answer: 'accepted', reason: request.body.reason } as const;
      const isThere = target !== undefined && (await services.definitions.decide({ ...form, target }, answer, caller));
      (isThere ? accepted : missing).push(form.definition);
    }
    return { accepted, missing };
  });
}

const VERBS = [
  ['accept', 'accepted'],
  ['reject', 'rejected'],
] as const;

function found<Found>(one: Found | undefined): Found {
  if (one !== undefined) return one;
  throw new HttpProblem(404, 'There is no such definition', { hint: 'GET /v1/definitions lists them.' });
}

function noForm(): HttpProblem {
  return new HttpProblem(409, 'The target says this in another way by now', {
    hint: 'Read it again, and answer what it says now.',
  });
}

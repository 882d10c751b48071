import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { listOf, pageLimit } from './paging.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['retention'];
const count = z.number().int();

const ruleSchema = z.object({
  name: z.string(),
  when: z.object({
    targets: listOf(z.string()).optional(),
    repositories: listOf(z.string()).optional(),
    classes: listOf(z.string()).optional(),
    kinds: listOf(z.enum(['ci', 'human'])).optional(),
  }),
  eraseAfterDays: count.optional(),
  keepAtLeastDays: count.optional(),
});

export const retentionPlanSchema = z.object({
  at: z.string(),
  rules: listOf(
    ruleSchema.extend({
      erases: count.describe('Runs that it would have erased now.'),
      holds: count.describe('Runs that a hold keeps from it.'),
    }),
  ),
  due: listOf(
    z.object({
      run: z.string(),
      closedAt: z.string(),
      eraseAt: z.string(),
      rule: z.string().describe('Of the rules that are about the run, the one with the shortest `eraseAfter`.'),
      keptBy: z.string().optional().describe('The rule whose `keepAtLeast` kept it until `eraseAt`.'),
      hold: z.string().optional(),
    }),
  ),
  more: z.boolean(),
  kept: count,
});

export const sweepSchema = z.object({
  id: z.string(),
  at: z.string(),
  gateway: z.string(),
  erased: z.record(z.string(), count).describe('Runs whose erasure was ordered, by rule.'),
  held: count,
  kept: count,
});

/** The retention rules at work: what they would erase, doing it now, and when it was done. */
export function retentionRoutes(router: ApiRouter, services: ApiServices): void {
  const plan = {
    tags,
    summary: 'Plan retention',
    description: 'What the rules in force would erase now. Changes nothing.',
    response: { 200: retentionPlanSchema, ...problemResponses },
  };
  router.get('/v1/retention/plan', { schema: plan }, async (request) => {
    await requireScope(request, services, 'retention:read');
    return services.retention.plan();
  });

  const sweep = {
    tags,
    summary: 'Apply retention now',
    description: 'As every day at its hour: orders the erasure of what is due, and says how much that was.',
    response: { 200: sweepSchema, ...problemResponses },
  };
  router.post('/v1/retention/sweep', { schema: sweep }, async (request) => {
    const caller = await requireScope(request, services, 'bodies:erase');
    await noteAction(services, caller, 'retention.sweep');
    return services.retention.sweep();
  });

  const sweeps = {
    tags,
    summary: 'List sweeps',
    description: 'When the rules were applied, newest first.',
    querystring: z.object({ limit: pageLimit }),
    response: { 200: z.object({ sweeps: listOf(sweepSchema) }), ...problemResponses },
  };
  router.get('/v1/retention/sweeps', { schema: sweeps }, async (request) => {
    await requireScope(request, services, 'retention:read');
    return { sweeps: await services.retention.sweeps(request.query.limit) };
  });
}

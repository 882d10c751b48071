import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { listOf, pageLimit } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const budgetSchema = z.object({
  id: z.string(),
  rule: z.string(),
  measure: z.enum(['rowsRead', 'rowsChanged', 'bytes', 'statements', 'tables']),
  per: z.enum(['run', 'target']),
  run: z.string().optional().describe('Whose budget it is, of one per run.'),
  target: z.string().optional().describe('Whose budget it is, of one per target.'),
  withinMs: z.number().int().optional().describe('The time before now that counts; absent: as long as the run lasts.'),
  spent: z.number().int().describe('With what gateways hold ahead of use: at most a sixteenth of what is left, each.'),
  most: z.number().int().describe('What the rule allowed when it was used last.'),
  granted: z.number().int().describe('What people allowed beyond that.'),
  updatedAt: z.string(),
});

const tags = ['budgets'];

/** What was spent of what rules allow, and beginning one anew. Budgets per statement are not here: nothing of them lasts. */
export function budgetRoutes(router: ApiRouter, services: ApiServices): void {
  const list = {
    tags,
    summary: 'List budgets',
    description: 'What was spent of the budgets of rules that were met so far, those used last first.',
    querystring: z.object({
      run: z.string().max(100).optional().describe('Those of a run, and those of the targets that it was in.'),
      target: z.string().max(200).optional().describe('Those that all runs in a target share.'),
      limit: pageLimit,
    }),
    response: { 200: z.object({ budgets: listOf(budgetSchema) }), ...problemResponses },
  };
  router.get('/v1/budgets', { schema: list }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    return { budgets: await services.budgets.list(request.query) };
  });

  const reset = {
    tags,
    summary: 'Begin a budget anew',
    description:
      'At once, in every gateway: what was spent of it, and granted beyond it, is forgotten. The log keeps who did.',
    params: z.object({ budget: z.string().max(100) }),
    response: { 200: z.object({ budget: z.string(), reset: z.literal(true) }), ...problemResponses },
  };
  router.delete('/v1/budgets/:budget', { schema: reset }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { budget } = request.params;
    await noteAction(services, caller, 'budget.reset', { budget });
    if (!(await services.budgets.reset(budget))) throw new HttpProblem(404, 'There is no such budget');
    return { budget, reset: true as const };
  });
}

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { statementSchema } from './approval-schemas.ts';
import { noteAction, requireScope } from './caller.ts';
import { recordingFilter } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { Page, StatementFilter, StatementView } from './recording-service.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import { withoutText } from './statement-view.ts';

const filterSchema = recordingFilter.extend({
  session: z.string().max(100).optional(),
  table: z.string().max(300).optional(),
  kind: z.string().max(100).optional().describe('The verb: select, insert, drop, …'),
  decision: z.enum(['permit', 'deny']).optional(),
  text: z.string().max(1000).optional().describe('Part of the statement, whatever its case.'),
});

/** Search over every statement that was recorded. Looking is itself recorded: statements may hold what is private. */
export function statementRoutes(router: ApiRouter, services: ApiServices): void {
  const found = z.object({ statements: z.array(statementSchema), next: z.string().optional() });
  const schema = {
    tags: ['sessions'],
    summary: 'Search statements',
    description:
      'Of every session that this gateway recorded, newest first. Texts are there for those who may read recordings. Looking is in the log.',
    querystring: filterSchema,
    response: { 200: found, ...problemResponses },
  };
  router.get('/v1/statements', { schema }, async (request, reply) => {
    const caller = await requireScope(request, services, 'sessions:read');
    const readsTexts = caller.scopes.has('recordings:read');
    if (request.query.text !== undefined && !readsTexts) {
      throw new HttpProblem(403, 'Statements are searched by their texts by those who may read them', {
        detail: `${caller.name} has no recordings:read here.`,
      });
    }
    await noteAction(services, caller, 'statements.search', { texts: readsTexts });
    const { items, next } = await searched(request, reply, services);
    const statements = readsTexts ? items : items.map(withoutText);
    return { statements: [...statements], ...(next ? { next } : {}) };
  });
}

/** A search that nobody waits for any more ends; one that takes too long is to be narrowed. */
async function searched(
  { query }: { readonly query: StatementFilter },
  reply: FastifyReply,
  { recordings }: Pick<ApiServices, 'recordings'>,
): Promise<Page<StatementView>> {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const late = AbortSignal.timeout(LIMITS.apiRequestDeadlineMs);
  try {
    return await recordings.statements(query, AbortSignal.any([left.signal, late]));
  } catch (fault) {
    if (left.signal.aborted) return { items: [] };
    if (!late.aborted) throw fault;
    throw new HttpProblem(503, 'The search takes too long', {
      hint: 'Narrow it: by a run, a repository, a target, or times.',
    });
  }
}

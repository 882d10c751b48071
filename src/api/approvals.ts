import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { approvalSchema, approvalState, approvalSummarySchema } from './approval-schemas.ts';
import { type Caller, requireScope } from './caller.ts';
import { pageCursor, pageLimit, pageOf, queryFlag } from './paging.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const params = z.object({ approval: z.string().max(100) });

/** Requests that wait for people: what the caller may see of them, and the caller's answer. */
export function approvalRoutes(router: ApiRouter, services: ApiServices): void {
  const tags = ['approvals'];
  const list = {
    tags,
    summary: 'List approvals',
    description:
      "Newest first: those that wait for the caller's groups or that the caller answered; all of them with the scope approvals:read.",
    querystring: z.object({
      state: approvalState.optional(),
      mine: queryFlag.optional().describe('Only what the caller can answer now.'),
      run: z.string().max(100).optional(),
      session: z.string().max(100).optional(),
      cursor: pageCursor,
      limit: pageLimit,
    }),
    response: { 200: pageOf(approvalSummarySchema), ...problemResponses },
  };
  router.get('/v1/approvals', { schema: list }, async (request) => {
    const caller = await requireScope(request, services, READS);
    return services.approvals.list(request.query, caller);
  });

  const one = {
    tags,
    summary: 'Show an approval',
    description: 'All that one needs to decide: the whole text with its parameters, and nothing of it shortened.',
    params,
    response: { 200: approvalSchema, ...problemResponses },
  };
  router.get('/v1/approvals/:approval', { schema: one }, async (request) => {
    const caller = await requireScope(request, services, READS);
    return found(await services.approvals.find(request.params.approval, caller));
  });

  const answer = {
    tags,
    summary: 'Answer an approval',
    description:
      'By a person of one of its groups, once. `digest` is that of the approval as it was read: an answer to anything else is refused.',
    params,
    body: z.strictObject({
      answer: z.enum(['approve', 'deny']),
      digest: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest in hex'),
      reason: z.string().trim().max(LIMITS.maxApprovalReasonBytes).optional(),
    }),
    response: { 200: approvalSchema, ...problemResponses },
  };
  router.post('/v1/approvals/:approval/answer', { schema: answer }, async (request) => {
    const caller = await requireScope(request, services, 'approvals:answer');
    const { approval: id } = request.params;
    // Who may not see it learns no more than that from answering it.
    if (!(await services.approvals.maySee(id, caller))) found(undefined);
    const { reason, ...given } = request.body;
    const said = reason === undefined || reason === '' ? {} : { reason };
    const person = personOf(caller);
    const channel = caller.kind === 'person' ? 'web' : isCommandLine(request.headers['user-agent']) ? 'cli' : 'api';
    return services.approvals.answer(id, { ...given, ...said, person, channel }, caller);
  });
}

const READS = ['approvals:answer', 'approvals:read'] as const;

function found<Approval>(approval: Approval | undefined): Approval {
  if (approval !== undefined) return approval;
  throw new HttpProblem(404, 'There is no such approval', {
    hint: 'Or it asks a group that you are not in, or waits at another gateway.',
  });
}

function personOf({ person, name }: Caller): NonNullable<Caller['person']> {
  if (person !== undefined) return person;
  throw new HttpProblem(403, 'Only a person can answer', {
    detail: `${name} is a token of nobody.`,
    hint: 'Log in with `chaperone login`, or in the browser.',
  });
}

/** Said by our own command line; who lies about it changes one word of the record. */
function isCommandLine(userAgent: string | undefined): boolean {
  return userAgent?.startsWith('chaperone/') === true;
}

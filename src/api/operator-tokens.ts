import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['admin', 'auditor']),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  state: z.enum(['active', 'expired', 'revoked']),
});

const newTokenSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(['admin', 'auditor']),
  expiresAt: z.iso.datetime().nullable().describe('RFC 3339 in UTC; null for a token that never expires.'),
});

/** Tokens of people and pipelines that look after the gateway: who has one, a new one, the end of one. */
export function operatorTokenRoutes(router: ApiRouter, services: ApiServices): void {
  const tags = ['operator tokens'];
  const listed = { 200: z.object({ tokens: z.array(tokenSchema) }), ...problemResponses };
  router.get('/v1/operator-tokens', { schema: { tags, response: listed } }, async (request) => {
    await requireScope(request, services, 'tokens:read');
    return { tokens: [...(await services.operatorTokens.list())] };
  });

  const created = { 201: z.object({ id: z.string(), token: z.string() }), ...problemResponses };
  const create = { tags, body: newTokenSchema, response: created };
  router.post('/v1/operator-tokens', { schema: create }, async (request, reply) => {
    const caller = await requireScope(request, services, 'tokens:write');
    const { name, role, expiresAt } = request.body;
    if (expiresAt !== null && Date.parse(expiresAt) <= services.nowMs()) {
      throw new HttpProblem(400, 'The token would be of no use', {
        detail: `This token would have expired before it is made: ${expiresAt}`,
      });
    }
    await noteAction(services, caller, 'token.create', { name, role, expiresAt: expiresAt ?? 'never' });
    const until = expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() };
    const { id, token } = await services.operatorTokens.create({ name, role, ...until });
    return reply.code(201).send({ id, token: token.reveal() });
  });

  const params = z.object({ token: z.string().max(100) });
  const ended = { 200: z.object({ id: z.string(), revoked: z.literal(true) }), ...problemResponses };
  router.delete('/v1/operator-tokens/:token', { schema: { tags, params, response: ended } }, async (request) => {
    const caller = await requireScope(request, services, 'tokens:write');
    const { token: id } = request.params;
    await noteAction(services, caller, 'token.revoke', { token: id });
    if (!(await services.operatorTokens.revoke(id))) {
      throw new HttpProblem(404, 'There is no such token that is still good', {
        hint: '`chaperone tokens` lists them; a token is named by its id, opt_…, never by itself.',
      });
    }
    return { id, revoked: true as const };
  });
}

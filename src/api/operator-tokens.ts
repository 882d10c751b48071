import { z } from 'zod';
import type { NewOperatorToken } from '../identity/operator-tokens.ts';
import { ROLE_SCOPES, SCOPES } from '../model/person.ts';
import { type Caller, noteAction, requireCaller } from './caller.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['admin', 'auditor']).optional(),
  scopes: z.array(z.enum(SCOPES)).readonly(),
  person: z.string().optional().describe('The login of whose it is.'),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  state: z.enum(['active', 'expired', 'revoked']),
});

const newTokenSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    role: z.enum(['admin', 'auditor']).optional(),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).optional(),
    expiresAt: z.iso.datetime().nullable().describe('RFC 3339 in UTC; null for a token that never expires.'),
    personal: z
      .boolean()
      .optional()
      .describe("The caller's own: it ends with their access, and never does more than they may."),
  })
  .refine(({ role, scopes }) => (role === undefined) !== (scopes === undefined), 'either `role` or `scopes`');

type NewToken = z.infer<typeof newTokenSchema>;

const tags = ['operator tokens'];

/** Tokens of people and pipelines that look after the gateway: who has one, a new one, the end of one. */
export function operatorTokenRoutes(router: ApiRouter, services: ApiServices): void {
  const { tokens } = services.logins;

  const listed = { 200: z.object({ tokens: z.array(tokenSchema) }), ...problemResponses };
  router.get(
    '/v1/operator-tokens',
    {
      schema: {
        tags,
        summary: 'List tokens',
        description: "Everything of them but themselves; without the scope tokens:read, the caller's own.",
        response: listed,
      },
    },
    async (request) => {
      const caller = await requireCaller(request, services);
      const all = caller.scopes.has('tokens:read');
      if (!all && !caller.person) throw notForTokens(caller);
      return { tokens: [...(await tokens.list(all ? undefined : caller.person?.id))] };
    },
  );

  const created = { 201: z.object({ id: z.string(), token: z.string() }), ...problemResponses };
  const create = {
    tags,
    summary: 'Make a token',
    description: 'It is shown this once. With `personal` it dies with its person and never does more than they may.',
    body: newTokenSchema,
    response: created,
  };
  router.post('/v1/operator-tokens', { schema: create }, async (request, reply) => {
    const caller = await requireCaller(request, services);
    const made = newToken(request.body, caller, services.nowMs());
    const { may, person, expiresAt } = made;
    const id = tokens.newId();
    const detail = { token: id, may: typeof may === 'string' ? may : may.join(' '), personal: person !== undefined };
    await noteAction(services, caller, 'token.create', { ...detail, expiresAt: expiresAt ?? 'never' });
    const { token } = await tokens.create({ ...made, id });
    return reply.code(201).send({ id, token: token.reveal() });
  });

  const params = z.object({ token: z.string().max(100) });
  const ended = { 200: z.object({ id: z.string(), revoked: z.literal(true) }), ...problemResponses };
  router.delete(
    '/v1/operator-tokens/:token',
    {
      schema: {
        tags,
        summary: 'Revoke a token',
        description: 'At once, in every gateway; what it holds open ends.',
        params,
        response: ended,
      },
    },
    async (request) => {
      const caller = await requireCaller(request, services);
      const all = caller.scopes.has('tokens:write');
      if (!all && !caller.person) throw notForTokens(caller);
      const { token: id } = request.params;
      await noteAction(services, caller, 'token.revoke', { token: id });
      if (!(await tokens.revoke(id, all ? undefined : caller.person?.id))) {
        throw new HttpProblem(404, 'There is no such token that is still good', {
          hint: '`chaperone tokens` lists them; a token is named by its id, opt_…, never by itself.',
        });
      }
      return { id, revoked: true as const };
    },
  );
}

/** What the caller may make of what they ask for: never more than they may themselves. Throws the problem 400 or 403. */
function newToken(body: NewToken, caller: Caller, nowMs: number): NewOperatorToken {
  const { name, role, scopes, personal = false } = body;
  const expiresAt = body.expiresAt === null ? undefined : new Date(body.expiresAt).toISOString();
  if (expiresAt !== undefined && Date.parse(expiresAt) <= nowMs) {
    throw new HttpProblem(400, 'The token would be of no use', {
      detail: `This token would have expired before it is made: ${expiresAt}`,
    });
  }
  if (!personal && !caller.scopes.has('tokens:write')) throw notForTokens(caller);
  const may = role ?? scopes ?? [];
  const beyond = (role ? ROLE_SCOPES[role] : (scopes ?? [])).find((scope) => !caller.scopes.has(scope));
  if (beyond !== undefined) {
    throw new HttpProblem(403, 'A token never may more than its maker', { detail: `${caller.name} has no ${beyond}.` });
  }
  const until = expiresAt === undefined ? {} : { expiresAt };
  if (personal) return { name, may, person: ownerOf(caller), ...until };
  const { person, token } = caller;
  if (!person && token?.expiresAt !== undefined && (expiresAt ?? '~') > token.expiresAt) {
    throw new HttpProblem(403, 'A token never outlives its maker', { detail: `That one ends at ${token.expiresAt}.` });
  }
  return { name, may, ...until };
}

/** A person's token makes no other of theirs: each of them was given by the person. */
function ownerOf({ kind, person }: Caller) {
  if (kind === 'person' && person) return person.id;
  throw new HttpProblem(403, 'People make tokens of their own in their browsers');
}

function notForTokens({ name }: Caller): HttpProblem {
  return new HttpProblem(403, 'This needs an administrator', { detail: `${name} looks after no tokens here.` });
}

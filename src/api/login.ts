import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { csrfToken } from '../identity/browser-sessions.ts';
import { firstLoginUrl } from '../identity/first-login.ts';
import { type LoginReason, LoginRefused } from '../identity/login-refused.ts';
import type { PersonRecord } from '../identity/person-record.ts';
import { returnPath } from '../identity/return-to.ts';
import { LIMITS } from '../model/limits.ts';
import { SCOPES } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import { noteAction, personCaller, requireCaller } from './caller.ts';
import { clearCookie, readCookie, setCookie } from './cookies.ts';
import { CODE_RATES, callerAddress, Door, LOGIN_RATES } from './door.ts';
import { personSchema, personView } from './person-view.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import { isSameOrigin } from './same-origin.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const CALLBACK = '/login/callback';
const tags = ['login'];

export const waysSchema = z.object({ provider: z.string().optional(), demo: z.boolean() });
const doneResponses = { 204: z.null(), ...problemResponses };
export const meSchema = z.object({
  kind: z.enum(['person', 'token']),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  person: personSchema.optional(),
  csrf: z
    .string()
    .optional()
    .describe('Goes back as x-csrf-token with everything but GET, where a cookie says who calls.'),
});

/** How people log in and out, and who is logged in. */
export function loginRoutes(router: ApiRouter, services: ApiServices): void {
  router.get(
    '/v1/login',
    { schema: { tags, summary: 'Ways to log in', description: 'Open to everybody.', response: { 200: waysSchema } } },
    () => ({
      demo: services.info.demo,
      ...(services.logins.provider ? { provider: services.logins.provider.name } : {}),
    }),
  );

  router.get(
    '/v1/me',
    {
      schema: {
        tags,
        summary: 'Who calls',
        description: 'Whom the cookie or the token belongs to, and what they may.',
        response: { 200: meSchema, ...problemResponses },
      },
    },
    async (request) => {
      const caller = await requireCaller(request, services);
      const { kind, name, scopes, person } = caller;
      const session = kind === 'person' ? readCookie(request, services.info.url, 'session') : undefined;
      const record = person && (await services.logins.people.find(person.id));
      return {
        kind,
        name,
        scopes: [...scopes],
        ...(record ? { person: personView(record) } : {}),
        ...(session ? { csrf: csrfToken(session) } : {}),
      };
    },
  );

  router.post(
    '/v1/logout',
    { schema: { tags, summary: 'Log out', description: 'Ends the session of this browser.', response: doneResponses } },
    async (request, reply) => {
      const caller = await requireCaller(request, services);
      const session = readCookie(request, services.info.url, 'session');
      await noteAction(services, caller, 'logout');
      if (caller.kind === 'person' && session) await services.logins.browsers.end(session);
      if (caller.token && caller.person) await services.logins.tokens.revoke(caller.token.id, caller.person.id);
      clearCookie(reply, services.info.url, 'session');
      return reply.code(204).send(null);
    },
  );

  providerRoutes(router, services);
  firstLoginRoutes(router, services);
}

/** By the provider: there, and back. Both are navigations of a browser, so what goes wrong is shown by a page. */
function providerRoutes(router: ApiRouter, services: ApiServices): void {
  const [starts, callbacks] = [new Door(LOGIN_RATES), new Door(LOGIN_RATES)];
  const { logins } = services;
  const provider = () => {
    if (logins.provider) return logins.provider;
    throw new LoginRefused('not-configured', 'No login provider is configured here.');
  };

  const querystring = z.object({ return_to: z.string().max(LIMITS.maxReturnToCharacters).optional() });
  router.get(
    '/v1/login/start',
    {
      schema: {
        tags,
        summary: 'Log in by the provider',
        description: 'Sends the browser to the login provider (OIDC, authorization code with PKCE).',
        querystring,
      },
    },
    (request, reply) =>
      orProblem(request, reply, services, starts, async () => {
        const { url, browser } = await provider().begin({
          browser: readCookie(request, services.info.url, 'login'),
          redirectUri: `${services.info.url}${CALLBACK}`,
          returnTo: returnPath(request.query.return_to),
        });
        setCookie(reply, services.info.url, 'login', browser);
        return url.href;
      }),
  );

  router.get(
    CALLBACK,
    {
      schema: {
        tags,
        summary: 'Come back from the provider',
        description: 'Where the login provider sends the browser.',
      },
    },
    (request, reply) =>
      orProblem(request, reply, services, callbacks, async () => {
        const url = new URL(CALLBACK, services.info.url);
        url.search = new URL(request.url, services.info.url).search;
        const browser = readCookie(request, services.info.url, 'login');
        const { identity, returnTo } = await provider().finish({ browser, url });
        const person = await logins.people.enter(identity);
        await beginSession(request, reply, services, { person, how: 'provider' });
        return returnTo;
      }),
  );
}

/** The first administrator: whoever looks at the link uses nothing up, so a preview of it does no harm. */
function firstLoginRoutes(router: ApiRouter, services: ApiServices): void {
  const door = new Door(CODE_RATES);
  const { logins } = services;
  const querystring = z.object({ code: z.string().max(100) });
  const looked = { 200: z.object({ good: z.boolean() }), ...problemResponses };
  router.get(
    '/v1/login/first',
    {
      schema: {
        tags,
        summary: 'Whether a one-time link is good',
        description: 'Changes nothing.',
        querystring,
        response: looked,
      },
    },
    async (request, reply) => {
      door.pass(request, reply, services.nowMs());
      return { good: await logins.first.isGood(new Secret(request.query.code)) };
    },
  );

  const schema = {
    tags,
    summary: 'Use a one-time link',
    description: 'Logs the first administrator in, once.',
    body: z.object({ code: z.string().max(100) }),
    response: doneResponses,
  };
  router.post('/v1/login/first', { schema }, async (request, reply) => {
    door.pass(request, reply, services.nowMs());
    if (!isSameOrigin(request, services.info.url)) {
      throw new HttpProblem(403, 'This did not come from a page of this gateway', { code: 'csrf' });
    }
    if (!(await logins.first.use(new Secret(request.body.code)))) {
      await noteFailure(services, 'code-unknown');
      throw new HttpProblem(403, 'This link was used, is too old, or never was one', {
        code: 'code-unknown',
        hint: '`chaperone open --admin` makes another, for whoever has the administrator’s token.',
      });
    }
    const person = await logins.people.enterLocalAdministrator(logins.firstGroups);
    await beginSession(request, reply, services, { person, how: 'one-time-link' });
    return reply.code(204).send(null);
  });

  const made = { 201: z.object({ url: z.string(), expiresAt: z.string() }), ...problemResponses };
  router.post(
    '/v1/login/first-links',
    {
      schema: {
        tags,
        summary: 'Make a one-time link',
        description: 'For the administrator of a gateway that has none, by the local administrator.',
        response: made,
      },
    },
    async (request, reply) => {
      const caller = await requireAdministrator(request, services);
      await noteAction(services, caller, 'login.link');
      const code = await logins.first.make(LIMITS.firstLoginMs);
      const expiresAt = new Date(services.nowMs() + LIMITS.firstLoginMs).toISOString();
      return reply.code(201).send({ url: firstLoginUrl(services.info.url, code), expiresAt });
    },
  );
}

/** The link makes whoever opens it an administrator, so only a token that is one already may make it. */
async function requireAdministrator(request: FastifyRequest, services: ApiServices) {
  const caller = await requireCaller(request, services);
  if (caller.kind === 'token' && SCOPES.every((scope) => caller.scopes.has(scope))) return caller;
  throw new HttpProblem(403, 'This needs an administrator’s token');
}

interface NewSession {
  readonly person: PersonRecord;
  readonly how: string;
}

/** Another session than the one that the browser came with, whoever that was: nobody can plant one (fixation). */
async function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  services: ApiServices,
  { person, how }: NewSession,
): Promise<void> {
  const { url } = services.info;
  const before = readCookie(request, url, 'session');
  await noteAction(services, personCaller(person), 'login', { how });
  if (before) await services.logins.browsers.end(before);
  const session = await services.logins.browsers.begin(person.id, request.headers['user-agent'] ?? '');
  setCookie(reply, url, 'session', session);
}

/** Sends the browser where `go` says; where the login is refused, to the page that says why. */
async function orProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  services: ApiServices,
  door: Door,
  go: () => Promise<string>,
): Promise<FastifyReply> {
  const problem = (reason: LoginReason | 'too-many') => reply.redirect(`/login?problem=${reason}`, 303);
  if (door.try(callerAddress(request), services.nowMs()) > 0) return problem('too-many');
  try {
    return reply.redirect(await go(), 303);
  } catch (error) {
    if (!(error instanceof LoginRefused)) throw error;
    await noteFailure(services, error.reason);
    // What the provider said is for the operator, in the program's own log.
    if (error.cause !== undefined) services.onFault(error);
    return problem(error.reason);
  }
}

/** Doors let few through, so strangers cannot fill the log. Why is a code: what a stranger typed or came from is not told. */
function noteFailure(services: ApiServices, why: LoginReason): Promise<void> {
  return services.audit.note({ kind: 'person.action', detail: { action: 'login.failed', why } });
}

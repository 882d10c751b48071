import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { EditedPerson } from '../identity/people.ts';
import type { PersonRecord } from '../identity/person-record.ts';
import { isPlain } from '../identity/read-claims.ts';
import type { PersonId } from '../model/ids.ts';
import { ROLE_SCOPES, ROLES, type Role } from '../model/person.ts';
import { type Caller, noteAction, requireScope } from './caller.ts';
import { pageCursor, pageLimit } from './paging.ts';
import { personSchema, personView } from './person-view.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const names = z.array(z.string().trim().refine(isPlain, 'a name is 1 to 200 characters that can be seen')).max(100);

const editSchema = z.strictObject({
  localGroups: names.optional(),
  localRoles: z.array(z.enum(ROLES)).optional(),
  localHandles: names.optional(),
  disabled: z.boolean().optional(),
});

const params = z.object({ person: z.string().max(100) });
const tags = ['people'];

/** Who logs in here, what they may, and the end of that. */
export function peopleRoutes(router: ApiRouter, services: ApiServices): void {
  const { people } = services.logins;

  const querystring = z.object({ cursor: pageCursor, limit: pageLimit });
  const listed = z.object({ items: z.array(personSchema), next: z.string().optional() });
  const list = {
    tags,
    summary: 'List people',
    description: 'Oldest first, with where their groups and roles come from.',
    querystring,
    response: { 200: listed, ...problemResponses },
  };
  router.get('/v1/people', { schema: list }, async (request) => {
    await requireScope(request, services, 'people:read');
    const { cursor, limit } = request.query;
    const found = await people.list({ limit: limit + 1, ...(cursor === undefined ? {} : { after: cursor }) });
    const items = found.slice(0, limit).map(personView);
    const last = found.length > limit ? items.at(-1) : undefined;
    return last ? { items, next: last.id } : { items };
  });

  const one = { 200: personSchema, ...problemResponses };
  router.get(
    '/v1/people/:person',
    {
      schema: {
        tags,
        summary: 'Show a person',
        description: 'With the ETag that a change of them sends back.',
        params,
        response: one,
      },
    },
    async (request, reply) => {
      await requireScope(request, services, 'people:read');
      const person = await people.find(request.params.person as PersonId);
      if (!person) throw noSuchPerson();
      return withTag(reply, person);
    },
  );

  const edit = {
    tags,
    summary: 'Change a person',
    description: 'What is given here: groups, roles, handles, and whether they may log in. Takes `If-Match`.',
    params,
    body: editSchema,
    response: one,
  };
  router.patch('/v1/people/:person', { schema: edit }, async (request, reply) => {
    const caller = await requireScope(request, services, 'people:write');
    const id = request.params.person as PersonId;
    const version = versionOf(request);
    refuseMoreThanOwn(caller, request.body.localRoles ?? []);
    await noteAction(services, caller, 'person.edit', { whom: id, ...detailOf(request.body) });
    const { localGroups, localRoles, localHandles, disabled } = request.body;
    const edited = await people.edit(id, version, {
      ...(localGroups ? { localGroups: [...new Set(localGroups)] } : {}),
      ...(localRoles ? { localRoles: [...new Set(localRoles)] } : {}),
      ...(localHandles ? { localHandles: [...new Set(localHandles)] } : {}),
      ...(disabled === undefined ? {} : { disabled }),
    });
    return withTag(reply, orProblem(edited));
  });

  loginsRoute(router, services);
}

function loginsRoute(router: ApiRouter, services: ApiServices): void {
  const { people, browsers } = services.logins;
  const ended = { 200: z.object({ ended: z.number().int() }), ...problemResponses };
  router.delete(
    '/v1/people/:person/sessions',
    {
      schema: {
        tags,
        summary: "End a person's logins",
        description: 'Every browser that they are logged in with.',
        params,
        response: ended,
      },
    },
    async (request) => {
      const caller = await requireScope(request, services, 'people:write');
      const id = request.params.person as PersonId;
      if (!(await people.find(id))) throw noSuchPerson();
      await noteAction(services, caller, 'person.sessions.end', { whom: id });
      return { ended: await browsers.endAll(id) };
    },
  );
}

function withTag(reply: FastifyReply, person: PersonRecord): z.infer<typeof personSchema> {
  reply.header('etag', `"${person.version}"`);
  return personView(person);
}

function orProblem(edited: EditedPerson): PersonRecord {
  switch (edited) {
    case 'missing':
      throw noSuchPerson();
    case 'stale':
      throw new HttpProblem(412, 'Somebody else changed this person meanwhile', { hint: 'Load them again.' });
    case 'last-administrator':
      throw new HttpProblem(409, 'This would leave nobody who is an administrator', {
        code: 'last-administrator',
        hint: 'Make somebody else an administrator first.',
      });
    default:
      return edited;
  }
}

/** RFC 9110, 13.1.1; `*` takes whichever version there is. Throws the problem 428 where it is not said. */
function versionOf(request: FastifyRequest): number | undefined {
  const tag = request.headers['if-match'];
  if (tag === '*') return undefined;
  const [, digits] = /^"(\d{1,15})"$/.exec(tag ?? '') ?? [];
  if (digits !== undefined) return Number(digits);
  throw new HttpProblem(428, 'Say which version you change', { hint: 'Send the ETag of what you read as If-Match.' });
}

/** Whoever gives a role can do all of it themselves. */
function refuseMoreThanOwn(caller: Caller, roles: readonly Role[]): void {
  const beyond = roles.find((role) => ROLE_SCOPES[role].some((scope) => !caller.scopes.has(scope)));
  if (beyond === undefined) return;
  throw new HttpProblem(403, `Nobody gives more than they have: ${caller.name} is less than ${beyond}`);
}

/** Handles are names of the person elsewhere, addresses among them: how many there are says enough. */
function detailOf({ localGroups, localRoles, localHandles, disabled }: z.infer<typeof editSchema>) {
  return {
    ...(localGroups ? { localGroups: JSON.stringify(localGroups) } : {}),
    ...(localRoles ? { localRoles: JSON.stringify(localRoles) } : {}),
    ...(localHandles ? { localHandles: localHandles.length } : {}),
    ...(disabled === undefined ? {} : { disabled }),
  };
}

function noSuchPerson(): HttpProblem {
  return new HttpProblem(404, 'There is no such person');
}

import type { FastifyRequest } from 'fastify';
import type { LogNote } from '../audit/recorder.ts';
import type { Person, Scope } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import { HttpProblem } from './problem.ts';

/** Who calls: a person in a browser, or a token. A person's own token (`chaperone login`) has the person beside it. */
export interface Caller {
  readonly kind: 'person' | 'token';
  /** A login, or the token's name. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly person?: Person;
}

/** What `requireScope` needs of the services. */
export interface CallerServices {
  /** Whom a bearer token belongs to; undefined where it is none, revoked or expired. */
  tokenCaller(token: Secret): Promise<Caller | undefined>;
}

/** Whoever calls, where they may do this: one of the scopes is enough. Throws the problem 401 or 403. */
export async function requireScope(
  request: FastifyRequest,
  services: CallerServices,
  scope: Scope | readonly Scope[],
): Promise<Caller> {
  const caller = await requireCaller(request, services);
  const wanted = [scope].flat();
  if (wanted.some((one) => caller.scopes.has(one))) return caller;
  throw new HttpProblem(403, 'This is not for you to do or see', {
    detail: `${caller.name} has no ${wanted.join(' and no ')} here.`,
    hint: caller.kind === 'person' ? 'An administrator gives roles to people.' : 'A token does what its scopes say.',
  });
}

/** Whoever calls, whatever they may. Throws the problem 401. */
export async function requireCaller(request: FastifyRequest, services: CallerServices): Promise<Caller> {
  const token = bearer(request);
  const caller = token && (await services.tokenCaller(token));
  if (caller) return caller;
  throw new HttpProblem(401, 'This needs an operator token', {
    hint: 'Send one as a bearer token. The first is in admin-token in the data directory of the gateway that started first; `chaperone tokens create` makes others.',
  });
}

/** What somebody did, in the audit log before the answer leaves. */
export async function noteAction(
  services: { readonly audit: { note(entry: LogNote): Promise<void> } },
  caller: Caller,
  action: string,
  detail: LogNote['detail'] = {},
): Promise<void> {
  const { person, kind, name } = caller;
  if (!person) return services.audit.note({ kind: 'operator.action', detail: { by: name, action, ...detail } });
  const who = { by: person.login, person: person.id, via: kind === 'person' ? 'browser' : 'token' };
  return services.audit.note({ kind: 'person.action', detail: { ...who, action, ...detail } });
}

function bearer(request: FastifyRequest): Secret | undefined {
  const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return token === undefined ? undefined : new Secret(token);
}

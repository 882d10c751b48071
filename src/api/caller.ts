import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { idOrNone } from '../audit/log/log-note.ts';
import type { LogNote } from '../audit/recorder.ts';
import { csrfToken } from '../identity/browser-sessions.ts';
import type { Logins } from '../identity/logins.ts';
import { scopesOf } from '../identity/person-record.ts';
import { Fault } from '../model/fault.ts';
import type { Person, Scope } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import { readCookie } from './cookies.ts';
import { HttpProblem } from './problem.ts';
import { isSameOrigin } from './same-origin.ts';

/** Who calls: a person in a browser, or a token. A person's own token (`chaperone login`) has the person beside it. */
export interface Caller {
  readonly kind: 'person' | 'token';
  /** A login, or the token's name. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly person?: Person;
  /** Of a token: its id, and RFC 3339 where it ends. */
  readonly token?: { readonly id: string; readonly expiresAt?: string };
}

/** What it takes to know who calls. */
export interface CallerServices {
  readonly info: { readonly url: string };
  readonly logins: Pick<Logins, 'browsers' | 'tokens'>;
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
    hint: caller.person ? 'An administrator gives roles to people.' : 'A token does what its scopes say.',
  });
}

/** Whoever calls, whatever they may. Throws the problem 401, or 403 where another site speaks for a browser. */
export async function requireCaller(request: FastifyRequest, services: CallerServices): Promise<Caller> {
  // Whoever says who they are by a token is that and nobody else, whatever cookie comes along.
  const caller =
    request.headers.authorization === undefined
      ? await browserCaller(request, services)
      : await tokenCaller(request, services);
  if (caller) return caller;
  throw new HttpProblem(401, 'Nobody is logged in', {
    hint: 'Log in with `chaperone login`, or send an operator token as a bearer token. The first is in admin-token in the data directory of the gateway that started first; `chaperone tokens create` makes others.',
  });
}

export function personCaller(person: Person): Caller {
  return { kind: 'person', name: person.login, scopes: scopesOf(person), person };
}

/** By whom, for what can never be erased: the person's id, or the token's. */
export function callerId({ person, token }: Caller): string {
  const id = person?.id ?? token?.id;
  if (id === undefined) throw new Fault('internal', 'somebody calls who is neither a person nor a token');
  return id;
}

/** What somebody did, in the audit log before the answer leaves. */
export async function noteAction(
  services: { readonly audit: { note(entry: LogNote): Promise<void> } },
  caller: Caller,
  action: string,
  detail: LogNote['detail'] = {},
): Promise<void> {
  const by = callerId(caller);
  const told = { by, action, ...Object.fromEntries(Object.entries(detail).map(asNamed)) };
  if (!caller.person) return services.audit.note({ kind: 'operator.action', detail: told });
  return services.audit.note({ kind: 'person.action', detail: { via: caller.token?.id ?? 'browser', ...told } });
}

/** Ids of what a caller names: they are noted before it is known whether there is such a thing. */
const NAMED: ReadonlySet<string> = new Set([
  'session',
  'grant',
  'token',
  'whom',
  'delivery',
  'inherited',
  'definition',
  'budget',
  'run',
  'hold',
  'erasure',
]);

function asNamed([name, value]: [string, string | number | boolean]): [string, string | number | boolean] {
  return [name, NAMED.has(name) ? idOrNone(String(value)) : value];
}

async function tokenCaller(request: FastifyRequest, { logins }: CallerServices): Promise<Caller | undefined> {
  const [, text] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const holder = text === undefined ? undefined : await logins.tokens.authenticate(new Secret(text));
  if (holder === undefined) return undefined;
  const { id, name, scopes, person, expiresAt } = holder;
  return {
    kind: 'token',
    name,
    scopes,
    token: { id, ...(expiresAt ? { expiresAt } : {}) },
    ...(person ? { person } : {}),
  };
}

async function browserCaller(request: FastifyRequest, services: CallerServices): Promise<Caller | undefined> {
  const session = readCookie(request, services.info.url, 'session');
  // A page that is left open listens, and asks by itself: it says so, and gains nothing by not saying it.
  const isIdle = request.headers.accept === 'text/event-stream' || request.headers['x-idle'] === 'true';
  const person = session && (await services.logins.browsers.authenticate(session, isIdle));
  if (!person) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseForgery(request, services.info.url, session);
  return personCaller(person);
}

/** A browser sends its cookie for any site's request: a page of ours proves itself by the token, and by its origin. */
function refuseForgery(request: FastifyRequest, url: string, session: Secret): void {
  const sent = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
  const wanted = Buffer.from(csrfToken(session));
  if (sent.length === wanted.length && timingSafeEqual(sent, wanted) && isSameOrigin(request, url)) return;
  throw new HttpProblem(403, 'This did not come from a page of this gateway', {
    code: 'csrf',
    hint: 'Load the page again. Programs use a token, and no cookie.',
  });
}

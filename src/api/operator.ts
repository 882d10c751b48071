import type { FastifyRequest } from 'fastify';
import { Secret } from '../model/secret.ts';
import { HttpProblem } from './problem.ts';
import type { ApiServices, GrantHolder, Operator } from './services.ts';

/** The operator that a request's bearer token belongs to. Throws the problem 401 or, for a lesser role, 403. */
export async function requireOperator(
  request: FastifyRequest,
  services: ApiServices,
  role: Operator['role'],
): Promise<Operator> {
  const token = bearer(request);
  const operator = token && (await services.operator(token));
  if (!operator) {
    throw new HttpProblem(401, 'This needs an operator token', {
      hint: 'Send one as a bearer token. The first is in admin-token in the data directory of the gateway that started first; `chaperone tokens create` makes others.',
    });
  }
  if (role === 'admin' && operator.role !== 'admin') {
    throw new HttpProblem(403, 'This needs an administrator', {
      detail: `${operator.name} is an auditor, who may look and not change.`,
    });
  }
  return operator;
}

/** Who holds a grant, as HTTP Basic says it (RFC 7617): the grant's id and its secret. Throws the problem 401. */
export function grantHolder(request: FastifyRequest): GrantHolder {
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, grant, secret] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (grant === undefined || secret === undefined) {
    throw new HttpProblem(401, 'This needs the grant and its secret, as HTTP Basic');
  }
  return { grant, secret: new Secret(secret) };
}

function bearer(request: FastifyRequest): Secret | undefined {
  const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return token === undefined ? undefined : new Secret(token);
}

/** What an operator did, in the audit log before the answer leaves. */
export async function noteAction(
  services: ApiServices,
  operator: Operator,
  action: string,
  detail: Readonly<Record<string, string | number | boolean>> = {},
): Promise<void> {
  await services.audit.note({ kind: 'operator.action', detail: { by: operator.name, action, ...detail } });
}

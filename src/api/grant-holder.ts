import type { FastifyRequest } from 'fastify';
import { Secret } from '../model/secret.ts';
import { HttpProblem } from './problem.ts';
import type { GrantHolder } from './services.ts';

/** Who holds a grant, as HTTP Basic says it (RFC 7617): the grant's id and its secret. Throws the problem 401. */
export function grantHolder(request: FastifyRequest): GrantHolder {
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, grant, secret] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (grant === undefined || secret === undefined) {
    throw new HttpProblem(401, 'This needs the grant and its secret, as HTTP Basic');
  }
  return { grant, secret: new Secret(secret) };
}

import { hostname } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { type VerifiedProof, verifyProof } from '../identity/proof-verifier.ts';
import { Secret } from '../model/secret.ts';
import type { GrantHolder } from './grant-views.ts';
import { HttpProblem } from './problem.ts';
import type { ApiServices } from './services.ts';

type ProofServices = Pick<ApiServices, 'info' | 'nowMs'>;

/**
 * Who holds a grant, as the request says it: its id and its secret with a proof of its key (`Authorization: DPoP
 * GRANT.SECRET`, RFC 9449, section 7.1), or without one as HTTP Basic (RFC 7617). Whether the grant is good is not looked
 * at. Throws the problem 401, and `Refused` where the proof does not hold.
 */
export async function grantHolder(request: FastifyRequest, services: ProofServices): Promise<GrantHolder> {
  const { authorization = '' } = request.headers;
  const [, presented] = /^DPoP ([\w.-]+)$/i.exec(authorization) ?? [];
  if (presented !== undefined) {
    const [, grant = '', secret = ''] = /^([^.]+)\.([^.]+)$/.exec(presented) ?? [];
    const proof = await proofOf(request, services, new Secret(presented));
    if (proof === undefined) throw new HttpProblem(401, 'The proof of the key (DPoP) is missing');
    return { grant, secret: new Secret(secret), proof };
  }
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(authorization) ?? [];
  const [, grant, secret] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (grant === undefined || secret === undefined) {
    throw new HttpProblem(401, 'This needs the grant and its secret');
  }
  return { grant, secret: new Secret(secret) };
}

/** The proof that came with a request, checked against it; undefined where none came. Throws `Refused`. */
export async function proofOf(
  request: FastifyRequest,
  { info, nowMs }: ProofServices,
  presented?: Secret,
): Promise<VerifiedProof | undefined> {
  const { dpop } = request.headers;
  if (dpop === undefined) return undefined;
  const urls = addressesOf(info.url).map((origin) => `${origin}${request.url.replace(/\?.*$/s, '')}`);
  const about = { method: request.method, urls, ...(presented ? { presented } : {}) };
  return verifyProof([dpop].flat().join(','), about, nowMs());
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** The names by which clients reach this gateway; on its own machine loopback has several, and the machine has one. */
function addressesOf(url: string): readonly string[] {
  const { protocol, hostname: name, port } = new URL(url);
  const others = LOOPBACK.includes(name) ? [...LOOPBACK, hostname()] : [];
  const at = (host: string): string => `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
  return [url.replace(/\/$/, ''), ...others.map(at)];
}

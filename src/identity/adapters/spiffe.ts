import { LIMITS } from '../../model/limits.ts';
import { TokenRefused } from '../token-reason.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

/** SPIFFE-ID, section 2: a trust domain, and segments of letters, digits, dots, dashes and underscores. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;

/** JWT-SVIDs of one trust domain. They name a workload, and no run of any job. */
export const spiffe: IssuerAdapter = {
  kind: 'spiffe',
  label: 'SPIFFE',
  algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [/^spiffe:\/\/[a-z0-9._-]{1,255}$/, /^https:\/\//],
    hosts: [],
    example: 'spiffe://TRUST-DOMAIN, or the `iss` of the SVIDs beside `trustDomain: TRUST-DOMAIN`',
  },
  runBinding: 'asserted',
  claims: { required: {}, optional: {}, unused: [] },
  pins: [{ fields: ['workloadId'], because: 'the SPIFFE ID is the identity, and nothing else in the token is' }],
  knownTraps: [],
  traps: () => [],
  derive,
};

function derive({ issuer, workload: { tokenSubject } }: Reading): Derived {
  if (trustDomainOf(tokenSubject) !== (issuer.trustDomain ?? trustDomainOf(issuer.url))) {
    throw new TokenRefused('claims-incomplete', 'sub is no SPIFFE ID of the trust domain');
  }
  return { workloadId: tokenSubject };
}

/** Undefined for what is no SPIFFE ID. */
export function trustDomainOf(text: unknown): string | undefined {
  const [, domain, path = ''] = typeof text === 'string' && text.length <= 2048 ? (SPIFFE_ID.exec(text) ?? []) : [];
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : domain;
}

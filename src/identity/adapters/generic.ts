import { LIMITS } from '../../model/limits.ts';
import type { Workload } from '../../model/principal.ts';
import type { ClaimPath, Issuer } from '../issuer.ts';
import { asText, type Claims, type IssuerAdapter, required, valueAt } from './adapter.ts';

/** Any other OpenID Connect issuer: its declaration says which claim is which word of the vocabulary. */
export const generic: IssuerAdapter = {
  kind: 'generic',
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  hosts: [],
  immutable: ['sourceRepositoryId', 'sourceOwnerId'],
  knownTraps: [],

  read(claims: Claims, issuer: Issuer): Workload {
    return {
      issuer: issuer.url,
      issuerKind: 'generic',
      tokenSubject: required(claims, 'sub'),
      ...mapped(claims, issuer.claims.vocabulary),
      extra: mapped(claims, issuer.claims.extra),
    };
  },

  traps: () => [],

  display: ({ sourceRepositoryUri, sourceRepositoryId, sourceRef, tokenSubject }) => {
    const source = sourceRepositoryUri ?? sourceRepositoryId;
    if (source === undefined) return tokenSubject;
    return sourceRef === undefined ? source : `${source}@${sourceRef}`;
  },
};

function mapped(claims: Claims, mapping: Readonly<Record<string, ClaimPath | undefined>>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [field, path] of Object.entries(mapping)) {
    if (path === undefined) continue;
    const steps = typeof path === 'string' ? [path] : path;
    const value = asText(valueAt(claims, steps), steps.join('.'));
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}

import { LIMITS } from '../../model/limits.ts';
import type { IssuerAdapter } from './adapter.ts';

/** Any other OpenID Connect issuer: its declaration says which claim is which word of the vocabulary. */
export const generic: IssuerAdapter = {
  kind: 'generic',
  label: 'another issuer',
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: { shapes: [], hosts: [], example: "the token's `iss`, to the letter" },
  runBinding: 'verified',
  claims: 'declared',
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId', 'workloadId'],
      because: 'the id stays when a name is given to somebody else',
    },
  ],
  knownTraps: [],
  traps: () => [],
};

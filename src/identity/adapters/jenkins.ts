import { LIMITS } from '../../model/limits.ts';
import type { IssuerAdapter } from './adapter.ts';

/**
 * Jenkins with its oidc-provider plugin. What stands in a token is what the administrator's templates put there, and jobs
 * that share a credential can mint the same one: the run is taken as asserted, and the claims as the declaration maps them.
 */
export const jenkins: IssuerAdapter = {
  kind: 'jenkins',
  label: 'Jenkins',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: { shapes: [], hosts: [], example: 'https://JENKINS/oidc, or the address that the credential names' },
  runBinding: 'asserted',
  claims: 'declared',
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      waiver: { name: 'mutable_identity', fields: ['tokenSubject', 'buildConfigUri'] },
      because: 'a job of the same name can be made by somebody else',
    },
  ],
  knownTraps: [],
  traps: () => [],
  // What the plugin puts there where no template says otherwise, unless the declaration took it for something else.
  derive: ({ issuer, text }) =>
    Object.hasOwn(issuer.claims.vocabulary, 'runId') ? {} : { runId: text('build_number') },
};

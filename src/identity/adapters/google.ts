import { LIMITS } from '../../model/limits.ts';
import { TokenRefused } from '../token-reason.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const machine = (claim: string) => `google/compute_engine/${claim}`;

/** Google's identity tokens of service accounts, from the metadata server. They name no build, and people have such too. */
export const google: IssuerAdapter = {
  kind: 'google',
  label: 'Google Cloud',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [/^https:\/\/accounts\.google\.com$/],
    hosts: [/^accounts\.google\.com$/],
    example: 'https://accounts.google.com',
  },
  keyHosts: ['www.googleapis.com'],
  runBinding: 'asserted',
  claims: {
    objects: ['google'],
    required: { azp: 'derived' },
    optional: {
      email: 'workloadName',
      email_verified: 'derived',
      [machine('project_id')]: 'extra.project_id',
      [machine('project_number')]: 'extra.project_number',
      [machine('zone')]: 'extra.zone',
      [machine('instance_id')]: 'extra.instance_id',
      [machine('instance_name')]: 'extra.instance_name',
    },
    unused: [
      machine('instance_creation_timestamp'),
      machine('instance_confidentiality'),
      machine('license_id'),
      'at_hash',
      'hd',
    ],
  },
  pins: [{ fields: ['workloadId'], because: 'the unique id of the account stays when its address is given again' }],
  knownTraps: [],
  traps: () => [],
  derive,
  named: ({ workloadName }) => workloadName,
};

/** The tokens of people are for an OAuth client (`azp`); a service account's are for itself. */
function derive({ text, workload: { tokenSubject } }: Reading): Derived {
  if (text('azp') !== tokenSubject) throw new TokenRefused('claims-incomplete', 'azp is no service account');
  if (text('email') !== undefined && text('email_verified') !== 'true') {
    throw new TokenRefused('claims-incomplete', 'email is not verified');
  }
  return { workloadId: tokenSubject };
}

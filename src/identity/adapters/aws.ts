import { LIMITS } from '../../model/limits.ts';
import { TokenRefused } from '../token-reason.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const ROOT = 'https://sts.amazonaws.com/';
const name = (claim: string) => `${ROOT}${claim}`;

/**
 * AWS outbound identity federation (`sts:GetWebIdentityToken`). Tags of the request are chosen by whoever calls, and tags
 * of a session and its source identity by whoever assumed the role: none of them is read.
 */
export const aws: IssuerAdapter = {
  kind: 'aws',
  label: 'AWS',
  algorithms: ['ES384', 'RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [/^https:\/\/[a-z0-9-]+\.tokens\.sts\.global\.api\.aws$/],
    hosts: [/\.tokens\.sts\.global\.api\.aws$/],
    example: "https://ID.tokens.sts.global.api.aws, as the account's settings of outbound federation show it",
  },
  runBinding: 'asserted',
  claims: {
    objects: [ROOT],
    required: { [name('aws_account')]: 'sourceOwnerId' },
    optional: {
      [name('source_region')]: 'extra.source_region',
      [name('org_id')]: 'extra.org_id',
      [name('ou_path')]: 'extra.ou_path',
      [name('lambda_source_function_arn')]: 'extra.lambda_source_function_arn',
      [name('ec2_source_instance_arn')]: 'extra.ec2_source_instance_arn',
    },
    unused: [
      name('request_tags/'),
      name('request_tags'),
      name('principal_tags/'),
      name('principal_tags'),
      name('source_identity'),
      name('original_session_exp'),
      name('federated_provider'),
      name('identity_store_user_id'),
      name('identity_center_instance_arn'),
      name('ec2_instance_source_vpc'),
      name('ec2_instance_source_private_ipv4'),
      name('ec2_role_delivery'),
      name('source_account'),
      name('principal_id'),
    ],
  },
  pins: [
    { fields: ['sourceOwnerId'], because: 'an account number is never given again' },
    {
      fields: ['workloadName'],
      waiver: { name: 'any_role', fields: [] },
      because: 'every role and user of the account can mint such a token',
    },
  ],
  knownTraps: [],
  traps: () => [],
  derive,
};

function derive({ workload: { tokenSubject, sourceOwnerId } }: Reading): Derived {
  const [, account] = /^arn:aws[a-z-]*:iam::(\d{12}):(?:role|user)\/.+$/.exec(tokenSubject) ?? [];
  if (account === undefined || account !== sourceOwnerId) {
    throw new TokenRefused('claims-incomplete', 'sub is no role or user of aws_account');
  }
  return { workloadName: tokenSubject };
}

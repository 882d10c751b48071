import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const name = (claim: string) => `kubernetes.io/${claim}`;

/** Projected service account tokens of one cluster. They name the account and the pod, and no run of any job. */
export const kubernetes: IssuerAdapter = {
  kind: 'kubernetes',
  label: 'Kubernetes',
  algorithms: ['RS256', 'ES256', 'ES384', 'ES512'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [],
    hosts: [
      /^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/,
      /^container\.googleapis\.com$/,
      /\.oic\.prod-aks\.azure\.com$/,
    ],
    example: "the cluster's `--service-account-issuer`, to the letter",
  },
  runBinding: 'asserted',
  claims: {
    objects: ['kubernetes.io'],
    required: {
      [name('namespace')]: 'extra.namespace',
      [name('serviceaccount/name')]: 'extra.service_account',
      [name('serviceaccount/uid')]: 'workloadId',
    },
    optional: {
      [name('pod/name')]: 'extra.pod',
      [name('pod/uid')]: 'extra.pod_uid',
      [name('node/name')]: 'extra.node',
      [name('node/uid')]: 'extra.node_uid',
    },
    unused: [name('warnafter'), name('secret/')],
  },
  pins: [{ fields: ['workloadId'], because: 'an account of the same name can be made again, its uid cannot' }],
  knownTraps: [],
  traps: () => [],
  derive,
  named: ({ workloadName }) => workloadName,
};

function derive({ text }: Reading): Derived {
  return { workloadName: `${text(name('namespace'))}/${text(name('serviceaccount/name'))}` };
}

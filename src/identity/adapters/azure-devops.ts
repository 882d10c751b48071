import { LIMITS } from '../../model/limits.ts';
import { TokenRefused } from '../token-reason.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PULL_REQUEST = 'pull_request';

/**
 * Azure Pipelines, by the token of a job (not of a service connection). Its audience is the same for every receiver, so
 * a token counts for two minutes only and is marked; a repository that is not Azure's own has no immutable id in it.
 */
export const azureDevops: IssuerAdapter = {
  kind: 'azure-devops',
  label: 'Azure Pipelines',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.sharedAudienceMaxAgeSeconds,
  address: {
    shapes: [/^https:\/\/vstoken\.dev\.azure\.com\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
    hosts: [/^vstoken\.dev\.azure\.com$/],
    example: 'https://vstoken.dev.azure.com/ORGANIZATION-GUID',
  },
  sharedAudience: () => 'api://AzureADTokenExchange',
  runBinding: 'verified',
  claims: {
    required: {
      org_id: 'sourceOwnerId',
      prj_id: 'extra.prj_id',
      def_id: 'extra.def_id',
      run_id: 'runId',
    },
    optional: {
      rpo_id: 'extra.rpo_id',
      rpo_uri: 'sourceRepositoryUri',
      rpo_ver: 'sourceDigest',
      rpo_ref: 'sourceRef',
    },
    unused: [],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'extra.prj_id', 'sourceOwnerId'],
      because: 'the GUID stays when a name is given to somebody else',
    },
  ],
  knownTraps: [PULL_REQUEST],
  // The token does not say whether the pull request came from a fork.
  traps: ({ sourceRef }) => (sourceRef?.startsWith('refs/pull/') === true ? [PULL_REQUEST] : []),
  derive,
  normalise: (_, value) => (GUID.test(value) ? value.toLowerCase() : value),
};

function derive({ issuer, text, workload }: Reading): Derived {
  const organisation = /\/([0-9a-f-]{36})$/.exec(issuer.url)?.[1];
  if (organisation !== undefined && organisation !== workload.sourceOwnerId) {
    throw new TokenRefused('claims-incomplete', 'org_id is not the organisation of the issuer');
  }
  const repository = text('rpo_id');
  const project = /^(https:\/\/dev\.azure\.com\/[^/?#]+\/[^/?#]+)\/_git\//.exec(text('rpo_uri') ?? '')?.[1];
  return {
    sourceRepositoryId: repository !== undefined && GUID.test(repository) ? repository.toLowerCase() : undefined,
    runInvocationUri: project && `${project}/_build/results?buildId=${encodeURIComponent(workload.runId ?? '')}`,
    extra: { audience: 'shared' },
  };
}

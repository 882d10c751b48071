import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const UUIDS = new Set(['sourceRepositoryId', 'sourceOwnerId', 'runId', 'environment', 'actorId']);

/** Bitbucket Pipelines (`oidc: true`). It writes UUIDs in braces, which stand in neither rules nor records. */
export const bitbucket: IssuerAdapter = {
  kind: 'bitbucket',
  label: 'Bitbucket Pipelines',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: {
    shapes: [/^https:\/\/api\.bitbucket\.org\/2\.0\/workspaces\/[a-z0-9_-]+\/pipelines-config\/identity\/oidc$/],
    hosts: [/^api\.bitbucket\.org$/],
    example: 'https://api.bitbucket.org/2.0/workspaces/WORKSPACE/pipelines-config/identity/oidc',
  },
  runBinding: 'verified',
  claims: {
    required: {
      workspaceUuid: 'sourceOwnerId',
      repositoryUuid: 'sourceRepositoryId',
      stepUuid: 'runId',
    },
    optional: {
      pipelineUuid: 'extra.pipeline_uuid',
      deploymentEnvironmentUuid: 'environment',
      branchName: 'extra.branch_name',
      accountUuid: 'extra.account_uuid',
    },
    unused: ['pipelineRunUuid'],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      because: 'the UUID stays when a name is given to somebody else',
    },
  ],
  knownTraps: [],
  traps: () => [],
  derive,
  normalise: (field, value) =>
    UUIDS.has(field) || field.endsWith('_uuid') ? value.replace(/^\{([^{}]*)\}$/, '$1').toLowerCase() : value,
};

function derive({ text }: Reading): Derived {
  const branch = text('branchName');
  return { sourceRef: branch && `refs/heads/${branch}` };
}

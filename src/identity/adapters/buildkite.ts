import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const FORK = 'fork_build';

/** Buildkite: `buildkite-agent oidc request-token`. The ids must be asked for, and slugs can be given to others. */
export const buildkite: IssuerAdapter = {
  kind: 'buildkite',
  label: 'Buildkite',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [/^https:\/\/agent\.buildkite\.com$/],
    hosts: [/^agent\.buildkite\.com$/],
    example: 'https://agent.buildkite.com',
  },
  runBinding: 'verified',
  claims: {
    required: {
      organization_slug: 'extra.organization_slug',
      pipeline_slug: 'extra.pipeline_slug',
      build_number: 'extra.build_number',
      build_commit: 'sourceDigest',
      job_id: 'runId',
    },
    optional: {
      organization_id: 'sourceOwnerId',
      pipeline_id: 'sourceRepositoryId',
      build_branch: 'extra.build_branch',
      build_tag: 'extra.build_tag',
      step_key: 'extra.step_key',
      build_source: 'trigger',
      runner_environment: 'runnerEnvironment',
      agent_id: 'extra.agent_id',
      build_id: 'extra.build_id',
      cluster_id: 'extra.cluster_id',
      cluster_name: 'extra.cluster_name',
      queue_id: 'extra.queue_id',
      queue_key: 'extra.queue_key',
    },
    unused: [],
    kept: ['agent_tag:'],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      because: 'the id stays when a slug is given to somebody else',
    },
  ],
  knownTraps: [FORK],
  // A branch's name holds no colon: Buildkite puts the owner of a fork before the branch so.
  traps: ({ extra }) => (extra?.['build_branch']?.includes(':') === true ? [FORK] : []),
  derive,
  named: ({ extra }) => `${extra?.['organization_slug']}/${extra?.['pipeline_slug']}`,
  display: ({ extra, sourceRef, sourceDigest }) =>
    `${extra?.['organization_slug']}/${extra?.['pipeline_slug']}@${sourceRef ?? sourceDigest}`,
  howToGet: {
    sourceRepositoryId: 'request the token with --claim organization_id,pipeline_id',
    sourceOwnerId: 'request the token with --claim organization_id,pipeline_id',
  },
};

function derive({ text, workload: { runId } }: Reading): Derived {
  const pipeline = `https://buildkite.com/${text('organization_slug')}/${text('pipeline_slug')}`;
  const [branch, tag] = [text('build_branch'), text('build_tag')];
  return {
    buildConfigUri: pipeline,
    runInvocationUri: `${pipeline}/builds/${text('build_number')}#${runId}`,
    sourceRef: tag === undefined ? branch && `refs/heads/${branch}` : `refs/tags/${tag}`,
  };
}

import { LIMITS } from '../../model/limits.ts';
import type { Workload } from '../../model/principal.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const FORK = 'fork_merge_request';

/** GitLab CI `id_tokens`, gitlab.com and self-managed. */
export const gitlab: IssuerAdapter = {
  kind: 'gitlab',
  label: 'GitLab CI',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: { shapes: [], hosts: [/^gitlab\.com$/], example: 'https://gitlab.com or the address of your own GitLab' },
  runBinding: 'verified',
  claims: {
    required: {
      project_id: 'sourceRepositoryId',
      project_path: 'extra.project_path',
      namespace_id: 'sourceOwnerId',
      job_id: 'runId',
      pipeline_source: 'trigger',
    },
    optional: {
      ref_path: 'sourceRef',
      ref: 'derived',
      ref_type: 'extra.ref_type',
      ref_protected: 'extra.ref_protected',
      sha: 'sourceDigest',
      ci_config_ref_uri: 'derived',
      ci_config_sha: 'buildConfigDigest',
      environment: 'environment',
      environment_protected: 'extra.environment_protected',
      environment_action: 'extra.environment_action',
      deployment_tier: 'extra.deployment_tier',
      runner_environment: 'runnerEnvironment',
      runner_id: 'extra.runner_id',
      project_visibility: 'visibility',
      user_login: 'actor',
      user_id: 'actorId',
      user_access_level: 'extra.user_access_level',
      job_project_id: 'extra.job_project_id',
      job_project_path: 'extra.job_project_path',
      job_source: 'extra.job_source',
      namespace_path: 'extra.namespace_path',
      pipeline_id: 'extra.pipeline_id',
    },
    unused: ['user_email', 'user_identities', 'groups_direct', 'job_namespace_id', 'job_namespace_path', 'job_config'],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      because: 'the number stays when a name is given to somebody else',
    },
  ],
  knownTraps: [FORK],
  traps,
  derive,
  named: ({ extra }) => extra?.['project_path'],
  display: ({ extra, sourceRef, sourceDigest }) => `${extra?.['project_path']}@${sourceRef ?? sourceDigest}`,
};

/**
 * In a merge request's pipeline from a fork, `project_*` name the fork although the job runs in the target project.
 * Servers before 18.4 do not say where the job runs; for them any merge request may be one from a fork.
 */
function traps({ sourceRepositoryId, trigger, extra }: Workload): readonly string[] {
  const jobProject = extra?.['job_project_id'];
  const isFork = jobProject === undefined ? trigger === 'merge_request_event' : jobProject !== sourceRepositoryId;
  return isFork ? [FORK] : [];
}

function derive({ issuer, text, workload }: Reading): Derived {
  const server = issuer.url.replace(/\/$/, '');
  const path = text('project_path');
  const config = text('ci_config_ref_uri');
  const configUri = config === undefined ? undefined : `https://${config}`;
  return {
    sourceRepositoryUri: `${server}/${path}`,
    runInvocationUri: `${server}/${text('job_project_path') ?? path}/-/jobs/${workload.runId}`,
    sourceRef: refPath(text('ref'), text('ref_type')),
    buildConfigUri: configUri,
    buildSignerUri: configUri,
    buildSignerDigest: text('ci_config_sha'),
  };
}

/** What `ref_path` would say, on servers that do not have it. */
function refPath(ref: string | undefined, type: string | undefined): string | undefined {
  if (ref === undefined) return undefined;
  if (type === 'branch') return `refs/heads/${ref}`;
  return type === 'tag' ? `refs/tags/${ref}` : undefined;
}

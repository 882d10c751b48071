import { LIMITS } from '../../model/limits.ts';
import type { Workload } from '../../model/principal.ts';
import type { Issuer } from '../issuer.ts';
import { type Claims, extras, type IssuerAdapter, optional, present, required } from './adapter.ts';

const EXTRA = [
  'project_path',
  'job_project_id',
  'job_project_path',
  'namespace_path',
  'pipeline_id',
  'job_source',
  'ref_type',
  'ref_protected',
  'environment_protected',
  'environment_action',
  'deployment_tier',
  'runner_id',
  'user_access_level',
];

const FORK = 'fork_merge_request';

/** GitLab CI `id_tokens`, gitlab.com and self-managed. */
export const gitlab: IssuerAdapter = {
  kind: 'gitlab',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  hosts: ['gitlab.com'],
  immutable: ['sourceRepositoryId', 'sourceOwnerId'],
  knownTraps: [FORK],

  read(claims: Claims, issuer: Issuer): Workload {
    const server = issuer.url.replace(/\/$/, '');
    const path = required(claims, 'project_path');
    const runId = required(claims, 'job_id');
    const config = optional(claims, 'ci_config_ref_uri');
    const signer = present({
      buildConfigUri: config === undefined ? undefined : `https://${config}`,
      buildConfigDigest: optional(claims, 'ci_config_sha'),
    });
    return {
      issuer: issuer.url,
      issuerKind: 'gitlab',
      tokenSubject: required(claims, 'sub'),
      sourceRepositoryUri: `${server}/${path}`,
      sourceRepositoryId: required(claims, 'project_id'),
      sourceOwnerId: required(claims, 'namespace_id'),
      trigger: required(claims, 'pipeline_source'),
      runInvocationUri: `${server}/${optional(claims, 'job_project_path') ?? path}/-/jobs/${runId}`,
      runId,
      ...signer,
      ...present({
        sourceRef: refPath(claims),
        sourceDigest: optional(claims, 'sha'),
        buildSignerUri: signer.buildConfigUri,
        buildSignerDigest: signer.buildConfigDigest,
        environment: optional(claims, 'environment'),
        runnerEnvironment: optional(claims, 'runner_environment'),
        visibility: optional(claims, 'project_visibility'),
        actor: optional(claims, 'user_login'),
        actorId: optional(claims, 'user_id'),
      }),
      extra: extras(claims, EXTRA),
    };
  },

  /**
   * In a merge request's pipeline from a fork, `project_*` name the fork although the job runs in the target project.
   * Servers before 18.4 do not say where the job runs; for them any merge request may be one from a fork.
   */
  traps({ sourceRepositoryId, trigger, extra }: Workload): readonly string[] {
    const jobProject = extra?.['job_project_id'];
    const isFork = jobProject === undefined ? trigger === 'merge_request_event' : jobProject !== sourceRepositoryId;
    return isFork ? [FORK] : [];
  },

  display: ({ extra, sourceRef, sourceDigest }) => `${extra?.['project_path']}@${sourceRef ?? sourceDigest}`,
};

/** `ref_path` where the server has it; otherwise what it would say, from `ref_type` and `ref`. */
function refPath(claims: Claims): string | undefined {
  const path = optional(claims, 'ref_path');
  const ref = optional(claims, 'ref');
  if (path !== undefined || ref === undefined) return path;
  const type = optional(claims, 'ref_type');
  if (type === 'branch') return `refs/heads/${ref}`;
  return type === 'tag' ? `refs/tags/${ref}` : undefined;
}

import { LIMITS } from '../../model/limits.ts';
import type { Workload } from '../../model/principal.ts';
import type { Issuer } from '../issuer.ts';
import { type Claims, extras, type IssuerAdapter, optional, present, required } from './adapter.ts';

/**
 * Events that run with the base repository's identity on an outsider's content: code for the first two, text that an
 * agent may take for instructions for the others.
 */
const OUTSIDER_EVENTS = new Set([
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
]);

const EXTRA = [
  'repository',
  'ref_type',
  'ref_protected',
  'base_ref',
  'head_ref',
  'run_number',
  'check_run_id',
  'workflow',
  'enterprise',
  'enterprise_id',
  'environment_node_id',
];

/** GitHub Actions: github.com, data residency (`ghe.com`) and Enterprise Server. */
export const github: IssuerAdapter = {
  kind: 'github',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  hosts: ['token.actions.githubusercontent.com'],
  immutable: ['sourceRepositoryId', 'sourceOwnerId'],
  knownTraps: [...OUTSIDER_EVENTS],

  read(claims: Claims, issuer: Issuer): Workload {
    const server = serverUrl(issuer.url);
    const repositoryUri = `${server}/${required(claims, 'repository')}`;
    const runId = required(claims, 'run_id');
    const runAttempt = required(claims, 'run_attempt');
    const uri = (name: string) =>
      optional(claims, name) === undefined ? undefined : `${server}/${optional(claims, name)}`;
    return {
      issuer: issuer.url,
      issuerKind: 'github',
      tokenSubject: required(claims, 'sub'),
      sourceRepositoryUri: repositoryUri,
      sourceRepositoryId: required(claims, 'repository_id'),
      sourceOwnerId: required(claims, 'repository_owner_id'),
      sourceDigest: required(claims, 'sha'),
      trigger: required(claims, 'event_name'),
      runInvocationUri: `${repositoryUri}/actions/runs/${runId}/attempts/${runAttempt}`,
      runId,
      runAttempt,
      ...present({
        sourceRef: optional(claims, 'ref'),
        buildConfigUri: uri('workflow_ref'),
        buildConfigDigest: optional(claims, 'workflow_sha'),
        buildSignerUri: uri('job_workflow_ref'),
        buildSignerDigest: optional(claims, 'job_workflow_sha'),
        environment: optional(claims, 'environment'),
        runnerEnvironment: optional(claims, 'runner_environment'),
        visibility: optional(claims, 'repository_visibility'),
        actor: optional(claims, 'actor'),
        actorId: optional(claims, 'actor_id'),
      }),
      extra: extras(claims, [...EXTRA, ...Object.keys(claims).filter((name) => name.startsWith('repo_property_'))]),
    };
  },

  traps: ({ trigger }) => (trigger !== undefined && OUTSIDER_EVENTS.has(trigger) ? [trigger] : []),

  display: ({ extra, sourceRef, sourceDigest }) => `${extra?.['repository']}@${sourceRef ?? sourceDigest}`,
};

/** The web address of the GitHub that an issuer belongs to: taken from the issuer, which is configured, not from a claim. */
function serverUrl(issuer: string): string {
  const { protocol, host, hostname } = new URL(issuer);
  if (hostname === 'token.actions.githubusercontent.com') return 'https://github.com';
  return `${protocol}//${host.replace(/^token\.actions\./, '')}`;
}

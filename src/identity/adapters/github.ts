import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

/**
 * Events that run with the base repository's identity on an outsider's content: code for the first two, text that an
 * agent may take for instructions for the others.
 */
const OUTSIDER_EVENTS = [
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
];

/** GitHub Actions: github.com, an enterprise's own issuer on it, data residency (`ghe.com`) and Enterprise Server. */
export const github: IssuerAdapter = {
  kind: 'github',
  label: 'GitHub Actions',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [
      /^https:\/\/token\.actions\.githubusercontent\.com(?:\/[A-Za-z0-9_-]+)?$/,
      /^https:\/\/token\.actions\.[a-z0-9-]+\.ghe\.com$/,
      /^https:\/\/[^/]+\/_services\/token$/,
    ],
    hosts: [/^token\.actions\.githubusercontent\.com$/, /^token\.actions\.[a-z0-9-]+\.ghe\.com$/, /^github\.com$/],
    example:
      'https://token.actions.githubusercontent.com (and /ENTERPRISE), https://token.actions.NAME.ghe.com or https://HOST/_services/token',
  },
  runBinding: 'verified',
  claims: {
    required: {
      repository: 'extra.repository',
      repository_id: 'sourceRepositoryId',
      repository_owner_id: 'sourceOwnerId',
      run_id: 'runId',
      run_attempt: 'runAttempt',
      sha: 'sourceDigest',
      event_name: 'trigger',
    },
    optional: {
      ref: 'sourceRef',
      workflow_ref: 'derived',
      workflow_sha: 'buildConfigDigest',
      job_workflow_ref: 'derived',
      job_workflow_sha: 'buildSignerDigest',
      environment: 'environment',
      runner_environment: 'runnerEnvironment',
      repository_visibility: 'visibility',
      actor: 'actor',
      actor_id: 'actorId',
      ref_type: 'extra.ref_type',
      ref_protected: 'extra.ref_protected',
      base_ref: 'extra.base_ref',
      head_ref: 'extra.head_ref',
      run_number: 'extra.run_number',
      check_run_id: 'extra.check_run_id',
      workflow: 'extra.workflow',
      enterprise: 'extra.enterprise',
      enterprise_id: 'extra.enterprise_id',
      environment_node_id: 'extra.environment_node_id',
    },
    // The last is what the demo's own issuer marks its tokens with.
    unused: ['repository_owner', 'issuer_scope', 'chaperone_demo'],
    kept: ['repo_property_'],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      because: 'the number stays when a name is given to somebody else',
    },
  ],
  knownTraps: OUTSIDER_EVENTS,
  traps: ({ trigger }) => (trigger !== undefined && OUTSIDER_EVENTS.includes(trigger) ? [trigger] : []),
  derive,
  named: ({ extra }) => extra?.['repository'],
  display: ({ extra, sourceRef, sourceDigest }) => `${extra?.['repository']}@${sourceRef ?? sourceDigest}`,
};

function derive({ issuer, text, workload }: Reading): Derived {
  const server = serverUrl(issuer.url);
  const repository = `${server}/${text('repository')}`;
  const below = (path: string | undefined) => (path === undefined ? undefined : `${server}/${path}`);
  return {
    sourceRepositoryUri: repository,
    runInvocationUri: `${repository}/actions/runs/${workload.runId}/attempts/${workload.runAttempt}`,
    buildConfigUri: below(text('workflow_ref')),
    buildSignerUri: below(text('job_workflow_ref')),
    extra: { workflow_path: workflowPath(text('workflow_ref'), `${text('repository')}/`) },
  };
}

/** The file of the workflow within its own repository; its name may hold an `@`, and the ref comes last. */
function workflowPath(reference: string | undefined, repository: string): string | undefined {
  const end = reference?.lastIndexOf('@') ?? -1;
  return reference?.startsWith(repository) === true && end > 0 ? reference.slice(repository.length, end) : undefined;
}

/** The web address of the GitHub that an issuer belongs to: taken from the issuer, which is configured, not from a claim. */
function serverUrl(issuer: string): string {
  const { protocol, host, hostname } = new URL(issuer);
  if (hostname === 'token.actions.githubusercontent.com') return 'https://github.com';
  return `${protocol}//${host.replace(/^token\.actions\./, '')}`;
}

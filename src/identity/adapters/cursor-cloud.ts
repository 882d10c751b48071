import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const SEVERAL = 'several_repositories';
const UNKNOWN = 'repositories_unknown';

/**
 * Cursor's cloud agents (cursor.com/docs/cloud-agent/identity). A token names the agent's run and whose it is; whatever
 * runs on that machine can mint one. The branch is the agent's own choice, so it is no `sourceRef`.
 */
export const cursorCloud: IssuerAdapter = {
  kind: 'cursor-cloud',
  label: 'Cursor cloud agents',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxAgeSeconds,
  address: {
    shapes: [/^https:\/\/api\.cursor\.com$/],
    hosts: [/^api2?\.cursor\.(?:com|sh)$/],
    example: 'https://api.cursor.com',
  },
  runBinding: 'verified',
  claims: {
    required: { cloud_agent_id: 'runId', agent_runtime: 'runnerEnvironment' },
    optional: {
      team_id: 'sourceOwnerId',
      turn_id: 'runAttempt',
      source: 'trigger',
      environment_id: 'environment',
      owner_email: 'actor',
      owner_user_id: 'actorId',
      owner_service_account_id: 'extra.service_account_id',
      automation_id: 'extra.automation_id',
      branch_name: 'extra.branch_name',
      repo_url: 'extra.primary_repository',
      repo_count: 'extra.repository_count',
    },
    unused: ['turn_start', 'nonce', 'repo_urls'],
  },
  pins: [
    {
      fields: ['sourceOwnerId', 'workloadId'],
      because: 'every team has the same issuer, and a repository is known by its name alone',
    },
  ],
  knownTraps: [SEVERAL, UNKNOWN],
  traps: ({ extra, sourceRepositoryUri }) => {
    if (extra?.['repository_count'] === undefined) return [UNKNOWN];
    return sourceRepositoryUri === undefined ? [SEVERAL] : [];
  },
  derive,
  display: ({ extra, runId }) => `${extra?.['primary_repository'] ?? 'cursor'}@${runId}`,
  howToGet: { sourceOwnerId: 'a personal account has no team; pin workloadId: user:NUMBER' },
};

/** `sub` may be projected onto another claim, so the owner is read from the claims of the owner. */
function derive({ text }: Reading): Derived {
  const [user, account] = [text('owner_user_id'), text('owner_service_account_id')];
  const primary = text('repo_url');
  const owner = account === undefined ? user && `user:${user}` : `service_account:${account}`;
  // Only of a set that is known whole is the one repository the only one.
  const isOnly = text('repo_count') === '1' && primary !== undefined;
  return { workloadId: owner, sourceRepositoryUri: isOnly ? `https://${primary}` : undefined };
}

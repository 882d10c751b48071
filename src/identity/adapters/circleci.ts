import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const SSH = 'ssh_rerun';
const name = (claim: string) => `oidc.circleci.com/${claim}`;

/**
 * CircleCI, by an organisation's own issuer or the root one. Its default audience, the organisation's id, is shared by
 * whoever forgot to ask for another, and is refused like any that is not ours.
 */
export const circleci: IssuerAdapter = {
  kind: 'circleci',
  label: 'CircleCI',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: {
    shapes: [/^https:\/\/[^/]+\/org\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, /^https:\/\/oidc\.circleci\.com$/],
    hosts: [/^oidc\.circleci\.com$/],
    example: 'https://oidc.circleci.com/org/ORGANIZATION-ID',
  },
  runBinding: 'verified',
  claims: {
    required: {
      [name('org-id')]: 'sourceOwnerId',
      [name('project-id')]: 'sourceRepositoryId',
      [name('job-id')]: 'runId',
      [name('ssh-rerun')]: 'extra.ssh_rerun',
    },
    optional: {
      [name('vcs-origin')]: 'extra.vcs_origin',
      [name('vcs-ref')]: 'sourceRef',
      [name('workflow-id')]: 'extra.workflow_id',
      [name('pipeline-id')]: 'extra.pipeline_id',
      [name('pipeline-definition-id')]: 'extra.pipeline_definition_id',
    },
    unused: [name('context-ids')],
  },
  pins: [
    {
      fields: ['sourceRepositoryId', 'sourceOwnerId'],
      because: 'the id stays when a name is given to somebody else',
    },
    {
      fields: ['sourceRepositoryUri', 'extra.vcs_origin'],
      waiver: { name: 'any_vcs_origin', fields: [] },
      because: 'a build of a fork carries the project id of the original, and only the origin tells',
    },
  ],
  knownTraps: [SSH],
  // The claim is a boolean, and text in older tokens; whatever does not say no says that a person may sit in the shell.
  traps: ({ extra }) => (extra?.['ssh_rerun'] === 'false' ? [] : [SSH]),
  derive,
};

function derive({ text, workload: { sourceRepositoryId } }: Reading): Derived {
  const origin = text(name('vcs-origin'));
  const definition = text(name('pipeline-definition-id'));
  const workflow = text(name('workflow-id'));
  const configUri =
    definition &&
    `https://circleci.com/api/v2/projects/${sourceRepositoryId}/pipeline-definitions/${encodeURIComponent(definition)}`;
  return {
    sourceRepositoryUri: origin && (/^https?:\/\//.test(origin) ? origin : `https://${origin}`),
    buildConfigUri: configUri,
    buildSignerUri: configUri,
    runInvocationUri: workflow && `https://app.circleci.com/pipelines/workflows/${encodeURIComponent(workflow)}`,
  };
}

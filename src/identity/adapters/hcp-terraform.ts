import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const PLAN = 'plan';

/** HCP Terraform and Terraform Enterprise, by the token of a workspace's run. All tenants of HCP share one issuer. */
export const hcpTerraform: IssuerAdapter = {
  kind: 'hcp-terraform',
  label: 'HCP Terraform',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: {
    shapes: [],
    hosts: [/^app(?:\.eu)?\.terraform\.io$/],
    example: 'https://app.terraform.io, or the address of your Terraform Enterprise',
  },
  runBinding: 'verified',
  claims: {
    required: {
      terraform_organization_id: 'sourceOwnerId',
      terraform_workspace_id: 'workloadId',
      terraform_run_id: 'runId',
      terraform_run_phase: 'extra.run_phase',
    },
    optional: {
      terraform_full_workspace: 'workloadName',
      terraform_organization_name: 'extra.organization',
      terraform_project_id: 'extra.project_id',
      terraform_project_name: 'extra.project',
      terraform_workspace_name: 'extra.workspace',
    },
    unused: [],
  },
  pins: [
    {
      fields: ['workloadId', 'sourceOwnerId'],
      because: 'every tenant has the same issuer, and a name can be given to somebody else',
    },
  ],
  knownTraps: [PLAN],
  // A speculative plan runs what a pull request brought.
  traps: ({ extra }) => (extra?.['run_phase'] === 'apply' ? [] : [PLAN]),
  derive,
  named: ({ extra = {} }) => {
    const { organization, workspace } = extra;
    return organization === undefined || workspace === undefined ? undefined : `${organization}/${workspace}`;
  },
};

function derive({ issuer, text, workload: { runId = '' } }: Reading): Derived {
  const [organisation, workspace] = [text('terraform_organization_name'), text('terraform_workspace_name')];
  if (organisation === undefined || workspace === undefined) return {};
  const path = ['app', organisation, 'workspaces', workspace, 'runs', runId].map(encodeURIComponent).join('/');
  return { runInvocationUri: `${issuer.url.replace(/\/$/, '')}/${path}` };
}

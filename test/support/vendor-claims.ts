import type { IssuerKind } from '../../src/model/principal.ts';
import type { ClaimTimes } from './ci-claims.ts';

type Claims = Record<string, unknown>;
type Make = (times: ClaimTimes) => Claims;

const ORG = '7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b';
const PROJECT = '0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a';

/** An issuer's token as its vendor's documentation shows one, with this repository's own names and ids. */
export interface VendorExample {
  readonly url: string;
  readonly claims: Make;
}

/** By kind, but for GitHub and GitLab (ci-claims.ts) and those whose claims are declared. */
export const VENDOR_EXAMPLES: Readonly<
  Record<Exclude<IssuerKind, 'github' | 'gitlab' | 'generic' | 'jenkins'>, VendorExample>
> = {
  // circleci.com/docs/guides/permissions-authentication/openid-connect-tokens
  circleci: {
    url: `https://oidc.circleci.com/org/${ORG}`,
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      sub: `org/${ORG}/project/${PROJECT}/user/5c4b3a29-1807-4f6e-8d5c-4b3a29180f7e`,
      aud,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      'oidc.circleci.com/context-ids': ['9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a'],
      'oidc.circleci.com/job-id': '11111111-2222-4333-8444-555555555555',
      'oidc.circleci.com/org-id': ORG,
      'oidc.circleci.com/pipeline-definition-id': '33333333-4444-4555-8666-777777777777',
      'oidc.circleci.com/pipeline-id': '44444444-5555-4666-8777-888888888888',
      'oidc.circleci.com/project-id': PROJECT,
      'oidc.circleci.com/ssh-rerun': false,
      'oidc.circleci.com/vcs-origin': 'github.com/acme/shop',
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      'oidc.circleci.com/workflow-id': '22222222-3333-4444-8555-666666666666',
    }),
  },
  // buildkite.com/docs/agent/cli/reference/oidc, with --claim organization_id,pipeline_id,build_id
  buildkite: {
    url: 'https://agent.buildkite.com',
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      sub: 'organization:acme-inc:pipeline:super-duper-app:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:build',
      aud,
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: nowSeconds + 300,
      organization_slug: 'acme-inc',
      pipeline_slug: 'super-duper-app',
      build_number: 1,
      build_branch: 'main',
      build_tag: null,
      build_commit: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
      step_key: null,
      job_id: '0184990a-477b-4fa8-9968-496074483cee',
      agent_id: '0184990a-4782-42b5-afc1-16715b10b8ff',
      build_source: 'ui',
      runner_environment: 'buildkite-hosted',
      organization_id: '0184990a-477b-4fa8-9968-496074483k32',
      pipeline_id: '0184990a-4782-42b5-afc1-16715b10b1l0',
      build_id: '0184990a-4782-42b5-afc1-16715b10b8dd',
      'agent_tag:queue': 'default',
    }),
  },
  // support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc
  bitbucket: {
    url: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    claims: ({ iss, aud, nowSeconds }) => ({
      sub: '{AB12CD34-0000-4000-8000-000000000001}:{3c4d5e6f-0000-4000-8000-000000000003}',
      aud,
      iss,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      accountUuid: '{00000000-0000-4000-8000-00000000000a}',
      workspaceUuid: '{12345678-0000-4000-8000-00000000000b}',
      repositoryUuid: '{AB12CD34-0000-4000-8000-000000000001}',
      pipelineUuid: '{2b3c4d5e-0000-4000-8000-000000000002}',
      stepUuid: '{3c4d5e6f-0000-4000-8000-000000000003}',
      deploymentEnvironmentUuid: '{4d5e6f70-0000-4000-8000-000000000004}',
      branchName: 'main',
    }),
  },
  // learn.microsoft.com, Oidctoken - Create; sigstore/fulcio issue 1803 shows the claims
  'azure-devops': {
    url: `https://vstoken.dev.azure.com/${ORG}`,
    claims: ({ iss, aud, nowSeconds }) => ({
      jti: '8f6f2d5e-0000-4000-8000-000000000001',
      sub: 'p://acme/shop/agent',
      aud,
      org_id: ORG,
      prj_id: PROJECT,
      def_id: '17',
      rpo_id: '6D5C4B3A-0000-4000-8000-000000000002',
      rpo_uri: 'https://dev.azure.com/acme/shop/_git/shop',
      rpo_ver: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      rpo_ref: 'refs/heads/main',
      run_id: '4242',
      iss,
      nbf: nowSeconds - 600,
      exp: nowSeconds + 600,
      iat: nowSeconds,
    }),
  },
  // kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin
  kubernetes: {
    url: 'https://kubernetes.default.svc.cluster.local',
    claims: ({ iss, aud, nowSeconds }) => ({
      aud: [aud],
      exp: nowSeconds + 600,
      iat: nowSeconds,
      iss,
      jti: 'e51f1fbc-4733-4b85-a59f-ba80c0523874',
      'kubernetes.io': {
        namespace: 'ci',
        node: { name: 'worker-1', uid: '517eb86e-b863-451b-bf70-86cb61439a3a' },
        pod: { name: 'agent-7x2', uid: '0d8b260e-ef0e-45fb-be8e-ff44f97722e8' },
        serviceaccount: { name: 'agent', uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' },
        warnafter: nowSeconds + 500,
      },
      nbf: nowSeconds,
      sub: 'system:serviceaccount:ci:agent',
    }),
  },
  // spiffe/spiffe, standards/JWT-SVID.md
  spiffe: {
    url: 'spiffe://prod.example',
    claims: ({ aud, nowSeconds }) => ({
      sub: 'spiffe://prod.example/ci/agent',
      aud: [aud],
      exp: nowSeconds + 300,
      iat: nowSeconds,
    }),
  },
  // cloud.google.com/compute/docs/instances/verifying-instance-identity
  google: {
    url: 'https://accounts.google.com',
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      aud,
      sub: '112179062720391305885',
      azp: '112179062720391305885',
      email: 'agent@acme-ci.iam.gserviceaccount.com',
      email_verified: true,
      google: {
        compute_engine: {
          instance_confidentiality: 1,
          instance_creation_timestamp: 1_686_491_081,
          instance_id: '4570452845155348778',
          instance_name: 'runner-1',
          project_id: 'acme-ci',
          project_number: 1_071_284_184_436,
          zone: 'us-central1-c',
        },
      },
    }),
  },
  // docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
  aws: {
    url: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      aud,
      sub: 'arn:aws:iam::123456789012:role/DataProcessingRole',
      iat: nowSeconds,
      exp: nowSeconds + 900,
      jti: 'xyz123-def456-ghi789-jkl012',
      'https://sts.amazonaws.com/': {
        aws_account: '123456789012',
        source_region: 'us-east-1',
        org_id: 'o-abc1234567',
        ou_path: 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/',
        principal_tags: { environment: 'production', 'cost-center': 'engineering' },
        lambda_source_function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:process-data',
        request_tags: { 'job-id': 'job-2024-001', priority: 'high' },
      },
    }),
  },
  // developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
  'hcp-terraform': {
    url: 'https://app.terraform.io',
    claims: ({ iss, aud, nowSeconds }) => ({
      jti: '1192426d-b525-4fde-9d42-f238be437bbd',
      iss,
      aud,
      iat: nowSeconds,
      nbf: nowSeconds - 30,
      exp: nowSeconds + 3600,
      sub: 'organization:acme:project:Default Project:workspace:shop:run_phase:apply',
      terraform_run_phase: 'apply',
      terraform_workspace_id: 'ws-mbsd5E3Ktt5Rg2Xm',
      terraform_workspace_name: 'shop',
      terraform_organization_id: 'org-GRNbCjYNpBB6NEBH',
      terraform_organization_name: 'acme',
      terraform_project_id: 'prj-vegSA59s1XPwMr2t',
      terraform_project_name: 'Default Project',
      terraform_run_id: 'run-X3n1AUXNGWbfECsJ',
      terraform_full_workspace: 'organization:acme:project:Default Project:workspace:shop',
    }),
  },
  // docs.spacelift.io/integrations/cloud-providers/oidc
  spacelift: {
    url: 'https://acme.app.spacelift.io',
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      sub: 'space:us-east-1:stack:infra:run_type:TRACKED:scope:write',
      aud,
      nbf: nowSeconds,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      jti: '01GJ7QK4SA5N1H0B5J2S2YV7T5',
      spaceId: 'us-east-1',
      callerType: 'stack',
      callerId: 'infra',
      runType: 'TRACKED',
      runId: '01GJ7QK4SA5N1H0B5J2S2YV7T5',
      scope: 'write',
    }),
  },
  // cursor.com/docs/cloud-agent/identity
  'cursor-cloud': {
    url: 'https://api.cursor.com',
    claims: ({ iss, aud, nowSeconds }) => ({
      iss,
      sub: 'user:4711',
      aud,
      iat: nowSeconds,
      nbf: nowSeconds - 5,
      exp: nowSeconds + 300,
      jti: 'mint-1',
      cloud_agent_id: 'bc-1f2e3d4c',
      agent_runtime: 'managed',
      owner_email: 'octavia@acme.example',
      owner_user_id: '4711',
      team_id: '123',
      turn_id: 'turn-9',
      turn_start: nowSeconds - 60,
      repo_url: 'github.com/acme/shop',
      repo_urls: ['github.com/acme/shop'],
      repo_count: 1,
      branch_name: 'main',
      environment_id: 'env-1',
      source: 'API',
    }),
  },
};

/** Jenkins, oidc-provider plugin: the claims that it sets by itself. */
export function jenkinsClaims({ iss, aud, nowSeconds }: ClaimTimes): Claims {
  return {
    iss,
    aud,
    sub: 'https://jenkins.example/job/shop/job/main/',
    build_number: 17,
    iat: nowSeconds,
    exp: nowSeconds + 3600,
  };
}

/** The claims of a job, as the CI systems' own documentation shows them. Times are seconds since 1970. */
export interface ClaimTimes {
  readonly iss: string;
  readonly aud: string;
  readonly nowSeconds: number;
}

let tokens = 0;

/** GitHub Actions: a push to main of acme/shop. */
export function githubClaims({ iss, aud, nowSeconds }: ClaimTimes): Record<string, unknown> {
  return {
    jti: `jti-${++tokens}`,
    sub: 'repo:acme/shop:ref:refs/heads/main',
    aud,
    ref: 'refs/heads/main',
    sha: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
    repository: 'acme/shop',
    repository_owner: 'acme',
    repository_owner_id: '9',
    run_id: '5001',
    run_number: '10',
    run_attempt: '2',
    repository_visibility: 'private',
    repository_id: '74',
    actor_id: '12',
    actor: 'octocat',
    workflow: 'agent',
    head_ref: '',
    base_ref: '',
    event_name: 'push',
    ref_type: 'branch',
    ref_protected: 'true',
    workflow_ref: 'acme/shop/.github/workflows/agent.yml@refs/heads/main',
    workflow_sha: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
    job_workflow_ref: 'acme/ci/.github/workflows/run-agent.yml@refs/tags/v1',
    job_workflow_sha: '7f3cd7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f0999',
    runner_environment: 'github-hosted',
    iss,
    nbf: nowSeconds - 600,
    exp: nowSeconds + 300,
    iat: nowSeconds,
  };
}

/** GitLab CI: a branch pipeline of my-group/my-project. */
export function gitlabClaims({ iss, aud, nowSeconds }: ClaimTimes): Record<string, unknown> {
  return {
    namespace_id: '72',
    namespace_path: 'my-group',
    project_id: '20',
    project_path: 'my-group/my-project',
    user_id: '1',
    user_login: 'sample-user',
    user_email: 'sample-user@example.com',
    user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
    job_project_id: '20',
    job_project_path: 'my-group/my-project',
    job_namespace_id: '72',
    job_namespace_path: 'my-group',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'feature-branch-1',
    ref_type: 'branch',
    ref_path: 'refs/heads/feature-branch-1',
    ref_protected: 'false',
    runner_id: 1,
    runner_environment: 'self-hosted',
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    project_visibility: 'public',
    ci_config_ref_uri: 'gitlab.example.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
    ci_config_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    jti: `jti-${++tokens}`,
    iss,
    iat: nowSeconds,
    nbf: nowSeconds - 5,
    exp: nowSeconds + 3600,
    sub: 'project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1',
    aud,
  };
}

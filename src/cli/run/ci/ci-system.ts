/** The CI systems that are told apart where something is said in their words. What a job *is* its token says alone. */
export type CiSystem =
  | 'github'
  | 'gitlab'
  | 'buildkite'
  | 'circleci'
  | 'azure-devops'
  | 'bitbucket'
  | 'jenkins'
  | 'spacelift'
  | 'hcp-terraform'
  | 'kubernetes'
  | 'none';

/** By the variables that each sets; anybody can set them, so this chooses words and folds logs, and nothing else. */
const MARKS: readonly (readonly [variable: string, system: CiSystem])[] = [
  ['GITHUB_ACTIONS', 'github'],
  ['GITLAB_CI', 'gitlab'],
  ['BUILDKITE', 'buildkite'],
  ['CIRCLECI', 'circleci'],
  ['TF_BUILD', 'azure-devops'],
  ['BITBUCKET_BUILD_NUMBER', 'bitbucket'],
  ['JENKINS_URL', 'jenkins'],
  ['TF_VAR_spacelift_run_id', 'spacelift'],
  ['TFC_RUN_ID', 'hcp-terraform'],
  ['KUBERNETES_SERVICE_HOST', 'kubernetes'],
];

export function ciSystemOf(env: NodeJS.ProcessEnv): CiSystem {
  return MARKS.find(([variable]) => (env[variable] ?? '') !== '')?.[1] ?? 'none';
}

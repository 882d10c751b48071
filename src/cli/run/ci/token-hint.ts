import { ciSystemOf } from './ci-system.ts';

/** How a job gets a token, in the words of the CI system that it seems to run in. */
export function tokenHint(env: NodeJS.ProcessEnv): string {
  const system = ciSystemOf(env);
  switch (system) {
    case 'github':
      return 'Give the job the permission to ask for one:  permissions: { id-token: write }';
    case 'gitlab':
      return 'Declare one in the job:  id_tokens: { CHAPERONE_ID_TOKEN: { aud: <the gateway> } }';
    case 'buildkite':
      return 'It comes from `buildkite-agent oidc request-token`; in a container pass BUILDKITE_AGENT_ACCESS_TOKEN, BUILDKITE_JOB_ID and the agent in.';
    case 'circleci':
      return 'It comes from `circleci run oidc get`: the job needs a context, and the `circleci` of its image on the PATH.';
    case 'azure-devops':
      return 'Map the job’s token into the step:  env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }';
    case 'bitbucket':
      return 'Ask for one in the step, for the gateway alone:  oidc: { audiences: [<the gateway>] }';
    case 'jenkins':
      return "Bind an id token credential:  withCredentials([string(credentialsId: '…', variable: 'CHAPERONE_ID_TOKEN')])";
    case 'spacelift':
      return 'Spacelift sets SPACELIFT_OIDC_TOKEN in every run; it must reach the environment of this command.';
    case 'hcp-terraform':
      return 'Set the workspace variable TFC_WORKLOAD_IDENTITY_AUDIENCE_CHAPERONE to the gateway’s audience.';
    case 'kubernetes':
      return 'Mount a projected service account token with the gateway’s audience at /var/run/secrets/chaperone/token.';
    case 'none':
      return 'Outside CI log in with `chaperone login`, start a demo with `npm start`, or give a token with --token-file.';
    default:
      return system satisfies never;
  }
}

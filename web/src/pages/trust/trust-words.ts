import type { TargetView } from '../../api/types.ts';
import type { WordTree } from '../../parts/configuration/words.ts';

const words = (labels: readonly string[], detail?: string) =>
  labels.map((label) => ({ label, ...(detail !== undefined && { detail }) }));

export const CLAIMS: readonly string[] = `
  tokenSubject sourceRepositoryUri sourceRepositoryId sourceOwnerId sourceRef sourceDigest buildConfigUri
  buildConfigDigest buildSignerUri buildSignerDigest runInvocationUri runId runAttempt trigger environment
  runnerEnvironment visibility actor actorId workloadId workloadName runBinding
`
  .trim()
  .split(/\s+/u);

/** What the short forms of rules say in place of claims, each with its kind. */
export const PRESET_FIELDS: readonly string[] = `
  repository repositoryId ownerId branches tags environment events runner workflow project projectId groupId sources
  protected organizationId origin definitionId pipeline pipelineId steps repositoryUuid workspaceUuid environmentUuid job
  serviceAccount serviceAccountUid namespace id serviceAccountId instanceId accountId role function instance workspace
  workspaceId phase stack module space scope team teamId owner runtime
`
  .trim()
  .split(/\s+/u);

/** What a trust rule may say (docs/reference/trust-rules.md). */
export function trustWords(targets: readonly TargetView[], issuers: readonly string[]): WordTree {
  return {
    keys: {
      trust: {
        moreKeys: words(PRESET_FIELDS, 'of a preset'),
        keys: {
          name: { info: 'Shown in grants and in the record.' },
          preset: {
            info: 'The short form: the kind of the issuer, and its own words in place of claims.',
            values: words(ISSUER_KINDS.filter((kind) => kind !== 'generic')),
          },
          issuer: { info: 'Whose tokens it is about.', values: words(issuers, 'issuer') },
          about: { info: 'What people call it; never decided on.' },
          claims: { info: 'All must match; one must be an immutable id.', moreKeys: words(CLAIMS, 'claim') },
          allow: {
            info: 'Traps that this rule accepts by name.',
            values: words(['pull_request_target', 'workflow_run', 'fork_merge_request', 'ssh_rerun', 'plan']),
          },
          targets: {
            info: 'What such a job may enter.',
            values: words(
              targets.map(({ name }) => name),
              'target',
            ),
          },
          requestable: {
            info: 'Targets that its runs may ask people for.',
            keys: {
              targets: {
                info: 'Which.',
                values: words(
                  targets.map(({ name }) => name),
                  'target',
                ),
              },
              approve: {
                info: 'Whom they ask.',
                keys: {
                  group: { info: 'Whose people answer.' },
                  quorum: { info: 'How many of them; 1 where nothing is said.' },
                  within: { info: 'How long the question stands: 30m.' },
                  allowActor: { info: 'Whether who set the run off may be one of them.', values: words(['true']) },
                  showText: { info: 'Whether messages of channels have the reason.', values: words(['true']) },
                },
              },
              for: { info: 'How long the target is given: 1h. As long as the grant where nothing is said.' },
            },
          },
          grant: {
            info: 'How long a grant lasts.',
            keys: { seconds: { info: 'At most 900.' }, renewableSeconds: { info: 'How long it may be renewed.' } },
          },
        },
      },
    },
  };
}

export const ISSUER_KINDS = [
  'github',
  'gitlab',
  'circleci',
  'buildkite',
  'bitbucket',
  'azure-devops',
  'jenkins',
  'kubernetes',
  'spiffe',
  'google',
  'aws',
  'hcp-terraform',
  'spacelift',
  'cursor-cloud',
  'generic',
];

/** What an issuer may say. */
export const ISSUER_WORDS: WordTree = {
  keys: {
    issuers: {
      keys: {
        name: { info: 'As trust rules call it.' },
        kind: { values: words(ISSUER_KINDS) },
        issuer: { info: 'The URL that stands in its tokens; of a public service it may be left out.' },
        algorithms: { values: words(['RS256', 'ES256', 'ES384', 'EdDSA']) },
        maxAgeSeconds: { info: 'How old a token may be.' },
        maxLifetimeSeconds: { info: 'How long a token may last.' },
        keyHosts: { info: 'Hosts that its keys may come from.' },
        jwksUri: { info: 'Where its keys are, where discovery does not say.' },
        jwks: { info: 'Its keys, written out.' },
        trustDomain: { info: 'spiffe: whose workloads it vouches for.' },
        tokenReview: { info: 'kubernetes: asks the cluster whether a token still counts.' },
        claims: { info: 'generic, jenkins: which claim is which word.', moreKeys: words(CLAIMS, 'word') },
        extra: { info: 'generic, jenkins: further claims, by a name of your own.' },
      },
    },
  },
};

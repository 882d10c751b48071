import type { TargetView } from '../../api/types.ts';
import type { WordTree } from '../../parts/configuration/words.ts';

const words = (labels: readonly string[], detail?: string) =>
  labels.map((label) => ({ label, ...(detail !== undefined && { detail }) }));

export const CLAIMS: readonly string[] = `
  tokenSubject sourceRepositoryUri sourceRepositoryId sourceOwnerId sourceRef sourceDigest buildConfigUri
  buildConfigDigest buildSignerUri buildSignerDigest runInvocationUri runId runAttempt trigger environment
  runnerEnvironment visibility actor actorId
`
  .trim()
  .split(/\s+/u);

/** What a trust rule may say (docs/reference/trust-rules.md). */
export function trustWords(targets: readonly TargetView[], issuers: readonly string[]): WordTree {
  return {
    keys: {
      trust: {
        keys: {
          name: { info: 'Shown in grants and in the record.' },
          issuer: { info: 'Whose tokens it is about.', values: words(issuers, 'issuer') },
          claims: { info: 'All must match; one must be an immutable id.', moreKeys: words(CLAIMS, 'claim') },
          allow: {
            info: 'Traps that this rule accepts by name.',
            values: words(['pull_request_target', 'workflow_run']),
          },
          targets: {
            info: 'What such a job may enter.',
            values: words(
              targets.map(({ name }) => name),
              'target',
            ),
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

/** What an issuer may say. */
export const ISSUER_WORDS: WordTree = {
  keys: {
    issuers: {
      keys: {
        name: { info: 'As trust rules call it.' },
        kind: { values: words(['github', 'gitlab', 'generic']) },
        issuer: { info: 'The URL that stands in its tokens.' },
        algorithms: { values: words(['RS256', 'ES256', 'EdDSA']) },
        maxAgeSeconds: { info: 'How old a token may be.' },
        maxLifetimeSeconds: { info: 'How long a token may last.' },
        keyHosts: { info: 'Hosts that its keys may come from.' },
        jwksUri: { info: 'Where its keys are, where discovery does not say.' },
        jwks: { info: 'Its keys, written out.' },
        claims: { info: 'generic: which claim is which word.', moreKeys: words(CLAIMS, 'word') },
        extra: { info: 'generic: further claims, by a name of your own.' },
      },
    },
  },
};

import type { WordTree } from '../../parts/configuration/words.ts';

const words = (labels: readonly string[]) => labels.map((label) => ({ label }));

/** What a target may say (docs/reference/targets.md). */
export const TARGET_WORDS: WordTree = {
  keys: {
    targets: {
      keys: {
        name: { info: 'As policies and clients call it.' },
        protocol: { info: 'What it speaks.', values: words(['postgres']) },
        address: { info: 'host:port; for IPv6 [::1]:5432.' },
        database: { info: 'The one database that sessions enter.' },
        tls: {
          info: 'Verified unless said otherwise.',
          keys: {
            mode: { values: words(['verify-full', 'verify-ca', 'require', 'prefer', 'disable']) },
            ca: { info: 'Certificates in PEM of who signed the server’s.' },
            serverName: { info: 'The name on the certificate, where it is another.' },
          },
        },
        credential: { info: 'How the gateway logs in; no client ever sees it.', keys: { user: {}, password: {} } },
        labels: { info: 'Names and values that policies may select by.' },
        classified: {
          info: 'Columns whose values are masked where a policy masks their class.',
          keys: {
            column: { info: 'schema.table.column' },
            class: { values: words(['email', 'phone', 'card', 'iban', 'salary', 'secret']) },
            mask: { values: words(['redact', 'partial', 'hash', 'null']) },
          },
        },
        record: { info: 'strict waits for the disk before every statement.', values: words(['strict', 'batched']) },
        limits: { keys: { storedReplyBytes: { info: 'What is kept of one reply.' } } },
      },
    },
  },
};

import type { Channel } from '../../api/types.ts';
import type { WordTree } from '../../parts/configuration/words.ts';

type Kind = Channel['kind'];

export const KIND_NAMES: Readonly<Record<Kind, string>> = { slack: 'Slack', webhook: 'Webhook', email: 'E-mail' };

/** What a new one begins with (docs/operating/approvals-channels.md). */
export const DRAFTS: Readonly<Record<Kind, string>> = {
  slack: `channels:
  - name: 
    kind: slack
    groups: "*"
    channel: "#approvals"
    botToken: { env: SLACK_BOT_TOKEN }
    signingSecret: { env: SLACK_SIGNING_SECRET }
`,
  webhook: `channels:
  - name: 
    kind: webhook
    groups: "*"
    url: https://hooks.example.com/chaperone
    secret: { env: WEBHOOK_SECRET }
`,
  email: `channels:
  - name: 
    kind: email
    smtp: smtp://mail.example.com:587
    user: chaperone
    password: { env: SMTP_PASSWORD }
    from: chaperone@example.com
    to:
      "*": [approvals@example.com]
`,
};

const YES_OR_NO = [{ label: 'true' }, { label: 'false' }];

const secret = (info: string): WordTree => ({
  info,
  keys: {
    env: { info: 'The name of a variable of the gateway.' },
    file: { info: 'The path of a file on the gateway, absolute.' },
    value: { info: 'The secret itself: it is sealed, and never shown again.' },
    sealed: { info: 'Keeps the one that is there.', values: [{ label: 'true' }] },
  },
});

const OF_KIND: Readonly<Record<Kind, Readonly<Record<string, WordTree>>>> = {
  slack: {
    channel: { info: '"#name" or C0123456789. Invite the bot to a private one.' },
    botToken: secret('The app’s, xoxb-….'),
    signingSecret: secret('Stands under Basic Information of the app.'),
    apiUrl: { info: 'Another one for GovSlack.', values: [{ label: 'https://slack-gov.com/api' }] },
    matchEmail: { info: 'Knows people by the address that Slack confirmed.', values: YES_OR_NO },
  },
  webhook: {
    url: { info: 'HTTPS, to a public address.' },
    secret: secret('whsec_ and 24 to 64 bytes in base64: what is sent is signed with it.'),
    allowPrivate: { info: 'May be an address of your own network.', values: YES_OR_NO },
  },
  email: {
    smtp: { info: 'smtps://host:465, or smtp://host:587, which must offer STARTTLS.' },
    user: { info: 'Goes together with the password.' },
    password: secret('Of the user.'),
    from: { info: 'The address of the sender.' },
    to: { info: 'Addresses by group; those under "*" get everything.' },
  },
};

/** What a channel of a kind may say, with the groups of this gateway. */
export function channelWords(kind: Kind, groups: readonly string[]): WordTree {
  const known = groups.map((label) => ({ label, detail: 'group' }));
  const own = OF_KIND[kind];
  const to = own['to'] && { to: { ...own['to'], moreKeys: known } };
  return {
    keys: {
      channels: {
        keys: {
          name: { info: 'Lower case letters, digits, dots and dashes.' },
          kind: { info: 'How people are told.', values: Object.keys(KIND_NAMES).map((label) => ({ label })) },
          groups: { info: 'Whose approvals are told there; all where it is absent.', values: known },
          ...own,
          ...to,
          enabled: { info: 'Where it is false nothing is sent, and what waits keeps waiting.', values: YES_OR_NO },
          ca: { info: 'Certificates in PEM of the authorities to trust.' },
          insecureLoopback: { info: 'Allows plain HTTP or SMTP to the gateway’s own machine.', values: YES_OR_NO },
        },
      },
    },
  };
}

export function isKind(text: string | undefined): text is Kind {
  return text !== undefined && Object.hasOwn(KIND_NAMES, text);
}

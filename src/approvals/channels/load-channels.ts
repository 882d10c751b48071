import { z } from 'zod';
import { loadItems } from '../../declared/load-items.ts';
import { type SecretSources, sourceSchema } from '../../declared/secret-source.ts';
import type { Declared, Loaded } from '../../model/declaration.ts';
import { LIMITS } from '../../model/limits.ts';
import type { ChannelDeclaration } from './channel.ts';
import { addressProblem } from './outgoing.ts';

/** A channel with where its secrets come from, as declared. */
export interface DeclaredChannel {
  readonly channel: ChannelDeclaration;
  /** Sealed in the store; never shown. */
  readonly secrets: SecretSources;
  /** What the secrets may be sent to: in the seal, so that changing it in the store does not divert them. */
  readonly boundTo: string;
}

/** Reads `channels:`. Messages never show a secret. */
export function loadChannels(declared: readonly Declared[]): Loaded<DeclaredChannel> {
  const words = { what: 'channel', reference: 'See docs/operating/approvals-channels.md.' };
  return loadItems(declared, channelSchema, words, (item, at) => {
    for (const { path, message } of meaningProblems(item)) at([path], `${path}: ${message}`);
    return declaredOf(item);
  });
}

/** What a channel's secrets may be sent to. */
export function channelBinding(channel: ChannelDeclaration): string {
  const place = [channel.name, channel.insecureLoopback, channel.ca ?? null];
  switch (channel.kind) {
    case 'slack':
      return JSON.stringify(['channel', 'slack', ...place, channel.apiUrl]);
    case 'webhook':
      return JSON.stringify(['channel', 'webhook', ...place, channel.url]);
    case 'email':
      return JSON.stringify(['channel', 'email', ...place, channel.smtp, channel.user ?? null]);
    default:
      return channel satisfies never;
  }
}

/** Slack's own; GovSlack has another. */
export const DEFAULT_SLACK_API = 'https://slack.com/api';

const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/,
    '1 to 63 of a-z, 0-9, `.`, `_`, `-`, a letter or digit at both ends',
  );
const groupsSchema = z.union([z.literal('*').transform(() => []), z.array(z.string().min(1).max(200)).max(100)]);

const common = {
  name: nameSchema,
  groups: groupsSchema.optional(),
  enabled: z.boolean().optional(),
  insecureLoopback: z.boolean().optional(),
  ca: z
    .string()
    .max(LIMITS.maxCredentialBytes)
    .regex(/-----BEGIN CERTIFICATE-----/, 'not certificates in PEM')
    .optional(),
};

/** One address, without the characters that could begin another header or another recipient (RFC 5321, 4.1.2). */
const mailbox = z
  .string()
  .max(254)
  .regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$/, 'not an e-mail address');
const MAX_ADDRESSES = 50;

const channelSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...common,
      kind: z.literal('slack'),
      botToken: sourceSchema,
      signingSecret: sourceSchema,
      channel: z.string().regex(/^#?[\w.-]{1,80}$/, 'a channel is written C0123456789 or #name'),
      apiUrl: z.string().max(2000).optional(),
      matchEmail: z.boolean().optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('webhook'),
      url: z.string().max(2000),
      secret: sourceSchema,
      allowPrivate: z.boolean().optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('email'),
      smtp: z.string().max(300),
      user: z.string().min(1).max(200).optional(),
      password: sourceSchema.optional(),
      from: mailbox,
      to: z.record(z.string().min(1).max(200), z.array(mailbox).min(1).max(MAX_ADDRESSES)),
    }),
  ],
  { error: 'the kind is `slack`, `webhook` or `email`' },
);

type ChannelItem = z.infer<typeof channelSchema>;

function meaningProblems(item: ChannelItem): readonly { readonly path: string; readonly message: string }[] {
  const insecureLoopback = item.insecureLoopback ?? false;
  switch (item.kind) {
    case 'slack': {
      const message = item.apiUrl === undefined ? undefined : addressProblem(item.apiUrl, { insecureLoopback });
      return message === undefined ? [] : [{ path: 'apiUrl', message }];
    }
    case 'webhook': {
      const message = addressProblem(item.url, { insecureLoopback });
      return message === undefined ? [] : [{ path: 'url', message }];
    }
    case 'email': {
      const isSmtp = /^smtps?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?\/?$/.test(item.smtp);
      const isWhole = (item.user === undefined) === (item.password === undefined);
      return [
        ...(isSmtp ? [] : [{ path: 'smtp', message: 'write smtps://host:port or smtp://host:port' }]),
        ...(isWhole ? [] : [{ path: 'user', message: 'user and password go together' }]),
      ];
    }
    default:
      return item satisfies never;
  }
}

function declaredOf(item: ChannelItem): DeclaredChannel {
  const { channel, secrets } = split(item);
  return { channel, secrets, boundTo: channelBinding(channel) };
}

function split(item: ChannelItem): Omit<DeclaredChannel, 'boundTo'> {
  const base = {
    name: item.name,
    groups: item.groups ?? [],
    enabled: item.enabled ?? true,
    insecureLoopback: item.insecureLoopback ?? false,
    ...(item.ca !== undefined && { ca: item.ca }),
  };
  switch (item.kind) {
    case 'slack': {
      const { kind, channel, botToken, signingSecret, matchEmail = false } = item;
      const apiUrl = (item.apiUrl ?? DEFAULT_SLACK_API).replace(/\/+$/, '');
      return { channel: { ...base, kind, channel, apiUrl, matchEmail }, secrets: { botToken, signingSecret } };
    }
    case 'webhook': {
      const { kind, url, secret, allowPrivate = false } = item;
      return { channel: { ...base, kind, url, allowPrivate }, secrets: { secret } };
    }
    case 'email': {
      const { kind, smtp, user, password, from, to } = item;
      const channel = { ...base, kind, smtp, from, to, ...(user !== undefined && { user }) };
      return { channel, secrets: password === undefined ? {} : { password } };
    }
    default:
      return item satisfies never;
  }
}

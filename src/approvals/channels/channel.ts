import type { Secret } from '../../model/secret.ts';
import type { ApprovalNotice } from './approval-notice.ts';
import type { DefinitionNotice } from './definition-notice.ts';

/** A way to tell people of approvals, as declared; its secrets stand apart, sealed. */
export type ChannelDeclaration = SlackDeclaration | WebhookDeclaration | EmailDeclaration;

interface Common {
  readonly name: string;
  /** The groups whose approvals are told here; all where it is empty. */
  readonly groups: readonly string[];
  readonly enabled: boolean;
  /** True where plain HTTP or SMTP to this machine itself is wanted: for tests and local relays. */
  readonly insecureLoopback: boolean;
  /** PEM of the authorities to trust; the system's own where absent. */
  readonly ca?: string;
}

export interface SlackDeclaration extends Common {
  readonly kind: 'slack';
  /** Where messages go: `C0123456789` or `#approvals`. */
  readonly channel: string;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  /** True where a Slack user may be known by the e-mail address that Slack confirmed. */
  readonly matchEmail: boolean;
}

export interface WebhookDeclaration extends Common {
  readonly kind: 'webhook';
  readonly url: string;
  /** True where it may be an address of a private network. */
  readonly allowPrivate: boolean;
}

export interface EmailDeclaration extends Common {
  readonly kind: 'email';
  /** `smtps://host:port`, or `smtp://host:port`, which must then offer STARTTLS. */
  readonly smtp: string;
  readonly user?: string;
  readonly from: string;
  /** Addresses by group; those under `*` are told of every group. */
  readonly to: Readonly<Record<string, readonly string[]>>;
}

/** Fetches a channel's secrets by name. Throws a `Fault` where one is not there. */
export type ChannelSecrets = (name: string) => Promise<Secret>;

export const CHANNEL_EVENTS = [
  'approval.requested',
  'approval.progress',
  'approval.decided',
  'approval.expired',
  'approval.cancelled',
] as const;
export type ChannelEvent = (typeof CHANNEL_EVENTS)[number];

export interface ChannelMessage {
  /** The same at every attempt: a receiver that saw it needs not act again. */
  readonly delivery: string;
  readonly event: ChannelEvent;
  readonly notice: ApprovalNotice;
  /** What `send` gave for the approval's first message. */
  readonly external?: string;
}

/** One channel in force. Its calls end when the signal does, and throw a `DeliveryFault` for whatever went wrong. */
export interface Channel {
  readonly declaration: ChannelDeclaration;
  /** What it tells; `approval.progress` is of use where a message can be changed. */
  readonly events: readonly ChannelEvent[];
  /** Gives what the channel calls its message, where it can be changed later. */
  send(message: ChannelMessage, signal: AbortSignal): Promise<string | undefined>;
  /** Says that something waits of what an MCP target says of itself; `delivery` is the same at every attempt. */
  tell(notice: DefinitionNotice, delivery: string, signal: AbortSignal): Promise<void>;
  /** Sends a message that says it is a test; resolves with where it went. */
  test(signal: AbortSignal): Promise<string>;
}

/** Why a message did not arrive, in words that a person may read: no secret, and at most 200 characters of an answer. */
export class DeliveryFault extends Error {
  /** True where trying again cannot help. */
  readonly permanent: boolean;
  /** The receiver asks to be left alone for so long; it counts as no attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    more: { readonly permanent?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'DeliveryFault';
    this.permanent = more.permanent ?? false;
    this.retryAfterMs = more.retryAfterMs;
  }
}

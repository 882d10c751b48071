import { createHmac } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';
import { type ApprovalNotice, outcomeText } from './approval-notice.ts';
import {
  type Channel,
  type ChannelEvent,
  type ChannelMessage,
  type ChannelSecrets,
  DeliveryFault,
  type WebhookDeclaration,
} from './channel.ts';
import { DEFINITION_EVENT } from './definition-notice.ts';
import { excerpt, post } from './outgoing.ts';

export interface WebhookParts {
  readonly secrets: ChannelSecrets;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

/** Signed webhooks, as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body. */
export function webhookChannel(declaration: WebhookDeclaration, parts: WebhookParts): Channel {
  const { url, allowPrivate, insecureLoopback, ca } = declaration;
  const deliver = async (id: string, content: object, signal: AbortSignal): Promise<void> => {
    const body = JSON.stringify(content);
    const timestamp = Math.floor(parts.nowMs() / 1000);
    const signature = signWebhook(await parts.secrets('secret'), { id, timestamp, body });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    };
    const answer = await post({ url, headers, body, allowPrivate, insecureLoopback, ca }, signal);
    if (answer.status >= 200 && answer.status < 300) return;
    const said = answer.text.trim() === '' ? '' : `: ${excerpt(answer.text)}`;
    throw new DeliveryFault(`${new URL(url).host} answered ${answer.status}${said}`, {
      // 410 Gone: the receiver asks never to be called again (Standard Webhooks, "Delivery").
      permanent: answer.status === 410,
      retryAfterMs: answer.status === 429 || answer.status === 503 ? answer.retryAfterMs : undefined,
    });
  };
  return {
    declaration,
    events: ['approval.requested', 'approval.decided', 'approval.expired', 'approval.cancelled'],
    send: async (message, signal) => {
      await deliver(message.delivery, webhookContent(message), signal);
      return undefined;
    },
    tell: ({ target, url: read, count, definitions }, delivery, signal) => {
      const timestamp = new Date(parts.nowMs()).toISOString();
      return deliver(
        delivery,
        { type: DEFINITION_EVENT, timestamp, data: { target, url: read, count, definitions } },
        signal,
      );
    },
    test: async (signal) => {
      const id = `test_${Buffer.from(parts.random(12)).toString('hex')}`;
      const timestamp = new Date(parts.nowMs()).toISOString();
      await deliver(id, { type: 'channel.test', timestamp, data: { channel: declaration.name } }, signal);
      return new URL(url).host;
    },
  };
}

/** The header `webhook-signature`. Throws a `DeliveryFault` where the secret is not `whsec_` and base64 of 24 to 64 bytes. */
export function signWebhook(
  secret: Secret,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string },
): string {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret.reveal()) ?? [];
  const key = Buffer.from(encoded, 'base64');
  if (key.length < 24 || key.length > 64) {
    throw new DeliveryFault('the secret is not whsec_ and 24 to 64 bytes in base64', { permanent: true });
  }
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The same at every attempt: it says what happened, not how things stand when it is sent. */
export function webhookContent({ event, notice }: Pick<ChannelMessage, 'event' | 'notice'>): object {
  const isOutcome = event !== 'approval.requested';
  const outcome = {
    state: notice.state,
    outcome: outcomeText(notice),
    votes: notice.votes.map(({ login, answer, reason, channel, at }) => ({ login, answer, reason, channel, at })),
    ...(notice.reason !== undefined && { reason: notice.reason }),
  };
  return {
    type: event,
    timestamp: eventTime(event, notice),
    data: {
      approval: {
        id: notice.id,
        digest: notice.digest,
        url: notice.url,
        target: notice.target,
        protocol: notice.protocol,
        kinds: notice.kinds,
        tables: notice.tables,
        groups: notice.requirements.map(({ group, quorum }) => ({ group, quorum })),
        rules: notice.rules,
        requestedAt: notice.requestedAt,
        expiresAt: notice.expiresAt,
        run: notice.run,
        ...(notice.statements && { statements: notice.statements, context: notice.context }),
        ...(isOutcome ? outcome : { state: 'pending' }),
      },
    },
  };
}

function eventTime(event: ChannelEvent, notice: ApprovalNotice): string {
  return event === 'approval.requested' ? notice.requestedAt : (notice.decidedAt ?? notice.expiresAt);
}

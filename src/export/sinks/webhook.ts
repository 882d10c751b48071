import type { Secret } from '../../model/secret.ts';
import type { ExportSecrets, WebhookExport } from '../declaration.ts';
import { cloudEvent } from '../formats/cloud-event.ts';
import { type Batch, type HttpSend, type Sink, SinkFault } from './sink.ts';

export interface WebhookParts {
  readonly http: HttpSend;
  /** Signs as Standard Webhooks do. Throws where the secret is no key. */
  readonly sign: (
    secret: Secret,
    message: { readonly id: string; readonly timestamp: number; readonly body: string },
  ) => string;
  readonly secrets: ExportSecrets;
  readonly nowMs: () => number;
}

/**
 * Batches of CloudEvents by HTTPS, signed as Standard Webhooks 1.0 has it. `webhook-id` is that of the first event: a
 * receiver that saw it saw this batch, or the beginning of it.
 */
export function webhookSink(declaration: WebhookExport, { http, sign, secrets, nowMs }: WebhookParts): Sink {
  const { url, allowPrivate, insecureLoopback, ca } = declaration;
  return {
    async send({ id: first, origin, events }: Batch, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify(events.map(cloudEvent));
      const id = `${origin}/${first}`;
      const timestamp = Math.floor(nowMs() / 1000);
      const headers = {
        'content-type': 'application/cloudevents-batch+json; charset=utf-8',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(await secrets('secret'), { id, timestamp, body }),
      };
      const answer = await http({ method: 'POST', url, headers, body, allowPrivate, insecureLoopback, ca }, signal);
      checkAnswer(new URL(url).host, answer);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Statuses that say no to this body, whenever it is sent (RFC 9110, 15.5). */
const REJECTIONS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** Throws where an answer is no success. What it says is not repeated: it is the receiver's own. */
export function checkAnswer(host: string, answer: { readonly status: number; readonly retryAfterMs?: number }): void {
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return;
  throw new SinkFault(`${host} answered ${status}`, {
    isRejection: REJECTIONS.has(status),
    retryAfterMs: status === 429 || status === 503 ? retryAfterMs : undefined,
  });
}

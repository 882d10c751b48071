import { z } from 'zod';
import { type ChannelSecrets, DeliveryFault, type SlackDeclaration } from './channel.ts';
import { post } from './outgoing.ts';
import { visibleText } from './visible-text.ts';

export interface SlackClient {
  /** Calls a method of the Web API. Throws a `DeliveryFault` that names Slack's error code. */
  call(method: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown>;
}

const answerSchema = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

/** Errors that another attempt with the same content meets again. */
const PERMANENT = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'invalid_blocks',
  'invalid_arguments',
  'msg_too_long',
  'msg_blocks_too_long',
]);

/** Methods that read take forms alone. */
const FORM_METHODS = new Set(['users.info', 'auth.test']);

/** Slack's Web API with the channel's bot token. */
export function slackClient(declaration: SlackDeclaration, secrets: ChannelSecrets): SlackClient {
  const { apiUrl, insecureLoopback, ca } = declaration;
  return {
    async call(method, args, signal) {
      const token = await secrets('botToken');
      const isForm = FORM_METHODS.has(method);
      const headers = {
        authorization: `Bearer ${token.reveal()}`,
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8',
      };
      const body = isForm ? new URLSearchParams(args as Record<string, string>).toString() : JSON.stringify(args);
      const url = `${apiUrl}/${method}`;
      const answer = await post({ url, headers, body, allowPrivate: false, insecureLoopback, ca }, signal);
      if (answer.status === 429) {
        throw new DeliveryFault('Slack asks to slow down', { retryAfterMs: answer.retryAfterMs ?? DEFAULT_RETRY_MS });
      }
      const said = answerSchema.safeParse(parseJson(answer.text));
      if (!said.success) throw new DeliveryFault(`Slack answered ${answer.status}, and not as its API does`);
      if (said.data.ok) return said.data;
      const code = said.data.error ?? 'unknown';
      throw new DeliveryFault(`Slack refused ${method}: ${visibleText(code, 100)}`, { permanent: PERMANENT.has(code) });
    },
  };
}

const DEFAULT_RETRY_MS = 30_000;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer of something else than Slack: the schema says that it is none.
    return undefined;
  }
}

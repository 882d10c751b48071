import { z } from 'zod';

/** What Slack sends when somebody uses a message of ours, as far as it matters here (its "Interaction payloads"). */
export type SlackInteraction =
  | {
      readonly kind: 'button';
      readonly button: 'approve' | 'deny';
      readonly user: SlackUser;
      readonly about: AnsweredRequest;
      readonly trigger: string;
      /** Where an answer that only the user sees is posted to. */
      readonly responseUrl: string;
      readonly channel: string;
    }
  | {
      readonly kind: 'reason';
      readonly user: SlackUser;
      readonly about: AnsweredRequest;
      readonly channel: string;
      readonly reason: string;
    }
  | { readonly kind: 'other' };

export interface SlackUser {
  readonly team: string;
  readonly id: string;
}

/** Which approval, and what of it was on the screen. */
export interface AnsweredRequest {
  readonly approval: string;
  readonly digest: string;
}

/** Parses the form that Slack posts; undefined where it is none of Slack's. */
export function readInteraction(body: string): SlackInteraction | undefined {
  const fields = new URLSearchParams(body).getAll('payload');
  const payload = payloadSchema.safeParse(parseJson(fields.length === 1 ? fields[0] : undefined));
  if (!payload.success) return undefined;
  const { data } = payload;
  const user = data.user && userOf(data.user, data.team);
  if (user === undefined) return { kind: 'other' };
  if (data.type === 'block_actions') return readButton(data, user);
  return data.type === 'view_submission' ? readReason(data, user) : { kind: 'other' };
}

/** The view that asks why something is denied; it carries what it is about. */
export function reasonView(about: AnsweredRequest, channel: string): object {
  return {
    type: 'modal',
    callback_id: 'deny',
    private_metadata: JSON.stringify({ ...about, channel }),
    title: { type: 'plain_text', text: 'Deny the request' },
    submit: { type: 'plain_text', text: 'Deny' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: { type: 'plain_text', text: 'Why? Whoever asked will read this.' },
        element: { type: 'plain_text_input', action_id: 'reason', multiline: true, min_length: 1, max_length: 1000 },
      },
    ],
  };
}

const word = z.string().max(200);

const payloadSchema = z.looseObject({
  type: word,
  user: z.looseObject({ id: word, team_id: word.optional() }).optional(),
  team: z.looseObject({ id: word }).nullish(),
  channel: z.looseObject({ id: word }).optional(),
  trigger_id: word.optional(),
  response_url: z.string().max(2000).optional(),
  actions: z.array(z.looseObject({ action_id: word, value: word.optional() })).optional(),
  view: z
    .looseObject({
      callback_id: word,
      private_metadata: z.string().max(3000),
      state: z.looseObject({ values: z.unknown() }),
    })
    .optional(),
});

type Payload = z.infer<typeof payloadSchema>;

const metadataSchema = z.strictObject({ approval: word, digest: word, channel: word });
const reasonSchema = z.object({ reason: z.object({ reason: z.object({ value: z.string().max(3000) }) }) });

/** Ids of users are unique within their own workspace alone. */
function userOf(user: NonNullable<Payload['user']>, team: Payload['team']): SlackUser | undefined {
  const of = user.team_id ?? team?.id;
  return of !== undefined && /^[A-Z0-9]+$/.test(of) && /^[A-Z0-9]+$/.test(user.id)
    ? { team: of, id: user.id }
    : undefined;
}

function readButton(data: Payload, user: SlackUser): SlackInteraction {
  const { actions, trigger_id: trigger, response_url: responseUrl, channel } = data;
  const [action, ...more] = actions ?? [];
  const about = aboutOf(action?.value);
  const button = action?.action_id;
  if (more.length > 0 || about === undefined || trigger === undefined || responseUrl === undefined || !channel) {
    return { kind: 'other' };
  }
  if (button !== 'approve' && button !== 'deny') return { kind: 'other' };
  return { kind: 'button', button, user, about, trigger, responseUrl, channel: channel.id };
}

function readReason({ view }: Payload, user: SlackUser): SlackInteraction {
  if (view?.callback_id !== 'deny') return { kind: 'other' };
  const metadata = metadataSchema.safeParse(parseJson(view.private_metadata));
  const values = reasonSchema.safeParse(view.state.values);
  if (!metadata.success || !values.success) return { kind: 'other' };
  const { channel, ...about } = metadata.data;
  return { kind: 'reason', user, about, channel, reason: values.data.reason.reason.value.trim() };
}

/** `apr_….digest`, as the buttons carry it. */
function aboutOf(value: string | undefined): AnsweredRequest | undefined {
  const [, approval, digest] = /^(\w{1,60})\.([0-9a-f]{64})$/.exec(value ?? '') ?? [];
  return approval === undefined || digest === undefined ? undefined : { approval, digest };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // The schema then says that it is none.
    return undefined;
  }
}

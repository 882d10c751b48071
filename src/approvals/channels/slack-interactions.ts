import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Person } from '../../model/person.ts';
import { Refused } from '../../model/refusal.ts';
import type { Secret } from '../../model/secret.ts';
import { useSignature } from '../../store/delivery-rows.ts';
import type { Store } from '../../store/store.ts';
import type { Answer } from '../vocabulary.ts';
import type { ApprovalNotice } from './approval-notice.ts';
import { DeliveryFault, type SlackDeclaration } from './channel.ts';
import type { DirectoryChannel } from './channel-directory.ts';
import { post } from './outgoing.ts';
import { slackClient } from './slack-client.ts';
import { escapeMrkdwn, isShownWhole } from './slack-message.ts';
import {
  type AnsweredRequest,
  readInteraction,
  reasonView,
  type SlackInteraction,
  type SlackUser,
} from './slack-payload.ts';
import { isSignedBySlack, type SignedRequest } from './slack-signature.ts';
import { visibleText } from './visible-text.ts';

export interface SlackInteractionParts {
  readonly store: Store;
  readonly channel: (name: string) => DirectoryChannel | undefined;
  /** The one person who may log in and is known by this handle or address; undefined for nobody, and where two are. */
  readonly personByHandle: (handle: string) => Promise<Person | undefined>;
  readonly personByEmail: (email: string) => Promise<Person | undefined>;
  readonly notice: (approval: string) => Promise<ApprovalNotice | undefined>;
  /** Counts the answer. Throws `Refused`. */
  readonly decide: (approval: string, answer: Answer) => Promise<unknown>;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** What the request of Slack's is answered with, at once; what follows from it goes to Slack afterwards. */
export type SlackReply = 'taken' | 'not-slack' | 'not-understood';

/**
 * Takes what people do in Slack. A request counts where Slack signed it, lately, and it was not seen before by any
 * gateway; an answer where the Slack user is a person here. Everybody else is told why not, and nobody but them.
 */
export class SlackInteractions implements AsyncDisposable {
  readonly #parts: SlackInteractionParts;
  readonly #underway = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(parts: SlackInteractionParts) {
    this.#parts = parts;
  }

  async take(channelName: string, request: SignedRequest): Promise<SlackReply> {
    const { channel: find, nowMs } = this.#parts;
    const channel = find(channelName);
    const declaration = channel?.channel.declaration;
    if (channel === undefined || declaration?.kind !== 'slack' || !declaration.enabled) return 'not-slack';
    const secret = await this.#signingSecret(channel);
    if (secret === undefined || !isSignedBySlack(request, secret, nowMs())) return 'not-slack';
    if (!(await this.#isFirst(request))) return 'not-slack';
    const interaction = readInteraction(Buffer.from(request.body).toString('utf8'));
    if (interaction === undefined) return 'not-understood';
    const work = this.#act(interaction, declaration, channel)
      .catch(this.#parts.onFault)
      .finally(() => this.#underway.delete(work));
    this.#underway.add(work);
    return 'taken';
  }

  /** Resolves once what was taken so far is done; no call to Slack outlives it by more than `channelSendMs`. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.settled();
  }

  /** Where it cannot be had, whoever asks is not told where it should be. */
  async #signingSecret(channel: DirectoryChannel): Promise<Secret | undefined> {
    try {
      return await channel.secrets('signingSecret');
    } catch (fault) {
      this.#parts.onFault(fault);
      return undefined;
    }
  }

  /** Remembered for as long as its time would be good, on either side of ours. */
  #isFirst({ signature, timestamp, body }: SignedRequest): Promise<boolean> {
    const { store, nowMs } = this.#parts;
    const digest = createHash('sha256').update(`${signature}\0${timestamp}\0`).update(body).digest('hex');
    const keepMs = 2 * LIMITS.slackClockToleranceSeconds * 1000;
    const now = nowMs();
    const expires_at = new Date(now + keepMs).toISOString();
    return useSignature(store, { digest, expires_at }, new Date(now).toISOString());
  }

  async #act(interaction: SlackInteraction, declaration: SlackDeclaration, channel: DirectoryChannel): Promise<void> {
    if (interaction.kind === 'other') return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(LIMITS.channelSendMs)]);
    const client = slackClient(declaration, channel.secrets);
    const tell = async (text: string) => {
      const safe = escapeMrkdwn(visibleText(text, MAX_TOLD_CHARACTERS));
      if (interaction.kind === 'button') return respond(interaction.responseUrl, safe, declaration, signal);
      const to = { channel: interaction.channel, user: interaction.user.id };
      return void (await client.call('chat.postEphemeral', { ...to, text: safe }, signal));
    };
    try {
      const person = await this.#personOf(interaction.user, declaration, (method, args) =>
        client.call(method, args, signal),
      );
      if (person === undefined) return await tell(nobody(interaction.user));
      if (interaction.kind === 'reason') {
        return await this.#decide(interaction.about, { person, answer: 'deny', reason: interaction.reason });
      }
      if (interaction.button === 'deny') {
        const view = reasonView(interaction.about, interaction.channel);
        return void (await client.call('views.open', { trigger_id: interaction.trigger, view }, signal));
      }
      // A message without all of the text has no such button: whoever sends this anyway has not seen it here.
      if (await this.#isUnseen(interaction.about)) return await tell(UNSEEN);
      await this.#decide(interaction.about, { person, answer: 'approve' });
    } catch (cause) {
      await tell(this.#why(cause));
    }
  }

  async #isUnseen({ approval }: AnsweredRequest): Promise<boolean> {
    const notice = await this.#parts.notice(approval);
    return notice !== undefined && !isShownWhole(notice);
  }

  async #decide(about: AnsweredRequest, answer: Pick<Answer, 'person' | 'answer' | 'reason'>): Promise<void> {
    await this.#parts.decide(about.approval, { ...answer, digest: about.digest, channel: 'slack' });
  }

  async #personOf(
    user: SlackUser,
    { matchEmail }: SlackDeclaration,
    call: (method: string, args: Readonly<Record<string, string>>) => Promise<unknown>,
  ): Promise<Person | undefined> {
    const { personByHandle, personByEmail } = this.#parts;
    const known = await personByHandle(`slack:${user.team}/${user.id}`);
    if (known !== undefined || !matchEmail) return known;
    const found = memberSchema.safeParse(await call('users.info', { user: user.id }));
    if (!found.success) return undefined;
    const member = found.data.user;
    const isOwnMember = member.id === user.id && member.team_id === user.team;
    const isFull = !GUEST_MARKS.some((mark) => member[mark] === true);
    if (!isOwnMember || !isFull || member.is_email_confirmed !== true) return undefined;
    return personByEmail(member.profile.email);
  }

  #why(cause: unknown): string {
    if (cause instanceof Refused) {
      const { message, hint } = cause.refusal;
      return hint === undefined ? message : `${message} ${hint}`;
    }
    if (!(cause instanceof DeliveryFault)) this.#parts.onFault(cause);
    const code = cause instanceof Fault ? ` (${cause.code})` : '';
    return `The gateway could not do this${code}. Open the request and answer there.`;
  }
}

const MAX_TOLD_CHARACTERS = 500;

const UNSEEN =
  'This message does not show all that would be approved. Open the request, read it, and approve it there.';

/** Whoever is a guest, a bot or of another organisation is nobody by their address. */
const GUEST_MARKS = ['deleted', 'is_bot', 'is_restricted', 'is_ultra_restricted', 'is_stranger'] as const;

const memberSchema = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    is_email_confirmed: z.boolean().optional(),
    profile: z.object({ email: z.email() }),
  }),
});

function nobody({ team, id }: SlackUser): string {
  return `Nobody here is known by your Slack account, so your answer does not count. Ask an administrator to add the handle slack:${team}/${id} to you.`;
}

/** To Slack's own host or the configured one alone: the address came in a request, signed or not. */
async function respond(
  url: string,
  text: string,
  { apiUrl, insecureLoopback, ca }: SlackDeclaration,
  signal: AbortSignal,
): Promise<void> {
  if (!isResponseUrl(url, apiUrl))
    throw new Fault('internal', 'Slack named an address for its answer that is not its own');
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text });
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const { status } = await post({ url, headers, body, allowPrivate: false, insecureLoopback, ca }, signal);
  if (status !== 200) throw new DeliveryFault(`Slack answered ${status} to what was to be said to a user`);
}

/** Whether answers may be posted there: `hooks.` of Slack's host, or the configured API's own host. */
export function isResponseUrl(text: string, apiUrl: string): boolean {
  const url = URL.parse(text);
  const api = new URL(apiUrl);
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.origin === api.origin) return true;
  return url.origin === 'https://hooks.slack.com' || url.origin === `https://hooks.${api.host}`;
}

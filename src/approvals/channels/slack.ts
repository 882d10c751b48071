import { z } from 'zod';
import { type Channel, type ChannelSecrets, DeliveryFault, type SlackDeclaration } from './channel.ts';
import { slackClient } from './slack-client.ts';
import { definitionBlocks, slackMessage } from './slack-message.ts';

/** What Slack calls a message (`chat.postMessage`): needed to change it. */
const placeSchema = z.object({ channel: z.string(), ts: z.string() });

/** One message for each approval, changed in place as people answer, wherever they do. */
export function slackChannel(
  declaration: SlackDeclaration,
  { secrets }: { readonly secrets: ChannelSecrets },
): Channel {
  const client = slackClient(declaration, secrets);
  const { channel } = declaration;
  return {
    declaration,
    events: ['approval.requested', 'approval.progress', 'approval.decided', 'approval.expired', 'approval.cancelled'],
    async send({ event, notice, external }, signal) {
      const content = { ...slackMessage(notice), ...QUIET };
      if (event === 'approval.requested') {
        return placeOf(await client.call('chat.postMessage', { channel, ...content }, signal));
      }
      // Nobody was told here that it waits, so there is nothing to take back.
      if (external === undefined) return undefined;
      const place = placeSchema.parse(JSON.parse(external));
      await client.call('chat.update', { ...place, ...content }, signal);
      return undefined;
    },
    async tell(notice, _delivery, signal) {
      await client.call('chat.postMessage', { channel, ...definitionBlocks(notice), ...QUIET }, signal);
    },
    async test(signal) {
      const text = 'A test from Chaperone: approvals will be told here.';
      await client.call('chat.postMessage', { channel, text, ...QUIET }, signal);
      return channel;
    },
  };
}

/** Slack makes neither names into mentions, nor addresses into previews. */
const QUIET = { parse: 'none', mrkdwn: false, link_names: false, unfurl_links: false, unfurl_media: false } as const;

function placeOf(answer: unknown): string {
  const place = placeSchema.safeParse(answer);
  // The message is there, so another attempt would post it twice.
  if (!place.success) throw new DeliveryFault('Slack did not say where the message is', { permanent: true });
  return JSON.stringify(place.data);
}

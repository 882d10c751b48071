import type { ChannelDeclaration } from './channel.ts';
import { channelBinding, DEFAULT_SLACK_API } from './load-channels.ts';

/** A stored channel as somebody would declare it, without its secrets: `loadChannels` makes the same of it. */
export interface ShownChannel {
  readonly item: Readonly<Record<string, unknown>>;
  /** What its secrets may be sent to. */
  readonly boundTo: string;
}

/** Takes a channel as the store has it, JSON that `loadChannels` once made. What is the default is left out. */
export function declareChannel(stored: string): ShownChannel {
  const channel = JSON.parse(stored) as ChannelDeclaration;
  return { item: itemOf(channel), boundTo: channelBinding(channel) };
}

function itemOf(channel: ChannelDeclaration): ShownChannel['item'] {
  const { name, kind, groups, enabled, insecureLoopback, ca } = channel;
  return {
    name,
    kind,
    ...(groups.length > 0 && { groups }),
    ...placeOf(channel),
    ...(!enabled && { enabled }),
    ...(insecureLoopback && { insecureLoopback }),
    ...(ca !== undefined && { ca }),
  };
}

function placeOf(channel: ChannelDeclaration): object {
  switch (channel.kind) {
    case 'slack': {
      const { channel: place, apiUrl, matchEmail } = channel;
      return {
        channel: place,
        ...(apiUrl !== DEFAULT_SLACK_API && { apiUrl }),
        ...(matchEmail && { matchEmail }),
      };
    }
    case 'webhook':
      return { url: channel.url, ...(channel.allowPrivate && { allowPrivate: true }) };
    case 'email': {
      const { smtp, user, from, to } = channel;
      return { smtp, ...(user !== undefined && { user }), from, to };
    }
    default:
      return channel satisfies never;
  }
}

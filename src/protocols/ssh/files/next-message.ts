import type { Channel, ChannelMessage } from '../channels/channel.ts';

/** What came next on a channel; null once it is over, or the signal is aborted. Leaves no listener behind. */
export function nextMessage(channel: Pick<Channel, 'next'>, until: AbortSignal): Promise<ChannelMessage | null> {
  if (until.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const over = (): void => resolve(null);
    until.addEventListener('abort', over, { once: true });
    channel
      .next()
      .then(resolve, reject)
      .finally(() => until.removeEventListener('abort', over));
  });
}

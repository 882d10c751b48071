import { randomBytes } from 'node:crypto';
import type { ApprovalService } from '../../approvals/approval-service.ts';
import { openChannelDirectory } from '../../approvals/channels/channel-directory.ts';
import { type ChannelService, channelService } from '../../approvals/channels/channel-service.ts';
import { Deliveries } from '../../approvals/channels/deliveries.ts';
import { noticeOf } from '../../approvals/channels/notices.ts';
import { SlackInteractions } from '../../approvals/channels/slack-interactions.ts';
import { mintId } from '../../model/ids.ts';
import type { Person } from '../../model/person.ts';
import type { Store } from '../../store/store.ts';
import type { Sealer } from '../../targets/sealing.ts';
import { resolveSecret, type SecretReader } from '../../targets/secret-source.ts';

export interface OpenChannels extends AsyncDisposable {
  readonly service: ChannelService;
  readonly slack: SlackInteractions;
  /** Begins to tell people of approvals, once it is known where they reach this gateway. */
  start(): void;
  /** Reads the configuration again. */
  reload(): Promise<void>;
}

export interface ChannelParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly secrets: SecretReader;
  readonly approvals: ApprovalService;
  readonly people: {
    byHandle(handle: string): Promise<Person | undefined>;
    byEmail(email: string): Promise<Person | undefined>;
  };
  readonly web: { readonly url: string };
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** Channels of approvals: who is told, what was told, and what comes back from Slack. */
export async function openChannels(parts: ChannelParts): Promise<OpenChannels> {
  const { store, sealer, secrets, approvals, people, web, nowMs, onFault } = parts;
  const random = (bytes: number) => randomBytes(bytes);
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(
    await openChannelDirectory({
      store,
      open: (sealed, boundTo) => sealer.open(sealed, boundTo),
      fetchSecret: (source) => resolveSecret(source, secrets),
      nowMs,
      random,
      onFault,
    }),
  );
  const notice = (id: string) =>
    noticeOf(id, {
      store,
      find: (approval) => approvals.find(approval, { all: true }),
      url: (approval) => `${web.url}/approvals/${approval}`,
    });
  const slack = opened.use(
    new SlackInteractions({
      store,
      channel: (name) => directory.get(name),
      personByHandle: (handle) => people.byHandle(handle),
      personByEmail: (email) => people.byEmail(email),
      notice,
      decide: (approval, answer) => approvals.decide(approval, answer),
      nowMs,
      onFault,
    }),
  );
  const running = opened.move();
  return {
    service: channelService({ store, directory, nowMs, onFault }),
    slack,
    start: () => {
      running.use(
        new Deliveries({
          store,
          channels: () => directory.list(),
          notice,
          definitionsUrl: (target) => `${web.url}/definitions?target=${encodeURIComponent(target)}`,
          mint: (prefix) => mintId(prefix, nowMs(), random),
          dice: Math.random,
          nowMs,
          onFault,
        }),
      );
    },
    reload: () => directory.reload(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

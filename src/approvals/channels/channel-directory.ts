import { fetchSealed, type SecretSource } from '../../declared/secret-source.ts';
import { reloadOn } from '../../store/reload-on.ts';
import type { ChannelsTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { Channel, ChannelDeclaration, ChannelSecrets } from './channel.ts';
import { emailChannel } from './email.ts';
import { channelBinding } from './load-channels.ts';
import { slackChannel } from './slack.ts';
import { webhookChannel } from './webhook.ts';

/** The channels in force. */
export interface ChannelDirectory extends Disposable {
  /** In the order of their names, those included that are switched off. */
  list(): readonly DirectoryChannel[];
  get(name: string): DirectoryChannel | undefined;
  /** Reads the configuration again; called when the store says that it changed. */
  reload(): Promise<void>;
}

export interface DirectoryChannel {
  readonly channel: Channel;
  /** Its secrets, fetched where they are needed. */
  readonly secrets: ChannelSecrets;
  /** Since when it is declared as it is, RFC 3339. */
  readonly since: string;
}

export interface ChannelDirectoryParts {
  readonly store: Store;
  /** Opens what was sealed for a purpose. Throws a `Fault`. */
  readonly open: (sealed: string, boundTo: string) => string;
  /** Fetches a secret from where it was declared to be. Rejects with a `Fault`. */
  readonly fetchSecret: (source: SecretSource) => Promise<string>;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Told when a changed configuration cannot be read; the one before stays in force. */
  readonly onFault: (fault: unknown) => void;
}

export async function openChannelDirectory(parts: ChannelDirectoryParts): Promise<ChannelDirectory> {
  const { store, onFault } = parts;
  let channels: ReadonlyMap<string, DirectoryChannel> = new Map();
  const reload = async () => {
    const rows = await store.read((db) => db.selectFrom('channels').selectAll().orderBy('name').execute());
    channels = new Map(rows.map((row) => [row.name, channelOf(row, parts)]));
  };
  const unwatch = reloadOn(store, 'configuration', reload, onFault);
  await reload();
  return {
    list: () => [...channels.values()],
    get: (name) => channels.get(name),
    reload,
    [Symbol.dispose]: unwatch,
  };
}

function channelOf(row: ChannelsTable, parts: ChannelDirectoryParts): DirectoryChannel {
  const declaration = JSON.parse(row.declaration) as ChannelDeclaration;
  const secrets: ChannelSecrets = async (name) => {
    const sealed = parts.open(row.sealed, channelBinding(declaration));
    return await fetchSealed(sealed, name, `the channel ${row.name}`, parts.fetchSecret);
  };
  return { channel: build(declaration, { ...parts, secrets }), secrets, since: row.updated_at };
}

function build(
  declaration: ChannelDeclaration,
  parts: Pick<ChannelDirectoryParts, 'nowMs' | 'random'> & { readonly secrets: ChannelSecrets },
): Channel {
  switch (declaration.kind) {
    case 'slack':
      return slackChannel(declaration, parts);
    case 'webhook':
      return webhookChannel(declaration, parts);
    case 'email':
      return emailChannel(declaration, parts);
    default:
      return declaration satisfies never;
  }
}

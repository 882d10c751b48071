import type { TargetName } from '../../model/ids.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { Protocol } from '../protocol.ts';
import { commandKind } from './channels/command-kind.ts';
import { ConnectionServer } from './channels/connection-server.ts';
import type { ChannelKind, SshGreeting } from './channels/kind.ts';
import { type SshAdmission, SshConversation } from './conversation.ts';
import { gitKind } from './git/git-kind.ts';
import { connectHost, type HostOptions } from './host/connect-host.ts';
import type { SshUpstream } from './host/upstream.ts';
import type { PrivateKey } from './keys/private-key.ts';
import { rsyncKind } from './rsync/rsync-kind.ts';
import { scpKind } from './scp/scp-kind.ts';
import { sftpKind } from './sftp/sftp-kind.ts';
import { mindGuesses } from './transport/guessed-exchange.ts';
import { Ssh2 } from './transport/ssh2.ts';

export interface SshOptions extends HostOptions {
  /** By which clients know the gateway. */
  readonly hostKey: PrivateKey;
  /** Keys of the gateway's own that sign certificates for users, as blobs. */
  readonly authorities: readonly Buffer[];
}

/** SSH (RFC 4251 to 4254). A connection names its target in its user name, and each channel is decided; docs/design/0009. */
export function createSsh(options: SshOptions): Protocol<SshUpstream, SshGreeting> {
  const { nowMs } = options;
  mindGuesses(Ssh2);
  const kinds: readonly ChannelKind[] = [sftpKind, scpKind, rsyncKind, gitKind, commandKind].map((of) => of(nowMs));
  return {
    name: 'ssh',
    readsViews: true,
    serve: (client, admission) => serve(client, admission, admission.target, { ...options, kinds }),
    connect: (target, credential, login, signal) => connectHost(target, credential, login, signal, options),
    cancel: (upstream) => upstream.cancel(),
  };
}

async function serve(
  stream: ByteStream,
  admission: SshAdmission,
  target: TargetName | undefined,
  options: SshOptions & { readonly kinds: readonly ChannelKind[] },
): Promise<void> {
  const { hostKey, authorities, nowMs, kinds } = options;
  const inside = (inner: ByteStream, to: TargetName): Promise<void> => serve(inner, admission, to, options);
  const conversation = new SshConversation({
    stream,
    admission,
    target,
    hostKey,
    authorities,
    nowMs,
    channels: (connection, entered) =>
      new ConnectionServer({ connection, admission, ...entered, kinds, nowMs, inside, peer: stream.peer }),
  });
  await conversation.run();
}

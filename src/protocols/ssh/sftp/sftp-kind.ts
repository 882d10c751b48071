import type { ChannelKind } from '../channels/kind.ts';
import { SftpExchange } from './sftp-exchange.ts';

/** SFTP as the subsystem that clients ask for; docs/protocols/ssh.md. */
export function sftpKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind, command }) => kind === 'subsystem' && command.toString('latin1') === 'sftp',
    serve: (channel) => channel.session.run(new SftpExchange(channel, nowMs)),
  };
}

import type { Refusal } from '../../../model/refusal.ts';
import type { Body, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import type { ChannelKind, SessionChannel } from '../channels/kind.ts';
import { OpaqueCommand } from '../files/opaque-command.ts';
import { type RsyncCommand, readRsyncCommand, rsyncOperations } from './rsync-command.ts';

/** rsync over SSH: decided by its words, and carried as it is; docs/protocols/ssh.md. */
export function rsyncKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind, command, terminal }) =>
      kind === 'exec' && terminal === undefined && readRsyncCommand(command) !== undefined,
    serve: async (channel) => {
      const command = readRsyncCommand(channel.asked.command);
      if (command === undefined) return;
      const request = requestOf(command, channel);
      await channel.session.run(new OpaqueCommand(channel, nowMs, { request, unmaskable: UNMASKABLE }));
    },
  };
}

function requestOf(command: RsyncCommand, { asked, user }: SessionChannel): Request {
  const operations = rsyncOperations(command, user);
  const body = (): Body => ({ media: SSH_MEDIA, bytes: asked.command });
  return { operations, body, context: () => ({ login: user }) };
}

const UNMASKABLE: Refusal = {
  code: 'mask-impossible',
  message: 'a rule masks what comes back, and what rsync transfers has checksums of its own',
  hint: 'Use sftp or scp, whose files can be masked.',
};

import type { Refusal } from '../../../model/refusal.ts';
import type { Body, Operation, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import type { ChannelKind, SessionChannel } from '../channels/kind.ts';
import { OpaqueCommand } from '../files/opaque-command.ts';
import { type RsyncCommand, readRsyncCommand } from './rsync-command.ts';

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

/** An operation for each thing that is done with files: what is removed is no part of what is written. */
function requestOf({ isSender, files, flags }: RsyncCommand, { asked, user }: SessionChannel): Request {
  const carried = isSender ? 'read' : 'write';
  const removed = files.filter(({ use }) => use === 'remove');
  const kept = files.filter(({ use }) => use !== 'remove');
  const operation = (kind: string, of: typeof files): Operation => ({
    kind,
    access: kind === 'file-read' ? 'read' : 'write',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: ['rsync', ...flags],
    ssh: { channel: 'files', user, files: of },
  });
  const operations = [
    operation(`file-${carried}`, kept),
    ...(removed.length > 0 ? [operation('file-remove', removed)] : []),
  ];
  const body = (): Body => ({ media: SSH_MEDIA, bytes: asked.command });
  return { operations, body, context: () => ({ login: user }) };
}

const UNMASKABLE: Refusal = {
  code: 'mask-impossible',
  message: 'a rule masks what comes back, and what rsync transfers has checksums of its own',
  hint: 'Use sftp or scp, whose files can be masked.',
};

import type { ChannelKind, SessionChannel } from '../channels/kind.ts';
import { RefusedExchange } from '../channels/refused-exchange.ts';
import { tellRefusal } from '../channels/told.ts';
import { constantWords } from '../files/constant-words.ts';
import { OpaqueCommand } from '../files/opaque-command.ts';
import { type GitCommand, readGitCommand } from './git-command.ts';
import { gitRequest, UNMASKABLE } from './git-request.ts';
import { ReceiveExchange } from './receive-exchange.ts';

/** git's own transfers, as its clients ask for them; docs/protocols/ssh.md. */
export function gitKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind, command, terminal }) =>
      kind === 'exec' && terminal === undefined && (readGitCommand(command) ?? largeFilesOf(command)) !== undefined,
    serve: async (channel) => {
      const command = readGitCommand(channel.asked.command);
      if (command === undefined) return refuse(channel, largeFilesOf(channel.asked.command) ?? 'git');
      await channel.session.run(exchangeOf(channel, command, nowMs));
    },
  };
}

function exchangeOf(
  channel: SessionChannel,
  command: GitCommand,
  nowMs: () => number,
): ReceiveExchange | OpaqueCommand {
  if (command.service === 'receive-pack') return new ReceiveExchange(channel, command, nowMs);
  return new OpaqueCommand(channel, nowMs, { request: gitRequest(command, channel.user), unmaskable: UNMASKABLE });
}

/** They hand out credentials for another server, or carry objects that nobody decides on. */
const LARGE_FILES: ReadonlySet<string> = new Set(['git-lfs-authenticate', 'git-lfs-transfer']);

function largeFilesOf(command: Buffer): string | undefined {
  const [program = ''] = constantWords(command.toString('utf8')) ?? [];
  return LARGE_FILES.has(program) ? program : undefined;
}

async function refuse({ client, session }: SessionChannel, what: string): Promise<void> {
  let told: Promise<void> | undefined;
  await session.run(
    new RefusedExchange(what, (refusal) => {
      told = tellRefusal(client, refusal);
    }),
  );
  await told;
}

import type { ChannelKind } from '../channels/kind.ts';
import { readScpCommand } from './scp-command.ts';
import { ScpExchange } from './scp-exchange.ts';

/** scp by its own protocol, as `scp -O` and older clients speak it; docs/protocols/ssh.md. */
export function scpKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind, command, terminal }) =>
      kind === 'exec' && terminal === undefined && readScpCommand(command) !== undefined,
    serve: async (channel) => {
      const command = readScpCommand(channel.asked.command);
      if (command !== undefined) await channel.session.run(new ScpExchange(channel, command, nowMs));
    },
  };
}

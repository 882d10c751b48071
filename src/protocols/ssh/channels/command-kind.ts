import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import { CommandExchange } from './command-exchange.ts';
import type { ChannelKind } from './kind.ts';

/** Commands and shells: whatever no other kind of channel takes. */
export function commandKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind }) => kind !== 'subsystem',
    serve: async (channel) => {
      const { command } = channel.asked;
      const exchange = new CommandExchange(
        channel,
        nowMs,
        command.length > LIMITS.maxSshCommandBytes ? TOO_LONG : undefined,
      );
      await channel.session.run(exchange);
    },
  };
}

const TOO_LONG: Refusal = {
  code: 'too-large',
  message: `the command is longer than ${LIMITS.maxSshCommandBytes} bytes`,
  hint: 'Put it into a file, and run that.',
};

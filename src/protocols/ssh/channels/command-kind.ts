import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import { CommandExchange } from './command-exchange.ts';
import { CommandRequest } from './command-request.ts';
import type { ChannelKind } from './kind.ts';

/** Commands and shells: whatever no other kind of channel takes. */
export function commandKind(nowMs: () => number): ChannelKind {
  return {
    takes: ({ kind }) => kind !== 'subsystem',
    serve: async (channel) => {
      const { asked, user } = channel;
      const isTooLong = asked.command.length > LIMITS.maxSshCommandBytes;
      const request = new CommandRequest(asked, user, isTooLong ? TOO_LONG : undefined);
      await channel.session.run(new CommandExchange(channel, nowMs, request));
    },
  };
}

const TOO_LONG: Refusal = {
  code: 'too-large',
  message: `the command is longer than ${LIMITS.maxSshCommandBytes} bytes`,
  hint: 'Put it into a file, and run that.',
};

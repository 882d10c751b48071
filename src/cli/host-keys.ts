import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const keptSchema = z.object({ target: z.string(), line: z.string(), fingerprint: z.string(), firstMetAt: z.string() });

/** `chaperone targets host-keys`: keys of SSH hosts that were kept at their first connection. */
export function hostKeysCommand(): Command {
  return withGatewayOptions(
    new Command('host-keys').description('Lists the host keys that were kept at a first connection (`firstUse`).'),
  ).action(list);
}

/** `chaperone targets delete-host-key`: forgets one, so that the next connection's is kept. */
export function deleteHostKeyCommand(): Command {
  return withGatewayOptions(
    new Command('delete-host-key').description(
      'Forgets the host key that was kept for a target: the key of the next connection is trusted in its place.\n' +
        'Needs the scope configuration:write.',
    ),
  )
    .argument('<target>', 'the name of the target')
    .action(forget);
}

async function list(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const answer = await api.call({ path: '/v1/host-keys', as: 'operator' }, z.object({ hostKeys: z.array(keptSchema) }));
  if (output.json) return output.writeJson(answer);
  if (answer.hostKeys.length === 0) return output.say('No host key was kept at a first connection.\n');
  type Kept = z.infer<typeof keptSchema>;
  const columns = [
    { head: 'TARGET', text: ({ target }: Kept) => target },
    { head: 'KEY', text: ({ line }: Kept) => line.split(' ', 1)[0] ?? '' },
    { head: 'FINGERPRINT', text: ({ fingerprint }: Kept) => fingerprint },
    { head: 'FIRST MET (UTC)', text: ({ firstMetAt }: Kept) => shortTime(firstMetAt) },
  ];
  output.write(listing(answer.hostKeys, columns, output));
}

async function forget(target: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/host-keys/${encodeURIComponent(target)}`;
  const answer = await api.call({ method: 'DELETE', path, as: 'operator' }, z.object({ target: z.string() }));
  if (output.json) return output.writeJson(answer);
  output.say(`Forgot the host key of ${printable(answer.target)}: the key of its next connection is kept.\n`);
}

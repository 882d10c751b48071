import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';

const grantSchema = z.object({
  id: z.string(),
  run: z.string(),
  principal: z.string(),
  targets: z.array(z.string()),
  rules: z.array(z.string()),
  issuedAt: z.string(),
  expiresAt: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
});

type GrantItem = z.infer<typeof grantSchema>;

/** `chaperone grants`: who may enter what, and the end of that. */
export function grantsCommand(): Command {
  const command = new Command('grants')
    .summary('list grants, and revoke one')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone grants\n  $ chaperone grants revoke grt_…      # its live sessions end at once\n',
    );
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the grants that are good now, newest first.'))
      .option('--all', 'expired and revoked ones as well')
      .option('--run <id>', 'of one run')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('revoke').description('Revokes a grant; its live sessions end at once.'))
      .argument('<grant>', 'its id')
      .action(revoke),
  );
  return command;
}

async function list(options: GatewayOptions & { readonly all?: boolean; readonly run?: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const query = { active: options.all ? undefined : 'true', run: options.run, limit: 1000 };
  const answer = await api.call(
    { path: '/v1/grants', query, as: 'operator' },
    z.object({ grants: z.array(grantSchema) }),
  );
  if (output.json) return output.writeJson(answer);
  if (answer.grants.length === 0)
    return output.say(options.all ? 'There are no grants.\n' : 'No grant is good now; --all lists the others.\n');
  const style = { active: 'green', expired: 'dim', revoked: 'red' } as const;
  const columns = [
    { head: 'GRANT', text: ({ id }: GrantItem) => id },
    { head: 'STATE', text: ({ state }: GrantItem) => state, paint: ({ state }: GrantItem) => style[state] },
    { head: 'UNTIL (UTC)', text: ({ expiresAt }: GrantItem) => shortTime(expiresAt) },
    { head: 'WHO', text: ({ principal }: GrantItem) => principal, most: 50 },
    { head: 'TARGETS', text: ({ targets }: GrantItem) => targets.join(', '), most: 40 },
    { head: 'RULE', text: ({ rules }: GrantItem) => rules.join(', '), most: 40 },
    { head: 'RUN', text: ({ run }: GrantItem) => run },
  ];
  output.write(listing(answer.grants, columns, output));
}

async function revoke(grant: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/grants/${encodeURIComponent(grant)}`;
  const answer = await api.call(
    { method: 'DELETE', path, as: 'operator' },
    z.object({ grant: z.string(), revoked: z.boolean() }),
  );
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.grant} is revoked, and its sessions end.\n`);
}

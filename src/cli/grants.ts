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
  given: z.array(
    z.object({
      target: z.string(),
      approval: z.string(),
      givenAt: z.string(),
      expiresAt: z.string().optional(),
      revokedAt: z.string().optional(),
    }),
  ),
});

type GrantItem = z.infer<typeof grantSchema>;

/** `chaperone grants`: who may enter what, and the end of that. */
export function grantsCommand(): Command {
  const command = new Command('grants')
    .summary('list grants, and revoke one')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone grants\n  $ chaperone grants revoke grt_…      # its live sessions end at once\n' +
        '  $ chaperone grants revoke grt_… --target ledger   # only that target, which people gave it\n',
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
      .option('--target <name>', 'takes back this target alone, which people gave it')
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
    { head: 'TARGETS', text: targetsText, most: 40 },
    { head: 'RULE', text: ({ rules }: GrantItem) => rules.join(', '), most: 40 },
    { head: 'RUN', text: ({ run }: GrantItem) => run },
  ];
  output.write(listing(answer.grants, columns, output));
}

/** What people gave it is marked. */
function targetsText({ targets, given }: GrantItem): string {
  return targets.map((name) => (given.some(({ target }) => target === name) ? `${name} (given)` : name)).join(', ');
}

async function revoke(grant: string, options: GatewayOptions & { readonly target?: string }): Promise<void> {
  if (options.target !== undefined) return takeBack(grant, options.target, options);
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

async function takeBack(grant: string, target: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/grants/${encodeURIComponent(grant)}/targets/${encodeURIComponent(target)}`;
  const answer = await api.call(
    { method: 'DELETE', path, as: 'operator' },
    z.object({ grant: z.string(), target: z.string(), revoked: z.boolean() }),
  );
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.grant} may not enter ${answer.target} any more, and its sessions there end.\n`);
}

import { Command } from 'commander';
import { z } from 'zod';
import { readSshKeyLine, sshFingerprint } from '../model/ssh-key.ts';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { processOutput } from './output.ts';

interface SshKeyOptions extends GatewayOptions {
  readonly users?: boolean;
}

const infoSchema = z.object({ ssh: z.object({ hostKey: z.string(), userAuthority: z.string() }) });

/** `chaperone ssh-key`: by what SSH clients know the gateway, for known_hosts. */
export function sshKeyCommand(): Command {
  return withGatewayOptions(new Command('ssh-key'))
    .summary('print the key by which SSH clients know the gateway')
    .description(
      "Prints the gateway's own SSH key, as a line for known_hosts without the name before it.\n" +
        'It is made at the first start, and all gateways of a store have the same.',
    )
    .option('--users', 'the key that signs certificates of clients, instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone ssh-key\n  $ echo "[gateway.example.com]:7422 $(chaperone ssh-key)" >> ~/.ssh/known_hosts\n',
    )
    .action(printKey);
}

async function printKey(options: SshKeyOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { ssh } = await api.call({ path: '/v1/gateway' }, infoSchema);
  const line = options.users === true ? ssh.userAuthority : ssh.hostKey;
  const blob = readSshKeyLine(line);
  if (blob === undefined) throw new CliError(EXIT.unavailable, 'the gateway tells of no SSH key');
  if (output.json) return output.writeJson({ key: line, fingerprint: sshFingerprint(blob) });
  output.write(`${line}\n`);
}

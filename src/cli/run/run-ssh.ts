import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import type { LentTarget } from './grant-request.ts';
import type { LocalSsh } from './local-target.ts';
import type { RunAgent } from './ssh-agent.ts';

/** What clients of an SSH target need. Throws a `CliError` where the gateway told no key of its own. */
export function localSsh(
  { name, hosts = [] }: Pick<LentTarget, 'name' | 'hosts'>,
  { path, publicKey }: Pick<RunAgent, 'path' | 'publicKey'>,
  hostKey: string | undefined,
): LocalSsh {
  // One line of known_hosts, and no more than that.
  if (hostKey === undefined || !/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$/.test(hostKey)) {
    throw new CliError(EXIT.unavailable, `the gateway says no SSH key of its own, and ${printable(name)} needs one`, {
      hint: 'It may be older than this program: both should be of one version.',
    });
  }
  return { hosts: hosts.map((host) => host.toLowerCase()), hostKey, agent: path, publicKey };
}

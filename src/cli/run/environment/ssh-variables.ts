import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type LocalTarget, type RunContext, reachableTargets } from '../local-target.ts';
import type { WriteFile } from './postgres-variables.ts';

/** Under which the gateway's key stands in the run's own known_hosts, whatever a host is called. */
const ALIAS = 'chaperone-gateway';
/** Clients that take `-F`; each that is installed has a stand-in that gives it. */
const CLIENTS = ['ssh', 'scp', 'sftp'];
/** What ansible gives ssh by itself (`ssh_args` of its ssh connection). */
const ANSIBLE = '-C -o ControlMaster=auto -o ControlPersist=60s';

/**
 * What clients of SSH expect: a configuration with a block for each target, the gateway's key, and the run's agent. The key
 * is in the memory of the wrapper alone. Clients find it without an option: by stand-ins in the path, and by variables.
 */
export async function sshVariables(
  context: RunContext,
  write: WriteFile,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const hosts = reachableTargets(context).flatMap((target) =>
    target.ssh === undefined ? [] : [{ target, ssh: target.ssh }],
  );
  const [first] = hosts;
  if (first === undefined) return {};
  const { agent, publicKey, hostKey } = first.ssh;
  const identity = await write('ssh_key.pub', `${publicKey}\n`);
  const known = await write('ssh_known_hosts', `${ALIAS} ${hostKey}\n`);
  const blocks = hosts.map(({ target }) => blockOf(target, { agent, identity, known }));
  const others = 'Match all\n  Include ~/.ssh/config\n  Include /etc/ssh/ssh_config\n';
  const config = await write('ssh_config', `${blocks.join('\n')}\n${others}`);
  const path = inherited['PATH'] ?? process.env['PATH'] ?? '';
  const folder = await standIns(context.directory, config, path);
  const command = `ssh -F ${quoted(config)}`;
  return {
    // Its blocks name it; for all other hosts it stands in place of a command's own only where the run has a host.
    ...(context.targets.some(({ ssh }) => ssh !== undefined) ? { SSH_AUTH_SOCK: agent } : {}),
    CHAPERONE_SSH_CONFIG: config,
    GIT_SSH_COMMAND: command,
    GIT_SSH_VARIANT: 'ssh',
    RSYNC_RSH: command,
    ANSIBLE_SSH_ARGS: `-F ${quoted(config)} ${ANSIBLE}`,
    // Without a terminal each command can be decided by what it runs.
    ANSIBLE_SSH_USETTY: 'False',
    PATH: path === '' ? folder : `${folder}${delimiter}${path}`,
  };
}

/** Those of the gateway, the fastest there first: OpenSSH's own first choice has no instruction of the processor. */
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
].join(',');

/** A target by its name, and by the names that its host has. The login is the credential's own unless a client says one. */
function blockOf(
  { name, host, port, ssh }: LocalTarget,
  { agent, identity, known }: { readonly agent: string; readonly identity: string; readonly known: string },
): string {
  const names = [...new Set([name, ...(ssh?.hosts ?? [])])].filter((one) => /^[\w.:-]+$/.test(one));
  const settings = {
    HostName: host,
    Port: String(port),
    User: `+${name}`,
    HostKeyAlias: ALIAS,
    UserKnownHostsFile: `"${known}"`,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
    CheckHostIP: 'no',
    IdentityFile: `"${identity}"`,
    IdentityAgent: `"${agent}"`,
    IdentitiesOnly: 'yes',
    CertificateFile: 'none',
    PreferredAuthentications: 'publickey',
    ProxyCommand: 'none',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    CanonicalizeHostname: 'no',
    Ciphers: CIPHERS,
  };
  const lines = Object.entries(settings).map(([key, value]) => `  ${key} ${value}\n`);
  return `Host ${names.join(' ')}\n${lines.join('')}`;
}

/** Programs that start the real ones with the run's configuration; one that says `-F` itself is heard after it. */
async function standIns(directory: string, config: string, path: string): Promise<string> {
  const folder = join(directory, 'bin');
  await mkdir(folder, { mode: 0o700 });
  for (const name of CLIENTS) {
    const real = path
      .split(delimiter)
      .map((one) => join(one, name))
      .find((one) => one.startsWith('/') && existsSync(one));
    if (real === undefined) continue;
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\nexec ${quoted(real)} -F ${quoted(config)} "$@"\n`, { mode: 0o700, flag: 'wx' });
    await chmod(file, 0o700);
  }
  return folder;
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

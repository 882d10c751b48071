import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Listener } from '../../src/gateway/listener.ts';
import { readSshKeyLine, sshFingerprint } from '../../src/model/ssh-key.ts';
import type { KnownHosts } from '../../src/protocols/ssh/host/connect-host.ts';
import { privateKey } from '../../src/protocols/ssh/keys/private-key.ts';
import { lineOf } from '../../src/protocols/ssh/keys/public-key.ts';
import { createSsh } from '../../src/protocols/ssh/ssh.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { newKey, type TestKey } from './ssh-server.ts';

export interface SshGatewayOptions extends TestGatewayOptions {
  readonly hosts?: KnownHosts;
  /** Keys that sign users' certificates for this gateway, as blobs. */
  readonly authorities?: readonly Buffer[];
}

export interface SshGateway extends TestGateway {
  /** `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

/** A gateway in this process in front of SSH hosts. */
export async function startSshGateway(options: SshGatewayOptions): Promise<SshGateway> {
  const hostKey = privateKey(generateKeyPairSync('ed25519').privateKey);
  const { hosts = memoryHosts(), authorities = [] } = options;
  const protocol = createSsh({ hostKey, authorities, hosts, nowMs: Date.now });
  const listen: TestGatewayOptions['listen'] = (parts) =>
    Listener.open({ host: '127.0.0.1', port: 0 }, protocol, parts);
  const gateway = await startGateway({ ...options, tls: false, listen });
  return Object.assign(gateway, { hostKey: lineOf(hostKey.blob) });
}

/** Keys of hosts in memory. */
export function memoryHosts(): KnownHosts & { readonly lines: Map<string, string> } {
  const lines = new Map<string, string>();
  return {
    lines,
    kept: (target) => Promise.resolve(lines.get(target)),
    keep: (target, line) => {
      if (!lines.has(target)) lines.set(target, line);
      return Promise.resolve(lines.get(target) ?? line);
    },
  };
}

/** What OpenSSH's clients need for one gateway and one grant, which their key proves. */
export interface SshClientFiles {
  readonly key: TestKey;
  /** For `ssh -F`. */
  readonly config: string;
}

/** Makes a key, a grant that it proves, and a configuration in which `shop` and other targets are hosts. */
export async function clientFiles(gateway: SshGateway, targets: readonly string[] = ['shop']): Promise<SshClientFiles> {
  const key = await newKey(gateway.directory, `client-${Math.random().toString(36).slice(2)}`);
  const blob = readSshKeyLine(key.line);
  if (blob === undefined) throw new Error('no key');
  await gateway.grant({ sshKey: sshFingerprint(blob) });
  const known = `${key.path}.known_hosts`;
  await writeFile(known, `[127.0.0.1]:${gateway.port} ${gateway.hostKey}\n`);
  const hosts = [...targets, 'gateway'].map((target) =>
    [
      `Host ${target}`,
      '  HostName 127.0.0.1',
      `  Port ${gateway.port}`,
      ...(target === 'gateway' ? ['  User jump'] : [`  User +${target}`]),
    ].join('\n'),
  );
  const common = [
    'Host *',
    `  IdentityFile ${key.path}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${known}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  BatchMode yes',
    '  LogLevel ERROR',
  ].join('\n');
  const config = join(gateway.directory, `${key.path.split('/').at(-1)}.config`);
  await writeFile(config, `${hosts.join('\n')}\n${common}\n`);
  return { key, config };
}

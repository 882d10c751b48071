import { z } from 'zod';
import type { HostKeys, SshTarget } from '../model/ssh.ts';
import { readSshKeyLine } from '../model/ssh-key.ts';
import type { Target } from '../model/target.ts';

const lineSchema = z
  .string()
  .max(9_000)
  .refine((line) => readSshKeyLine(line) !== undefined, 'a public key is written `ssh-ed25519 AAAA…`');
const linesSchema = z.array(lineSchema).min(1).max(50);

const hostSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?$/, 'the name of a host, in lower case');

const forwardSchema = z
  .string()
  .regex(
    /^(?:\[[0-9a-f:.]+\]|[a-z0-9*._-]{1,253}):(?:[1-9]\d{0,4}|\*)$/i,
    'a place is written db.internal:5432, *.svc:443 or [::1]:80',
  )
  .refine((place) => place.endsWith(':*') || Number(place.slice(place.lastIndexOf(':') + 1)) <= 65_535, 'no such port');

/** What `ssh:` of a target says. */
export const sshSettingsSchema = z.strictObject({
  hostKeys: z.union(
    [
      linesSchema,
      z.strictObject({ authorities: linesSchema, principal: hostSchema.optional() }),
      z.literal('firstUse'),
    ],
    { error: 'keys of the host (a list), `authorities` that certify it, or `firstUse`' },
  ),
  environment: z
    .array(z.string().regex(/^[A-Za-z_*][A-Za-z0-9_*]{0,127}$/, 'the name of a variable, in which `*` may stand'))
    .max(100)
    .optional(),
  forwards: z.array(forwardSchema).max(200).optional(),
  listens: z.array(z.int().min(0).max(65_535)).max(200).optional(),
  hosts: z.array(hostSchema).max(50).optional(),
});

type Settings = z.infer<typeof sshSettingsSchema>;

const ENVIRONMENT = ['LANG', 'LC_*'] as const;

/** `host` is the one of the address: clients know it by that name, where no other is given, and so do certificates. */
export function sshOf({ hostKeys, environment, forwards, listens, hosts }: Settings, host: string): SshTarget {
  return {
    hostKeys: hostKeysOf(hostKeys, host),
    environment: environment ?? [...ENVIRONMENT],
    forwards: forwards ?? [],
    listens: listens ?? [],
    hosts: hosts ?? [host.toLowerCase()],
  };
}

function hostKeysOf(declared: Settings['hostKeys'], host: string): HostKeys {
  if (declared === 'firstUse') return { kind: 'firstUse' };
  if (Array.isArray(declared)) return { kind: 'pinned', keys: declared };
  return { kind: 'authority', keys: declared.authorities, principal: declared.principal ?? host.toLowerCase() };
}

/** As somebody would declare it; what is the default is left out. */
export function declareSsh({ ssh, address }: Target): object {
  if (ssh === undefined) return {};
  const { hostKeys, environment, forwards, listens, hosts } = ssh;
  const host = address.host.toLowerCase();
  const isUsual = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n');
  return {
    ssh: {
      hostKeys: declaredHostKeys(hostKeys, host),
      ...(isUsual(environment, ENVIRONMENT) ? {} : { environment }),
      ...(forwards.length === 0 ? {} : { forwards }),
      ...(listens.length === 0 ? {} : { listens }),
      ...(isUsual(hosts, [host]) ? {} : { hosts }),
    },
  };
}

function declaredHostKeys(hostKeys: HostKeys, host: string): unknown {
  switch (hostKeys.kind) {
    case 'firstUse':
      return 'firstUse';
    case 'pinned':
      return hostKeys.keys;
    case 'authority': {
      const { keys: authorities, principal } = hostKeys;
      return { authorities, ...(principal === host ? {} : { principal }) };
    }
    default:
      return hostKeys satisfies never;
  }
}

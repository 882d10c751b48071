import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';

/** The target as one of HTTP, where it was declared as none. */
export function httpTargetOf(target: Target): Target {
  if (target.http !== undefined) return target;
  return { ...target, protocol: 'http', http: { basePath: '', hosts: [], version: 'auto' } };
}

/** The target as an SSH host, where it was declared as none. */
export function hostTargetOf(target: Target): Target {
  if (target.ssh !== undefined) return target;
  const ssh = { hostKeys: { kind: 'firstUse' }, environment: [], forwards: [], listens: [], hosts: [] } as const;
  return { ...target, protocol: 'ssh', ssh };
}

/** A target that is only asked about: nobody connects to it. */
export function askedTarget(asked: {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly classified?: readonly ClassifiedColumn[] | undefined;
  readonly database?: string | undefined;
}): Target {
  return {
    name: asked.name as TargetName,
    protocol: 'postgres',
    address: { host: '', port: 0 },
    ...(asked.database === undefined ? {} : { database: asked.database }),
    tls: { mode: 'verify-full' },
    labels: asked.labels ?? {},
    classified: asked.classified ?? [],
    recordMode: 'strict',
    storedReplyBytes: LIMITS.storedReplyBytes,
  };
}

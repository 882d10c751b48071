import { awsPlace } from './aws-place.ts';
import type { LentGrant, LentTarget } from './grant-request.ts';

type Offered = Pick<LentGrant, 'targets' | 'requestable' | 'sshHostKey'>;

/**
 * What people may give a run while it goes on, as far as this machine can have a way to it. A run that has no forward proxy
 * gets none for them: it would refuse every host that is no target's.
 */
export function requestableTargets({ targets, requestable, sshHostKey }: Offered): readonly LentTarget[] {
  const isProxied = targets.some(({ protocol, hosts = [] }) => protocol !== 'ssh' && hosts.length > 0);
  return requestable
    .filter(({ protocol }) => protocol !== 'ssh' || sshHostKey !== undefined)
    .slice(0, MAX_REQUESTABLE)
    .map((target) => (isProxied || target.protocol === 'ssh' ? target : withoutNames(target)));
}

/** What its names say of a target of AWS stays known. */
function withoutNames({ aws, hosts, ...target }: LentTarget): LentTarget {
  return { ...target, ...(aws === undefined ? {} : { aws: awsPlace(aws, hosts) }) };
}

/** Each has a listener for as long as the run goes on; beyond these, what was given is reached by the gateway's own tools. */
const MAX_REQUESTABLE = 50;

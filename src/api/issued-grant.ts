import { runOf } from '../grants/grant-records.ts';
import type { HttpTarget } from '../model/http.ts';
import type { TargetName } from '../model/ids.ts';
import type { Grant } from '../model/principal.ts';
import type { Secret } from '../model/secret.ts';
import { findGrant } from '../store/grant-rows.ts';
import type { GrantServicesParts } from './grant-services.ts';
import type { IssuedGrant, IssuedTarget } from './grant-views.ts';

type IssuingParts = Pick<
  GrantServicesParts,
  'store' | 'target' | 'reach' | 'carriers' | 'own' | 'trust' | 'certificateAuthority' | 'nowMs'
>;

/** A grant as its client is told of it: with what reaches each target, those too that its run may ask people for. */
export async function issuedGrant(grant: Grant, secret: Secret, parts: IssuingParts): Promise<IssuedGrant> {
  const found = await findGrant(parts.store, grant.id);
  const targets = grant.targets.flatMap((name) => issuedTarget(name, parts));
  const requestable = found === undefined ? [] : requestableTargets(grant, found, parts);
  return {
    grant: grant.id,
    bound: grant.keyThumbprint !== undefined,
    ...(grant.resource === undefined ? {} : { resource: grant.resource }),
    secret,
    run: grant.run,
    display: found?.run.display ?? '',
    expiresInSeconds: Math.max(0, Math.floor((Date.parse(grant.expiresAt) - parts.nowMs()) / 1000)),
    targets,
    ...(requestable.length === 0 ? {} : { requestable }),
    ...(parts.own || targets.some(({ protocol }) => protocol === 'mcp') ? { mcp: parts.reach('mcp') ?? {} } : {}),
    ...(parts.certificateAuthority === undefined ? {} : { certificateAuthority: parts.certificateAuthority }),
  };
}

/**
 * What people may give its run while it goes on. A client opens a way to each before it has any: whether somebody may enter
 * is asked anew with each connection. A grant that is good at one place alone is given nothing.
 */
function requestableTargets(
  grant: Grant,
  found: NonNullable<Awaited<ReturnType<typeof findGrant>>>,
  parts: IssuingParts,
): readonly IssuedTarget[] {
  if (grant.resource !== undefined) return [];
  const { kind, workload } = runOf(found.run);
  const rules = JSON.parse(found.grant.rules) as readonly string[];
  const asked = parts.trust.requestable({ kind, workload, rules }).map(({ target }) => target);
  const named = asked.filter((name) => !grant.targets.includes(name));
  // A program of the job is offered by its own wrapper, and only for what the grant holds.
  return named.flatMap((name) => issuedTarget(name, parts)).filter(({ startedBy }) => startedBy === undefined);
}

function issuedTarget(name: TargetName, parts: IssuingParts): readonly IssuedTarget[] {
  const target = parts.target(name);
  if (target === undefined) return [];
  const { protocol, http, mcp, ssh } = target;
  const reach = parts.reach(protocol);
  if (reach === undefined && parts.carriers(protocol) === undefined) return [];
  const startedBy = mcp?.transport.kind === 'run' ? ({ startedBy: 'run' } as const) : {};
  const names = http ? reachOf(http) : ssh ? { hosts: ssh.hosts } : {};
  return [{ name, protocol, ...reach, database: name, ...startedBy, ...names }];
}

/** What clients of an HTTP target need to know of it. */
function reachOf({ hosts, dialect, signs = {} }: HttpTarget): Pick<IssuedTarget, 'hosts' | 'aws'> {
  return { hosts, ...(dialect === 'aws' ? { aws: signs } : {}) };
}

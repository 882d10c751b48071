import { createHash } from 'node:crypto';
import type { GrantId, PrincipalId, RunId, TargetName } from '../model/ids.ts';
import type { Grant, Principal, Run, Workload } from '../model/principal.ts';
import type { GivenTargetRow } from '../store/given-target-rows.ts';
import type { FoundGrant, GrantRow, RunRow } from '../store/grant-rows.ts';
import { standing } from './given-targets.ts';

/** A grant as it stands `now` (RFC 3339): what people gave it since is among its targets for as long as they did. */
export function grantOf(row: FoundGrant | GrantRow, now: string): Grant {
  const own = JSON.parse(row.targets) as readonly TargetName[];
  const given = standing('given' in row ? row.given : [], now).map(({ target }) => target as TargetName);
  return {
    id: row.id as GrantId,
    run: row.run_id as RunId,
    targets: [...new Set([...own, ...given])],
    rule: (JSON.parse(row.rules) as readonly string[]).join(', '),
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    ...(row.key_thumbprint === null ? {} : { keyThumbprint: row.key_thumbprint }),
    ...(row.resource === null ? {} : { resource: row.resource }),
  };
}

/** Which grants are listed. */
export interface GrantFilter {
  readonly run?: RunId;
  readonly active?: boolean;
  readonly limit: number;
}

/** A grant as an operator sees it. */
export interface GrantListing {
  readonly grant: Grant;
  readonly rules: readonly string[];
  /** Whose it is, for people. */
  readonly display: string;
  readonly state: 'active' | 'expired' | 'revoked';
  /** What people gave it beside what its rules did, whether or not it is good still. */
  readonly given: readonly GivenTarget[];
}

/** A target that people gave a run. */
export interface GivenTarget {
  readonly target: string;
  /** By which they did. */
  readonly approval: string;
  /** RFC 3339, as all times here. */
  readonly givenAt: string;
  /** Absent where it is for as long as the grant lasts. */
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export function listingOf(row: FoundGrant & { readonly display: string }, now: string): GrantListing {
  const rules = JSON.parse(row.rules) as readonly string[];
  const given = row.given.map(givenTargetOf);
  return { grant: grantOf(row, now), rules, display: row.display, state: stateOf(row, now), given };
}

function givenTargetOf({ target, approval, given_at, expires_at, revoked_at }: GivenTargetRow): GivenTarget {
  return {
    target,
    approval,
    givenAt: given_at,
    ...(expires_at === null ? {} : { expiresAt: expires_at }),
    ...(revoked_at === null ? {} : { revokedAt: revoked_at }),
  };
}

function stateOf(row: GrantRow, now: string): GrantListing['state'] {
  if (row.revoked_at !== null) return 'revoked';
  return row.expires_at > now ? 'active' : 'expired';
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id as RunId,
    kind: row.kind,
    workload: JSON.parse(row.workload) as Workload,
    demo: row.demo === 1,
    asserted: JSON.parse(row.asserted) as Readonly<Record<string, string>>,
    openedAt: row.opened_at,
  };
}

export function principalOf(row: RunRow, grant: Grant): Principal {
  return {
    id: row.principal as PrincipalId,
    kind: row.kind === 'human' ? 'human' : 'workload',
    display: row.display,
    run: runOf(row),
    grant,
  };
}

/** The same for every run of one workflow in one repository: made of what its issuer never gives to anybody else. */
export function principalIdOf(workload: Workload): PrincipalId {
  const { issuer, sourceOwnerId, sourceRepositoryId, buildSignerUri, workloadId, workloadName, tokenSubject } =
    workload;
  const account = [workloadId, workloadName].find((part) => part !== undefined);
  const repository = [sourceOwnerId ?? '', sourceRepositoryId ?? '', buildSignerUri ?? ''];
  if (account !== undefined) repository.push(account);
  const identity = repository.every((part) => part === '') ? [tokenSubject] : repository;
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, ...identity]))
    .digest('hex');
  return `wrk_${digest.slice(0, 26)}` as PrincipalId;
}

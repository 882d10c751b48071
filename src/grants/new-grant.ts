import { mintId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { Workload } from '../model/principal.ts';
import type { GrantAndRun, GrantRow, RunRow } from '../store/grant-rows.ts';
import { principalIdOf } from './grant-records.ts';
import { deriveScramKeys, SALT_BYTES, sha256 } from './scram-keys.ts';
import type { EnteringPerson, TrustGiven, VerifiedIdentity } from './vocabulary.ts';

export interface GrantBasis {
  readonly request: {
    readonly asserted: Readonly<Record<string, string>>;
    readonly keyThumbprint?: string;
    readonly resource?: string;
  };
  readonly holder: RunHolder;
  readonly given: TrustGiven;
  /** The grant's own secret, of which only a hash and SCRAM keys go into the rows. */
  readonly secret: string;
}

/** Whose run it is, as its row says it. */
export type RunHolder = Pick<RunRow, 'kind' | 'demo' | 'principal' | 'display' | 'token_digest' | 'jwks_digest'> & {
  readonly workload: Workload;
};

/** A job; the token that was used up for it is sealed apart from its row. */
export function jobHolder(identity: VerifiedIdentity): RunHolder {
  return {
    kind: 'ci',
    demo: identity.demo ? 1 : 0,
    principal: principalIdOf(identity.workload),
    display: identity.display,
    workload: identity.workload,
    token_digest: identity.tokenDigest,
    jwks_digest: identity.jwksDigest,
  };
}

/** A person in a sitting of their own. Who they are was decided when they logged in: no token is kept here. */
export function personHolder({ id, login, issuer }: EnteringPerson): RunHolder {
  return {
    kind: 'human',
    demo: 0,
    principal: id,
    display: login,
    workload: { issuer, issuerKind: 'generic', tokenSubject: id, actor: login, actorId: id },
    token_digest: null,
    jwks_digest: null,
  };
}

export interface Circumstances {
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

/** The rows of a run and of its first grant. */
export async function newGrantRows(basis: GrantBasis, { now, random }: Circumstances): Promise<GrantAndRun> {
  const nowMs = now();
  const run = runRow(basis, mintId('run', nowMs, random), at(nowMs, 0));
  const keys = await deriveScramKeys(basis.secret, random(SALT_BYTES));
  const { given } = basis;
  const lifetime = Math.min(given.lifetimeSeconds, LIMITS.grantMaxSeconds);
  const grant: GrantRow = {
    id: mintId('grt', nowMs, random),
    run_id: run.id,
    targets: JSON.stringify(given.targets),
    rules: JSON.stringify(given.rules),
    secret_hash: sha256(basis.secret).toString('base64'),
    scram_salt: base64(keys.salt),
    scram_iterations: keys.iterations,
    scram_stored_key: base64(keys.storedKey),
    scram_server_key: base64(keys.serverKey),
    key_thumbprint: basis.request.keyThumbprint ?? null,
    resource: basis.request.resource ?? null,
    lifetime_seconds: lifetime,
    issued_at: at(nowMs, 0),
    expires_at: at(nowMs, lifetime),
    renewable_until: at(nowMs, Math.max(lifetime, given.renewableSeconds)),
    revoked_at: null,
    revoked_because: null,
  };
  return { grant, run };
}

function runRow({ request, holder }: GrantBasis, id: string, openedAt: string): RunRow {
  const { workload, ...whose } = holder;
  return {
    id,
    ...whose,
    repository_id: workload.sourceRepositoryId ?? null,
    repository_uri: workload.sourceRepositoryUri ?? null,
    workload: JSON.stringify(workload),
    token: null,
    asserted: JSON.stringify(request.asserted),
    opened_at: openedAt,
    closed_at: null,
    termination: null,
  };
}

/** RFC 3339, so many seconds later. */
function at(nowMs: number, seconds: number): string {
  return new Date(nowMs + seconds * 1000).toISOString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

import { mintId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { Secret } from '../model/secret.ts';
import type { GrantAndRun, GrantRow, RunRow } from '../store/grant-rows.ts';
import { principalIdOf } from './grant-records.ts';
import { deriveScramKeys, SALT_BYTES, sha256 } from './scram-keys.ts';
import type { TrustGiven, VerifiedIdentity } from './vocabulary.ts';

export interface GrantBasis {
  readonly request: {
    readonly token: Secret;
    readonly asserted: Readonly<Record<string, string>>;
    readonly keyThumbprint?: string;
  };
  readonly identity: VerifiedIdentity;
  readonly given: TrustGiven;
  /** The grant's own secret, of which only a hash and SCRAM keys go into the rows. */
  readonly secret: string;
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
    lifetime_seconds: lifetime,
    issued_at: at(nowMs, 0),
    expires_at: at(nowMs, lifetime),
    renewable_until: at(nowMs, Math.max(lifetime, given.renewableSeconds)),
    revoked_at: null,
    revoked_because: null,
  };
  return { grant, run };
}

function runRow({ request, identity }: GrantBasis, id: string, openedAt: string): RunRow {
  const { workload } = identity;
  return {
    id,
    kind: 'ci',
    demo: identity.demo ? 1 : 0,
    principal: principalIdOf(workload),
    display: identity.display,
    repository_id: workload.sourceRepositoryId ?? null,
    repository_uri: workload.sourceRepositoryUri ?? null,
    workload: JSON.stringify(workload),
    asserted: JSON.stringify(request.asserted),
    token: request.token.reveal(),
    token_digest: identity.tokenDigest,
    jwks_digest: identity.jwksDigest,
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

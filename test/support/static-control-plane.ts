import { randomBytes } from 'node:crypto';
import type {
  Admitted,
  ApprovalDesk,
  BudgetDesk,
  CarriedClaim,
  ClassDesk,
  ControlPlane,
  DefinitionDesk,
} from '../../src/gateway/control-plane.ts';
import { decoyScramKeys, deriveScramKeys, provesPossession } from '../../src/grants/scram-keys.ts';
import { type GrantId, mintId, type PrincipalId, type RunId, type TargetName } from '../../src/model/ids.ts';
import type { Principal, Run } from '../../src/model/principal.ts';
import { Refused } from '../../src/model/refusal.ts';
import { provesKey, signingSecret } from '../../src/model/signing-key.ts';
import type { ClassifiedColumn, Credential, Target } from '../../src/model/target.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import type { Claim, Entrances, ScramKeys } from '../../src/protocols/protocol.ts';
import { NO_APPROVALS } from './no-approvals.ts';
import { NO_BUDGETS } from './no-budgets.ts';

/** A grant and its secret, as a client carries them. */
export interface TestGrant {
  readonly user: string;
  readonly password: string;
  readonly principal: Principal;
}

interface Held extends TestGrant {
  readonly keys: ScramKeys;
  readonly sshKey: string | undefined;
  revoked: boolean;
}

/** A control plane in memory: grants are issued by the test, targets and policies are what it handed in. */
export class StaticControlPlane implements ControlPlane {
  readonly #targets: readonly (Target & { readonly credential: Credential })[];
  readonly #grants = new Map<string, Held>();
  readonly #listeners = new Set<(grant: GrantId) => void>();
  readonly #decoyKey = randomBytes(32);
  #policies: PolicySet;

  constructor(targets: readonly (Target & { readonly credential: Credential })[], policies: PolicySet) {
    this.#targets = targets;
    this.#policies = policies;
  }

  async issue(
    targets: readonly TargetName[] = this.#targets.map(({ name }) => name),
    seconds = 900,
    sshKey?: string,
  ): Promise<TestGrant> {
    const id = mintId('grt', Date.now(), (bytes) => randomBytes(bytes)) as GrantId;
    const password = randomBytes(24).toString('hex');
    const keys = await deriveScramKeys(password, randomBytes(16));
    const held = { user: id, password, principal: principalFor(id, targets, seconds), keys, sshKey, revoked: false };
    this.#grants.set(id, held);
    return held;
  }

  revoke(grant: GrantId): void {
    const held = this.#grants.get(grant);
    if (held !== undefined) held.revoked = true;
    for (const listener of this.#listeners) listener(grant);
  }

  setPolicies(policies: PolicySet): void {
    this.#policies = policies;
  }

  /** Answers what is held; a test puts one with people behind it. */
  approvals: ApprovalDesk = NO_APPROVALS;

  /** Counts nothing; a test puts one with a store behind it. */
  budgets: BudgetDesk = NO_BUDGETS;

  /** Keeps what columns inherit in memory. */
  classes: ClassDesk = memoryClasses();

  /** Accepts all that a target tells of; a test puts one with a store behind it. */
  definitions: DefinitionDesk = {
    met: ({ all }) => Promise.resolve(new Map(all.map(({ name }) => [name, 'accepted'] as const))),
  };

  policies(): PolicySet {
    return this.#policies;
  }

  scramKeys(user: string): Promise<ScramKeys> {
    return Promise.resolve(this.#grants.get(user)?.keys ?? decoyScramKeys(user, this.#decoyKey));
  }

  admit(claim: Claim | CarriedClaim, target: TargetName): Promise<Admitted> {
    return Promise.resolve().then(() => this.#admit(claim, target));
  }

  holder(claim: Claim | CarriedClaim): Promise<Principal> {
    return Promise.resolve().then(() => this.#held(claim).principal);
  }

  targets(claim: Claim | CarriedClaim): Promise<Entrances> {
    return Promise.resolve().then(() => {
      const { principal } = this.#held(claim);
      const targets = this.#targets.filter(({ name }) => principal.grant.targets.includes(name));
      return { principal, targets: targets.toSorted((one, other) => (one.name < other.name ? -1 : 1)) };
    });
  }

  grantExpiryMs(grant: GrantId): Promise<number | undefined> {
    const held = this.#grants.get(grant);
    return Promise.resolve(held === undefined ? undefined : Date.parse(held.principal.grant.expiresAt));
  }

  onRevoked(listener: (grant: GrantId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #held(claim: Claim | CarriedClaim): Held {
    const byKey = claim.kind === 'key' && claim.user === '';
    const held = byKey
      ? [...this.#grants.values()].find(({ sshKey }) => sshKey === claim.fingerprint)
      : this.#grants.get(claim.user);
    if (held === undefined || !isProven(claim, held)) {
      throw new Refused({ code: 'claim-invalid', message: 'the grant is unknown, or its secret is wrong' });
    }
    if (held.revoked) throw new Refused({ code: 'grant-revoked', message: 'the grant was revoked' });
    if (Date.parse(held.principal.grant.expiresAt) <= Date.now()) {
      throw new Refused({ code: 'claim-expired', message: 'the grant has expired' });
    }
    return held;
  }

  #admit(claim: Claim | CarriedClaim, name: TargetName): Admitted {
    const held = this.#held(claim);
    const target = this.#targets.find((one) => one.name === name);
    if (target === undefined) throw new Refused({ code: 'target-unknown', message: `there is no target "${name}"` });
    if (!held.principal.grant.targets.includes(name)) {
      throw new Refused({ code: 'target-not-granted', message: `the grant is not for "${name}"` });
    }
    return { principal: held.principal, target, credential: () => Promise.resolve(target.credential) };
  }
}

function memoryClasses(): ClassDesk {
  const byTarget = new Map<TargetName, readonly ClassifiedColumn[]>();
  return {
    of: ({ name, classified }) => {
      const known = byTarget.get(name) ?? classified;
      byTarget.set(name, known);
      return known;
    },
    keep: ({ target, columns }) => {
      byTarget.set(target, [...(byTarget.get(target) ?? []), ...columns]);
      return Promise.resolve();
    },
  };
}

function isProven(claim: Claim | CarriedClaim, held: Held): boolean {
  if (claim.kind === 'key') return claim.user === held.user || claim.fingerprint === held.sshKey;
  if (claim.kind === 'password') return claim.password.reveal() === held.password;
  const keys = claim.kind === 'carried' ? claim.keys : held.keys;
  if ('fingerprint' in claim.proof) return claim.kind === 'carried' && claim.proof.fingerprint === claim.sshKey;
  if ('mac' in claim.proof) return claim.kind === 'carried' && provesKey(claim.proof, signingSecret(keys.serverKey));
  return provesPossession(claim.proof, keys.storedKey);
}

function principalFor(id: GrantId, targets: readonly TargetName[], seconds: number): Principal {
  const runId = mintId('run', Date.now(), (bytes) => randomBytes(bytes)) as RunId;
  const now = Date.now();
  const run: Run = {
    id: runId,
    kind: 'ci',
    workload: {
      issuer: 'https://token.actions.githubusercontent.com',
      issuerKind: 'github',
      tokenSubject: 'repo:acme/shop:ref:refs/heads/main',
      sourceRepositoryUri: 'https://github.com/acme/shop',
      sourceRepositoryId: '74',
      sourceRef: 'refs/heads/main',
      sourceDigest: '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    },
    demo: false,
    asserted: {},
    openedAt: new Date(now).toISOString(),
  };
  return {
    id: 'prn_acme_shop' as PrincipalId,
    kind: 'workload',
    display: 'acme/shop@refs/heads/main',
    run,
    grant: {
      id,
      run: runId,
      targets,
      rule: 'tests',
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + seconds * 1000).toISOString(),
    },
  };
}

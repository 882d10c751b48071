import type { GrantId, RunId, TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { Grant, Principal, Run } from '../model/principal.ts';
import { type RefusalCode, Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { revokeGivenTarget } from '../store/given-target-rows.ts';
import {
  extendGrant,
  type FoundGrantAndRun,
  findGrant,
  type GrantRow,
  insertGrant,
  listGrants,
  revokedGrants,
  revokeGrants,
} from '../store/grant-rows.ts';
import { closeRunRow, findRun, replaceAsserted } from '../store/run-rows.ts';
import { bindSshKey } from '../store/ssh-rows.ts';
import type { Store } from '../store/store.ts';
import { checkAsserted } from './asserted.ts';
import { endsInTarget, type TakenBack, takenBackIn } from './given-targets.ts';
import { type GrantFilter, type GrantListing, grantOf, listingOf, principalOf, runOf } from './grant-records.ts';
import { holdsGrant, isShownInPlace, provesKey } from './holds-grant.ts';
import type { KeptTokens } from './kept-tokens.ts';
import { narrowTargets } from './narrow-targets.ts';
import { jobHolder, newGrantRows, personHolder } from './new-grant.ts';
import { Revocations, type Revoked } from './revocations.ts';
import { decoyScramKeys, type ScramKeys } from './scram-keys.ts';
import { grantOfSshKey } from './ssh-grants.ts';
import type { Claim, EnteringPerson, ExchangeRequest, TrustGiven, VerifiedIdentity } from './vocabulary.ts';

export interface GrantServiceOptions {
  readonly store: Store;
  /** Checks a CI token; throws `Refused`. */
  readonly verify: (token: Secret, signal: AbortSignal) => Promise<VerifiedIdentity>;
  /** Decides what a verified identity may enter; throws `Refused`. */
  readonly trust: (identity: VerifiedIdentity) => TrustGiven;
  /** Decides what a person of these groups may enter; throws `Refused`. */
  readonly trustPeople: (groups: readonly string[]) => TrustGiven;
  /** Where the tokens that opened runs are kept. */
  readonly tokens: Pick<KeptTokens, 'seal'>;
  /** Told of a token that came a second time, with the name of its issuer. */
  readonly onReplay?: (issuer: string) => void;
  /** The audience that clients may name in the exchange. */
  readonly audience: string;
  /** 32 bytes of the deployment's own, from which the keys of users that do not exist are made. */
  readonly decoyKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export interface Exchanged {
  readonly grant: Grant;
  /** 256 bits, base64url; shown once. With the grant's id as user name it is what a client logs in with. */
  readonly secret: Secret;
  readonly run: Run;
  /** What the audit log commits to: SHA-256, hex. Nothing for a person, whose login stands in the log. */
  readonly evidence: { readonly tokenDigest?: string; readonly jwksDigest?: string };
}

export interface Authenticated {
  readonly grant: Grant;
  readonly principal: Principal;
}

/** Who presents a grant in order to renew it, or to close its run. */
export interface GrantHolder {
  readonly id: string;
  readonly secret: Secret;
  /** Of the key whose possession the request proved, where it proved one. */
  readonly keyThumbprint?: string;
}

/** Gives, checks, renews and revokes grants. Everything that it says no to is a `Refused`. */
export class GrantService implements AsyncDisposable {
  readonly #options: GrantServiceOptions;
  readonly #revocations: Revocations<Revoked>;
  readonly #takenBack: Revocations<TakenBack>;

  constructor(options: GrantServiceOptions) {
    this.#options = options;
    const { store } = options;
    this.#revocations = new Revocations(store, async () => revokedOf(await revokedGrants(store, this.#at(0))));
    this.#takenBack = takenBackIn(store, () => this.#at(0));
  }

  /** Token exchange (RFC 8693): a CI token, once, for a run and its grant. */
  async exchange(request: ExchangeRequest, signal: AbortSignal): Promise<Exchanged> {
    const { audience } = this.#options;
    if (request.audience !== undefined && request.audience !== audience) {
      throw refused('claim-invalid', 'This gateway answers to another audience.');
    }
    checkAsserted(request.asserted);
    const identity = await this.#options.verify(request.token, signal);
    const given = this.#options.trust(identity);
    const targets = narrowTargets(given, request.requestedTargets);
    const secret = Buffer.from(this.#options.random(32)).toString('base64url');
    const holder = jobHolder(identity);
    const rows = await newGrantRows({ request, holder, given: { ...given, targets }, secret }, this.#options);
    const margin = LIMITS.clockToleranceSeconds + LIMITS.consumedTokenMarginSeconds;
    const until = new Date(Date.parse(identity.expiresAt) + margin * 1000).toISOString();
    const consumes = { replayKey: identity.replayKey, until };
    const sealedToken = this.#options.tokens.seal(rows.run.id, request.token);
    const won = await insertGrant(this.#options.store, { ...rows, sealedToken, consumes, now: this.#at(0) });
    if (!won) {
      this.#options.onReplay?.(identity.issuer);
      throw refused('claim-replayed', 'This token was exchanged before.', 'Fetch a fresh one; each is used once.');
    }
    await this.#bind(rows.grant.id, request.sshKey);
    const { tokenDigest, jwksDigest } = identity;
    return {
      grant: grantOf(rows.grant, this.#at(0)),
      secret: new Secret(secret),
      run: runOf(rows.run),
      evidence: { tokenDigest, jwksDigest },
    };
  }

  /** A run of its own for a person who logged in, and its grant, by the trust rules for people. */
  async exchangeForPerson(
    person: EnteringPerson,
    request: Omit<ExchangeRequest, 'token' | 'audience'>,
  ): Promise<Exchanged> {
    checkAsserted(request.asserted);
    const given = this.#options.trustPeople(person.groups);
    const targets = narrowTargets(given, request.requestedTargets);
    const left = Math.max(0, Math.floor((Date.parse(person.until) - this.#options.now()) / 1000));
    const lifetimeSeconds = Math.min(given.lifetimeSeconds, left);
    const renewableSeconds = Math.min(given.renewableSeconds, left);
    const secret = Buffer.from(this.#options.random(32)).toString('base64url');
    const holder = personHolder(person);
    const narrowed = { ...given, targets, lifetimeSeconds, renewableSeconds };
    const rows = await newGrantRows({ request, holder, given: narrowed, secret }, this.#options);
    await insertGrant(this.#options.store, { ...rows, now: this.#at(0) });
    await this.#bind(rows.grant.id, request.sshKey);
    return { grant: grantOf(rows.grant, this.#at(0)), secret: new Secret(secret), run: runOf(rows.run), evidence: {} };
  }

  /** The keys of a grant; for a user that is none, keys that look like any and match nothing. */
  async scramKeys(user: string): Promise<ScramKeys> {
    const found = await this.#find(user);
    if (found === undefined) return decoyScramKeys(user, this.#options.decoyKey);
    const { grant } = found;
    return {
      salt: Buffer.from(grant.scram_salt, 'base64'),
      iterations: grant.scram_iterations,
      storedKey: Buffer.from(grant.scram_stored_key, 'base64'),
      serverKey: Buffer.from(grant.scram_server_key, 'base64'),
    };
  }

  /** Checks possession, then the grant, then that it covers the target, if any. Who proves nothing learns nothing. */
  async authenticate(claim: Claim, target?: TargetName): Promise<Authenticated> {
    const found = await this.#claimed(claim, target);
    if (!holdsGrant(claim, found?.grant, this.#options.decoyKey) || found === undefined) {
      throw refused('claim-invalid', 'The grant or its secret is wrong.');
    }
    // A key of SSH's is one that the grant was bound to where it was given.
    if (claim.kind !== 'key' && !provesKey(claim.kind === 'carried' ? claim.keyThumbprint : undefined, found.grant)) {
      throw refused('claim-invalid', 'The grant is bound to a key, so its secret alone lets nobody in.', BOUND_HINT);
    }
    if (!isShownInPlace(claim, found.grant)) {
      throw refused('claim-invalid', 'The token is for another resource than this one.', ELSEWHERE_HINT);
    }
    return this.#entering(found, target);
  }

  /** Checks that a holder's grant is good, and covers the target where one is named. */
  async authenticateHolder(holder: GrantHolder, target?: TargetName): Promise<Authenticated> {
    return this.#entering(await this.#held(holder), target);
  }

  /**
   * Extends the grant by its lifetime, at most until it is `renewable_until`. The holder proves the secret, and the key
   * that the grant is bound to where it is bound to one.
   */
  async renew(holder: GrantHolder): Promise<Grant> {
    const { grant: row } = await this.#held(holder);
    this.#checkAlive(row);
    const wanted = this.#at(row.lifetime_seconds);
    const expiresAt = wanted < row.renewable_until ? wanted : row.renewable_until;
    if (expiresAt <= row.expires_at && expiresAt === row.renewable_until) {
      throw refused('claim-expired', 'The grant has reached the end of what its trust rule lets it be renewed for.');
    }
    const later = expiresAt > row.expires_at ? expiresAt : row.expires_at;
    if (!(await extendGrant(this.#options.store, row.id, later, this.#at(0)))) {
      throw refused('grant-revoked', 'The grant was revoked.');
    }
    return grantOf({ ...row, expires_at: later }, this.#at(0));
  }

  /** Ends a grant at once, here and in every other gateway; false where there was none to end. */
  async revoke(id: string, because = 'operator'): Promise<boolean> {
    const revoked = await revokeGrants(this.#options.store, { id }, because, this.#at(0));
    this.#revocations.announce(revokedOf(revoked));
    return revoked.length > 0;
  }

  /** Takes back a target that people gave a grant, here and in every other gateway; its run, where one was given. */
  async takeBack(grant: GrantId, target: TargetName): Promise<RunId | undefined> {
    const approvals = await revokeGivenTarget(this.#options.store, { grant, target, now: this.#at(0) });
    this.#takenBack.announce(approvals.map((key) => ({ key, grant, target })));
    if (approvals.length === 0) return undefined;
    return (await this.#find(grant))?.run.id as RunId | undefined;
  }

  /** Closes a run and ends its grants; false where it was closed before. */
  async closeRun(run: RunId, termination: string): Promise<boolean> {
    const { store } = this.#options;
    this.#revocations.announce(revokedOf(await revokeGrants(store, { run }, `run ${termination}`, this.#at(0))));
    return closeRunRow(store, run, termination, this.#at(0));
  }

  /** Closes the holder's own run, once `ready` resolves. Throws `Refused` where the run is another's. */
  async closeOwnRun(run: string, holder: GrantHolder, termination: string, ready?: () => Promise<void>) {
    const { grant: row } = await this.#held(holder);
    if (row.run_id !== run) throw refused('claim-invalid', 'The grant belongs to another run.');
    await ready?.();
    return this.closeRun(row.run_id as RunId, termination);
  }

  /** Adds what a client says of its run at the end of it; what it said at the beginning stays. Throws `Refused`. */
  async assertAtEnd(run: RunId, labels: Readonly<Record<string, string>>): Promise<void> {
    if (Object.keys(labels).length === 0) return;
    const row = await findRun(this.#options.store, run);
    if (row === undefined) return;
    const asserted = { ...labels, ...(JSON.parse(row.asserted) as Readonly<Record<string, string>>) };
    checkAsserted(asserted);
    await replaceAsserted(this.#options.store, run, { from: row.asserted, to: JSON.stringify(asserted) });
  }

  /** Calls back once for each grant that is revoked from now on, in this process or another. Returns how to stop. */
  onRevoked(listener: (grant: GrantId) => void): () => void {
    return this.#revocations.listen(({ key }) => listener(key as GrantId));
  }

  /** The same of each given target that is taken back. */
  onTakenBack(listener: (grant: GrantId, target: TargetName) => void): () => void {
    return this.#takenBack.listen(({ grant, target }) => listener(grant, target));
  }

  /** The grant as it stands now, renewed or not; undefined where it is unknown, expired or revoked. */
  async current(id: GrantId): Promise<Grant | undefined> {
    const found = await this.#find(id);
    if (found === undefined || found.grant.revoked_at !== null) return undefined;
    return found.grant.expires_at > this.#at(0) ? grantOf(found.grant, this.#at(0)) : undefined;
  }

  /** When sessions of the grant in this target end as it stands now, RFC 3339; undefined where they are over. */
  async currentUntil(id: GrantId, target: TargetName): Promise<string | undefined> {
    const found = await this.#find(id);
    if (found === undefined || found.grant.revoked_at !== null) return undefined;
    const grant = grantOf(found.grant, this.#at(0));
    if (!grant.targets.includes(target) || grant.expiresAt <= this.#at(0)) return undefined;
    return endsInTarget(found.grant, target, this.#at(0));
  }

  /** Newest first. */
  async list({ run, active, limit }: GrantFilter): Promise<readonly GrantListing[]> {
    const rows = await listGrants(this.#options.store, {
      limit,
      ...(run === undefined ? {} : { run }),
      ...(active === true ? { activeAt: this.#at(0) } : {}),
    });
    return rows.map((row) => listingOf(row, this.#at(0)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#revocations.stop(), this.#takenBack.stop()]);
  }

  #claimed(claim: Claim, target: TargetName | undefined): Promise<FoundGrantAndRun | undefined> {
    if (claim.kind !== 'key' || claim.user !== '') return this.#find(claim.user);
    return grantOfSshKey(this.#options.store, claim.fingerprint, target, this.#at(0));
  }

  async #bind(grant: string, sshKey: string | undefined): Promise<void> {
    if (sshKey !== undefined) await bindSshKey(this.#options.store, grant, sshKey);
  }

  /** Only what has the form of an id is looked up. */
  #find(user: string): Promise<FoundGrantAndRun | undefined> {
    return GRANT_ID.test(user) ? findGrant(this.#options.store, user) : Promise.resolve(undefined);
  }

  /** The grant that a holder proved to hold, whatever state it is in. */
  async #held(holder: GrantHolder): Promise<FoundGrantAndRun> {
    const found = await this.#find(holder.id);
    const claim: Claim = { kind: 'password', user: holder.id, password: holder.secret };
    if (!holdsGrant(claim, found?.grant, this.#options.decoyKey) || found === undefined) {
      throw refused('claim-invalid', 'The grant or its secret is wrong.');
    }
    if (!provesKey(holder.keyThumbprint, found.grant)) {
      throw refused('claim-invalid', 'The grant is bound to a key that this request did not prove.');
    }
    return found;
  }

  #entering(found: FoundGrantAndRun, target: TargetName | undefined): Authenticated {
    this.#checkAlive(found.grant);
    const grant = grantOf(found.grant, this.#at(0));
    if (target !== undefined && !grant.targets.includes(target)) {
      throw refused('target-not-granted', `This grant does not cover the target ${target}.`);
    }
    if (target === undefined) return { grant, principal: principalOf(found.run, grant) };
    // A session there ends when what lets it in does.
    const there = { ...grant, expiresAt: endsInTarget(found.grant, target, this.#at(0)) };
    return { grant: there, principal: principalOf(found.run, there) };
  }

  #checkAlive(row: GrantRow): void {
    if (row.revoked_at !== null) throw refused('grant-revoked', 'The grant was revoked.');
    if (row.expires_at <= this.#at(0)) throw refused('claim-expired', 'The grant has expired.');
  }

  /** RFC 3339, so many seconds from now. */
  #at(seconds: number): string {
    return new Date(this.#options.now() + seconds * 1000).toISOString();
  }
}

function revokedOf(ids: readonly string[]): readonly Revoked[] {
  return ids.map((key) => ({ key }));
}

const BOUND_HINT = 'It is good through `chaperone run`, which holds the key; `--direct` gets one for a native port.';
const ELSEWHERE_HINT = 'Ask for one with the `resource` that the metadata of this place names (RFC 9728).';
const GRANT_ID = /^grt_[0-9a-hjkmnp-tv-z]{26}$/;

function refused(code: RefusalCode, message: string, hint?: string): Refused {
  return new Refused(hint === undefined ? { code, message } : { code, message, hint });
}

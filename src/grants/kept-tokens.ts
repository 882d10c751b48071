import { createHash } from 'node:crypto';
import { Fault } from '../model/fault.ts';
import type { RunId } from '../model/ids.ts';
import type { Workload } from '../model/principal.ts';
import { Secret } from '../model/secret.ts';
import { findJwks } from '../store/jwks-rows.ts';
import { findRunToken, replaceTokens, unsealedTokens } from '../store/run-token-rows.ts';
import type { Store } from '../store/store.ts';

/** Seals text for one purpose; `open` throws a `Fault` where it was not sealed by this key for it. */
export interface TokenSealer {
  seal(plain: string, boundTo: string): string;
  open(sealed: string, boundTo: string): string;
}

/** Who a run was, as the evidence of it says. */
export interface RunIdentity {
  /** What the verified claims were read as. */
  readonly workload: Workload;
  /** The CI token, used up; absent for a person's run. */
  readonly token?: Secret;
  /** SHA-256, hex, as `run.open` of the audit log says it. */
  readonly tokenDigest?: string;
  readonly jwksDigest?: string;
  /** The key set that verified the token, to the byte: SHA-256 of it is `jwksDigest`. */
  readonly jwks?: string;
}

/**
 * The CI tokens that opened runs. They are used up and soon expired, but other parties may still believe one, and it
 * names people: the store holds each sealed under the deployment's key, bound to its run.
 */
export class KeptTokens {
  readonly #store: Store;
  readonly #sealer: TokenSealer;

  constructor(store: Store, sealer: TokenSealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** What the store may hold of a token. */
  seal(run: string, token: Secret): string {
    return this.#sealer.seal(token.reveal(), boundTo(run));
  }

  /**
   * Opens what is kept of a run's identity, for its evidence; undefined where there is no such run. Throws a `Fault` of
   * code `internal` where a token or key set is not the one that the log committed to.
   */
  async open(run: RunId): Promise<RunIdentity | undefined> {
    const row = await findRunToken(this.#store, run);
    if (row === undefined) return undefined;
    const { sealed, token_digest: tokenDigest, jwks_digest: jwksDigest } = row;
    const token = sealed === null ? undefined : this.#sealer.open(sealed, boundTo(run));
    const jwks = jwksDigest === null ? undefined : (await findJwks(this.#store, jwksDigest))?.document;
    if (token !== undefined && sha256(token) !== tokenDigest) throw altered(run, 'token');
    if (jwks !== undefined && sha256(jwks) !== jwksDigest) throw altered(run, 'key set');
    return {
      workload: JSON.parse(row.workload) as Workload,
      ...(token === undefined ? {} : { token: new Secret(token) }),
      ...(tokenDigest === null ? {} : { tokenDigest }),
      ...(jwksDigest === null ? {} : { jwksDigest }),
      ...(jwks === undefined ? {} : { jwks }),
    };
  }

  /** Seals the tokens that an older release left in clear; how many there were. Harmless when done twice. */
  async sealOld(): Promise<number> {
    let count = 0;
    for (;;) {
      const found = await unsealedTokens(this.#store, BATCH);
      const sealed = found.map(({ id, token }) => ({ run_id: id, sealed: this.seal(id, new Secret(token)) }));
      await replaceTokens(this.#store, sealed);
      count += found.length;
      if (found.length < BATCH) return count;
    }
  }
}

const BATCH = 200;

function boundTo(run: string): string {
  return `the token of ${run}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function altered(run: string, what: string): Fault {
  return new Fault('internal', `the ${what} that is kept of ${run} is not the one that its log entry names`);
}

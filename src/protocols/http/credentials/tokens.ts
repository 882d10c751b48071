import { hash } from 'node:crypto';
import type { HttpCredential, KubernetesCredential } from '../../../model/target.ts';
import { dialHttp } from '../dial-http.ts';
import { CachedToken, type FetchToken } from './cached-token.ts';
import type { DialTokenServer } from './post.ts';

/** Credentials for which no token was asked in a while are forgotten where there are more. */
const MOST_TOKENS = 1_000;

/** The tokens of all targets, shared by all of their sessions. */
export class Tokens {
  readonly nowMs: () => number;
  readonly dial: DialTokenServer;
  readonly #cached = new Map<string, CachedToken>();

  constructor(
    nowMs: () => number = Date.now,
    dial: DialTokenServer = (server, signal) => dialHttp(server, undefined, signal),
  ) {
    this.nowMs = nowMs;
    this.dial = dial;
  }

  /** The token of a credential; `secrets` are those of its own, so that another secret never gets the token of one. */
  of(
    credential: HttpCredential | KubernetesCredential,
    secrets: readonly string[],
    makeFetch: () => FetchToken,
  ): CachedToken {
    const key = hash('sha256', JSON.stringify([credential, secrets]), 'base64');
    const cached = this.#cached.get(key) ?? new CachedToken(makeFetch(), this.nowMs);
    // Set anew, so that the map's order is the order of last use.
    this.#cached.delete(key);
    this.#cached.set(key, cached);
    if (this.#cached.size > MOST_TOKENS) this.#forgetOldest();
    return cached;
  }

  #forgetOldest(): void {
    for (const oldest of this.#cached.keys()) {
      this.#cached.delete(oldest);
      return;
    }
  }
}

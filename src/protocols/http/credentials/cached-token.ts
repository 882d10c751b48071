import { Fault } from '../../../model/fault.ts';
import { LIMITS } from '../../../model/limits.ts';
import { withDeadline } from '../../../wire/deadline.ts';

export interface FetchedToken {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Fetches a new token. Throws a `Fault`. */
export type FetchToken = (signal: AbortSignal) => Promise<FetchedToken>;

/** No token is used in its last minute, or in the last tenth of a short one's life. */
const MARGIN_MS = 60_000;

/** A token that is fetched when one is needed, by one fetch however many need it. */
export class CachedToken {
  readonly #fetch: FetchToken;
  readonly #nowMs: () => number;
  #token: { readonly value: string; readonly freshUntilMs: number } | undefined;
  #fetching: Promise<string> | undefined;

  constructor(fetch: FetchToken, nowMs: () => number) {
    this.#fetch = fetch;
    this.#nowMs = nowMs;
  }

  /** Rejects with a `Fault` where there is none to be had; with the signal's reason where it aborts, which ends no fetch. */
  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.#token !== undefined && this.#nowMs() < this.#token.freshUntilMs) return this.#token.value;
    this.#fetching ??= this.#renew().finally(() => (this.#fetching = undefined));
    const { promise: left, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#fetching, left]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The server does not take it any more: the next one who asks gets another. */
  forget(value: string): void {
    if (this.#token?.value === value) this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const late = (): Error => new Fault('upstream-login', 'the token server did not answer in time');
    const nobody = new AbortController().signal;
    const asked = this.#nowMs();
    const { value, expiresAtMs } = await withDeadline(LIMITS.upstreamConnectDeadlineMs, nobody, late, this.#fetch);
    const freshUntilMs = expiresAtMs - Math.min(MARGIN_MS, (expiresAtMs - asked) / 10);
    this.#token = { value, freshUntilMs };
    return value;
  }
}

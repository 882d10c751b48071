/** How often one address may come: a bucket of `burst` calls that fills again at `perSecond`. */
export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Addresses remembered, at most; the one that came longest ago is forgotten first. */
  readonly maxAddresses: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Counts calls by address; holds no timer. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Takes one call; 0 where it may go on, else the seconds after which it may. */
  take(address: string, nowMs: number): number {
    const { perSecond, burst, maxAddresses } = this.#options;
    const known = this.#buckets.get(address);
    const tokens = known ? Math.min(burst, known.tokens + ((nowMs - known.atMs) / 1000) * perSecond) : burst;
    const allowed = tokens >= 1;
    // Set anew, so that the map's order is the order of last use.
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#buckets.size > maxAddresses) this.#forgetOldest();
    return allowed ? 0 : Math.ceil((1 - tokens) / perSecond);
  }

  #forgetOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}

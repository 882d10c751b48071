/** Has signatures stamped by every timestamp authority that is configured, and does not wait twice for one that is down. */
import { LIMITS } from '../../model/limits.ts';
import type { KeptTimestamp } from './kept-evidence.ts';
import { fetchTimestamp, type TimestampAuthority } from './timestamp.ts';

export interface StamperOptions {
  readonly authorities: readonly TimestampAuthority[];
  readonly random: (bytes: number) => Uint8Array;
  /** Ends what is being asked. */
  readonly ending: AbortSignal;
}

export class Stamper {
  readonly #options: StamperOptions;
  /** Until when an authority that did not answer is not asked, by the monotonic clock. */
  readonly #down = new Map<string, number>();

  constructor(options: StamperOptions) {
    this.#options = options;
  }

  /**
   * One timestamp of each authority; those of `before` stay. Where one could not be had its authority stands alone, and is
   * asked again by another call. `again` asks also those that did not answer a moment ago.
   */
  async stamp(
    signature: Uint8Array,
    before: readonly KeptTimestamp[] = [],
    again = false,
  ): Promise<readonly KeptTimestamp[]> {
    const { authorities } = this.#options;
    const had = before.filter(({ at }) => at !== undefined);
    const missing = authorities.filter(({ url }) => had.every((one) => one.url !== url));
    const asked = missing.map(({ url }) => this.#ask(url, signature, again));
    return [...had, ...(await Promise.all(asked))];
  }

  async #ask(url: string, signature: Uint8Array, again: boolean): Promise<KeptTimestamp> {
    if (!again && (this.#down.get(url) ?? 0) > performance.now()) return { url };
    const { random, ending } = this.#options;
    try {
      const signal = AbortSignal.any([ending, AbortSignal.timeout(LIMITS.timestampMs)]);
      const { at, response } = await fetchTimestamp({ url, signature, random, signal });
      this.#down.delete(url);
      return { url, at, response: Buffer.from(response).toString('base64') };
    } catch {
      // The evidence says that it lacks this one, and it is asked for again.
      this.#down.set(url, performance.now() + LIMITS.evidenceRetryMs);
      return { url };
    }
  }
}

/** The responses, DER, as a Sigstore bundle holds them. */
export function responses(timestamps: readonly KeptTimestamp[]): readonly Uint8Array[] {
  return timestamps.flatMap(({ response }) => (response === undefined ? [] : [Buffer.from(response, 'base64')]));
}

import { createSecureContext, type SecureContext } from 'node:tls';
import { LIMITS } from '../../model/limits.ts';
import type { CertificateAuthority } from './certificates.ts';

interface Leaf {
  readonly context: Promise<SecureContext>;
  readonly madeAtMs: number;
}

/** A leaf is good for longer; a new one is made well before its end. */
const FRESH_MS = 24 * 60 * 60_000;

/** The certificates that the gateway shows inside of tunnels: one for each host, by its own authority. */
export class Leaves {
  readonly #authority: Pick<CertificateAuthority, 'issue'>;
  readonly #nowMs: () => number;
  readonly #leaves = new Map<string, Leaf>();

  constructor(authority: Pick<CertificateAuthority, 'issue'>, nowMs: () => number) {
    this.#authority = authority;
    this.#nowMs = nowMs;
  }

  leafFor(host: string): Promise<SecureContext> {
    const known = this.#leaves.get(host);
    // Set anew, so that the map's order is the order of last use.
    this.#leaves.delete(host);
    const isFresh = known !== undefined && this.#nowMs() - known.madeAtMs < FRESH_MS;
    const leaf = isFresh ? known : { context: this.#make(host), madeAtMs: this.#nowMs() };
    this.#leaves.set(host, leaf);
    if (this.#leaves.size > LIMITS.maxHttpLeaves) this.#forgetOldest();
    return leaf.context;
  }

  async #make(host: string): Promise<SecureContext> {
    try {
      const { certificate, key } = await this.#authority.issue([host]);
      return createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
    } catch (fault) {
      this.#leaves.delete(host);
      throw fault;
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#leaves.keys()) {
      this.#leaves.delete(oldest);
      return;
    }
  }
}

import type { LogNote } from '../../audit/recorder.ts';
import { STEP_OF, TOKEN_STEPS, TokenRefused } from '../../identity/token-reason.ts';
import type { TokenVerifier } from '../../identity/token-verifier.ts';
import type { TrustDirectory } from '../../identity/trust-directory.ts';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import { RateLimit } from '../../wire/rate-limit.ts';

export interface RefusedExchangesParts {
  readonly audit: { note(entry: LogNote): Promise<void> };
  readonly trust: Pick<TrustDirectory, 'verify' | 'trust'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Trust, with a note in the log of each token that an issuer really signed and that was not let in: by the step that it
 * failed at, by no rule, or because it came a second time, which is what a stolen one does. What anybody can make up is
 * not noted, and of the rest so many of an issuer and a reason: whoever has jobs there does not get to fill the log.
 */
export class RefusedExchanges {
  readonly #parts: RefusedExchangesParts;
  readonly #rate = new RateLimit({
    perSecond: LIMITS.refusedExchangesPerSecond,
    burst: LIMITS.refusedExchangeBurst,
    maxAddresses: 1000,
  });

  constructor(parts: RefusedExchangesParts) {
    this.#parts = parts;
  }

  readonly verify: TokenVerifier['verify'] = async (token, signal) => {
    let signedBy: string | undefined;
    try {
      return await this.#parts.trust.verify(token, signal, (step, _found, issuer) => {
        if (step === 'signature') signedBy = issuer;
      });
    } catch (cause) {
      const isAfter = cause instanceof TokenRefused && AFTER_SIGNATURE.has(STEP_OF[cause.reason]);
      if (isAfter && signedBy !== undefined) this.note(signedBy, cause.reason);
      throw cause;
    }
  };

  readonly trust: TrustDirectory['trust'] = (subject) => {
    try {
      return this.#parts.trust.trust(subject);
    } catch (cause) {
      if (cause instanceof Refused) this.note(subject.issuer, cause.refusal.code);
      throw cause;
    }
  };

  /** The issuer by its name in the configuration, and why by a code of ours: nothing of the token is told. */
  note(issuer: string, why: string): void {
    const { audit, nowMs, onFault } = this.#parts;
    if (this.#rate.take(`${issuer}\0${why}`, nowMs()) > 0) return;
    const detail = { by: 'gateway', action: 'exchange.refused', why, name: issuer };
    audit.note({ kind: 'operator.action', detail }).catch(onFault);
  }
}

const AFTER_SIGNATURE: ReadonlySet<string> = new Set(TOKEN_STEPS.slice(TOKEN_STEPS.indexOf('signature') + 1));

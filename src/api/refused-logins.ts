import type { AuditLog } from '../audit/recorder.ts';
import { LIMITS } from '../model/limits.ts';
import type { Refused } from '../model/refusal.ts';

export interface RefusedLoginsParts {
  readonly audit: Pick<AuditLog, 'note'>;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Notes logins that were refused at the listeners of a run: somebody on its machine has found one and not its password.
 * So many of a run, and no more: whoever guesses does not get to fill a log that nothing can be taken out of.
 */
export class RefusedLogins {
  readonly #parts: RefusedLoginsParts;
  readonly #noted = new Map<string, number>();

  constructor(parts: RefusedLoginsParts) {
    this.#parts = parts;
  }

  note(about: { readonly grant: string; readonly run: string; readonly target: string }, refused: Refused): void {
    const before = this.#noted.get(about.run) ?? 0;
    if (before >= LIMITS.refusedLoginsNotedOfRun) return;
    // Set anew, so that the map's order is the order of last use.
    this.#noted.delete(about.run);
    this.#noted.set(about.run, before + 1);
    if (this.#noted.size > LIMITS.maxAttachments) this.#forgetOldest();
    const detail = { ...about, code: refused.refusal.code };
    this.#parts.audit.note({ kind: 'login.refused', detail }).catch(this.#parts.onFault);
  }

  #forgetOldest(): void {
    for (const oldest of this.#noted.keys()) {
      this.#noted.delete(oldest);
      return;
    }
  }
}

import { createHash } from 'node:crypto';
import type { AuditLog } from '../audit/recorder.ts';
import type { GrantId, RunId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';

/**
 * Puts on record who asked for a place that is no target's: each place of a run once. So many of a run, and no more:
 * whoever guesses does not get to fill a log that nothing can be taken out of.
 */
export class Strays {
  readonly #audit: Pick<AuditLog, 'note'>;
  readonly #places = new Map<RunId, Set<string>>();

  constructor(audit: Pick<AuditLog, 'note'>) {
    this.#audit = audit;
  }

  /** In the log before it resolves. The client named the place, so the log has SHA-256 of it and not the name. */
  async note({ run, grant }: { readonly run: RunId; readonly grant: GrantId }, place: string): Promise<void> {
    const digest = createHash('sha256').update(place).digest('hex');
    const known = this.#places.get(run) ?? new Set();
    // Set anew, so that the map's order is the order of last use.
    this.#places.delete(run);
    this.#places.set(run, known);
    if (this.#places.size > LIMITS.straysRunsRemembered) this.#forgetOldest();
    if (known.has(digest) || known.size >= LIMITS.straysNotedOfRun) return;
    known.add(digest);
    const detail = { grant, run, target: 'none', place: digest, code: 'target-unknown' };
    try {
      await this.#audit.note({ kind: 'login.refused', detail });
    } catch (fault) {
      known.delete(digest);
      throw fault;
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#places.keys()) {
      this.#places.delete(oldest);
      return;
    }
  }
}

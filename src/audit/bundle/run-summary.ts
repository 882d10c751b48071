/** What a run came to, counted from its event lines alone: whoever has the lines counts the same. */
import type { AuditEvent } from '../audit-event.ts';

export interface RunSummary {
  /** Lines `request`. */
  readonly requests: number;
  /** Requests that were not refused. */
  readonly allowed: number;
  /** Lines with a `refusal`: requests that were refused, and replies that were cut off. */
  readonly denied: number;
  /** Lines `approval` whose approval was used. */
  readonly approved: number;
  /** Lines whose result says `error`. */
  readonly errors: number;
  /** Lines whose result says `unknown`: nobody knows whether the target did it. */
  readonly unknownOutcome: number;
  /** Values that were masked. */
  readonly maskedFields: number;
  /** Decimal. */
  readonly rowsReturned: string;
  readonly byTarget: Readonly<Record<string, { readonly requests: number; readonly denied: number }>>;
}

export type SummedEvent = Pick<AuditEvent, 'kind' | 'refusal' | 'held' | 'masked' | 'result'>;

/** Counts the events of a run's sessions, in any order. */
export class RunTally {
  readonly #counts = { requests: 0, denied: 0, approved: 0, errors: 0, unknownOutcome: 0, maskedFields: 0 };
  readonly #byTarget = new Map<string, { requests: number; denied: number }>();
  #rows = 0n;

  /** Takes an event of a session in the target of this name. */
  take(target: string, { kind, refusal, held, masked, result }: SummedEvent): void {
    const counts = this.#counts;
    const own = this.#of(target);
    if (kind === 'request') {
      counts.requests++;
      own.requests++;
    }
    if (refusal !== undefined) {
      counts.denied++;
      own.denied++;
    }
    if (held?.state === 'used') counts.approved++;
    for (const { count } of masked ?? []) counts.maskedFields += count;
    if (result?.status === 'error') counts.errors++;
    if (result?.status === 'unknown') counts.unknownOutcome++;
    if (result?.rows !== undefined && /^\d{1,19}$/u.test(result.rows)) this.#rows += BigInt(result.rows);
  }

  /** Adds what another tally counted. */
  add(summary: RunSummary): void {
    const counts = this.#counts;
    counts.requests += summary.requests;
    counts.denied += summary.denied;
    counts.approved += summary.approved;
    counts.errors += summary.errors;
    counts.unknownOutcome += summary.unknownOutcome;
    counts.maskedFields += summary.maskedFields;
    this.#rows += BigInt(summary.rowsReturned);
    for (const [target, { requests, denied }] of Object.entries(summary.byTarget)) {
      const own = this.#of(target);
      own.requests += requests;
      own.denied += denied;
    }
  }

  summary(): RunSummary {
    const { requests, denied } = this.#counts;
    const names = [...this.#byTarget].sort(([one], [other]) => (one < other ? -1 : 1));
    return {
      ...this.#counts,
      allowed: Math.max(0, requests - denied),
      rowsReturned: String(this.#rows),
      byTarget: Object.fromEntries(names.map(([name, counts]) => [name, { ...counts }])),
    };
  }

  #of(target: string): { requests: number; denied: number } {
    const own = this.#byTarget.get(target) ?? { requests: 0, denied: 0 };
    this.#byTarget.set(target, own);
    return own;
  }
}

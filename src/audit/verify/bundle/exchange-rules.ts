/** What must be true of the exchanges of a session, whoever reads its events: of a directory or of a bundle. */
import type { Permit } from '../../../model/decision.ts';
import type { AuditEvent, HeldEvent } from '../../audit-event.ts';

/** Follows the events of one session. */
export class ExchangeRules {
  requests = 0;
  unknownOutcomes = 0;
  /** Exchanges that were permitted and have no end yet, and whether each still lacks an approval. */
  readonly #open = new Map<number, boolean>();
  readonly #onApproval: (exchange: number, held: HeldEvent) => void;

  /** `onApproval` is told of each that was used. */
  constructor(onApproval: (exchange: number, held: HeldEvent) => void = () => undefined) {
    this.#onApproval = onApproval;
  }

  /** What the event breaks; undefined where it breaks nothing. */
  problem(event: AuditEvent): string | undefined {
    const { exchange = 0, kind } = event;
    switch (kind) {
      case 'request':
        return this.#request(event, exchange);
      case 'approval':
        return this.#approval(event, exchange);
      case 'reply': {
        const lacksApproval = this.#open.get(exchange);
        if (!this.#open.delete(exchange)) return `exchange ${exchange} has a reply, and no request that was permitted`;
        return lacksApproval === true
          ? `exchange ${exchange} has a reply, and not the approval that it needed`
          : undefined;
      }
      case 'gap':
        this.unknownOutcomes++;
        this.#open.delete(exchange);
        return undefined;
      case 'refusal':
        this.#open.delete(exchange);
        return undefined;
      case 'session.open':
      case 'input':
      case 'unasked':
      case 'session.close':
        return undefined;
      default:
        return `there is no event ${String(kind satisfies never)}`;
    }
  }

  /** Exchanges that never ended. */
  get unended(): Iterable<number> {
    return this.#open.keys();
  }

  #request({ decision }: AuditEvent, exchange: number): string | undefined {
    this.requests++;
    if (decision === undefined) return 'the request has no decision';
    if (decision.effect === 'permit') this.#open.set(exchange, needsApproval(decision));
    return undefined;
  }

  #approval({ held }: AuditEvent, exchange: number): string | undefined {
    if (!this.#open.has(exchange)) return `exchange ${exchange} has an approval, and no request that was permitted`;
    if (held?.state !== 'used') return undefined;
    this.#open.set(exchange, false);
    this.#onApproval(exchange, held);
    return undefined;
  }
}

/** What was permitted on the condition that people approve it. */
function needsApproval({ obligations }: Partial<Permit>): boolean {
  return obligations?.some(({ kind }) => kind === 'approve') ?? false;
}

import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Masker } from '../masking/masker.ts';
import type { Decision, Permit } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Part } from '../model/reply.ts';
import type { Request } from '../model/request.ts';
import type { Exchange } from '../protocols/protocol.ts';
import type { Waiting } from './hold.ts';
import type { Meter, MeteredExchange } from './meter.ts';

/** The stages as one session sees them: bound to its principal, its target, its record and its upstream. */
export interface Stages<Upstream> {
  /** SHA-256 of the policies in force, hex. */
  readonly policy: string;
  decide(request: Request): Decision;
  /** Hands the exchange what the decision asks of the target's session; a denial where its protocol cannot meet that. */
  bind(decision: Decision, exchange: Exchange<Upstream>): Decision;
  /** Begins the record of one exchange: the request and its decision. */
  record(request: Request, decision: Decision): ExchangeRecord;
  /**
   * Puts the request before the people whose approval the permit asks for, and waits. Undefined where it may be
   * forwarded now; throws where the session ended meanwhile.
   */
  hold(exchange: Waiting, record: ExchangeRecord, permit: Permit): Promise<Refusal | undefined>;
  /**
   * Gives columns that the request copies classified values into their classes. Undefined where it copies none; a refusal
   * where that cannot be kept.
   */
  inherit(request: Request): Promise<Refusal | undefined> | undefined;
  /** Why the masks that a permit obliges to could not hold. */
  unmaskable(permit: Permit, request: Request): Refusal | undefined;
  /** Counts the exchange against the budgets that the permit obliges to; undefined where there are none. */
  meter(permit: Permit, exchange: MeteredExchange, record: ExchangeRecord): Meter | undefined;
  /** The masks that a permit obliges to, or undefined where nothing of this reply could change. */
  masker(permit: Permit, request: Request): Masker | undefined;
  /** Called once the whole reply is on record: what is left is the client's taking it. */
  readonly replied: () => void;
  /** The parts of a reply as they are; whoever measures is told when each is asked for and comes. */
  watched(parts: AsyncIterable<Part>): AsyncIterable<Part>;
  readonly upstream: Upstream;
  /** Aborted when the session ends, for whatever reason. */
  readonly signal: AbortSignal;
}

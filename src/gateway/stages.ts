import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Masker } from '../masking/masker.ts';
import type { Decision, Permit } from '../model/decision.ts';
import type { Request } from '../model/request.ts';

/** The stages as one session sees them: bound to its principal, its target, its record and its upstream. */
export interface Stages<Upstream> {
  /** SHA-256 of the policies in force, hex. */
  readonly policy: string;
  decide(request: Request): Decision;
  /** Begins the record of one exchange: the request and its decision. */
  record(request: Request, decision: Decision): ExchangeRecord;
  /** The masks that a permit obliges to, or undefined where nothing of this reply could change. */
  masker(permit: Permit, request: Request): Masker | undefined;
  /** Called once the whole reply is on record: what is left is the client's taking it. */
  readonly replied: () => void;
  readonly upstream: Upstream;
  /** Aborted when the session ends, for whatever reason. */
  readonly signal: AbortSignal;
}

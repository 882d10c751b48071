/**
 * What whoever measures is told of exchanges: when each stage was reached and how it ended, called on the hot path. A
 * watch has no say: it must be cheap, keep nothing of what it is shown longer than it is called, and never throw.
 */
import type { SessionOutcome } from '../audit/recorder.ts';
import type { Decision } from '../model/decision.ts';
import type { SessionId } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { RefusalCode } from '../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';

export interface GatewayWatch {
  /** A session is admitted; it tells its exchanges one after another. */
  session(id: SessionId, principal: Principal, target: Target): SessionWatch;
  /** Somebody was not let in. */
  turnedAway(code: RefusalCode): void;
}

export interface SessionWatch extends ExchangeWatch {
  /** A request begins. */
  begin(request: Request): void;
  /** It is over, whatever came of it. */
  over(): void;
  closed(outcome: SessionOutcome): void;
}

export interface ExchangeWatch {
  decided(decision: Decision): void;
  /** The request is on record. */
  recorded(): void;
  /** It waits for people from here on. */
  held(): void;
  answered(): void;
  /** The upstream is asked. */
  forwarded(): void;
  /** A part came from there. */
  arrived(): void;
  /** A part of so many bytes goes to the client, once the whole reply is on record where it is the last. */
  shown(bytes: number): void;
  /** The client took it, and the upstream is asked for the next. */
  taken(): void;
  /** The whole reply is on record, or as much of it as came. */
  replied(result: ExchangeResult, masked: readonly MaskCount[]): void;
  refused(code: RefusalCode): void;
}

const nothing = (): void => undefined;

const UNWATCHED_SESSION: SessionWatch = {
  begin: nothing,
  over: nothing,
  closed: nothing,
  decided: nothing,
  recorded: nothing,
  held: nothing,
  answered: nothing,
  forwarded: nothing,
  arrived: nothing,
  shown: nothing,
  taken: nothing,
  replied: nothing,
  refused: nothing,
};

/** Where nobody measures. */
export const UNWATCHED: GatewayWatch = { session: () => UNWATCHED_SESSION, turnedAway: nothing };

import type { GatewayWatch, SessionWatch } from '../gateway/exchange-watch.ts';
import type { SessionId, TargetName } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { RefusalCode } from '../model/refusal.ts';
import type { Target } from '../model/target.ts';
import { SessionClock, type TraceOutlet } from './session-clock.ts';
import { TargetTotals } from './target-totals.ts';

/** Where the spans of a session go; undefined where it is not sampled. */
export type OpenTrace = (id: SessionId, principal: Principal, target: Target) => TraceOutlet | undefined;

/** Counts what the gateway does, by target. Targets are configured, so there are few; nothing else is a label of traffic. */
export class GatewayTotals implements GatewayWatch {
  readonly targets = new Map<TargetName, TargetTotals>();
  readonly turnedAwayBy = new Map<RefusalCode, number>();
  readonly #openTrace: OpenTrace | undefined;

  constructor(openTrace?: OpenTrace) {
    this.#openTrace = openTrace;
  }

  session(id: SessionId, principal: Principal, target: Target): SessionWatch {
    let totals = this.targets.get(target.name);
    if (totals === undefined) {
      totals = new TargetTotals();
      this.targets.set(target.name, totals);
    }
    return new SessionClock(totals, this.#openTrace?.(id, principal, target), monotonicMs);
  }

  turnedAway(code: RefusalCode): void {
    this.turnedAwayBy.set(code, (this.turnedAwayBy.get(code) ?? 0) + 1);
  }
}

function monotonicMs(): number {
  return performance.now();
}

import type { RefusalCode } from '../model/refusal.ts';
import type { ExchangeResult } from '../model/reply.ts';
import { HotHistogram } from './hot-histogram.ts';

/** How an exchange can end: as the protocol says, or, where that could not be recorded, failed. */
export const OUTCOMES = ['ok', 'error', 'refused', 'cancelled', 'unknown', 'failed'] as const;
export type Outcome = ExchangeResult['status'] | 'failed';

/** Seconds: from 100 µs, what a gateway should cost, to what nobody waits for. */
const OVERHEAD = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const UPSTREAM = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** People answer in minutes. */
const HOLDS = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400];

/** What was counted of one target since the gateway began. Written on the hot path, read when somebody scrapes. */
export class TargetTotals {
  readonly outcomes: Record<Outcome, number> = { ok: 0, error: 0, refused: 0, cancelled: 0, unknown: 0, failed: 0 };
  readonly refusals = new Map<RefusalCode, number>();
  readonly overhead = new HotHistogram(OVERHEAD);
  readonly upstream = new HotHistogram(UPSTREAM);
  readonly holds = new HotHistogram(HOLDS);
  readonly sessionEnds = new Map<string, number>();
  sessionsOpened = 0;
  sessionsLive = 0;
  permitted = 0;
  denied = 0;
  holding = 0;
  replyBytes = 0;
  rows = 0;
  maskedByColumn = 0;
  maskedByDetector = 0;

  refused(code: RefusalCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  sessionEnded(outcome: string): void {
    this.sessionsLive--;
    this.sessionEnds.set(outcome, (this.sessionEnds.get(outcome) ?? 0) + 1);
  }
}

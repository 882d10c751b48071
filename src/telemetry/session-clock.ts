import type { SessionOutcome } from '../audit/recorder.ts';
import type { SessionWatch } from '../gateway/exchange-watch.ts';
import type { Decision } from '../model/decision.ts';
import type { RefusalCode } from '../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Request } from '../model/request.ts';
import type { Outcome, TargetTotals } from './target-totals.ts';

/** What a clock tells of one exchange that is traced. Times are milliseconds of the monotonic clock. */
export interface ClockedExchange {
  readonly number: number;
  readonly request: Request;
  readonly decision: Decision | undefined;
  readonly outcome: Outcome;
  /** The protocol's own code, or the refusal's. */
  readonly code: string | undefined;
  readonly rows: number;
  readonly bytes: number;
  readonly beganMs: number;
  readonly overMs: number;
  /** Stages that were reached, and when. */
  readonly stages: readonly (readonly [name: string, atMs: number])[];
}

export interface TraceOutlet {
  exchange(exchange: ClockedExchange): void;
  closed(outcome: SessionOutcome): void;
}

/**
 * Measures the exchanges of one session, which come one after another: so its fields are those of the one under way, and
 * an exchange that is not traced allocates nothing. What is waited for upstream, for people and for the client is taken
 * apart; what is left is the gateway's own.
 */
export class SessionClock implements SessionWatch {
  readonly #totals: TargetTotals;
  /** Present where the session is traced. */
  readonly #outlet: TraceOutlet | undefined;
  readonly #now: () => number;
  #number = 0;
  #request: Request | undefined;
  #decision: Decision | undefined;
  #outcome: Outcome = 'failed';
  #code: string | undefined;
  #rows = 0;
  #bytes = 0;
  #isAnswered = false;
  #beganMs = 0;
  /** When what is waited for now began. */
  #sinceMs = 0;
  #upstreamMs = 0;
  #heldMs = 0;
  #clientMs = 0;
  #isForwarded = false;
  #isHeld = false;
  #stages: (readonly [string, number])[] = [];

  constructor(totals: TargetTotals, outlet: TraceOutlet | undefined, now: () => number) {
    this.#totals = totals;
    this.#outlet = outlet;
    this.#now = now;
    totals.sessionsOpened++;
    totals.sessionsLive++;
  }

  begin(request: Request): void {
    this.#number++;
    this.#request = request;
    this.#decision = undefined;
    this.#outcome = 'failed';
    this.#code = undefined;
    this.#rows = 0;
    this.#bytes = 0;
    this.#isAnswered = false;
    this.#upstreamMs = 0;
    this.#heldMs = 0;
    this.#clientMs = 0;
    this.#isForwarded = false;
    this.#beganMs = this.#now();
  }

  decided(decision: Decision): void {
    this.#decision = decision;
    if (decision.effect === 'permit') this.#totals.permitted++;
    else this.#totals.denied++;
    this.#stage('decided');
  }

  recorded(): void {
    this.#stage('recorded');
  }

  held(): void {
    this.#isHeld = true;
    this.#totals.holding++;
    this.#sinceMs = this.#now();
    this.#stage('held');
  }

  answered(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#totals.holding--;
    const waitedMs = this.#now() - this.#sinceMs;
    this.#heldMs += waitedMs;
    this.#totals.holds.observe(waitedMs / 1000);
    this.#stage('answered');
  }

  forwarded(): void {
    this.#isForwarded = true;
    this.#sinceMs = this.#now();
    this.#stage('forwarded');
  }

  arrived(): void {
    const now = this.#now();
    this.#upstreamMs += now - this.#sinceMs;
    this.#sinceMs = now;
    if (!this.#isAnswered) this.#stage('first reply');
    this.#isAnswered = true;
  }

  shown(bytes: number): void {
    this.#bytes += bytes;
    this.#sinceMs = this.#now();
  }

  taken(): void {
    const now = this.#now();
    this.#clientMs += now - this.#sinceMs;
    this.#sinceMs = now;
  }

  replied(result: ExchangeResult, masked: readonly MaskCount[]): void {
    this.#outcome = result.status;
    this.#code = result.code;
    this.#rows = result.rows;
    for (const { by, count } of masked) {
      if (by === 'column') this.#totals.maskedByColumn += count;
      else this.#totals.maskedByDetector += count;
    }
    this.#sinceMs = this.#now();
    this.#stage('replied');
  }

  refused(code: RefusalCode): void {
    this.#outcome = 'refused';
    this.#code = code;
    this.#totals.refused(code);
    this.#stage('refused');
  }

  over(): void {
    this.answered();
    const overMs = this.#now();
    const totals = this.#totals;
    totals.outcomes[this.#outcome]++;
    totals.replyBytes += this.#bytes;
    totals.rows += this.#rows;
    if (this.#isForwarded) totals.upstream.observe(this.#upstreamMs / 1000);
    const ownMs = overMs - this.#beganMs - this.#upstreamMs - this.#heldMs - this.#clientMs;
    totals.overhead.observe(Math.max(0, ownMs) / 1000);
    if (this.#outlet !== undefined) this.#trace(this.#outlet, overMs);
    this.#request = undefined;
  }

  closed(outcome: SessionOutcome): void {
    this.#totals.sessionEnded(outcome);
    this.#outlet?.closed(outcome);
  }

  #stage(name: string): void {
    if (this.#outlet !== undefined && this.#stages.length < MOST_STAGES) this.#stages.push([name, this.#now()]);
  }

  #trace(outlet: TraceOutlet, overMs: number): void {
    const stages = this.#stages;
    this.#stages = [];
    if (this.#request === undefined) return;
    outlet.exchange({
      number: this.#number,
      request: this.#request,
      decision: this.#decision,
      outcome: this.#outcome,
      code: this.#code,
      rows: this.#rows,
      bytes: this.#bytes,
      beganMs: this.#beganMs,
      overMs,
      stages,
    });
  }
}

/** Of one exchange with those that came up inside of it, which may be thousands: files of an SFTP session. */
const MOST_STAGES = 200;

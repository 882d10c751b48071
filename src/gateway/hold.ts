import { isDeepStrictEqual } from 'node:util';
import type { ExchangeRecord } from '../audit/recorder.ts';
import type { ApprovalRecord } from '../model/approval.ts';
import type { ApproveObligation, Permit } from '../model/decision.ts';
import { Fault } from '../model/fault.ts';
import type { Hold } from '../model/held-request.ts';
import type { ExchangeNumber, SessionId } from '../model/ids.ts';
import type { Limits } from '../model/limits.ts';
import type { Principal } from '../model/principal.ts';
import { type Refusal, Refused } from '../model/refusal.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import type { Exchange } from '../protocols/protocol.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { withDeadline } from '../wire/deadline.ts';
import type { ApprovalDesk } from './control-plane.ts';
import { isRecorded, keptByLog, UNRECORDED } from './durable.ts';
import type { EffectEstimator } from './effect-estimator.ts';
import { firstEnding, type HoldEnding } from './hold-ending.ts';
import { DRAINING, refusalOfEnding, UNANSWERABLE, whyWithdrawn } from './hold-refusals.ts';

/** What the holds of one session share. */
export interface HoldParts {
  readonly session: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  readonly desk: ApprovalDesk;
  /** The client's own connection: one that left is not waited for. */
  readonly client: Pick<ByteStream, 'signal' | 'onStall' | 'peer'>;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** Aborted when the gateway begins to drain. */
  readonly draining: AbortSignal;
  readonly limits: Limits;
  readonly now: () => number;
  readonly onFault: (fault: unknown, client: string) => void;
  /** True where people are only asked: nobody waits for their answer, and no request goes on. */
  readonly askOnly: boolean;
  /** Tells what a held request would do; absent where the protocol cannot. */
  readonly estimator: EffectEstimator | undefined;
}

/** An exchange as far as its hold may know it: there is no way to forward it from here. */
export type Waiting = Pick<Exchange<unknown>, 'request' | 'waiting' | 'approved' | 'meaning' | 'patienceMs'>;

/**
 * One exchange that waits for people. What ends its wait is whatever comes first: their answer, its client's leaving,
 * cancelling or losing patience, the end of its session or gateway. Only a yes that could be used up and put on record
 * lets it go on.
 */
export class HeldExchange {
  readonly #exchange: Waiting;
  readonly #record: ExchangeRecord;
  readonly #permit: Permit;
  readonly #parts: HoldParts;
  readonly #cancelled = new AbortController();
  readonly #sinceMs: number;
  /** What the request did when its wait began. */
  readonly #meaning: readonly Operation[] | undefined;

  constructor(exchange: Waiting, record: ExchangeRecord, permit: Permit, parts: HoldParts) {
    this.#exchange = exchange;
    this.#record = record;
    this.#permit = permit;
    this.#parts = parts;
    this.#sinceMs = parts.now();
    this.#meaning = exchange.meaning?.();
  }

  /** The client takes its request back, by its protocol's own cancel. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /**
   * Undefined where the request may be forwarded now, a refusal otherwise; `policy` gives the digest of the policies in
   * force when it is called. Throws why the session ended, after the request was withdrawn.
   */
  async outcome(number: ExchangeNumber, policy: () => string): Promise<Refusal | undefined> {
    const hold = await this.#file(number);
    if ('code' in hold) return hold;
    const ending = this.#parts.askOnly ? await this.#ask(hold) : await this.#wait(hold);
    const isUsed = ending.state === 'approved' && (await this.#redeem(hold, policy()));
    await this.#release(hold, ending, isUsed);
    const recording = this.#record.approval(this.#approval(hold, ending, isUsed));
    if (ending.state === 'gone') return this.#gone(hold, recording);
    if (!(await isRecorded(recording))) return UNRECORDED;
    if (!isUsed) return refusalOfEnding(hold, ending, this.#permit);
    // While the approval was used up and recorded, the client may have left or taken its request back.
    if (this.#leaving() !== undefined) return this.#gone(hold, undefined);
    if (!this.#cancelled.signal.aborted) return undefined;
    return refusalOfEnding(hold, { state: 'withdrawn', by: 'client' }, this.#permit);
  }

  /** A desk that throws or does not answer in time is no desk: the request is refused, and the session goes on. */
  async #file(exchange: ExchangeNumber): Promise<Hold | Refusal> {
    const { desk, session, principal, target, draining } = this.#parts;
    if (draining.aborted) return DRAINING;
    const held = { session, exchange, principal, target, request: this.#exchange.request, permit: this.#permit };
    const filing = Promise.resolve({ ...held, obligations: this.#obligations() }).then((one) => desk.hold(one));
    try {
      return await this.#inTime(() => filing);
    } catch (fault) {
      if (fault instanceof Refused) return { ...ruleOf(this.#permit), ...fault.refusal };
      this.#report(fault);
      // Filed after all, it would wait for an answer that nobody waits for; that it fails late says nothing new.
      filing.then((late) => late.cancel(whyWithdrawn('lost')), ignored).catch((late: unknown) => this.#report(late));
      return { ...ruleOf(this.#permit), ...UNANSWERABLE };
    }
  }

  async #wait(hold: Hold): Promise<HoldEnding> {
    const { client, signal, draining, now, limits } = this.#parts;
    const over = new AbortController();
    try {
      const ending = firstEnding(hold.answer, {
        gone: [signal, client.signal],
        cancelled: this.#cancelled.signal,
        draining,
        client,
        patienceMs: this.#patienceMs(),
        // The desk says when time is up; this is for one that does not.
        overdueMs: hold.expiresAtMs - now() + limits.approvalDeskMs,
      });
      if (!hold.answered) this.#tell(hold, over.signal);
      return await ending;
    } finally {
      over.abort();
    }
  }

  /** People get to know what the request would do; whoever asked does not wait for their answer. */
  async #ask(hold: Hold): Promise<HoldEnding> {
    const { client, signal } = this.#parts;
    if (!hold.answered) await this.#estimated(hold, AbortSignal.any([signal, client.signal]));
    return { state: 'left', why: 'asked' };
  }

  #patienceMs(): number | undefined {
    const { patienceMs } = this.#exchange;
    return patienceMs === undefined ? undefined : patienceMs - (this.#parts.now() - this.#sinceMs);
  }

  /** Tells the client that it waits, and for whom; and finds out what the request would do, for them. */
  #tell(hold: Hold, over: AbortSignal): void {
    const obligations = this.#obligations();
    const groups = obligations.map(({ group }) => group);
    const expiresAt = new Date(hold.expiresAtMs).toISOString();
    // A client that cannot be told has gone, or reads nothing: the wait itself finds out.
    this.#exchange.waiting?.({ approval: hold.id, url: hold.url, groups, expiresAt })?.catch(ignored);
    void this.#estimated(hold, over);
  }

  /** Never rejects. */
  async #estimated(hold: Hold, over: AbortSignal): Promise<void> {
    const { estimator } = this.#parts;
    if (estimator === undefined) return;
    const measureRows = this.#obligations().every((one) => one.measureRows);
    try {
      const estimate = await estimator(this.#exchange.request, measureRows, over);
      if (!over.aborted) await hold.describe(estimate);
    } catch (fault) {
      if (!over.aborted) this.#report(fault);
    }
  }

  async #redeem(hold: Hold, policy: string): Promise<boolean> {
    // A definition that changed meanwhile (a view, say) made another request of it than the people saw.
    if (!isDeepStrictEqual(this.#exchange.meaning?.(), this.#meaning)) return false;
    try {
      const { approved } = this.#exchange;
      const seen = approved && (await this.#inTime(() => hold.seen()));
      const isUsed = await this.#inTime(() => hold.redeem(policy));
      if (isUsed) this.#exchange.approved?.({ approval: hold.id, seen });
      return isUsed;
    } catch (fault) {
      this.#report(fault);
      return false;
    }
  }

  /** Takes the request from the people's table, or leaves it there for the same request made again. */
  async #release(hold: Hold, ending: HoldEnding, isUsed: boolean): Promise<void> {
    if (ending.state === 'lost') this.#report(ending.cause);
    if (ending.state === 'left') hold.leave();
    const by = withdrawnBy(ending, isUsed);
    if (by === undefined) return;
    try {
      await this.#inTime(() => hold.cancel(whyWithdrawn(by)));
    } catch (fault) {
      // It stays with the people until it expires, and is never forwarded.
      this.#report(fault);
    }
  }

  /** Nobody is left to be refused: the record says that nothing was forwarded, and the session ends. */
  async #gone(hold: Hold, recording: Promise<void> | undefined): Promise<never> {
    const reason = this.#leaving() ?? new Fault('internal', 'a client was taken for gone that is there');
    await recording?.catch(keptByLog);
    await this.#record.refuse(refusalOfEnding(hold, { state: 'gone' }, this.#permit))?.catch(keptByLog);
    throw reason;
  }

  /** Why the session ends, once it does. */
  #leaving(): unknown {
    const { signal, client } = this.#parts;
    return signal.aborted ? signal.reason : client.signal.reason;
  }

  #approval(hold: Hold, ending: HoldEnding, isUsed: boolean): ApprovalRecord {
    const votes = 'votes' in ending ? ending.votes : [];
    const waitedMs = Math.max(0, Math.round(this.#parts.now() - this.#sinceMs));
    return { id: hold.id, state: isUsed ? 'used' : RECORDED[ending.state], digest: hold.digest, votes, waitedMs };
  }

  #obligations(): readonly ApproveObligation[] {
    return this.#permit.obligations.filter((one) => one.kind === 'approve');
  }

  #inTime<T>(work: () => Promise<T>): Promise<T> {
    return withDeadline(this.#parts.limits.approvalDeskMs, NEVER, lateDesk, work);
  }

  #report(fault: unknown): void {
    this.#parts.onFault(fault, this.#parts.client.peer);
  }
}

/** By what the people's table loses a request, where it does: what was approved and void is let go of as well. */
function withdrawnBy(ending: HoldEnding, isUsed: boolean): Parameters<typeof whyWithdrawn>[0] | undefined {
  switch (ending.state) {
    case 'withdrawn':
      return ending.by;
    case 'gone':
    case 'lost':
      return ending.state;
    case 'approved':
      return isUsed ? undefined : 'void';
    case 'denied':
    case 'expired':
    case 'cancelled':
    case 'left':
      return undefined;
    default:
      return ending satisfies never;
  }
}

const RECORDED: { readonly [State in HoldEnding['state']]: ApprovalRecord['state'] } = {
  approved: 'void',
  denied: 'denied',
  expired: 'expired',
  cancelled: 'cancelled',
  withdrawn: 'cancelled',
  gone: 'cancelled',
  lost: 'cancelled',
  left: 'pending',
};

const NEVER = new AbortController().signal;

function lateDesk(): Fault {
  return new Fault('deadline', 'the approvals did not answer in time');
}

function ignored(): void {}

function ruleOf({ rules }: Permit): Pick<Refusal, 'rule'> {
  const [rule] = rules;
  return rule === undefined ? {} : { rule };
}

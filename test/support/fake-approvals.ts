import { createHash, randomBytes } from 'node:crypto';
import type { ApprovalDesk } from '../../src/gateway/control-plane.ts';
import type { Estimate, HoldAnswer, Vote } from '../../src/model/approval.ts';
import type { HeldRequest, Hold } from '../../src/model/held-request.ts';
import { type ApprovalId, mintId, type PersonId } from '../../src/model/ids.ts';

/** One held request as a test sees it, and the ways to answer. */
export interface FakeApproval {
  readonly id: ApprovalId;
  readonly held: HeldRequest;
  /** What was asked, as it is recorded. */
  readonly text: string;
  readonly estimates: readonly Estimate[];
  /** The estimate, once there is one. */
  readonly described: Promise<Estimate>;
  /** Why it was withdrawn, once it was. */
  readonly cancelledBecause: string | undefined;
  /** True once its client waits no longer. */
  readonly left: boolean;
  /** How often the gateway asked to use it up, and with the digest of which policies. */
  readonly redeemed: readonly string[];
  approve(login?: string): void;
  deny(reason?: string, login?: string): void;
  expire(): void;
  cancel(why: string): void;
  /** The answer cannot be learned. */
  lose(cause: Error): void;
}

interface FakeDeskOptions {
  /** How long people have. */
  readonly withinMs?: number;
}

/**
 * A fake: approvals in memory, with no people, no store and no rules of its own, for tests of what holds. It keeps the
 * contract: an approval given after its client left serves the same request of the same run once.
 */
export class FakeApprovals implements ApprovalDesk {
  readonly asked: FakeApproval[] = [];
  /** Answers each request by itself, some time after it was filed. */
  onAsked: ((approval: FakeApproval) => void) | undefined;
  /** Makes filing fail, as a store does that is gone. */
  fault: Error | undefined;
  readonly #withinMs: number;
  readonly #kept = new Map<string, Filed>();
  readonly #waiting: (() => void)[] = [];

  constructor({ withinMs = 60_000 }: FakeDeskOptions = {}) {
    this.#withinMs = withinMs;
  }

  hold(held: HeldRequest): Promise<Hold> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    const digest = digestOf(held);
    const kept = this.#kept.get(digest);
    if (kept?.isUsable === true) return Promise.resolve(kept.again());
    const filed = new Filed(held, digest, Date.now() + this.#withinMs);
    this.#kept.set(digest, filed);
    this.asked.push(filed);
    for (const wake of this.#waiting.splice(0)) wake();
    this.onAsked?.(filed);
    return Promise.resolve(filed.hold);
  }

  /** The approval that was asked for as the nth, from 0, once it is. */
  async nth(index: number): Promise<FakeApproval> {
    for (;;) {
      const approval = this.asked[index];
      if (approval !== undefined) return approval;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

class Filed implements FakeApproval {
  readonly id = mintId('apr', Date.now(), (bytes) => randomBytes(bytes)) as ApprovalId;
  readonly held: HeldRequest;
  readonly text: string;
  readonly estimates: Estimate[] = [];
  readonly redeemed: string[] = [];
  readonly hold: Hold;
  readonly #described = Promise.withResolvers<Estimate>();
  cancelledBecause: string | undefined;
  left = false;
  readonly #answer = Promise.withResolvers<HoldAnswer>();
  #votes: readonly Vote[] = [];
  #state: 'pending' | 'approved' | 'used' | 'over' = 'pending';

  constructor(held: HeldRequest, digest: string, expiresAtMs: number) {
    this.held = held;
    this.text = Buffer.from(held.request.body().bytes).toString('utf8');
    this.#answer.promise.catch(() => undefined);
    this.hold = {
      id: this.id,
      digest,
      url: `https://gateway.test/approvals/${this.id}`,
      expiresAtMs,
      answered: false,
      answer: this.#answer.promise,
      describe: (estimate) => {
        this.estimates.push(estimate);
        this.#described.resolve(estimate);
        return Promise.resolve();
      },
      seen: () => Promise.resolve(this.estimates.at(-1)?.seen),
      redeem: (policy) => Promise.resolve(this.#redeem(policy)),
      cancel: (why) => {
        this.cancelledBecause = why;
        if (this.#state === 'pending') this.#state = 'over';
        return Promise.resolve();
      },
      leave: () => {
        this.left = true;
      },
    };
  }

  get described(): Promise<Estimate> {
    return this.#described.promise;
  }

  get isUsable(): boolean {
    return this.left && (this.#state === 'approved' || this.#state === 'pending');
  }

  /** The hold of the same request made again. */
  again(): Hold {
    this.left = false;
    return { ...this.hold, answered: this.#state === 'approved' };
  }

  approve(login = 'ada'): void {
    if (this.#state !== 'pending') return;
    this.#state = 'approved';
    this.#votes = [vote('approve', login)];
    this.#answer.resolve({ state: 'approved', votes: this.#votes });
  }

  deny(reason?: string, login = 'ada'): void {
    this.#state = 'over';
    const given = reason === undefined ? {} : { reason };
    this.#answer.resolve({ state: 'denied', votes: [vote('deny', login, reason)], ...given });
  }

  expire(): void {
    this.#state = 'over';
    this.#answer.resolve({ state: 'expired' });
  }

  cancel(why: string): void {
    this.#state = 'over';
    this.#answer.resolve({ state: 'cancelled', why });
  }

  lose(cause: Error): void {
    this.#answer.reject(cause);
  }

  #redeem(policy: string): boolean {
    this.redeemed.push(policy);
    if (this.#state !== 'approved' || policy !== this.held.permit.policy) return false;
    this.#state = 'used';
    return true;
  }
}

function vote(answer: Vote['answer'], login: string, reason?: string): Vote {
  const given = reason === undefined ? {} : { reason };
  return { person: `per_${login}` as PersonId, login, answer, channel: 'web', at: new Date().toISOString(), ...given };
}

function digestOf({ principal, target, request, permit }: HeldRequest): string {
  const { media, bytes } = request.body();
  const parts = [principal.run.id, target.name, media, request.context?.() ?? {}, permit.policy];
  return createHash('sha256')
    .update(JSON.stringify(parts))
    .update(request.same?.() ?? bytes)
    .digest('hex');
}

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { ExchangeRecord, SessionRecord } from '../audit/recorder.ts';
import type { Decision, Permit } from '../model/decision.ts';
import type { Fault } from '../model/fault.ts';
import type { ExchangeNumber, SessionId } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Part } from '../model/reply.ts';
import type { Operation, Request } from '../model/request.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { CancelKey, Connected, Definitions, Exchange, Protocol, Session } from '../protocols/protocol.ts';
import { askOnly } from './ask-only.ts';
import type { DefinitionDesk } from './control-plane.ts';
import { runExchange } from './exchange.ts';
import type { SessionWatch } from './exchange-watch.ts';
import { sessionOutcome } from './failure.ts';
import { HeldExchange, type HoldParts, type Waiting } from './hold.ts';
import type { LiveSession } from './live-sessions.ts';
import { bound } from './session-bounds.ts';
import type { SessionBudgets } from './session-budgets.ts';
import type { SessionClasses } from './session-classes.ts';
import type { Masks } from './session-masks.ts';
import type { Stages } from './stages.ts';
import { WatchedParts, WatchedRecord } from './watched-exchange.ts';

export interface SessionParts<Upstream extends AsyncDisposable, Greeting> {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  readonly client: string;
  readonly openedAt: string;
  readonly cancelKey: CancelKey;
  readonly protocol: Protocol<Upstream, Greeting>;
  readonly connected: Connected<Upstream, Greeting>;
  readonly record: SessionRecord;
  readonly policies: () => PolicySet;
  readonly classes: SessionClasses;
  readonly masks: Masks;
  /** The run's own, 32 bytes. */
  readonly runKey: Uint8Array;
  readonly holds: HoldParts;
  readonly budgets: SessionBudgets;
  readonly definitions: DefinitionDesk;
  readonly watch: SessionWatch;
  /** Called once the session is closed, upstream and record. */
  readonly onClosed: (session: LiveSession) => void;
  /** From then on the client's leaving is nothing to the session. */
  readonly goApart: () => void;
  /** Aborted by the client's leaving; aborting it ends the session. */
  readonly ending: AbortController;
}

/** One principal in one target, from admission to close: the only holder of the upstream. */
export class GatewaySession<Upstream extends AsyncDisposable, Greeting>
  implements Session<Upstream, Greeting>, LiveSession
{
  readonly id: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  readonly client: string;
  readonly openedAt: string;
  readonly cancelKey: CancelKey;
  readonly greeting: Greeting;
  readonly definitions: Definitions;
  readonly #parts: SessionParts<Upstream, Greeting>;
  readonly #stages: Stages<Upstream>;
  readonly #digestKey: KeyObject;
  #decider: Decider;
  #exchanges = 0;
  #busy = false;
  #isRunning = false;
  /** The exchanges that wait for people: several where they came up inside of one. */
  readonly #held = new Set<HeldExchange>();
  readonly #numbers = new WeakMap<ExchangeRecord, ExchangeNumber>();
  #running: Promise<void> | undefined;
  /** What an exchange broke on, which ends the session. */
  #fault: unknown;
  #listener: ((part: Part) => Promise<void> | undefined) | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: SessionParts<Upstream, Greeting>) {
    this.#parts = parts;
    this.id = parts.id;
    this.principal = parts.principal;
    this.target = parts.target;
    this.client = parts.client;
    this.openedAt = parts.openedAt;
    this.cancelKey = parts.cancelKey;
    this.greeting = parts.connected.greeting;
    this.#digestKey = createSecretKey(parts.runKey);
    const { id, target, principal, definitions } = parts;
    const listed = { target, run: principal.run.id, session: id };
    this.definitions = { met: (kind, all) => definitions.met({ ...listed, kind, all }) };
    this.#decider = this.#compile(parts.policies());
    this.#stages = this.#bindStages();
    parts.connected.listen((unasked) => this.#unasked(unasked));
  }

  get signal(): AbortSignal {
    return this.#parts.ending.signal;
  }

  get exchanges(): number {
    return this.#exchanges;
  }

  get busy(): boolean {
    return this.#busy;
  }

  digest(secret: string): string {
    return createHmac('sha256', this.#digestKey).update('secret\0').update(secret).digest('base64');
  }

  mayPermit(operation: Operation): boolean {
    return this.#current().mayPermit(operation);
  }

  mayHold(operation?: Operation): boolean {
    return this.#current().mayHold(operation);
  }

  goApart(): void {
    this.#parts.goApart();
  }

  async run(exchange: Exchange<Upstream>): Promise<void> {
    this.signal.throwIfAborted();
    // The one around it goes on: what the session is busy with, and when it ends, is that one's.
    if (this.#isRunning) return runExchange(exchange, { ...this.#stages, replied: reportedByRun });
    this.#isRunning = true;
    this.#busy = true;
    this.#parts.watch.begin(exchange.request);
    this.#running = runExchange(exchange, this.#stages);
    try {
      await this.#running;
    } catch (fault) {
      this.#fault ??= fault;
      throw fault;
    } finally {
      this.#isRunning = false;
      this.#busy = false;
      this.#parts.watch.over();
    }
  }

  onUnasked(listener: (part: Part) => Promise<void> | undefined): void {
    this.#listener = listener;
  }

  /** What is held was never sent, so there is nothing upstream to cancel. */
  cancel(): Promise<void> {
    if (this.#held.size > 0) {
      for (const held of this.#held) held.cancel();
      return Promise.resolve();
    }
    return this.#busy ? this.#parts.protocol.cancel(this.#parts.connected.upstream) : Promise.resolve();
  }

  end(reason: Error): void {
    this.#parts.ending.abort(reason);
  }

  /** Closes the upstream and the record; what was under way there is cancelled. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { ending, connected, record, onClosed } = this.#parts;
    if (!ending.signal.aborted) ending.abort(this.#fault ?? new SessionOver());
    try {
      await connected.upstream[Symbol.asyncDispose]();
    } finally {
      // The end of an exchange that was under way is on record before the end of its session.
      await this.#running?.catch(reportedByRun);
      const { reason } = ending.signal as { readonly reason: unknown };
      this.#parts.budgets[Symbol.dispose]();
      try {
        const outcome = reason instanceof SessionOver ? 'completed' : sessionOutcome(reason);
        this.#parts.watch.closed(outcome);
        await record.close(outcome);
      } finally {
        onClosed(this);
      }
    }
  }

  #bindStages(): Stages<Upstream> {
    const { connected, principal, record, masks, budgets, classes, watch } = this.#parts;
    const decider = (): Decider => this.#current();
    return {
      get policy(): string {
        return decider().set.digest;
      },
      decide: (request) => decider().decide(request),
      bind: (decision, exchange) => bound(decision, exchange, connected.upstream, principal.run.id),
      record: (request, decision) => {
        watch.decided(decision);
        const number = ++this.#exchanges as ExchangeNumber;
        const recorded = new WatchedRecord(record.request(number, request, decision), watch);
        this.#numbers.set(recorded, number);
        return recorded;
      },
      hold: (exchange, exchangeRecord, permit) => this.#hold(exchange, exchangeRecord, permit),
      unmaskable: (permit, request) => masks.refusal(permit, request),
      inherit: (request) => classes.inherit(request, this.#exchanges as ExchangeNumber),
      meter: (permit, exchange, exchangeRecord) =>
        budgets.meter(permit, exchange, exchangeRecord, (...held) => this.#hold(...held)),
      masker: (permit: Permit, request) => masks.masker(permit, request),
      replied: () => {
        this.#busy = false;
      },
      watched: (parts) => new WatchedParts(parts, watch),
      upstream: connected.upstream,
      signal: this.signal,
    };
  }

  async #hold(exchange: Waiting, record: ExchangeRecord, permit: Permit): Promise<Refusal | undefined> {
    const held = new HeldExchange(exchange, record, permit, this.#parts.holds);
    const number = this.#numbers.get(record) ?? (this.#exchanges as ExchangeNumber);
    if (this.#held.size === 0) this.#parts.watch.held();
    this.#held.add(held);
    try {
      return await held.outcome(number, () => this.#current().set.digest);
    } finally {
      this.#held.delete(held);
      if (this.#held.size === 0) this.#parts.watch.answered();
    }
  }

  /** A policy activated, or a column classified, while the session lives decides its next request. */
  #current(): Decider {
    const set = this.#parts.policies();
    const { set: known, classified } = this.#decider;
    if (set !== known || this.#parts.classes.current() !== classified) this.#decider = this.#compile(set);
    return this.#decider;
  }

  #compile(set: PolicySet): Decider {
    const classified = this.#parts.classes.current();
    const target = { ...this.target, classified };
    const mayPermit = set.mayPermit(this.principal, target);
    const mayHold = set.mayHold(this.principal, target);
    const decide = set.decider(this.principal, target);
    if (!this.#parts.holds.askOnly) return { set, classified, decide, mayPermit, mayHold };
    return { set, classified, decide: (request) => askOnly(decide(request), request), mayPermit, mayHold };
  }

  /** What the server says unasked is masked as strictly as any of the session's requests was. */
  #unasked(unasked: Part | Fault): Promise<void> | undefined {
    if (unasked instanceof Error) {
      this.end(unasked);
      return undefined;
    }
    const masker = this.#parts.masks.unasked();
    const seen = masker === undefined ? unasked : unasked.rewrite(masker);
    this.#parts.record.unasked(seen.wire);
    return this.#listener?.(seen);
  }
}

/** How requests are decided, and by what. */
interface Decider {
  readonly set: PolicySet;
  readonly classified: readonly ClassifiedColumn[];
  readonly decide: (request: Request) => Decision;
  readonly mayPermit: (operation: Operation) => boolean;
  readonly mayHold: (operation?: Operation) => boolean;
}

/** Whoever ran the exchange got its fault. */
function reportedByRun(): void {}

/** The session ended because its client was done. */
export class SessionOver extends Error {
  constructor() {
    super('the session is over');
    this.name = 'SessionOver';
  }
}

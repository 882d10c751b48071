import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import {
  type AttemptEnd,
  abandonDeliveries,
  claimDelivery,
  type DeliveryRow,
  dropDelivery,
  FIRST_STEP,
  findStep,
  finishDelivery,
  forgetDeliveries,
  nextDue,
} from '../../store/delivery-rows.ts';
import type { Store } from '../../store/store.ts';
import type { ApprovalNotice } from './approval-notice.ts';
import { type Channel, type ChannelEvent, DeliveryFault } from './channel.ts';
import type { DirectoryChannel } from './channel-directory.ts';
import { DEFINITION_EVENT, definitionNotice, fileDefinitionNotices, targetOfNotice } from './definition-notice.ts';
import { fileDeliveries } from './file-deliveries.ts';
import { Lane } from './lane.ts';
import { rejectOn } from './reject-on.ts';
import { visibleText } from './visible-text.ts';

export interface DeliveriesParts {
  readonly store: Store;
  readonly channels: () => readonly DirectoryChannel[];
  /** An approval as it stands now; undefined where it is gone. */
  readonly notice: (approval: string) => Promise<ApprovalNotice | undefined>;
  /** Where people read what an MCP target says of itself. */
  readonly definitionsUrl: (target: string) => string;
  readonly mint: (prefix: string) => string;
  /** Between 0 and 1. */
  readonly dice: () => number;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
  /** Other times than the gateway's own. */
  readonly times?: Partial<DeliveryTimes>;
}

export type DeliveryTimes = Pick<
  { readonly [Name in keyof typeof LIMITS]: number },
  'deliveryScanMs' | 'deliveryPollMs' | 'deliveryLeaseMs' | 'deliveryBackoffMs' | 'channelSendMs' | 'deliveryAttempts'
>;

/**
 * Tells people of approvals through every channel, at least once and in the order of each approval, whichever gateway
 * gets to it. A channel that hangs or is down delays no other. Disposing gives back what was being sent.
 */
export class Deliveries implements AsyncDisposable {
  readonly #parts: DeliveriesParts;
  readonly #times: DeliveryTimes;
  readonly #stop = new AbortController();
  readonly #lanes = new Map<string, Lane<DeliveryRow>>();
  readonly #unwatch: readonly (() => void)[];
  #scanning: Promise<void> = Promise.resolve();
  #isScanDue = false;
  #seenUntil: string | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    this.#times = { ...LIMITS, ...parts.times };
    const { store } = parts;
    this.#unwatch = [
      store.watch('approvals', () => this.#scan()),
      store.watch('definitions', () => this.#scan()),
      store.watch('deliveries', () => this.#wake()),
      store.watch('configuration', () => this.#everything()),
    ];
    this.#poll = setInterval(() => this.#scan(), this.#times.deliveryPollMs).unref();
    this.#everything();
  }

  /** Looks at all that may not have been told of: at the start, and after a change of channels. */
  #everything(): void {
    this.#seenUntil = undefined;
    this.#scan();
  }

  #scan(): void {
    if (this.#isScanDue || this.#stop.signal.aborted) return;
    this.#isScanDue = true;
    const { onFault } = this.#parts;
    this.#scanning = this.#scanning
      .then(() => pause(this.#times.deliveryScanMs, this.#stop.signal))
      .then(() => this.#scanNow())
      .catch(onFault);
  }

  async #scanNow(): Promise<void> {
    this.#isScanDue = false;
    if (this.#stop.signal.aborted) return;
    const { store, channels, mint, nowMs } = this.#parts;
    const inForce = channels();
    const since = this.#seenUntil;
    const newest = await fileDeliveries(
      { store, channels: inForce, mint: () => mint('dlv'), nowMs },
      { changedSince: since ?? rfc3339(nowMs() - LIMITS.deliveryLookBackMs), andUntold: since === undefined },
    );
    await fileDefinitionNotices({ store, channels: inForce, mint: () => mint('dlv'), nowMs });
    if (since === undefined) {
      const names = inForce.map(({ channel }) => channel.declaration.name);
      await abandonDeliveries(store, names, 'the channel is not declared any more');
      await forgetDeliveries(store, rfc3339(nowMs() - LIMITS.deliveriesKeptMs));
    }
    // Clocks of gateways differ a little, and transactions end in another order than they began.
    const overlap = rfc3339(nowMs() - CLOCK_OVERLAP_MS);
    this.#seenUntil = newest === undefined || newest > overlap ? overlap : newest;
    this.#wake();
  }

  #wake(): void {
    if (this.#stop.signal.aborted) return;
    for (const { channel } of this.#parts.channels()) {
      if (channel.declaration.enabled) this.#lane(channel.declaration.name).wake();
    }
  }

  #lane(name: string): Lane<DeliveryRow> {
    const known = this.#lanes.get(name);
    if (known) return known;
    const { store, nowMs, onFault } = this.#parts;
    const lane = new Lane<DeliveryRow>({
      atOnce: LIMITS.deliveriesAtOnce,
      take: () => this.#take(name),
      work: (row, pauseFor) => this.#attempt(row, pauseFor),
      nextDueMs: async () => {
        const due = await nextDue(store, name);
        return due === undefined ? undefined : Date.parse(due);
      },
      nowMs,
      onFault,
      signal: this.#stop.signal,
    });
    this.#lanes.set(name, lane);
    return lane;
  }

  #take(channel: string): Promise<DeliveryRow | undefined> {
    const { store, mint, nowMs } = this.#parts;
    const now = nowMs();
    const until = new Date(now + this.#times.deliveryLeaseMs).toISOString();
    return claimDelivery(store, { channel, now: new Date(now).toISOString(), until, claim: mint('clm') });
  }

  async #attempt(row: DeliveryRow, pauseFor: (ms: number) => void): Promise<void> {
    const { store, nowMs, onFault } = this.#parts;
    const end = await this.#send(row).catch((fault: unknown) => this.#failed(row, fault));
    // What says nothing must not keep the next notice waiting.
    if (end === 'nothing to tell') return dropDelivery(store, row.id, row.claimed_by ?? '');
    const { row: written, pauseMs } = end;
    if (pauseMs !== undefined) pauseFor(pauseMs);
    if (written.state === 'dead') {
      onFault(new Fault('internal', `the channel ${row.channel} gave up on ${row.id}: ${written.last_fault}`));
    }
    await finishDelivery(store, row.id, row.claimed_by ?? '', {
      ...written,
      delivered_at: written.state === 'delivered' ? new Date(nowMs()).toISOString() : null,
    });
  }

  async #send(row: DeliveryRow): Promise<Ended | 'nothing to tell'> {
    const { store, notice: noticeOf } = this.#parts;
    const channel = this.#channel(row.channel);
    if (row.event === DEFINITION_EVENT) return this.#tell(row, channel);
    const notice = await noticeOf(row.approval);
    if (notice === undefined) throw new DeliveryFault('the approval is gone', { permanent: true });
    const first =
      row.step === FIRST_STEP
        ? undefined
        : await findStep(store, { approval: row.approval, channel: row.channel, step: FIRST_STEP });
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#times.channelSendMs)]);
    const message = {
      delivery: row.id,
      event: row.event as ChannelEvent,
      notice,
      ...(first?.external != null && { external: first.external }),
    };
    // The race, because a channel that forgets its signal must not hold its lane.
    const external = await Promise.race([channel.send(message, signal), rejectOn(signal)]);
    const { attempts, next_at } = row;
    return { row: { state: 'delivered', attempts, next_at, last_fault: null, external: external ?? row.external } };
  }

  /** What waits of a target now. */
  async #tell(row: DeliveryRow, channel: Channel): Promise<Ended | 'nothing to tell'> {
    const { store, definitionsUrl } = this.#parts;
    const target = targetOfNotice(row.approval);
    const notice = await definitionNotice(store, target, definitionsUrl(target));
    if (notice === undefined) return 'nothing to tell';
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#times.channelSendMs)]);
    await Promise.race([channel.tell(notice, row.id, signal), rejectOn(signal)]);
    const { attempts, next_at, external } = row;
    return { row: { state: 'delivered', attempts, next_at, last_fault: null, external } };
  }

  #channel(name: string): Channel {
    const found = this.#parts.channels().find(({ channel }) => channel.declaration.name === name);
    if (!found) throw new DeliveryFault('the channel is not declared any more', { permanent: true });
    return found.channel;
  }

  #failed(row: DeliveryRow, fault: unknown): Ended {
    const { nowMs, dice, onFault } = this.#parts;
    const { attempts, external } = row;
    const now = nowMs();
    const waiting = (delayMs: number) => ({
      state: 'waiting' as const,
      external,
      next_at: new Date(now + delayMs).toISOString(),
    });
    // A gateway that ends gives it back at once; that was no attempt.
    if (this.#stop.signal.aborted)
      return { row: { ...waiting(0), attempts: attempts - 1, last_fault: row.last_fault } };
    const isExpected = fault instanceof DeliveryFault || fault instanceof Fault;
    if (!isExpected) onFault(fault);
    const last_fault = isExpected ? visibleText(fault.message, MAX_FAULT_CHARACTERS) : 'a fault of the gateway';
    const retryAfterMs = fault instanceof DeliveryFault ? fault.retryAfterMs : undefined;
    const isOld = now - Date.parse(row.created_at) > LIMITS.deliveryMaxAgeMs;
    if (retryAfterMs !== undefined && !isOld) {
      return { row: { ...waiting(retryAfterMs), attempts: attempts - 1, last_fault }, pauseMs: retryAfterMs };
    }
    const isPermanent = fault instanceof DeliveryFault && fault.permanent;
    if (isPermanent || isOld || attempts >= this.#times.deliveryAttempts) {
      return { row: { ...waiting(0), state: 'dead', attempts, last_fault } };
    }
    const delayMs = backoffMs(attempts, this.#times.deliveryBackoffMs, dice());
    return { row: { ...waiting(delayMs), attempts, last_fault } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch();
    clearInterval(this.#poll);
    this.#stop.abort();
    await this.#scanning;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.ended()));
  }
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

const CLOCK_OVERLAP_MS = 5_000;
const MAX_FAULT_CHARACTERS = 400;

interface Ended {
  readonly row: Omit<AttemptEnd, 'delivered_at'>;
  readonly pauseMs?: number;
}

/** After the first attempt `baseMs`, then twice as long each time, a quarter more or less, so that many do not come at once. */
export function backoffMs(attempts: number, baseMs: number, dice: number): number {
  const plain = Math.min(baseMs * 2 ** (attempts - 1), LIMITS.deliveryMaxBackoffMs);
  return Math.round(plain * (0.75 + dice / 2));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}

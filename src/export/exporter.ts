import { setTimeout as delay } from 'node:timers/promises';
import type { Limits } from '../model/limits.ts';
import { type Gathered, gather } from './batches.ts';
import type { Cursor, CursorFile } from './cursor-file.ts';
import type { Format, FormatContext, Formatted } from './formats/format.ts';
import { LogFollower, type LogFollowerOptions } from './log-follower.ts';
import { type LogState, logSize, stateAt } from './log-state.ts';
import { type Sink, SinkFault } from './sinks/sink.ts';
import { tellRecord } from './tell-record.ts';

export interface ExporterParts extends LogFollowerOptions, FormatContext {
  readonly name: string;
  readonly from: 'start' | 'now';
  readonly format: Format;
  readonly sink: Sink;
  readonly cursor: CursorFile;
  readonly limits: Limits;
  readonly nowMs: () => number;
  /** A number from 0 up to 1. */
  readonly dice: () => number;
  /** Told once of each fault that begins, and of each thing that is put aside. */
  readonly onFault: (fault: unknown) => void;
}

export interface ExportProgress {
  readonly state: 'ok' | 'failing';
  /** The next entry of the log. */
  readonly index: number;
  readonly delivered: number;
  readonly aside: number;
  readonly lastDeliveredAtMs?: number;
  readonly lastFault?: string;
  /** When it is tried again. */
  readonly nextTryAtMs?: number;
}

/** Things put aside one after another before the receiver itself counts as what is wrong. */
const MAX_ASIDE_IN_A_ROW = 3;
const LAST_PASS_POLL_MS = 20;

/**
 * Brings one sink all of the log, in its order and at least once. The log's own files are the queue: what waits is never
 * in memory but for one batch, and nothing is given up while the sink is down.
 */
export class Exporter implements AsyncDisposable {
  readonly #parts: ExporterParts;
  #ending = new AbortController();
  /** Aborted for the last pass: from then on the log is looked at again at once. */
  readonly #hurrying = new AbortController();
  #running: Promise<void>;
  #cursor: Cursor | undefined;
  #lastDeliveredAtMs: number | undefined;
  #fault: string | undefined;
  #nextTryAtMs: number | undefined;
  #asideInARow = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: ExporterParts) {
    this.#parts = parts;
    this.#running = this.#run(this.#ending.signal);
  }

  get progress(): ExportProgress {
    const { state, delivered = 0, aside = 0 } = this.#cursor ?? {};
    return {
      state: this.#fault === undefined ? 'ok' : 'failing',
      index: state?.index ?? 0,
      delivered,
      aside,
      ...(this.#lastDeliveredAtMs !== undefined && { lastDeliveredAtMs: this.#lastDeliveredAtMs }),
      ...(this.#fault !== undefined && { lastFault: this.#fault }),
      ...(this.#nextTryAtMs !== undefined && { nextTryAtMs: this.#nextTryAtMs }),
    };
  }

  /**
   * Resolves once everything before an entry of the log has arrived; or earlier, where it cannot now: the sink fails, or
   * the signal says that it is time. The log is then looked at all the time, so this is for the end.
   */
  async catchUp(index: number, signal: AbortSignal): Promise<void> {
    this.#hurrying.abort();
    const isBehind = (): boolean => (this.#cursor?.state.index ?? 0) < index;
    while (isBehind() && this.#fault === undefined && !signal.aborted) await pause(LAST_PASS_POLL_MS, signal);
  }

  /** Sends all from an entry of the log on once more; durable before it resolves. */
  replay(index: number): Promise<void> {
    this.#turn = this.#turn.catch(toldToItsCaller).then(() => this.#replay(index));
    return this.#turn;
  }

  async #replay(index: number): Promise<void> {
    const state = await stateAt(this.#parts.directory, index);
    await this.#stop();
    const { delivered = 0, aside = 0 } = this.#cursor ?? {};
    this.#keep({ state, delivered, aside });
    this.#recovered();
    this.#ending = new AbortController();
    this.#running = this.#run(this.#ending.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.#parts.sink[Symbol.asyncDispose]();
  }

  async #stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempts = 0; !signal.aborted; ) {
      try {
        this.#cursor ??= await this.#begin();
        await this.#follow(new LogFollower(this.#parts, this.#cursor.state), signal);
      } catch (cause) {
        if (signal.aborted) return;
        if (this.#fault === undefined) attempts = 0;
        await this.#failed(cause, attempts++, signal);
      }
    }
  }

  async #begin(): Promise<Cursor> {
    const { cursor, from, directory } = this.#parts;
    const kept = cursor.read();
    if (kept !== undefined) return kept;
    const state: LogState =
      from === 'start' ? { index: 0, sessions: [] } : await stateAt(directory, await logSize(directory));
    const fresh = { state, delivered: 0, aside: 0 };
    cursor.write(fresh);
    return fresh;
  }

  async #follow(follower: LogFollower, signal: AbortSignal): Promise<void> {
    const { limits, format, version } = this.#parts;
    while (!signal.aborted) {
      const gathered = await gather(follower, (one) => format(tellRecord(one), { version }), limits, signal);
      this.#recovered();
      await this.#aside(gathered.aside);
      if (gathered.events.length > 0) await this.#deliver(gathered.events, signal);
      const { delivered = 0, aside = 0, state } = this.#cursor ?? {};
      const isMoved = state?.index !== follower.index || gathered.events.length > 0 || gathered.aside.length > 0;
      if (isMoved) this.#keep({ state: follower.state, delivered, aside });
      else await this.#rest(signal);
    }
  }

  /** Until the log is to be looked at again. */
  async #rest(signal: AbortSignal): Promise<void> {
    const hurry = this.#hurrying.signal;
    if (hurry.aborted) return pause(LAST_PASS_POLL_MS, signal);
    return pause(this.#parts.limits.exportPollMs, AbortSignal.any([signal, hurry]));
  }

  /** Sends until all have arrived; events that the receiver refuses are found by halving. */
  async #deliver(events: readonly Formatted[], signal: AbortSignal): Promise<void> {
    const [first] = events;
    if (first === undefined) return;
    const { sink, limits } = this.#parts;
    for (let attempts = 0, rejections = 0; ; ) {
      try {
        signal.throwIfAborted();
        await sink.send({ id: first.id, origin: first.origin, events }, signal);
        return this.#delivered(events.length);
      } catch (cause) {
        if (signal.aborted) throw cause;
        if (cause instanceof SinkFault && cause.isRejection) {
          if (events.length > 1) {
            const half = Math.ceil(events.length / 2);
            await this.#deliver(events.slice(0, half), signal);
            return this.#deliver(events.slice(half), signal);
          }
          if (++rejections >= limits.exportRejections && this.#takesOthers()) {
            return this.#aside([{ id: first.id, index: first.index, why: `refused: ${cause.message}` }], true);
          }
        }
        await this.#failed(cause, attempts++, signal);
      }
    }
  }

  /** One that never took anything, or nothing lately, is wrong itself: then nothing is put aside. */
  #takesOthers(): boolean {
    return (this.#cursor?.delivered ?? 0) > 0 && this.#asideInARow < MAX_ASIDE_IN_A_ROW;
  }

  #delivered(count: number): void {
    this.#asideInARow = 0;
    if (this.#cursor !== undefined) this.#cursor = { ...this.#cursor, delivered: this.#cursor.delivered + count };
    this.#lastDeliveredAtMs = this.#parts.nowMs();
    this.#recovered();
  }

  async #aside(things: Gathered['aside'], isRefused = false): Promise<void> {
    const { cursor, name, nowMs, onFault } = this.#parts;
    for (const { id, index, why } of things) {
      await cursor.putAside({ id, index, why, at: new Date(nowMs()).toISOString() });
      onFault(new SinkFault(`the export ${name} put ${id} aside: ${why}`));
    }
    if (isRefused) this.#asideInARow += things.length;
    if (this.#cursor !== undefined) this.#cursor = { ...this.#cursor, aside: this.#cursor.aside + things.length };
  }

  async #failed(cause: unknown, attempts: number, signal: AbortSignal): Promise<void> {
    const { name, limits, nowMs, dice, onFault } = this.#parts;
    const message = cause instanceof Error ? cause.message : 'unknown';
    // Once for each thing that goes wrong, and not for each attempt.
    if (this.#fault !== message) onFault(new SinkFault(`the export ${name} does not go on: ${message}`, { cause }));
    this.#fault = message;
    const asked = cause instanceof SinkFault ? cause.retryAfterMs : undefined;
    const doubled = Math.min(limits.exportBackoffMs * 2 ** Math.min(attempts, 30), limits.exportMaxBackoffMs);
    const waitMs = Math.max(asked ?? 0, Math.round(doubled * (0.75 + dice() / 2)));
    this.#nextTryAtMs = nowMs() + waitMs;
    await pause(waitMs, signal);
    this.#nextTryAtMs = undefined;
  }

  #recovered(): void {
    this.#fault = undefined;
    this.#nextTryAtMs = undefined;
  }

  #keep(cursor: Cursor): void {
    this.#parts.cursor.write(cursor);
    this.#cursor = cursor;
  }
}

/** Whoever asked for the replay before got its fault. */
function toldToItsCaller(): void {}

/** Ends early, and quietly, with its signal: whoever waits looks at that next. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
  });
}

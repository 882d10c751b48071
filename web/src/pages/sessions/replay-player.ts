import { jumpTarget } from './jump.ts';
import type { Entry, Mark } from './recording.ts';
import { AT_START, advanced, moved, paced, type ReplayClock, toggled } from './replay-clock.ts';
import type { Timeline } from './timeline.ts';

/** What is drawn of a replay; a new object only when one of these changes. */
export interface ReplayView {
  /** The row that is shown; -1 before the first. */
  readonly index: number;
  /** Whether its answer has been played too. */
  readonly answered: boolean;
  readonly playing: boolean;
  readonly speed: number;
  /** True while the newest row is shown as rows come in. */
  readonly following: boolean;
}

/** Calls back before the next paint, with a time in milliseconds; returns what takes that back. */
export type NextFrame = (callback: (nowMs: number) => void) => () => void;

/** Plays a recording. The position moves with every frame; the view changes only with what is seen. */
export class ReplayPlayer {
  #clock: ReplayClock = AT_START;
  #entries: readonly Entry[] = [];
  #timeline: Timeline;
  #view: ReplayView;
  #cancelFrame: (() => void) | undefined;
  #lastFrameMs: number | undefined;
  readonly #nextFrame: NextFrame;
  readonly #listeners = new Set<() => void>();
  readonly #positionListeners = new Set<() => void>();

  constructor(timeline: Timeline, nextFrame: NextFrame, following: boolean) {
    this.#timeline = timeline;
    this.#nextFrame = nextFrame;
    this.#view = { index: -1, answered: false, playing: false, speed: 1, following };
  }

  get positionMs(): number {
    return this.#clock.positionMs;
  }

  get durationMs(): number {
    return this.#timeline.durationMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => subscribed(this.#listeners, listener);
  readonly subscribePosition = (listener: () => void): (() => void) => subscribed(this.#positionListeners, listener);
  readonly view = (): ReplayView => this.#view;

  /**
   * More was recorded, or (`rescaled`) time is played otherwise: the same row stays shown, or the newest where that is
   * followed.
   */
  update(entries: readonly Entry[], timeline: Timeline, rescaled: boolean): void {
    const { index, answered, following } = this.#view;
    this.#entries = entries;
    this.#timeline = timeline;
    if (entries.length === 0) return;
    if (following || index < 0) this.#show(following ? entries.length - 1 : 0, following);
    else if (rescaled) this.#move(answered ? timeline.answerOf(index) : timeline.startOf(index));
  }

  toggle(): void {
    this.#clock = toggled(this.#clock, this.durationMs);
    this.#lastFrameMs = undefined;
    this.#refresh(false);
    if (this.#clock.playing) this.#request();
  }

  pace(steps: number): void {
    this.#clock = paced(this.#clock, steps);
    this.#set({ ...this.#view, speed: this.#clock.speed });
  }

  /** To a moment of the replay. */
  seek(ms: number): void {
    this.#move(ms);
    this.#refresh(false);
  }

  /** To a row, with its answer. */
  show(index: number): void {
    if (index < 0 || index >= this.#entries.length) return;
    this.#show(index, false);
  }

  step(rows: number): void {
    this.show(Math.min(Math.max(this.#view.index + rows, 0), this.#entries.length - 1));
  }

  /** To the next row that bears one of the marks. False where there is none. */
  jump(direction: 1 | -1, marks: readonly Mark[]): boolean {
    const index = jumpTarget(this.#entries, this.#view.index, direction, marks);
    if (index !== undefined) this.show(index);
    return index !== undefined;
  }

  /** To the first row of all that bears one of the marks. */
  jumpAround(marks: readonly Mark[]): void {
    const index = jumpTarget(this.#entries, -1, 1, marks);
    if (index !== undefined) this.show(index);
  }

  follow(following: boolean): void {
    if (following) this.#show(this.#entries.length - 1, true);
    else this.#set({ ...this.#view, following: false });
  }

  stop(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
  }

  #show(index: number, following: boolean): void {
    this.#clock = { ...this.#clock, positionMs: this.#timeline.answerOf(index) };
    this.#announcePosition();
    // Rows may share a moment: the one asked for is shown, not the last of them.
    this.#set({ ...this.#fromClock(following), index, answered: true });
  }

  #move(ms: number): void {
    this.#clock = moved(this.#clock, ms, this.durationMs);
    this.#announcePosition();
  }

  #request(): void {
    this.#cancelFrame ??= this.#nextFrame((nowMs) => {
      this.#cancelFrame = undefined;
      const elapsedMs = this.#lastFrameMs === undefined ? 0 : Math.max(0, nowMs - this.#lastFrameMs);
      this.#lastFrameMs = nowMs;
      this.#clock = advanced(this.#clock, elapsedMs, this.durationMs);
      this.#announcePosition();
      this.#refresh(false);
      if (this.#clock.playing) this.#request();
    });
  }

  #refresh(following: boolean): void {
    const index = this.#timeline.entryAt(this.#clock.positionMs);
    this.#set({
      ...this.#fromClock(following),
      index,
      answered: index >= 0 && this.#clock.positionMs >= this.#timeline.answerOf(index),
    });
  }

  #fromClock(following: boolean) {
    return { playing: this.#clock.playing, speed: this.#clock.speed, following };
  }

  #set(view: ReplayView): void {
    const old = this.#view;
    const same =
      old.index === view.index &&
      old.answered === view.answered &&
      old.playing === view.playing &&
      old.speed === view.speed &&
      old.following === view.following;
    if (same) return;
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }

  #announcePosition(): void {
    for (const listener of this.#positionListeners) listener();
  }
}

function subscribed(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

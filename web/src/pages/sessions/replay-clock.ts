/** Where a replay stands. */
export interface ReplayClock {
  readonly positionMs: number;
  readonly playing: boolean;
  readonly speed: number;
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;

export const AT_START: ReplayClock = { positionMs: 0, playing: false, speed: 1 };

/** After `elapsedMs` of the watcher's time; stops at the end. */
export function advanced(clock: ReplayClock, elapsedMs: number, durationMs: number): ReplayClock {
  if (!clock.playing) return clock;
  const positionMs = clock.positionMs + elapsedMs * clock.speed;
  return positionMs < durationMs ? { ...clock, positionMs } : { ...clock, positionMs: durationMs, playing: false };
}

/** Plays or stops; from the start again where it stands at the end. */
export function toggled(clock: ReplayClock, durationMs: number): ReplayClock {
  if (clock.playing) return { ...clock, playing: false };
  return { ...clock, playing: true, positionMs: clock.positionMs >= durationMs ? 0 : clock.positionMs };
}

export function moved(clock: ReplayClock, toMs: number, durationMs: number): ReplayClock {
  return { ...clock, positionMs: Math.min(Math.max(toMs, 0), durationMs) };
}

/** The speed `steps` further along `SPEEDS`, which has ends. */
export function paced(clock: ReplayClock, steps: number): ReplayClock {
  const at = SPEEDS.findIndex((speed) => speed >= clock.speed);
  const speed = SPEEDS[Math.min(Math.max(at + steps, 0), SPEEDS.length - 1)] ?? 1;
  return { ...clock, speed };
}

/** `0:03.204` where all of it took less than a minute, as `clockText` otherwise. */
export function offsetText(ms: number, wholeMs: number): string {
  if (wholeMs >= 60_000) return clockText(ms);
  return `0:${(Math.floor(ms) / 1000).toFixed(3).padStart(6, '0')}`;
}

/** `1:02:03`, `2:03.4`: minutes and seconds, tenths below ten minutes. */
export function clockText(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const seconds = Math.floor(tenths / 10) % 60;
  const minutes = Math.floor(tenths / 600) % 60;
  const hours = Math.floor(tenths / 36000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds)}`;
  return minutes >= 10 ? `${minutes}:${two(seconds)}` : `${minutes}:${two(seconds)}.${tenths % 10}`;
}

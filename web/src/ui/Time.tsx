import { useSyncExternalStore } from 'react';
import { duration, exact, relative } from './moments.ts';
import { Tooltip } from './Tooltip.tsx';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

/** The present, in milliseconds since 1970, a second old at most: one ticker for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** How long ago, or how soon; the exact time on hover, on focus and to readers. */
export function Time({ at, plain }: { readonly at: string; readonly plain?: boolean }) {
  const text = relative(at, useNow());
  if (plain) return <time dateTime={at}>{text}</time>;
  return (
    <Tooltip text={exact(at)}>
      <time dateTime={at} className="whitespace-nowrap">
        {text}
      </time>
    </Tooltip>
  );
}

/** From one time to another, or to now. */
export function Elapsed({ from, to }: { readonly from: string; readonly to?: string | undefined }) {
  const present = useNow();
  return (
    <span className="whitespace-nowrap">
      {duration(Math.max(0, (to ? Date.parse(to) : present) - Date.parse(from)))}
    </span>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  now = Date.now();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

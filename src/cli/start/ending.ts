/** How a gateway is told to end: the first signal drains, a later one ends at once. */
export interface Ending extends Disposable {
  /** Resolves with the first signal. */
  readonly asked: Promise<NodeJS.Signals>;
}

/** A terminal, npm and a wrapper may each pass on the same Ctrl-C; within this time it is one. */
const SAME_SIGNAL_MS = 500;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Listens for signals; `endNow` is called where one comes again, and must not return. */
export function listenForEnd(nowMs: () => number, endNow: (signal: NodeJS.Signals) => void): Ending {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let firstMs: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (firstMs === undefined) {
      firstMs = nowMs();
      resolve(signal);
    } else if (nowMs() - firstMs > SAME_SIGNAL_MS) {
      endNow(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    asked: promise,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, handle);
    },
  };
}

import { sql } from 'kysely';
import { LIMITS } from '../model/limits.ts';
import type { Store } from './store.ts';

/** The time by which all gateways of one store agree on when something is over. */
export interface StoreClock extends Disposable {
  /** Milliseconds since 1970, by the store's clock. */
  readonly nowMs: () => number;
  /** How far this machine's clock was ahead of the store's when it was last compared, in milliseconds. */
  readonly aheadMs: () => number;
}

/**
 * Compares this machine's clock with the store's, now and every `LIMITS.storeClockIntervalMs`. A file has no clock but
 * this machine's own. While the store cannot be asked the last comparison counts.
 */
export async function openStoreClock(
  store: Pick<Store, 'kind' | 'read'>,
  nowMs: () => number,
  onFault: (fault: unknown) => void,
): Promise<StoreClock> {
  if (store.kind === 'sqlite') return { nowMs, aheadMs: () => 0, [Symbol.dispose]: () => undefined };
  let aheadMs = await compare(store, nowMs);
  const timer = setInterval(() => {
    compare(store, nowMs).then((measured) => {
      aheadMs = measured;
    }, onFault);
  }, LIMITS.storeClockIntervalMs);
  timer.unref();
  return {
    nowMs: () => nowMs() - aheadMs,
    aheadMs: () => aheadMs,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The best of three: the answer that took least time says most about the moment at which it was made. */
async function compare(store: Pick<Store, 'read'>, nowMs: () => number): Promise<number> {
  let best: { readonly tookMs: number; readonly aheadMs: number } | undefined;
  for (let i = 0; i < 3; i++) {
    const before = nowMs();
    const there = await store.read((db) => CLOCK.execute(db));
    const after = nowMs();
    const tookMs = after - before;
    const aheadMs = Math.round((before + after) / 2 - Number(there.rows[0]?.ms));
    if (best === undefined || tookMs < best.tookMs) best = { tookMs, aheadMs };
  }
  return best?.aheadMs ?? 0;
}

const CLOCK = sql<{ ms: string }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS ms`;

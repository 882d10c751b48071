import type { BodyRef } from './audit-event.ts';

/** The packs that hold a body, in order: `count` from the first one on, but for those between that hold others. */
export function* packsOf(first: number, count: number, { between = [] }: BodyRef): Generator<number> {
  const others = new Set(between);
  for (let pack = first; pack < first + count; pack++) if (!others.has(pack)) yield pack;
}

import type { MaskCount } from '../model/reply.ts';

/** How many values each column and detector had masked; columns first. */
export class MaskCounts {
  #columns: Map<string, number> | undefined;
  #detectors: Map<string, number> | undefined;

  add(by: MaskCount['by'], name: string, times = 1): void {
    const counts = by === 'column' ? (this.#columns ??= new Map()) : (this.#detectors ??= new Map());
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  all(): readonly MaskCount[] {
    if (this.#columns === undefined && this.#detectors === undefined) return NONE;
    return [...listed('column', this.#columns), ...listed('detector', this.#detectors)];
  }
}

const NONE: readonly MaskCount[] = [];

function listed(by: MaskCount['by'], counts: ReadonlyMap<string, number> = new Map()): MaskCount[] {
  return Array.from(counts, ([name, count]) => ({ by, name, count }));
}

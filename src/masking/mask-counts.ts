import { LIMITS } from '../model/limits.ts';
import type { MaskCount } from '../model/reply.ts';

/** How many values each column and detector had masked; columns first. */
export class MaskCounts {
  #columns: Map<string, number> | undefined;
  #detectors: Map<string, number> | undefined;
  /** The detectors of a message's findings, in the order in which they stand; null where there are too many. */
  #found: string[] | null | undefined;

  add(by: MaskCount['by'], name: string, times = 1): void {
    const counts = by === 'column' ? (this.#columns ??= new Map()) : (this.#detectors ??= new Map());
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  /** A finding that stands behind those that were counted before it. */
  addNext(detector: string): void {
    this.add('detector', detector);
    if (this.#found === null) return;
    this.#found ??= [];
    if (this.#found.length === LIMITS.maxMaskOrder) this.#found = null;
    else this.#found.push(detector);
  }

  all(): readonly MaskCount[] {
    if (this.#columns === undefined && this.#detectors === undefined) return NONE;
    return [...listed('column', this.#columns), ...this.#ordered(listed('detector', this.#detectors))];
  }

  /** Where one detector found all there is, its order says nothing. */
  #ordered(counts: readonly MaskCount[]): readonly MaskCount[] {
    const found = this.#found ?? [];
    const all = counts.reduce((sum, { count }) => sum + count, 0);
    if (counts.length < 2 || found.length !== all) return counts;
    return counts.map((one) => ({ ...one, order: found.flatMap((name, at) => (name === one.name ? [at] : [])) }));
  }
}

const NONE: readonly MaskCount[] = [];

function listed(by: MaskCount['by'], counts: ReadonlyMap<string, number> = new Map()): MaskCount[] {
  return Array.from(counts, ([name, count]) => ({ by, name, count }));
}

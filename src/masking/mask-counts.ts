import type { MaskCount } from '../model/reply.ts';

/** How many values each column and detector had masked. Costs nothing until the first one. */
export class MaskCounts {
  #counts: Map<string, MaskCount> | undefined;

  add(by: MaskCount['by'], name: string): void {
    this.#counts ??= new Map();
    const key = `${by} ${name}`;
    this.#counts.set(key, { by, name, count: (this.#counts.get(key)?.count ?? 0) + 1 });
  }

  all(): readonly MaskCount[] {
    return this.#counts === undefined ? [] : [...this.#counts.values()];
  }
}

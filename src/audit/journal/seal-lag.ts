/**
 * How long what is recorded waits until it is sealed: the age of a mark that is set at the newest group and moves on once
 * that is sealed. So it says at most one round too little, and keeps nothing for each group.
 */
export class SealLag {
  #mark: { readonly group: number; readonly atMs: number } | undefined;
  #newest = 0;
  #lastMs = 0;

  /** Groups up to this one are durable, and go to the sealer. */
  written(group: number, nowMs: number): void {
    this.#newest = group;
    this.#mark ??= { group, atMs: nowMs };
  }

  /** Groups up to this one are sealed. */
  sealed(group: number, nowMs: number): void {
    if (this.#mark === undefined || group < this.#mark.group) return;
    this.#lastMs = nowMs - this.#mark.atMs;
    this.#mark = group < this.#newest ? { group: this.#newest, atMs: nowMs } : undefined;
  }

  /** Milliseconds; 0 where all is sealed. */
  ms(nowMs: number): number {
    return this.#mark === undefined ? 0 : Math.max(nowMs - this.#mark.atMs, this.#lastMs);
  }
}

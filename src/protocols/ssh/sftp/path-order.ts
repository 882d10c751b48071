/** What a request does with paths: those in whose place or below which it may change something, or only look. */
export interface PathUse {
  readonly paths: readonly string[];
  readonly changes: boolean;
}

interface Turn extends PathUse {
  readonly over: Promise<void>;
}

/**
 * Lets requests about paths go at once, but for those that hang on one another: where one changes what another names, or
 * something above or below it, they go in the order in which they came (draft, section 6.1).
 */
export class PathOrder {
  readonly #turns = new Set<Turn>();

  /** Resolves once it may go on, with what must be called when it is over; calls `onLeft` then, once. */
  async enter(use: PathUse, onLeft: () => void): Promise<() => void> {
    const before = [...this.#turns].filter((turn) => conflict(turn, use)).map(({ over }) => over);
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { ...use, over: promise };
    this.#turns.add(turn);
    await Promise.all(before);
    return () => {
      if (!this.#turns.delete(turn)) return;
      resolve();
      onLeft();
    };
  }
}

function conflict(one: PathUse, other: PathUse): boolean {
  if (!one.changes && !other.changes) return false;
  return one.paths.some((path) => other.paths.some((another) => isWithin(path, another) || isWithin(another, path)));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

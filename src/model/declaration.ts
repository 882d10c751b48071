/** One item of a YAML list as somebody declared it, before it was judged. */
export interface Declared {
  readonly value: unknown;
  /** The file, as a message names it. */
  readonly file: string;
  /** The line, from 1, of the value at a path of keys and indexes within the item; of the nearest parent otherwise. */
  line(path: readonly (string | number)[]): number;
}

/** Why a declaration is refused, for the person who wrote it. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** What to write instead. */
  readonly advice: string;
}

/** What a loader makes of declarations; nothing may be used while there is a problem. */
export interface Loaded<Item> {
  readonly items: readonly Item[];
  readonly problems: readonly Problem[];
}

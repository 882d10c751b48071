/** What a shell is told, as POSIX's grammar has it (XCU, 2.10); what shells read differently is no syntax at all. */
export type Script = readonly AndOr[];

export interface AndOr {
  readonly pipelines: readonly Pipeline[];
  /** What stands between them. */
  readonly joins: readonly ('&&' | '||')[];
  readonly background: boolean;
  /** The first of them begins with `!`, so what is behind `&&` runs where it fails. */
  readonly isNegated: boolean;
}

export type Pipeline = readonly Command[];

export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly Assignment[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
    }
  /** Loops, conditions, groups: all that may run in it, and the words that are made for it. */
  | {
      readonly kind: 'compound';
      readonly scripts: readonly Script[];
      readonly words: readonly Word[];
      /** The variable of a loop. */
      readonly sets: readonly string[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

export interface Redirect {
  /** `here` gives a text that stands in the script. */
  readonly use: 'read' | 'write' | 'append' | 'read-write' | 'here' | 'descriptor';
  readonly target: Word;
}

/** What a shell makes of the characters between two blanks. */
export interface Word {
  /** What the program gets; absent where that is not known, or where there may be none or several of them. */
  readonly value?: string;
  /** What each of them begins with; empty where that is not known. */
  readonly start: string;
  /** True where it is exactly one word. */
  readonly isOne: boolean;
  /** What stands at its beginning without any quotes. */
  readonly bare: string;
  /** It is a number that the shell made: `$?`, `$#`. */
  readonly isNumber?: true;
  /** True where no character of it is quoted or made. */
  readonly isPlain: boolean;
  /** What runs to make it. */
  readonly scripts: readonly Script[];
  /** Variables that making it sets. */
  readonly sets: readonly string[];
}

/** Thrown where a text cannot be read with certainty; its message says why, and repeats nothing of the text. */
export class NotCertain extends Error {}

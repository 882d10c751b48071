import { createContext, Script } from 'node:vm';

/** What matches at all, matches in far less. */
const MOST_MS = 20;

/** One for all: a context of its own is a whole set of globals. */
let shared: { readonly asked: { pattern: RegExp; text: string }; readonly script: Script } | undefined;

/** A pattern of a document's, which takes a bounded time of any text: where it takes longer, the text does not match. */
export class BoundedPattern {
  readonly #pattern: RegExp;

  /** Throws a `SyntaxError` where it is none. */
  constructor(pattern: string, flags: string) {
    this.#pattern = new RegExp(pattern, flags);
  }

  test(text: string): boolean {
    shared ??= {
      asked: createContext({ pattern: /x/, text: '' }) as { pattern: RegExp; text: string },
      script: new Script('pattern.test(text)'),
    };
    shared.asked.pattern = this.#pattern;
    shared.asked.text = text;
    try {
      return shared.script.runInContext(shared.asked, { timeout: MOST_MS }) === true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
      throw cause;
    }
  }
}

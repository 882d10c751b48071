import { LIMITS } from '../../model/limits.ts';
import { limitRows } from '../../sql/postgres/row-limit.ts';
import type { ForwardedText } from './limit-request.ts';

/** Puts limits to texts, and remembers the last of them. */
export class RowLimiter {
  readonly #known = new Map<string, ForwardedText | string>();
  #bytes = 0;

  /** The text as it is forwarded, or why it cannot be limited. */
  limit(text: string, most: number): ForwardedText | string {
    const key = `${most} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const limited = limitRows(text, most);
    const made =
      limited.kind === 'refused'
        ? limited.why
        : limited.kind === 'unchanged'
          ? { most, text, edits: [], statements: [] }
          : { most, text: limited.text, edits: limited.edits, statements: limited.statements };
    this.#keep(key, made);
    return made;
  }

  #keep(key: string, made: ForwardedText | string): void {
    const { maxLimitedTexts, maxLimitedTextBytes } = LIMITS;
    this.#bytes += 4 * key.length;
    if (this.#known.size >= maxLimitedTexts || this.#bytes > maxLimitedTextBytes) {
      this.#known.clear();
      this.#bytes = 4 * key.length;
    }
    if (this.#bytes <= maxLimitedTextBytes) this.#known.set(key, made);
    else this.#bytes = 0;
  }
}

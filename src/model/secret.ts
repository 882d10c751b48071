import { inspect } from 'node:util';

/**
 * A value that must never be printed. It shows as `[secret]` in string conversion, JSON and `util.inspect`; only
 * `reveal()` gives it, so a search for that word finds every place where a secret is used.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

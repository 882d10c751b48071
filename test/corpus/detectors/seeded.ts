import { createHash } from 'node:crypto';

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const ALPHABETS = {
  digits: '0123456789',
  hex: '0123456789abcdef',
  upper: UPPER,
  lower: UPPER.toLowerCase(),
  upperDigits: `${UPPER}0123456789`,
  alphanumeric: `${UPPER}${UPPER.toLowerCase()}0123456789`,
  base64: `${UPPER}${UPPER.toLowerCase()}0123456789+/`,
  base64url: `${UPPER}${UPPER.toLowerCase()}0123456789-_`,
} as const;

/** Choices from a seed: the same seed makes the same choices, on every machine. */
export class Seeded {
  readonly #seed: string;
  #block = 0;
  #numbers: number[] = [];

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    if (this.#numbers.length === 0) {
      const digest = createHash('sha256')
        .update(`${this.#seed} ${this.#block++}`)
        .digest();
      for (let at = 0; at < digest.length; at += 4) this.#numbers.push(digest.readUInt32BE(at));
    }
    return (this.#numbers.pop() ?? 0) % limit;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  text(length: number, alphabet: string): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[this.below(alphabet.length)];
    return text;
  }

  digits(length: number): string {
    return this.text(length, ALPHABETS.digits);
  }

  /** Letters of both cases and digits, at least one of each. */
  token(length: number, alphabet: string = ALPHABETS.alphanumeric): string {
    for (;;) {
      const token = this.text(length, alphabet);
      if (/[a-z]/.test(token) && /[A-Z]/.test(token) && /\d/.test(token)) return token;
    }
  }
}

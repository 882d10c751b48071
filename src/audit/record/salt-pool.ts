import { SALT_BYTES } from '../journal/record-codec.ts';

const SALTS = 256;

/** Salts of 32 bytes each, drawn from one call to the dice for 256 of them. */
export class SaltPool {
  readonly #fill: (bytes: Buffer) => void;
  readonly #pool = Buffer.alloc(SALTS * SALT_BYTES);
  readonly #salts = Array.from({ length: SALTS }, (_, i) => this.#pool.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES));
  #next = SALTS;

  constructor(fill: (bytes: Buffer) => void) {
    this.#fill = fill;
  }

  /** A fresh salt, valid until the next call. */
  next(): Uint8Array {
    if (this.#next === SALTS) {
      this.#fill(this.#pool);
      this.#next = 0;
    }
    return this.#salts[this.#next++] as Uint8Array;
  }
}

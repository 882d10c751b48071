import { SALT_BYTES } from './record-codec.ts';

const SALTS = 256;

/** Salts of 32 bytes each, drawn from one call to the dice for 256 of them. */
export class SaltPool {
  readonly #fill: (bytes: Buffer) => void;
  readonly #pool = Buffer.alloc(SALTS * SALT_BYTES);
  readonly #place = { pool: this.#pool, at: this.#pool.length };

  constructor(fill: (bytes: Buffer) => void) {
    this.#fill = fill;
  }

  /** A fresh salt, valid until the next call. */
  next(): { readonly pool: Buffer; readonly at: number } {
    this.#place.at += SALT_BYTES;
    if (this.#place.at >= this.#pool.length) {
      this.#fill(this.#pool);
      this.#place.at = 0;
    }
    return this.#place;
  }
}

/** Something whose reply stands on the shelf, and that must take it elsewhere when another reply comes. */
export interface ShelfOwner {
  /** The bytes are a view, valid during the call. */
  unshelve(bytes: Uint8Array): void;
}

/**
 * Room for the reply of one exchange, between its first part and its end. These mostly come together, so one buffer
 * serves nearly all replies of a gateway, and none is made for each.
 */
export class ReplyShelf {
  readonly #bytes: Buffer;
  #owner: ShelfOwner | undefined;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Copies the beginning of a reply, and makes whoever was here before leave. */
  put(owner: ShelfOwner, bytes: Uint8Array): void {
    const before = this.#owner;
    this.#owner = undefined;
    before?.unshelve(this.#bytes.subarray(0, this.#length));
    this.#bytes.set(bytes, 0);
    this.#length = bytes.length;
    this.#owner = owner;
  }

  /** The bytes of `owner`, if they are still here. They are its own until the next `put`. */
  take(owner: ShelfOwner): { readonly bytes: Buffer; readonly length: number } | undefined {
    if (this.#owner !== owner) return undefined;
    this.#owner = undefined;
    return { bytes: this.#bytes, length: this.#length };
  }
}

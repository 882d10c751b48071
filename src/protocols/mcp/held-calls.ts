import type { MessageId } from './message.ts';

/** Requests that wait for people, so that their client can take them back (`notifications/cancelled`). */
export class HeldCalls {
  readonly #held = new Map<string, () => void>();

  /** `whose` is the run, the target and the session. Returns how to forget it, which whoever held it must do. */
  hold(whose: readonly string[], id: MessageId, takeBack: () => void): () => void {
    const key = keyOf(whose, id);
    this.#held.set(key, takeBack);
    return () => {
      if (this.#held.get(key) === takeBack) this.#held.delete(key);
    };
  }

  /** Nothing happens where no such request waits. */
  takeBack(whose: readonly string[], id: MessageId): void {
    this.#held.get(keyOf(whose, id))?.();
  }
}

function keyOf(whose: readonly string[], id: MessageId): string {
  return JSON.stringify([...whose, id]);
}

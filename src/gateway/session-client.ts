import type { ByteStream } from '../wire/byte-stream.ts';

type ClientStream = Pick<ByteStream, 'signal' | 'onStall' | 'peer'>;

/** The client of one session: its connection, until the session goes on without it. */
export class SessionClient implements ClientStream {
  readonly peer: string;
  readonly #connection: ClientStream;
  readonly #left = new AbortController();
  readonly #leave = (): void => this.#left.abort(this.#connection.signal.reason);
  #listens = false;
  #isApart = false;

  /** Nobody listens for its leaving any more once `over` aborts. */
  constructor(connection: ClientStream, over: AbortSignal) {
    this.#connection = connection;
    this.peer = connection.peer;
    const { signal } = connection;
    if (signal.aborted) this.#leave();
    signal.addEventListener('abort', this.#leave, { once: true });
    over.addEventListener('abort', () => signal.removeEventListener('abort', this.#leave), { once: true });
  }

  /** Aborted once the client has left whom the session is for. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  onStall(listener: (() => void) | undefined): void {
    if (this.#isApart) return;
    this.#listens = listener !== undefined;
    this.#connection.onStall(listener);
  }

  /** From now on its leaving is nothing to the session, nor what it sends. */
  goApart(): void {
    // Another session of the same connection may listen as well.
    if (this.#listens) this.onStall(undefined);
    this.#isApart = true;
    this.#connection.signal.removeEventListener('abort', this.#leave);
  }
}

import { Fault } from '../../model/fault.ts';
import type { Part } from '../../model/reply.ts';
import type { ClientMessages } from './client-messages.ts';
import { MalformedMessage } from './codec.ts';
import { FRONTEND } from './messages.ts';
import { WholePart } from './whole-part.ts';

const COPY_MESSAGES: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail]);
/** The server ignores these while it copies (manual, 55.2.6). */
const PASSED_MESSAGES: ReadonlySet<number> = new Set([FRONTEND.sync, FRONTEND.flush]);

/**
 * What a client sends during COPY FROM STDIN: all complete messages that arrived together, as one part. It ends with
 * the copy after a simple query, and with Sync after a batch; a client that sends anything else has lost the protocol.
 */
export class CopyInput implements AsyncIterable<Part> {
  readonly #messages: ClientMessages;
  readonly #until: 'copy-end' | 'sync';
  #stopped = false;

  constructor(messages: ClientMessages, until: 'copy-end' | 'sync') {
    this.#messages = messages;
    this.#until = until;
  }

  /** Ends the input where it stands; the client's next messages are left for the session to read. */
  stop(): void {
    this.#stopped = true;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Part> {
    let copied = false;
    while (!this.#stopped) {
      if (!(await this.#messages.available())) throw new Fault('client-closed', 'the client left during a copy');
      if (this.#stopped) return;
      const batch: Buffer[] = [];
      for (let next = this.#messages.peek(); next !== undefined; next = this.#messages.peek()) {
        if (!COPY_MESSAGES.has(next.type) && !PASSED_MESSAGES.has(next.type))
          throw new MalformedMessage('malformed', 'a message that does not belong in a copy');
        this.#messages.take();
        batch.push(next.wire);
        copied ||= next.type === FRONTEND.copyDone || next.type === FRONTEND.copyFail;
        if (copied && (this.#until === 'copy-end' || next.type === FRONTEND.sync)) {
          yield new WholePart(Buffer.concat(batch));
          return;
        }
      }
      yield new WholePart(batch.length === 1 ? (batch[0] as Buffer) : Buffer.concat(batch));
    }
  }
}

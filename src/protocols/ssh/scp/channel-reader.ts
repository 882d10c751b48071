import { Fault } from '../../../model/fault.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Channel } from '../channels/channel.ts';
import { nextMessage } from '../files/next-message.ts';
import { MalformedScp, MOST_LINE_BYTES } from './control-line.ts';

/** Reads what one end sends by as much as is wanted of it. */
export class ChannelReader {
  readonly #channel: Channel;
  readonly #aside: (message: { readonly kind: 'err' | 'status'; readonly bytes: Buffer }) => void;
  readonly #over: AbortSignal | undefined;
  readonly #host: AbortSignal | undefined;
  #ahead: Buffer = NOTHING;
  #isOver = false;

  /**
   * `aside` is told of what is no part of the protocol: stderr, and how a program ended. Nothing is waited for once `over` is
   * aborted. `host` is aborted where the connection to the host is lost: then nobody left.
   */
  constructor(
    channel: Channel,
    aside: (message: { readonly kind: 'err' | 'status'; readonly bytes: Buffer }) => void,
    { over, host }: { readonly over?: AbortSignal; readonly host?: AbortSignal } = {},
  ) {
    this.#channel = channel;
    this.#aside = aside;
    this.#over = over;
    this.#host = host;
  }

  /** As many bytes as there are, `most` at most. Rejects with `PeerLeft` where no more come, a `Fault` where the host is lost. */
  async some(most: number): Promise<Buffer> {
    if (!(await this.#fill())) {
      if (this.#host?.aborted === true) throw new Fault('upstream-closed', 'the host closed the connection');
      throw new PeerLeft('the other end of scp left in the middle of a file');
    }
    const some = this.#ahead.subarray(0, most);
    this.#ahead = this.#ahead.subarray(some.length);
    return some;
  }

  /** A line with its newline, or the one byte that says that all is well; null where no more come. */
  async answer(): Promise<Buffer | null> {
    if (!(await this.#fill())) return null;
    return this.#ahead[0] === 0 ? this.some(1) : this.line();
  }

  /** A line with its newline; null where no more come. Throws `MalformedScp` for one that is too long, or is cut off. */
  async line(): Promise<Buffer | null> {
    if (!(await this.#fill())) return null;
    for (let end = this.#ahead.indexOf(NEWLINE); ; end = this.#ahead.indexOf(NEWLINE)) {
      if (end >= MOST_LINE_BYTES || (end === -1 && this.#ahead.length >= MOST_LINE_BYTES)) {
        throw new MalformedScp('a line that is too long');
      }
      if (end !== -1) return this.some(end + 1);
      const held = this.#ahead;
      this.#ahead = NOTHING;
      const more = await this.#fill();
      this.#ahead = Buffer.concat([held, this.#ahead]);
      if (!more) throw new MalformedScp('a line without an end');
    }
  }

  /** All messages up to the end of the channel, for what stands behind the data. */
  async close(): Promise<void> {
    this.#isOver = true;
    for (let next = await this.#channel.next(); next !== null; next = await this.#channel.next()) {
      if (next.kind === 'request') this.#request(next);
      else if (next.kind === 'data' && next.stream === 'err') this.#aside({ kind: 'err', bytes: next.bytes });
    }
  }

  async #fill(): Promise<boolean> {
    while (this.#ahead.length === 0 && !this.#isOver) {
      const next = await (this.#over === undefined ? this.#channel.next() : nextMessage(this.#channel, this.#over));
      if (next === null || next.kind === 'eof') this.#isOver = true;
      else if (next.kind === 'request') this.#request(next);
      else if (next.stream === 'err') this.#aside({ kind: 'err', bytes: next.bytes });
      else this.#ahead = next.bytes;
    }
    return this.#ahead.length > 0;
  }

  #request(request: { readonly name: string; readonly data: Buffer; answer(accepted: boolean): void }): void {
    if (request.name === 'exit-status')
      this.#aside({ kind: 'status', bytes: Buffer.from(request.data.subarray(0, 4)) });
    request.answer(false);
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const NEWLINE = 10;

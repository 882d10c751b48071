import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * One client's server-sent events (HTML standard, 9.2). What does not fit in `maxBytes` is dropped and `onRoom` is
 * called once there is room again, so that a slow client costs no more than that.
 */
export class EventStream extends Readable {
  readonly #onRoom: () => void;
  #full = false;

  constructor(maxBytes: number, onRoom: () => void = nobodyWaits) {
    super({ highWaterMark: maxBytes });
    this.#onRoom = onRoom;
    // At once, so that the client's connection counts as open.
    this.push('retry: 2000\n\n');
  }

  /** True while the client takes nothing. */
  get full(): boolean {
    return this.#full;
  }

  /** False where it was dropped. `name` is absent for a plain message. */
  send(data: unknown, more: { readonly name?: string; readonly id?: string } = {}): boolean {
    if (this.#full || this.destroyed) return false;
    const name = more.name === undefined ? '' : `event: ${more.name}\n`;
    const id = more.id === undefined ? '' : `id: ${more.id}\n`;
    this.#full = !this.push(`${name}${id}data: ${JSON.stringify(data)}\n\n`);
    return true;
  }

  /** Keeps proxies from taking the connection for a dead one. */
  beat(): void {
    if (!this.#full && !this.destroyed) this.#full = !this.push(': \n\n');
  }

  finish(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    if (!this.#full) return;
    this.#full = false;
    // Not within the reader's own call.
    queueMicrotask(this.#onRoom);
  }
}

/** Answers a request with the stream; it is destroyed when the client leaves. */
export function replyWith(reply: FastifyReply, stream: EventStream): FastifyReply {
  return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
}

function nobodyWaits(): void {}

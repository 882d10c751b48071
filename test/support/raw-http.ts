import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A reply as its message is, whatever framed it. */
export interface RawReply {
  readonly status: number;
  /** Names in lower case, sorted; those that are about the connection or its framing left out, and the date. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: string;
  /** False where the connection ended within it. */
  readonly complete: boolean;
}

/** One client's connection that sends exactly the bytes that it is given, and reads replies of HTTP/1.1 for itself. */
export class RawHttp implements AsyncDisposable {
  readonly #socket: Socket;
  /** What is below TLS, where there is TLS. */
  readonly #plain: Socket;
  readonly #pieces: Buffer[] = [];
  readonly #reader = new ReplyReader();
  #waiting: (() => void) | undefined;
  #closed = false;

  static async connect(place: { host: string; port: number; caFile?: string | undefined }): Promise<RawHttp> {
    const { host, port, caFile } = place;
    const socket = connect({ host, port, noDelay: true });
    await event(socket, 'connect');
    if (caFile === undefined) return new RawHttp(socket, socket);
    const secure = connectTls({ socket, host, ca: readFileSync(caFile, 'utf8') });
    await event(secure, 'secureConnect');
    return new RawHttp(secure, socket);
  }

  private constructor(socket: Socket, plain: Socket) {
    this.#socket = socket;
    this.#plain = plain;
    socket.on('data', (bytes: Buffer) => {
      this.#pieces.push(bytes);
      this.#reader.push(bytes);
      this.#waiting?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#waiting?.();
    });
  }

  /** Every byte that ever came, as it came out of TLS. */
  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** This end of the connection: its ports, and what was taken off the kernel, below TLS. */
  get end(): { readonly localPort: number; readonly remotePort: number; readonly taken: number } {
    const { localPort = 0, remotePort = 0, bytesRead } = this.#plain;
    return { localPort, remotePort, taken: bytesRead };
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The same, one byte in each turn of the event loop. */
  async sendSlowly(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed; at++) {
      this.#socket.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The connection for somebody else, who reads what comes from here on: itself, and what is below its TLS. */
  handOver(): { readonly socket: Socket; readonly plain: Socket } {
    this.#socket.removeAllListeners('data');
    this.#socket.pause();
    return { socket: this.#socket, plain: this.#plain };
  }

  /** The next reply to a request of this method; undefined where the connection ends before it. */
  async reply(method = 'GET'): Promise<RawReply | undefined> {
    for (;;) {
      const reply = this.#reader.take(method, this.#closed);
      if (reply !== undefined || this.#closed) return reply;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  leave(how: 'close' | 'half-close' | 'reset'): void {
    if (how === 'reset') this.#plain.resetAndDestroy();
    else if (how === 'close') this.#socket.destroy();
    else this.#socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    const closed = event(this.#socket, 'close');
    this.#socket.resume();
    this.#socket.destroy();
    await closed;
  }
}

type Framing = { readonly kind: 'length'; left: number } | { readonly kind: 'chunked' | 'close' | 'none' };

/** RFC 9112, read leniently: what is tested is the gateway's reading, not this one's. */
class ReplyReader {
  #unread: Buffer = Buffer.alloc(0);
  #head: { status: number; fields: [string, string][]; framing: Framing } | undefined;
  #body: Buffer[] = [];

  push(bytes: Buffer): void {
    // A long body is moved on at once, so that it is not copied for each piece of it.
    if (this.#head?.framing.kind === 'length' && this.#unread.length === 0) {
      const { framing } = this.#head;
      const taken = bytes.subarray(0, framing.left);
      framing.left -= taken.length;
      this.#body.push(taken);
      this.#unread = bytes.subarray(taken.length);
      return;
    }
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
  }

  take(method: string, closed: boolean): RawReply | undefined {
    while (this.#head === undefined) {
      if (!this.#readHead(method)) return undefined;
    }
    const { framing } = this.#head;
    switch (framing.kind) {
      case 'none':
        return this.#whole('');
      case 'close':
        this.#move(this.#unread.length);
        return closed ? this.#whole('') : undefined;
      case 'length': {
        const taken = Math.min(framing.left, this.#unread.length);
        framing.left -= taken;
        this.#move(taken);
        if (framing.left === 0) return this.#whole('');
        return closed ? this.#whole('', false) : undefined;
      }
      case 'chunked':
        return this.#chunks(closed);
      default:
        return framing satisfies never;
    }
  }

  #readHead(method: string): boolean {
    const end = this.#unread.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [line = '', ...lines] = this.#unread.toString('latin1', 0, end).split('\r\n');
    this.#unread = this.#unread.subarray(end + 4);
    const status = Number(line.split(' ')[1]);
    // An interim reply is none.
    if (status >= 100 && status < 200 && status !== 101) return true;
    const fields = lines.map((one): [string, string] => {
      const colon = one.indexOf(':');
      return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()];
    });
    this.#head = { status, fields, framing: framingOf(method, status, new Map(fields)) };
    return true;
  }

  #chunks(closed: boolean): RawReply | undefined {
    for (;;) {
      const end = this.#unread.indexOf('\r\n');
      const size = end < 0 ? Number.NaN : Number.parseInt(this.#unread.toString('latin1', 0, end), 16);
      if (size === 0) {
        const rest = this.#unread.subarray(end);
        const last = rest.indexOf('\r\n\r\n');
        if (last >= 0) {
          const trailers = rest.toString('latin1', 2, last + 2).toLowerCase();
          this.#unread = rest.subarray(last + 4);
          return this.#whole(trailers);
        }
      } else if (this.#unread.length >= end + 2 + size + 2) {
        this.#body.push(this.#unread.subarray(end + 2, end + 2 + size));
        this.#unread = this.#unread.subarray(end + 2 + size + 2);
        continue;
      }
      return closed ? this.#whole('', false) : undefined;
    }
  }

  #move(length: number): void {
    this.#body.push(this.#unread.subarray(0, length));
    this.#unread = this.#unread.subarray(length);
  }

  #whole(trailers: string, complete = true): RawReply {
    const { status, fields } = this.#head ?? { status: 0, fields: [] };
    const body = Buffer.concat(this.#body);
    this.#head = undefined;
    this.#body = [];
    return replyOf({ status, fields, body, trailers, complete });
  }
}

/** With its fields in order, without those of the connection. */
export function replyOf(reply: RawReply): RawReply {
  const told = reply.fields.filter(([name]) => !OF_THE_CONNECTION.has(name));
  return { ...reply, fields: told.toSorted(([one], [other]) => (one < other ? -1 : 1)) };
}

const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'date',
  'trailer',
]);

function framingOf(method: string, status: number, fields: ReadonlyMap<string, string>): Framing {
  if (method === 'HEAD' || status === 204 || status === 304 || status === 101) return { kind: 'none' };
  if (method === 'CONNECT' && status === 200) return { kind: 'none' };
  if (fields.get('transfer-encoding')?.toLowerCase() === 'chunked') return { kind: 'chunked' };
  const length = fields.get('content-length');
  return length === undefined ? { kind: 'close' } : { kind: 'length', left: Number(length) };
}

function event(socket: Socket, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    if (name !== 'close') socket.once('error', reject);
  });
}

import { connect, createServer, type Server, type Socket } from 'node:net';

/** A connection of the gateway to the server, as the relay's end of it is. */
export interface RelayedConnection {
  readonly localPort: number;
  readonly remotePort: number;
  /** Handed to the kernel for the gateway. */
  readonly delivered: number;
}

/**
 * A TCP relay between the gateway and a server, so that a test sees and disturbs what passes: it counts connections and
 * bytes, delivers byte by byte, and cuts.
 */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #accepted = new Set<Socket>();
  /** Deliver what the server says one byte at a time. */
  trickle = false;
  /** Refuses whoever comes, as a server that is down does; `cut` ends those who came before. */
  down = false;
  /** Cut every connection once so many more bytes came from the server. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  connections = 0;
  bytesToServer = 0;
  bytesFromServer = 0;

  static async before(target: { readonly host: string; readonly port: number }): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  readonly host = '127.0.0.1';

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the relay does not listen');
    return address.port;
  }

  /** The connections that were accepted and not closed, in order. */
  get accepted(): readonly RelayedConnection[] {
    return [...this.#accepted].map(({ localPort = 0, remotePort = 0, bytesWritten, writableLength }) => ({
      localPort,
      remotePort,
      delivered: bytesWritten - writableLength,
    }));
  }

  /** Ends every connection at once, as a crash of the server's machine would. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.connections++;
    if (this.down) return void client.resetAndDestroy();
    this.#accepted.add(client);
    client.on('close', () => this.#accepted.delete(client));
    const server = connect({ ...this.#target, noDelay: true });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      this.bytesToServer += bytes.length;
      if (!server.write(bytes)) pauseUntilDrained(client, server);
    });
    server.on('data', (bytes) => this.#fromServer(bytes, server, client));
  }

  #fromServer(bytes: Buffer, server: Socket, client: Socket): void {
    const kept = bytes.subarray(0, Math.max(0, this.cutAfterBytes));
    this.cutAfterBytes -= bytes.length;
    this.bytesFromServer += kept.length;
    if (this.trickle) {
      server.pause();
      writeSlowly(client, kept, () => server.resume());
    } else if (!client.write(kept)) {
      pauseUntilDrained(server, client);
    }
    if (this.cutAfterBytes < 0) {
      // What was sent before must arrive: the connection is closed, not reset.
      server.destroy();
      client.end();
    }
  }
}

function pauseUntilDrained(from: Socket, to: Socket): void {
  from.pause();
  to.once('drain', () => from.resume());
}

/** Of a long piece, so many bytes are written one by one; the rest follows at once. */
const SLOW_BYTES = 2_000;

/** One byte in each turn of the event loop, so that each is a read of its own at the other end. */
export function writeSlowly(socket: Socket, bytes: Buffer, done: () => void): void {
  const next = (at: number): void => {
    if (at >= bytes.length || socket.destroyed) return done();
    const end = at < SLOW_BYTES ? at + 1 : bytes.length;
    socket.write(bytes.subarray(at, end), () => setImmediate(next, end));
  };
  next(0);
}

import { createServer, type Server, type Socket } from 'node:net';
import { Fault } from '../model/fault.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ReadBuffers } from '../wire/read-buffers.ts';
import { SocketStream } from '../wire/socket-stream.ts';
import { GatewayAdmission, type GatewayParts } from './admission.ts';
import { Connections } from './connections.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** A native port of one protocol. Connections beyond the limits are closed before a byte is read. */
export class Listener<Upstream extends AsyncDisposable, Greeting> implements AsyncDisposable {
  readonly #server: Server;
  readonly #protocol: Protocol<Upstream, Greeting>;
  readonly #gateway: GatewayParts;
  readonly #buffers: ReadBuffers;
  readonly #connections: Connections;

  static async open<Upstream extends AsyncDisposable, Greeting>(
    address: ListenAddress,
    protocol: Protocol<Upstream, Greeting>,
    gateway: GatewayParts,
    connections = new Connections(gateway),
  ): Promise<Listener<Upstream, Greeting>> {
    const listener = new Listener(protocol, gateway, connections);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen({ ...address, backlog: 1024 }, () => {
        listener.#server.off('error', reject);
        resolve();
      });
    });
    listener.#server.on('error', (error) => gateway.onFault(error, 'listener'));
    return listener;
  }

  private constructor(protocol: Protocol<Upstream, Greeting>, gateway: GatewayParts, connections: Connections) {
    this.#connections = connections;
    this.#protocol = protocol;
    this.#gateway = gateway;
    this.#buffers = new ReadBuffers(gateway.limits.readBufferBytes);
    this.#server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Fault('internal', 'the listener has no port');
    return address.port;
  }

  /** True while connections are taken. */
  get listening(): boolean {
    return this.#server.listening;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes no more connections. Those that are not yet admitted are closed; sessions are drained by their owner. */
  stop(): void {
    this.#server.close();
    this.#connections.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    this.#connections.destroy();
    return Promise.resolve();
  }

  #accept(socket: Socket): void {
    if (!this.#connections.haveRoom) {
      socket.destroy();
      return;
    }
    const stream = SocketStream.over(socket, {
      maxAheadBytes: this.#gateway.limits.maxClientAheadBytes,
      bulkViews: this.#protocol.readsViews === true,
      buffers: this.#buffers,
    });
    void this.#connections.serve(
      stream,
      this.#protocol,
      (onAdmitted) => new GatewayAdmission(stream, this.#protocol, this.#gateway, onAdmitted),
    );
  }
}

import { createServer, type Server, type Socket } from 'node:net';
import { Fault } from '../model/fault.ts';
import { Refused } from '../model/refusal.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { PeerLeft } from '../wire/peer-left.ts';
import { ReadBuffers } from '../wire/read-buffers.ts';
import { SocketStream } from '../wire/socket-stream.ts';
import { GatewayAdmission, type GatewayParts } from './admission.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/**
 * A native port of one protocol. Every connection is served alone: its faults end it and nothing else. Connections
 * beyond the limits are closed before a byte is read.
 */
export class Listener<Upstream extends AsyncDisposable, Greeting> implements AsyncDisposable {
  readonly #server: Server;
  readonly #protocol: Protocol<Upstream, Greeting>;
  readonly #gateway: GatewayParts;
  readonly #buffers: ReadBuffers;
  readonly #connections = new Map<SocketStream, { admitted: boolean }>();
  #unauthenticated = 0;

  static async open<Upstream extends AsyncDisposable, Greeting>(
    address: ListenAddress,
    protocol: Protocol<Upstream, Greeting>,
    gateway: GatewayParts,
  ): Promise<Listener<Upstream, Greeting>> {
    const listener = new Listener(protocol, gateway);
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

  private constructor(protocol: Protocol<Upstream, Greeting>, gateway: GatewayParts) {
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

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes no more connections. Those that are not yet admitted are closed; sessions are drained by their owner. */
  stop(): void {
    this.#server.close();
    for (const [stream, { admitted }] of this.#connections) if (!admitted) stream.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    for (const stream of this.#connections.keys()) stream.destroy();
    return Promise.resolve();
  }

  #accept(socket: Socket): void {
    const { maxConnections, maxUnauthenticatedConnections, maxClientAheadBytes } = this.#gateway.limits;
    if (this.#connections.size >= maxConnections || this.#unauthenticated >= maxUnauthenticatedConnections) {
      socket.destroy();
      return;
    }
    const stream = SocketStream.over(socket, {
      maxAheadBytes: maxClientAheadBytes,
      bulkViews: false,
      buffers: this.#buffers,
    });
    void this.#serve(stream);
  }

  async #serve(stream: SocketStream): Promise<void> {
    const state = { admitted: false };
    this.#connections.set(stream, state);
    this.#unauthenticated++;
    const deadline = setTimeout(() => stream.destroy(), this.#gateway.limits.admissionDeadlineMs);
    const onAdmitted = (): void => {
      clearTimeout(deadline);
      state.admitted = true;
      this.#unauthenticated--;
    };
    try {
      await this.#protocol.serve(stream, new GatewayAdmission(stream, this.#protocol, this.#gateway, onAdmitted));
      await stream.end();
    } catch (fault) {
      stream.destroy();
      if (!expected(fault)) this.#gateway.onFault(fault, stream.peer);
    } finally {
      clearTimeout(deadline);
      if (!state.admitted) this.#unauthenticated--;
      this.#connections.delete(stream);
    }
  }
}

/** A client that leaves and a request that is refused are everyday; all else is worth an operator's look. */
function expected(fault: unknown): boolean {
  return fault instanceof PeerLeft || fault instanceof Refused;
}

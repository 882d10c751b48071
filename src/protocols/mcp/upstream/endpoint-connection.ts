import type { ClientConnection, IncomingReply, OutgoingRequest } from '../../http/message.ts';

/** A connection on which everything is asked at one path: an MCP server has no other, whatever its client was told. */
export class EndpointConnection implements ClientConnection {
  readonly #inner: ClientConnection;
  readonly #path: string;

  constructor(inner: ClientConnection, path: string) {
    this.#inner = inner;
    this.#path = path;
  }

  get version(): '1.1' | '2' {
    return this.#inner.version;
  }

  get reusable(): boolean {
    return this.#inner.reusable;
  }

  send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    const query = request.target.indexOf('?');
    const target = query < 0 ? this.#path : `${this.#path}${request.target.slice(query)}`;
    return this.#inner.send({ ...request, target }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

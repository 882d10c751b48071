import type { JsonValue } from '../../model/http.ts';
import type { IncomingRequest } from '../http/message.ts';
import type { HttpPart } from '../http/parts.ts';
import type { WaitingNotice } from '../protocol.ts';
import { objectAt } from './canonical-json.ts';
import { eventOf } from './events.ts';
import { McpPart } from './mcp-part.ts';
import type { RpcRequest } from './message.ts';

/** So often a client that waits is told so: proxies close what is silent for half a minute. */
const ALIVE_MS = 10_000;

/** A stream of events that was opened to a client while people are asked; what comes of its request goes into it. */
export class HeldStream {
  readonly #incoming: IncomingRequest;
  readonly #timer: NodeJS.Timeout;
  readonly #request: RpcRequest;
  readonly #notice: WaitingNotice;
  #told = 0;

  constructor(incoming: IncomingRequest, request: RpcRequest, notice: WaitingNotice) {
    this.#incoming = incoming;
    this.#request = request;
    this.#notice = notice;
    const fields = [
      ['content-type', 'text/event-stream'],
      ['cache-control', 'no-store'],
    ] as const;
    this.#sent(incoming.respond({ status: 200, fields }, 'unknown'));
    this.#tell();
    this.#timer = setInterval(() => this.#tell(), ALIVE_MS);
    this.#timer.unref();
    incoming.signal.addEventListener('abort', () => clearInterval(this.#timer), { once: true });
  }

  /** A part of the reply that came after all, as events. */
  reply(part: HttpPart): Promise<void> | undefined {
    clearInterval(this.#timer);
    const isEvents = part instanceof McpPart && part.said.kind === 'events';
    const bytes = part.body.length === 0 || isEvents ? part.body : this.#eventFor(part);
    if (bytes.length > 0) this.#sent(this.#incoming.write(bytes));
    return part.trailers === undefined ? undefined : this.#incoming.end();
  }

  end(message: JsonValue): void {
    clearInterval(this.#timer);
    this.#sent(this.#incoming.write(eventOf(JSON.stringify(message))));
    this.#sent(this.#incoming.end());
  }

  /** What is no message cannot stand in a stream of them: the server's own page of an error, say. */
  #eventFor(part: HttpPart): Buffer {
    if (part instanceof McpPart && part.said.kind === 'message') return eventOf(part.body.toString('utf8'));
    const error = { code: -32603, message: 'the target answered with what is no message of MCP' };
    return eventOf(JSON.stringify({ jsonrpc: '2.0', id: this.#request.id, error }));
  }

  #tell(): void {
    const { url, approval } = this.#notice;
    this.#sent(this.#incoming.write(Buffer.from(`: waiting for the approval ${approval}\n\n`)));
    const token = objectAt(this.#request.params, '_meta')['progressToken'];
    if (typeof token !== 'string' && typeof token !== 'number') return;
    this.#told++;
    const params = {
      progressToken: token,
      progress: this.#told,
      message: `Waiting for people to approve this at ${url}`,
    };
    const notification = { jsonrpc: '2.0', method: 'notifications/progress', params };
    this.#sent(this.#incoming.write(eventOf(JSON.stringify(notification))));
  }

  /** Who does not take it has gone, which the connection tells. */
  #sent(writing: Promise<void> | undefined): void {
    writing?.catch(() => undefined);
  }
}

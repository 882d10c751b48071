import type { Fields, IncomingRequest } from '../../http/message.ts';
import { eventOf } from '../upstream/event-stream.ts';
import type { JsonObject } from './lossless-json.ts';

/** How often a client that waits hears that it still does, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;
const COMMENT = Buffer.from(': still there\n\n');
const STREAM: Fields = [
  ['content-type', 'text/event-stream'],
  ['cache-control', 'no-store'],
  ['x-accel-buffering', 'no'],
];

/** The answer to one request of a client: one message, or a stream of events as soon as there is more than that. */
export class ClientReply {
  readonly #incoming: IncomingRequest;
  readonly #fields: Fields;
  readonly #mayStream: boolean;
  readonly #timer: NodeJS.Timeout;
  #state: 'none' | 'streams' | 'over' = 'none';

  /** `fields` are on the answer in any case. */
  constructor(incoming: IncomingRequest, mayStream: boolean, fields: Fields = []) {
    this.#incoming = incoming;
    this.#mayStream = mayStream;
    this.#fields = fields;
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS);
    this.#timer.unref();
    incoming.signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  /** Begins the stream, before there is anything to say. */
  open(): void {
    if (this.#state !== 'none' || !this.#mayStream) return;
    this.#state = 'streams';
    ignoreLeft(this.#incoming.respond({ status: 200, fields: [...STREAM, ...this.#fields] }, 'unknown'));
  }

  /** Says something before the answer; false where this client takes no stream. A promise while it is slow. */
  async say(message: JsonObject): Promise<boolean> {
    this.open();
    if (this.#state !== 'streams') return false;
    await this.#incoming.write(eventOf(JSON.stringify(message)));
    return true;
  }

  /** The answer, after which nothing comes. */
  async answer(message: JsonObject, status = 200): Promise<void> {
    if (this.#state === 'over') return;
    const isStream = this.#state === 'streams';
    this.#close();
    const body = isStream ? eventOf(JSON.stringify(message)) : Buffer.from(JSON.stringify(message), 'utf8');
    if (!isStream) {
      const fields = [...JSON_FIELDS, ...this.#fields];
      ignoreLeft(this.#incoming.respond({ status, fields }, body.length));
    }
    await this.#incoming.write(body);
    await this.#incoming.end();
  }

  /** Nothing more is said: of a stream its end, else an answer without a body. */
  async end(status = 202): Promise<void> {
    if (this.#state === 'over') return;
    const isStream = this.#state === 'streams';
    this.#close();
    if (!isStream) ignoreLeft(this.#incoming.respond({ status, fields: this.#fields }, 0));
    await this.#incoming.end();
  }

  #keepAlive(): void {
    this.open();
    if (this.#state === 'streams') ignoreLeft(this.#incoming.write(COMMENT));
  }

  #close(): void {
    clearInterval(this.#timer);
    this.#state = 'over';
  }
}

const JSON_FIELDS: Fields = [
  ['content-type', 'application/json'],
  ['cache-control', 'no-store'],
];

/** That a client has gone is told by its own signal. */
function ignoreLeft(slow: Promise<void> | undefined): void {
  slow?.catch(() => undefined);
}

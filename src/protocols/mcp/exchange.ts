import { Fault } from '../../model/fault.ts';
import type { JsonValue } from '../../model/http.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Part } from '../../model/reply.ts';
import type { Request } from '../../model/request.ts';
import { answer } from '../http/answers.ts';
import { HttpExchange, type HttpExchangeParts } from '../http/exchange.ts';
import { fieldOf } from '../http/forwarded-head.ts';
import type { LayeredExchange } from '../http/layer.ts';
import { HttpPart } from '../http/parts.ts';
import { toldRefusal } from '../http/refusal.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { Forward, WaitingNotice } from '../protocol.ts';
import type { HeldCalls } from './held-calls.ts';
import { HeldStream } from './held-stream.ts';
import type { Asked } from './inspect.ts';
import { toldMessage } from './refusals.ts';
import { ReplyReader, type ReplyRules } from './reply-reader.ts';
import { elicited, type UrlWay } from './url-approval.ts';

export interface McpExchangeParts {
  readonly http: HttpExchangeParts;
  readonly asked: Asked;
  readonly rules: ReplyRules;
  /** In place of the refusal's own status: an id of a session that nobody knows. */
  readonly status: number | undefined;
  /** How a client is shown where people answer, where it can be. */
  readonly urlWay: UrlWay | undefined;
  readonly held: HeldCalls;
  /** The run, the target and the session, which alone can take a request back. */
  readonly whose: readonly string[];
}

/** One message of a client, and what comes back: its HTTP exchange, with the reply's messages looked into one by one. */
export class McpExchange implements LayeredExchange {
  readonly request: Request;
  readonly patienceMs: number;
  readonly #parts: McpExchangeParts;
  readonly #inner: HttpExchange;
  #held: HeldStream | undefined;
  #waiting: WaitingNotice | undefined;
  #forget: (() => void) | undefined;
  /** True once the reply's own head was given to the client. */
  #begun = false;
  #over = false;

  constructor(parts: McpExchangeParts) {
    this.#parts = parts;
    this.#inner = new HttpExchange(parts.http);
    this.request = this.#inner.request;
    // Who can be shown the place does not wait here.
    this.patienceMs = parts.urlWay === undefined ? parts.http.patienceMs : 0;
  }

  async *forward(call: Forward<HttpUpstream>): AsyncGenerator<Part> {
    this.#forget?.();
    this.#takeBack();
    const reader = new ReplyReader(this.#parts.rules, this.#parts.asked, call.upstream);
    try {
      // What is masked or not, messages must be whole to be looked into.
      for await (const part of this.#inner.forward({ ...call, whole: true, metered: false })) {
        if (part instanceof HttpPart) yield* reader.read(part);
      }
    } catch (cause) {
      if (cause instanceof RangeError)
        throw new Fault('upstream-protocol', `the target sent what is too long: ${cause.message}`);
      throw cause;
    }
  }

  reply(part: HttpPart): Promise<void> | undefined {
    if (part.trailers !== undefined) this.#over = true;
    if (this.#held !== undefined) return this.#held.reply(part);
    this.#begun = true;
    return this.#inner.reply(part);
  }

  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  waiting(notice: WaitingNotice): undefined {
    this.#waiting = notice;
    const { http, asked, urlWay } = this.#parts;
    if (this.patienceMs === 0 || urlWay !== undefined) return;
    if (asked.kind !== 'message' || asked.message.kind !== 'request') return;
    const { held, whose } = this.#parts;
    // Who took it back gets no answer to it: its stream ends, and what was asked of people with it.
    this.#forget = held.hold(whose, asked.message.id, () => http.incoming.abort());
    http.incoming.signal.addEventListener('abort', this.#forget, { once: true });
    const accept = fieldOf(http.incoming.head.fields, 'accept') ?? '';
    if (accept.includes('text/event-stream')) this.#held = new HeldStream(http.incoming, asked.message, notice);
  }

  tell(refusal: Refusal, status: number | undefined = this.#parts.status): void {
    this.#forget?.();
    if (this.#over) return;
    const { http, asked, urlWay } = this.#parts;
    const isPending = refusal.code === 'approval-pending' && this.#waiting !== undefined;
    const told =
      isPending && urlWay !== undefined && this.#waiting !== undefined
        ? elicited(asked, urlWay, this.#waiting)
        : toldMessage(asked, refusal, { waiting: this.#waiting, status });
    if (this.#begun) {
      this.#over = true;
      http.incoming.abort();
    } else if (this.#held !== undefined && told !== undefined) {
      this.#over = true;
      this.#held.end(told.message);
    } else if (told === undefined) {
      this.#over = true;
      const { where } = http;
      answer(http.incoming, toldRefusal(refusal, { status, proxied: where.proxied, waiting: this.#waiting }));
    } else {
      this.#over = true;
      answer(http.incoming, inJson(told.message, told.status, refusal));
    }
  }

  /** A call that waits for people is no server's yet: nobody else could take it back. */
  #takeBack(): void {
    const { asked, held, whose } = this.#parts;
    if (asked.kind !== 'message' || asked.message.kind !== 'notification') return;
    const { method, params } = asked.message;
    const id = method === 'notifications/cancelled' ? params['requestId'] : undefined;
    if (typeof id === 'string' || typeof id === 'number') held.takeBack(whose, id);
  }
}

function inJson(message: JsonValue, status: number, { code }: Refusal): Parameters<typeof answer>[1] {
  const fields = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['chaperone-refusal', code],
  ] as const;
  return { head: { status, fields }, body: Buffer.from(JSON.stringify(message)) };
}

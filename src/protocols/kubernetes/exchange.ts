import type { Refusal } from '../../model/refusal.ts';
import type { Part } from '../../model/reply.ts';
import type { Request } from '../../model/request.ts';
import { answer } from '../http/answers.ts';
import { HttpExchange, type HttpExchangeParts } from '../http/exchange.ts';
import type { LayeredExchange } from '../http/layer.ts';
import { HttpPart } from '../http/parts.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { Approved, Forward, WaitingNotice } from '../protocol.ts';
import type { Asked } from './inspect.ts';
import { toldEvent, toldStatus, warningOf } from './status.ts';
import { unmaskableStream } from './streams/open-stream.ts';

export interface KubernetesExchangeParts {
  readonly http: HttpExchangeParts;
  readonly asked: Asked | undefined;
  /** True where what is asked for is secret by its kind. */
  readonly isSecret: boolean;
  /** Throws `Refused` where what people approved is not what is there any more. */
  readonly checkApproved: (seen: string, upstream: HttpUpstream, signal: AbortSignal) => Promise<void>;
}

/** One request to a cluster, and what comes back: its HTTP exchange, refused as API servers refuse. */
export class KubernetesExchange implements LayeredExchange {
  readonly request: Request;
  declare readonly input?: AsyncIterable<Part>;
  readonly patienceMs: number;
  readonly #parts: KubernetesExchangeParts;
  readonly #inner: HttpExchange;
  #waiting: WaitingNotice | undefined;
  #approved: Approved | undefined;
  /** One, but where people were asked more than once. */
  readonly #seen = new Set<string>();
  #begun = false;
  #over = false;
  /** The last byte that the client was given of the reply's body. */
  #last = LINE;
  #isWatch = false;

  constructor(parts: KubernetesExchangeParts) {
    this.#parts = parts;
    this.#inner = new HttpExchange(parts.http);
    this.request = this.#inner.request;
    this.patienceMs = this.#inner.patienceMs;
    if (this.#inner.input !== undefined) this.input = this.#inner.input;
  }

  async *forward(call: Forward<HttpUpstream>): AsyncGenerator<Part> {
    for (const seen of this.#seen) await this.#parts.checkApproved(seen, call.upstream, call.signal);
    for await (const part of this.#inner.forward(call)) {
      yield part instanceof HttpPart && part.head !== undefined ? this.#warned(part, call.whole) : part;
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (part instanceof HttpPart) {
      if (part.head !== undefined) this.#isWatch = this.#parts.asked?.info.verb === 'watch' && part.head.status === 200;
      this.#begun = true;
      this.#over ||= part.trailers !== undefined;
      this.#last = part.body.at(-1) ?? this.#last;
    }
    return this.#inner.reply(part);
  }

  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  stop(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  unmaskable(): Refusal | undefined {
    return unmaskableStream(this.#parts.http);
  }

  waiting(notice: WaitingNotice): undefined {
    this.#waiting = notice;
  }

  approved(approved: Approved): void {
    this.#approved = approved;
    if (approved.seen !== undefined) this.#seen.add(approved.seen);
  }

  tell(refusal: Refusal, status: number | undefined = this.#parts.asked?.status): void {
    if (this.#over) return;
    const { http, asked } = this.#parts;
    const telling = { status, waiting: this.#waiting, info: asked?.info };
    if (!this.#begun) {
      this.#over = true;
      return answer(http.incoming, toldStatus(refusal, telling));
    }
    // In the middle of an event nothing can be said.
    if (!this.#isWatch || this.#last !== LINE) return this.#inner.tell(refusal, status);
    this.#over = true;
    const isSlow = [http.incoming.write(toldEvent(refusal, telling)), http.incoming.end()];
    // Whoever does not take it has gone, which the connection tells.
    for (const slow of isSlow) slow?.catch(() => undefined);
  }

  /** What a person before a client should know of the reply. */
  #warned(part: HttpPart, isMasked: boolean): HttpPart {
    const { head } = part;
    const warnings = [
      ...(this.#approved === undefined ? [] : [`Chaperone: approved by people, ${this.#approved.approval}`]),
      ...(isMasked && this.#parts.isSecret && (head?.status ?? 500) < 300 ? [MASKED] : []),
    ].map(warningOf);
    return head === undefined || warnings.length === 0
      ? part
      : part.withHead({ ...head, fields: [...head.fields, ...warnings] });
  }
}

const LINE = 0x0a;
const MASKED = 'Chaperone masks values of Secrets; what stands in their place cannot be written back';

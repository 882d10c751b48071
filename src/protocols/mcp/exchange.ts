import { Fault } from '../../model/fault.ts';
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
import { answerInJson } from './answer-in-json.ts';
import { eventOf } from './events.ts';
import type { HeldCalls } from './held-calls.ts';
import { HeldStream } from './held-stream.ts';
import type { Asked } from './inspect.ts';
import { McpPart } from './mcp-part.ts';
import { toldMessage } from './refusals.ts';
import { ReplyReader, type ReplyRules } from './reply-reader.ts';
import { takesTask } from './tasks/offer.ts';
import type { TaskWay } from './tasks/task-way.ts';
import { elicited, type UrlWay } from './url-approval.ts';
import { isModern } from './versions.ts';

export interface McpExchangeParts {
  readonly http: HttpExchangeParts;
  readonly asked: Asked;
  readonly rules: ReplyRules;
  /** In place of the refusal's own status: an id of a session that nobody knows. */
  readonly status: number | undefined;
  /** How the call becomes a task, where its client takes one. */
  readonly taskWay: TaskWay | undefined;
  /** How a client is shown where people answer, where it can be. */
  readonly urlWay: UrlWay | undefined;
  readonly held: HeldCalls;
  /** The run, the target and the session, which alone can take a request back. */
  readonly whose: readonly string[];
}

/** One message of a client, and what comes back: its HTTP exchange, with the reply's messages looked into one by one. */
export class McpExchange implements LayeredExchange {
  readonly request: Request;
  declare readonly apart?: Promise<'apart'>;
  readonly #parts: McpExchangeParts;
  readonly #inner: HttpExchange;
  #held: HeldStream | undefined;
  #waiting: WaitingNotice | undefined;
  #forget: (() => void) | undefined;
  /** True once it was sent to the server: from then on it would be done twice, were it asked for again. */
  #isSent = false;
  /** What of the reply was given to the client. */
  #begun: 'nothing' | 'message' | 'events' = 'nothing';
  /** True where a budget ends the reply, and not what broke. */
  #isStopped = false;
  #over = false;

  constructor(parts: McpExchangeParts) {
    this.#parts = parts;
    this.#inner = new HttpExchange(parts.http);
    this.request = this.#inner.request;
    if (parts.taskWay !== undefined) this.apart = parts.taskWay.apart;
  }

  /** Who can be shown the place does not wait here; nobody waits for the answer to a task. */
  get patienceMs(): number | undefined {
    const { http, taskWay, urlWay } = this.#parts;
    if (this.#isSent || taskWay !== undefined) return undefined;
    return urlWay === undefined ? http.patienceMs : 0;
  }

  async *forward(call: Forward<HttpUpstream>): AsyncGenerator<Part> {
    const { taskWay, rules, asked } = this.#parts;
    this.#forget?.();
    this.#takeBack();
    this.#isSent = true;
    taskWay?.runs();
    const reader = new ReplyReader(rules, asked, call.upstream, call.metered);
    try {
      // What is masked or not, messages must be whole to be looked into.
      for await (const part of this.#inner.forward({ ...call, whole: true })) {
        if (part instanceof HttpPart) yield* reader.read(part);
        else yield part;
      }
    } catch (cause) {
      if (cause instanceof RangeError)
        throw new Fault('upstream-protocol', `the target sent what is too long: ${cause.message}`);
      throw cause;
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof HttpPart)) return undefined;
    if (part.trailers !== undefined) this.#over = true;
    if (this.#parts.taskWay?.task !== undefined) return this.#parts.taskWay.reply(part);
    if (this.#held !== undefined) return this.#held.reply(part);
    if (part.head !== undefined) {
      this.#begun = part instanceof McpPart && part.said.kind === 'events' ? 'events' : 'message';
    }
    return this.#inner.reply(part);
  }

  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  /** A message is whole or not there, so what a budget cuts off is answered as what is refused. */
  stop(refusal: Refusal): Promise<void> {
    this.#isStopped = true;
    this.tell(refusal);
    return Promise.resolve();
  }

  waiting(notice: WaitingNotice): undefined {
    this.#waiting = notice;
    const { http, asked, urlWay, taskWay } = this.#parts;
    if (asked.kind !== 'message' || asked.message.kind !== 'request' || this.#begun !== 'nothing') return;
    if (taskWay?.waits(notice) === true) return;
    if (this.patienceMs === 0 || (urlWay !== undefined && !this.#isSent)) return;
    const { held, whose } = this.#parts;
    // Who took it back gets no answer to it: its stream ends, and what was asked of people with it.
    this.#forget = held.hold(whose, asked.message.id, () => http.incoming.abort());
    http.incoming.signal.addEventListener('abort', this.#forget, { once: true });
    const accept = fieldOf(http.incoming.head.fields, 'accept') ?? '';
    if (accept.includes('text/event-stream')) this.#held ??= new HeldStream(http.incoming, asked.message, notice);
  }

  tell(refusal: Refusal, status: number | undefined = this.#parts.status): void {
    this.#forget?.();
    if (this.#over) return;
    this.#over = true;
    const { http, asked, urlWay, taskWay } = this.#parts;
    const isPending = refusal.code === 'approval-pending' && this.#waiting !== undefined;
    const told =
      isPending && urlWay !== undefined && this.#waiting !== undefined
        ? elicited(asked, urlWay, this.#waiting)
        : toldMessage(asked, refusal, { waiting: this.#waiting, status, asError: this.#wantsTask });
    if (taskWay?.task !== undefined) taskWay.refused(told?.message, refusal);
    else if (this.#held !== undefined && told !== undefined) this.#held.end(told.message);
    else if (this.#isStopped && this.#begun === 'events' && told !== undefined)
      this.#endWith(eventOf(JSON.stringify(told.message)));
    else if (this.#begun !== 'nothing') http.incoming.abort();
    else if (told !== undefined) answerInJson(http.incoming, told, refusal);
    else {
      const { where } = http;
      answer(http.incoming, toldRefusal(refusal, { status, proxied: where.proxied, waiting: this.#waiting }));
    }
  }

  /** Its client has asked for a task, and was given none: it takes no result of a call. */
  get #wantsTask(): boolean {
    const { asked, taskWay } = this.#parts;
    if (taskWay?.task !== undefined || asked.kind !== 'message' || asked.message.kind !== 'request') return false;
    return taskWay?.always === true || (!isModern(asked.version) && takesTask(asked.message, asked.version));
  }

  /** The answer to what was asked, as the last event of a stream that has begun. */
  #endWith(event: Buffer): void {
    const { http, asked } = this.#parts;
    const isAsked = asked.kind === 'message' && asked.message.kind === 'request';
    if (!isAsked) return http.incoming.abort();
    // Who does not take it has gone, which the connection tells.
    for (const slow of [http.incoming.write(event), http.incoming.end()]) slow?.catch(() => undefined);
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

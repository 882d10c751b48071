import type { Refusal } from '../../model/refusal.ts';
import { answer, errorShapeOf } from './answers.ts';
import { ContentCoder, codingFor } from './mask/content-coder.ts';
import { codingsOf } from './mask/plain-reply.ts';
import type { Fields, IncomingRequest, ReplyHead } from './message.ts';
import type { HttpPart } from './parts.ts';
import { type Telling, toldRefusal } from './refusal.ts';
import type { Relay } from './relay.ts';
import { replyHeadFor, type Whereabouts } from './reply-head.ts';

/** What a client is told on one request: a reply in parts, or why there is none. */
export class ClientAnswer {
  readonly #incoming: IncomingRequest;
  readonly #where: Whereabouts;
  #state: 'none' | 'begun' | 'over' = 'none';
  /** Puts on what the target's coding was, where the reply was taken out of it. */
  #coder: ContentCoder | undefined;

  constructor(incoming: IncomingRequest, where: Whereabouts) {
    this.#incoming = incoming;
    this.#where = where;
  }

  /** What is told has the content coding that the target's own reply has, where the client takes it. */
  codeAs({ fields }: ReplyHead): void {
    const coding = codingFor(codingsOf(fields), this.#incoming.head.fields);
    if (coding !== undefined) this.#coder = new ContentCoder(coding);
  }

  reply(part: HttpPart): Promise<void> | undefined {
    const { head, body, trailers } = part;
    if (this.#coder !== undefined) return this.#replyCoded(this.#coder, part);
    if (head !== undefined) this.#state = 'begun';
    let slow = head && this.#incoming.respond(replyHeadFor(head, this.#where), part.length);
    if (body.length > 0) slow = after(slow, this.#incoming.write(body));
    if (trailers === undefined) return slow;
    this.#state = 'over';
    return after(slow, this.#incoming.end(trailers));
  }

  /** Of what both sides speak once they have agreed on it. */
  relay(relay: Relay, { head, body, trailers }: HttpPart): Promise<void> | undefined {
    this.#state = trailers === undefined ? 'begun' : 'over';
    if (head !== undefined) relay.accept(head);
    const slow = body.length > 0 ? relay.write(body) : undefined;
    return trailers === undefined ? slow : after(slow, relay.end());
  }

  /**
   * Says why nothing came of it, where there still is a way to: `relay` may have one once both sides speak what they agreed
   * on. A reply that has begun is broken off else.
   */
  refuse(refusal: Refusal, telling: Pick<Telling, 'status' | 'waiting'>, relay?: Relay): void {
    const before = this.#state;
    this.#state = 'over';
    this.#coder?.destroy();
    if (before === 'begun' && relay?.refuse !== undefined) return relay.refuse(refusal);
    if (before === 'begun') this.#incoming.abort();
    if (before !== 'none') return;
    const { proxied } = this.#where;
    answer(this.#incoming, toldRefusal(refusal, { ...telling, ...errorShapeOf(this.#incoming), proxied }));
  }

  /** A short body that its coding would make longer goes without. */
  async #replyCoded(coder: ContentCoder, { head, body, trailers }: HttpPart): Promise<void> {
    this.#state = 'begun';
    const coded = trailers === undefined ? await coder.push(body) : await coder.end(body);
    if (this.#isOver()) return;
    const isOne = head !== undefined && trailers?.length === 0;
    const sent = isOne && coded.length >= body.length ? body : coded;
    let slow: Promise<void> | undefined;
    if (head !== undefined) {
      const fields: Fields = sent === coded ? [...head.fields, ['content-encoding', coder.coding]] : head.fields;
      slow = this.#incoming.respond(replyHeadFor({ ...head, fields }, this.#where), isOne ? sent.length : 'unknown');
    }
    if (sent.length > 0) slow = after(slow, this.#incoming.write(sent));
    if (trailers !== undefined) {
      this.#state = 'over';
      slow = after(slow, this.#incoming.end(trailers));
    }
    await slow;
  }

  /** Asked again where somebody may have refused meanwhile. */
  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** Both are waited for, where either takes its time. */
function after(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(() => undefined);
}

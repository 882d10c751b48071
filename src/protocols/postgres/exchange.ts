import type { Refusal } from '../../model/refusal.ts';
import type { Part } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { Exchange, Forward, SessionBounds, WaitingNotice } from '../protocol.ts';
import { statementsOf } from './batch-statements.ts';
import { bindRequest } from './bind-request.ts';
import { boundReply, isSettled } from './bound-reply.ts';
import { uncountable } from './changed-rows.ts';
import type { ClientMessages } from './client-messages.ts';
import type { ClientState } from './client-state.ts';
import { BodyReader } from './codec.ts';
import { CopyInput } from './copy-input.ts';
import { describePortal, noticeResponse, parse, readyForQuery, sync } from './messages.ts';
import type { MakePart } from './metered-reader.ts';
import { MeteredReply } from './metered-reply.ts';
import { refusalResponse } from './refusal.ts';
import { PassedPart, PassingReader, WholeReader } from './reply-reader.ts';
import { ReplyRewriter } from './reply-rewriter.ts';
import { ReplyState } from './reply-state.ts';
import type { Action, PostgresRequest } from './request.ts';
import type { PostgresUpstream } from './upstream.ts';

/** One simple query, or one batch of the extended protocol up to its barrier, and its reply. */
export class PostgresExchange implements Exchange<PostgresUpstream> {
  readonly request: PostgresRequest;
  readonly input: CopyInput;
  /** True once an error was sent in a batch that ends with Flush: messages are discarded until Sync. */
  discardsUntilSync = false;
  /** True where the reply broke off within a message: nothing can be said to the client after that. */
  isTorn = false;
  /** Pending while the client has not taken a refusal; the next exchange waits for it. */
  unsent: Promise<void> | undefined;
  #reply: MeteredReply | undefined;
  #bounds: SessionBounds | undefined;
  readonly #client: Pick<ByteStream, 'write'>;
  readonly #state: ClientState;

  constructor(
    request: PostgresRequest,
    client: Pick<ByteStream, 'write'>,
    messages: ClientMessages,
    state: ClientState,
  ) {
    this.request = request;
    this.#client = client;
    this.#state = state;
    state.rowLimit = undefined;
    this.input = new CopyInput(messages, request.barrier === 'sync' ? 'sync' : 'copy-end');
  }

  forward(call: Forward<PostgresUpstream>): AsyncIterable<Part> {
    const settings = this.#state.bound;
    const { actions, barrier } = this.request;
    // A Sync by itself needs no settings, and may be what a server waits for that takes nothing else.
    if (settings === undefined || (actions.length === 0 && barrier !== 'query')) return this.#replies(call);
    const bound = { call, settings, bounds: this.#bounds, request: this.request, client: this.#state };
    if (isSettled(bound)) return this.#replies(call);
    return boundReply(
      bound,
      () => this.#replies(call),
      () => this.#notSent(),
    );
  }

  #replies(call: Forward<PostgresUpstream>): AsyncIterable<Part> {
    return call.metered ? this.#metered(call) : this.#passed(call);
  }

  #notSent(): void {
    this.input.stop();
    this.discardsUntilSync = this.request.barrier === 'flush';
  }

  bind(bounds: SessionBounds, upstream: PostgresUpstream): Refusal | undefined {
    this.#bounds = bounds;
    return bindRequest(bounds, this.request, this.#state, upstream.status === 'I' && !upstream.unsynced);
  }

  async *#metered({ upstream, input, whole, signal }: Forward<PostgresUpstream>): AsyncIterable<Part> {
    const plan = whole ? withHiddenDescribes(this.request) : this.request;
    const rewriter = whole ? new ReplyRewriter(plan.actions, this.#state.catalogue) : undefined;
    const make: MakePart = (wire, result) => rewriter?.part(wire, result) ?? new PassedPart(wire, result);
    const { request } = this;
    const reply = new MeteredReply({ request, plan, client: this.#state, upstream, input, make, whole });
    this.#reply = reply;
    upstream.begin(signal);
    upstream.sending(statementsOf(this.request.actions));
    try {
      yield* reply.take();
      await upstream.settle();
      upstream.finish();
    } catch (cause) {
      throw upstream.lost(cause);
    } finally {
      this.isTorn = reply.isTorn;
      this.input.stop();
      this.discardsUntilSync = reply.failed && request.barrier === 'flush';
    }
  }

  async *#passed({ upstream, input, whole, signal }: Forward<PostgresUpstream>): AsyncIterable<Part> {
    const plan = whole ? withHiddenDescribes(this.request) : this.request;
    const state = new ReplyState(this.request, plan.actions, this.#state, upstream);
    const reader = whole
      ? new WholeReader(state, new ReplyRewriter(plan.actions, this.#state.catalogue))
      : new PassingReader(state);
    upstream.begin(signal);
    upstream.sending(statementsOf(this.request.actions));
    if (this.request.barrier === 'flush') upstream.unsynced = true;
    const sending = send(upstream, plan.wire);
    let copying = false;
    try {
      while (!state.done) {
        const bytes = await upstream.next();
        if (bytes === null) throw upstream.lost();
        const part = reader.take(bytes);
        if (part !== undefined) yield part;
        if (state.copyIn && !copying) {
          copying = true;
          copyIn(upstream, input, sending).catch((fault: Error) => upstream.drop(fault));
        }
      }
      if (reader.rest !== undefined) upstream.unread(reader.rest);
      await upstream.settle();
    } catch (cause) {
      throw upstream.lost(cause);
    } finally {
      this.isTorn = reader.isTorn;
      this.input.stop();
      this.discardsUntilSync = state.failed && this.request.barrier === 'flush';
      if (state.done) upstream.finish();
    }
  }

  reply(part: Part): Promise<void> | undefined {
    return this.#client.write(part.wire);
  }

  /** What a server says after an error of its own: the transaction, if one is open, has failed there too. */
  async refuse(refusal: Refusal, upstream: PostgresUpstream): Promise<void> {
    if (upstream.status === 'T' || upstream.unsynced) await failTransaction(upstream, this.#state);
    this.#say(refusal, upstream);
  }

  #say(refusal: Refusal, upstream: PostgresUpstream): void {
    this.discardsUntilSync = this.request.barrier === 'flush';
    const words = refusalResponse(refusal);
    const said = this.discardsUntilSync ? words : Buffer.concat([words, readyForQuery(upstream.status)]);
    // Not awaited: a client that has read it may say goodbye before the kernel has told us that it was sent.
    this.unsent = this.#client.write(said)?.catch(ignoreWriteFault);
    this.#state.ready(upstream.status, true);
  }

  /** A reply is cut at a message's start, so the client reads an error next, as the server could have sent it. */
  async stop(refusal: Refusal, upstream: PostgresUpstream): Promise<void> {
    try {
      await this.#reply?.stop(() => failTransaction(upstream, this.#state));
    } catch (cause) {
      throw upstream.lost(cause);
    }
    this.isTorn = false;
    upstream.finish();
    this.#say(refusal, upstream);
  }

  uncountable(): string | undefined {
    return uncountable(this.request);
  }

  meaning(): readonly Operation[] {
    return this.request.reread();
  }

  /** A little less than the client's own statement_timeout, so that it hears why before it gives up. */
  get patienceMs(): number | undefined {
    const timeoutMs = this.#state.statementTimeoutMs;
    return timeoutMs === undefined ? undefined : timeoutMs - Math.min(timeoutMs / 10, MOST_HASTE_MS);
  }

  waiting({ groups, url, expiresAt }: WaitingNotice): Promise<void> | undefined {
    return this.#client.write(
      noticeResponse({
        severity: 'NOTICE',
        code: '00000',
        message: `chaperone: waiting for the approval of ${groups.join(' and ')}: ${url}`,
        hint: `The statement runs once it is approved, and is refused at ${expiresAt} if nobody answers.`,
      }),
    );
  }
}

const MOST_HASTE_MS = 1_000;

/**
 * Makes the server fail the open transaction, as it would have after an error of its own. The text names nothing of
 * the request: it is no SQL, so that it can do nothing but fail.
 */
async function failTransaction(upstream: PostgresUpstream, client: ClientState): Promise<void> {
  const state = new ReplyState({ barrier: 'sync' }, [], client, upstream);
  const reader = new PassingReader(state);
  const failing = Buffer.concat([parse('chaperone_refused', 'request refused by chaperone'), sync()]);
  await upstream.write(failing);
  while (!state.done) {
    const bytes = await upstream.next();
    if (bytes === null) throw upstream.lost();
    reader.take(bytes);
  }
  if (reader.rest !== undefined) upstream.unread(reader.rest);
  upstream.finish();
}

/** Messages leave together: one write for a batch. */
function send(upstream: PostgresUpstream, wire: readonly Buffer[]): Promise<void> | undefined {
  const [first] = wire;
  const sending = upstream.write(wire.length === 1 && first !== undefined ? first : Buffer.concat(wire));
  // A failed write shows as the end of the upstream, which the reader reports.
  sending?.catch(ignoreWriteFault);
  return sending;
}

async function copyIn(
  upstream: PostgresUpstream,
  input: AsyncIterable<Part>,
  sending: Promise<void> | undefined,
): Promise<void> {
  await sending;
  for await (const part of input) await upstream.write(part.wire);
}

function ignoreWriteFault(): void {}

/**
 * Adds a Describe before each Execute whose columns are not known, so that its rows can be masked. The answers are
 * taken out of the reply again.
 */
function withHiddenDescribes(request: PostgresRequest): Pick<PostgresRequest, 'actions' | 'wire'> {
  if (request.barrier === 'query') return request;
  const actions: Action[] = [];
  const wire: Buffer[] = [];
  const described = new Set<unknown>();
  for (const [index, action] of request.actions.entries()) {
    const message = request.wire[index] as Buffer;
    if (action.kind === 'describe') described.add(action.statement);
    if (
      action.kind === 'execute' &&
      action.portal.statement.description === undefined &&
      !described.has(action.portal.statement)
    ) {
      actions.push({ kind: 'describe', statement: action.portal.statement, portal: action.portal, hidden: true });
      wire.push(describePortal(new BodyReader(message.subarray(5)).cstring()));
    }
    actions.push(action);
    wire.push(message);
  }
  return { actions, wire: [...wire, ...request.wire.slice(request.actions.length)] };
}

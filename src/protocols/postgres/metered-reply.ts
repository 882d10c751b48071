import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { ExchangeResult, Part } from '../../model/reply.ts';
import { withDeadline } from '../../wire/deadline.ts';
import { changesRows } from './changed-rows.ts';
import type { ClientState } from './client-state.ts';
import { lengthAt } from './message-length.ts';
import { BACKEND, copyFail, FRONTEND, flush, query, sync } from './messages.ts';
import type { MeteredPart } from './metered-part.ts';
import { type MakePart, MeteredReader } from './metered-reader.ts';
import { PassingReader } from './reply-reader.ts';
import { ReplyState } from './reply-state.ts';
import type { Action, PostgresRequest } from './request.ts';
import type { PostgresUpstream } from './upstream.ts';

export interface MeteredReplyParts {
  readonly request: PostgresRequest;
  readonly plan: { readonly actions: readonly Action[]; readonly wire: readonly Buffer[] };
  readonly client: ClientState;
  readonly upstream: PostgresUpstream;
  readonly input: AsyncIterable<Part>;
  readonly make: MakePart;
  /** True where parts must hold whole messages. */
  readonly whole: boolean;
}

/**
 * The reply to a request that is metered. What changes rows outside of a transaction gets one: its end is sent once the
 * whole reply was taken, so that stopping before undoes it.
 */
export class MeteredReply {
  readonly #parts: MeteredReplyParts;
  readonly #state: ReplyState;
  readonly #reader: MeteredReader;
  /** How the change becomes final: by a COMMIT of ours, by a Sync that was held back, or as the client has it. */
  readonly #finality: 'commit' | 'sync' | 'own';
  #copying: Promise<void> | undefined;

  constructor(parts: MeteredReplyParts) {
    const { request, plan, client, upstream, make, whole } = parts;
    this.#parts = parts;
    const isOpen = upstream.status === 'I' && changesRows(request);
    this.#finality = !isOpen || request.barrier === 'flush' ? 'own' : request.barrier === 'sync' ? 'sync' : 'commit';
    const barrier = this.#finality === 'sync' ? 'flush' : request.barrier;
    this.#state = new ReplyState({ barrier }, plan.actions, client, upstream);
    this.#reader = new MeteredReader(this.#state, make, whole);
  }

  get isTorn(): boolean {
    return this.#reader.isTorn;
  }

  get failed(): boolean {
    return this.#state.failed;
  }

  async *take(): AsyncIterable<Part> {
    const { request, upstream } = this.#parts;
    if (this.#finality === 'commit') await this.#run(query('BEGIN'));
    if (this.#finality === 'sync' || request.barrier === 'flush') upstream.unsynced = true;
    const sending = this.#send();
    while (!this.#state.done) {
      const bytes = await upstream.next();
      if (bytes === null) throw upstream.lost();
      const part = this.#reader.take(bytes);
      if (part !== undefined && (part.result === undefined || this.#finality === 'own')) yield part;
      else if (part?.result !== undefined) yield* this.#end(part, part.result);
      if (this.#state.copyIn) this.#copying ??= this.#copyIn(sending);
    }
    this.#unread();
  }

  /**
   * Ends the reply where it is, and undoes what it changed: afterwards the server stands as after an error of its own.
   * `fail` fails the open transaction. Throws where the server goes on for too long.
   */
  async stop(fail: () => Promise<void>): Promise<void> {
    const { upstream, request } = this.#parts;
    const late = (): Fault => new Fault('deadline', 'the server did not stop its reply in time');
    await withDeadline(LIMITS.stopReplyMs, NEVER, late, async () => {
      if (!this.#state.done) await Promise.all([this.#drain(), upstream.cancel().catch(ignoreLostCancel)]);
      this.#unread();
      await this.#copying;
      // What failed within a batch that the client has not ended waits for the client's Sync.
      const leavesSync = request.barrier === 'flush' && this.#state.failed;
      if (this.#finality === 'commit') await this.#run(query('ROLLBACK'));
      else if (upstream.status === 'T' || (upstream.unsynced && !leavesSync)) await fail();
    });
  }

  /** The end of a reply whose change is not final: it is made final once all before was taken. */
  async *#end(part: MeteredPart, result: ExchangeResult): AsyncIterable<Part> {
    this.#unread();
    const open = part.withoutEnd(this.#finality === 'commit' ? READY_BYTES : 0);
    if (open !== undefined) yield open;
    await this.#copying;
    const failed = this.#state.failed;
    const said = await this.#run(this.#finality === 'sync' ? sync() : query(failed ? 'ROLLBACK' : 'COMMIT'));
    const code = said.code === undefined ? {} : { status: 'error' as const, code: said.code };
    yield this.#reader.uncounted(said.wire, { ...result, ...code });
  }

  #send(): Promise<void> | undefined {
    const { plan, upstream } = this.#parts;
    // Of a batch whose Sync is held back the server is asked for its answers by a Flush.
    const wire = this.#finality === 'sync' ? [...plan.wire.slice(0, -1), flush()] : plan.wire;
    const sending = upstream.write(Buffer.concat(wire));
    // A failed write shows as the end of the upstream, which the reader reports.
    sending?.catch(ignoreWriteFault);
    return sending;
  }

  /** What the client copies; the Sync behind it is held back where the batch's own was. */
  #copyIn(sending: Promise<void> | undefined): Promise<void> {
    const { upstream, input } = this.#parts;
    const copy = async (): Promise<void> => {
      await sending;
      for await (const { wire } of input) {
        await upstream.write(this.#finality === 'sync' ? withoutSync(wire) : wire);
      }
      // The Flush before the copy was taken while it lasted.
      if (this.#finality === 'sync') await upstream.write(flush());
    };
    return copy().catch((fault: Error) => upstream.drop(fault));
  }

  /** Reads on to the reply's end, for nobody; the server is not let wait for data that will not come. */
  async #drain(): Promise<void> {
    const { upstream } = this.#parts;
    const { copyIn } = this.#state;
    let told = copyIn;
    while (!this.#state.done) {
      const bytes = await upstream.next();
      if (bytes === null) throw upstream.lost();
      this.#reader.take(bytes);
      if (!this.#state.copyIn || told) continue;
      told = true;
      await upstream.write(copyFail('the reply before this copy was stopped'));
    }
  }

  /** Runs something of the gateway's own; what the server says, without its tag, and with its error's code. */
  async #run(wire: Buffer): Promise<{ readonly wire: Buffer; readonly code: string | undefined }> {
    const { client, upstream } = this.#parts;
    const state = new ReplyState({ barrier: 'sync' }, [], client, upstream);
    const reader = new PassingReader(state);
    const pieces: Buffer[] = [];
    await upstream.write(wire);
    while (!state.done) {
      const bytes = await upstream.next();
      if (bytes === null) throw upstream.lost();
      pieces.push(Buffer.from(reader.take(bytes)?.wire ?? EMPTY));
    }
    if (reader.rest !== undefined) upstream.unread(reader.rest);
    return { wire: withoutTags(Buffer.concat(pieces)), code: state.result().code };
  }

  #unread(): void {
    if (this.#reader.rest !== undefined) this.#parts.upstream.unread(this.#reader.rest);
    this.#reader.rest = undefined;
  }
}

/** ReadyForQuery, which ends a reply (manual, 55.7). */
const READY_BYTES = 6;
const EMPTY = Buffer.alloc(0);
const NEVER = new AbortController().signal;

function withoutTags(wire: Buffer): Buffer {
  return without(wire, BACKEND.commandComplete);
}

function withoutSync(wire: Buffer): Buffer {
  return without(wire, FRONTEND.sync);
}

/** Whole messages without those of one type. */
function without(wire: Buffer, type: number): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < wire.length; ) {
    const next = at + 1 + lengthAt(wire, at);
    if (wire[at] !== type) kept.push(wire.subarray(at, next));
    at = next;
  }
  return Buffer.concat(kept);
}

function ignoreWriteFault(): void {}

/** The reply is read to its end in any case; without the cancel that takes longer. */
function ignoreLostCancel(): void {}

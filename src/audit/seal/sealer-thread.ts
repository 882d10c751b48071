/** The gateway's end of the sealer's thread: hands over records and pieces of bodies, and holds callers back. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import type { SealingKeys } from '../audit-keys.ts';
import { Deferred } from '../journal/deferred.ts';
import { encodeVerifierKey } from '../log/signed-note.ts';
import type { SealState } from './seal-state.ts';
import type { FromSealer, SealerSettings, ToSealer } from './sealer-messages.ts';

export interface SealerThreadOptions {
  readonly directory: string;
  readonly keys: SealingKeys;
  readonly limits: Limits;
  /** The log's clock, milliseconds since 1970; its thread goes by it as it was at the last message. */
  readonly clock: () => number;
  /** Journal groups up to this one are durable elsewhere, and the log is this tree. */
  readonly onSealed: (group: number, head: SealState['log']) => void;
  /** A buffer that records went over in is free again. */
  readonly onSpare: (buffer: SharedArrayBuffer) => void;
}

export class SealerThread {
  readonly #worker: Worker;
  readonly #limits: Limits;
  readonly #clock: () => number;
  readonly #clockAheadMs = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #onSealed: SealerThreadOptions['onSealed'];
  readonly #onSpare: (buffer: SharedArrayBuffer) => void;
  readonly #ready = new Deferred();
  readonly #closed = new Deferred();
  readonly #finishing = new Map<number, { resolve: (body: string) => void; reject: (fault: Fault) => void }>();
  readonly #syncs = new Map<number, Deferred>();
  readonly #pool: Uint8Array<ArrayBuffer>[] = [];
  #requests = 0;
  #inFlight = 0;
  #room: Deferred | undefined;
  #fault: Fault | undefined;
  #dead = false;

  constructor(options: SealerThreadOptions) {
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#tellClock();
    this.#onSealed = options.onSealed;
    this.#onSpare = options.onSpare;
    const workerData: SealerSettings = {
      directory: options.directory,
      origin: options.keys.origin,
      verifierKeys: options.keys.verifiers.map(({ name, key }) => encodeVerifierKey(name, key)),
      deploymentKey: Uint8Array.from(options.keys.deployment),
      limits: options.limits,
      clockAheadMs: this.#clockAheadMs,
    };
    // The built package holds `.js` beside this module, the source tree `.ts`.
    const path = new URL(`./sealer-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(path, { workerData, name: 'audit-sealer' });
    this.#worker.on('message', (message: FromSealer) => this.#hear(message));
    this.#worker.on('error', (cause) => this.#die(`the audit sealer failed: ${String(cause)}`, cause));
    this.#worker.on('exit', () => this.#die('the audit sealer has ended'));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Why the sealer cannot do its work at present. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Bytes that were handed over and not yet taken in. */
  get backlogBytes(): number {
    return this.#inFlight;
  }

  /** True once nothing will be sealed any more in this life of the gateway. */
  get dead(): boolean {
    return this.#dead;
  }

  records(bytes: Buffer<SharedArrayBuffer>, lastGroup: number): void {
    if (this.#dead) return; // they stay in the journal, for the next life
    this.#inFlight += bytes.length;
    this.#say({ kind: 'records', bytes, lastGroup });
  }

  /** A buffer of `bodyChunkBytes` for a piece of a body. */
  chunkBuffer(): Uint8Array<ArrayBuffer> {
    return this.#pool.pop() ?? new Uint8Array(this.#limits.bodyChunkBytes);
  }

  chunk(piece: Omit<ToSealer & { kind: 'chunk' }, 'kind'>): void {
    if (this.#dead) return;
    this.#inFlight += piece.length;
    this.#say({ kind: 'chunk', ...piece }, [piece.bytes.buffer]);
  }

  /** Ends a body sent in pieces; resolves to its member of the event once its pieces are written. */
  finish(stream: number, media: string): Promise<string> {
    if (this.#dead) return Promise.reject(this.#fault ?? unavailable('the audit sealer has ended'));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#finishing.set(stream, { resolve, reject });
    this.#say({ kind: 'finish', stream, media });
    return promise;
  }

  abandon(stream: number): void {
    if (!this.#dead) this.#say({ kind: 'abandon', stream });
  }

  /** Undefined while there is room in the queue; else settles once there is, and rejects where there will be none. */
  room(): Promise<void> | undefined {
    if (this.#dead) return Promise.reject(this.#fault ?? unavailable('the audit sealer has ended'));
    if (this.#inFlight <= this.#limits.maxRecordQueueBytes) return undefined;
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#room ??= new Deferred();
    return this.#room.promise;
  }

  sync(): Promise<void> {
    if (this.#dead) return Promise.reject(this.#fault ?? unavailable('the audit sealer has ended'));
    const request = ++this.#requests;
    const done = new Deferred();
    this.#syncs.set(request, done);
    this.#say({ kind: 'sync', request });
    return done.promise;
  }

  /** A checkpoint of so many entries is published: tiles that only an older one needed may go. */
  published(size: number): void {
    if (!this.#dead) this.#say({ kind: 'published', size });
  }

  /** Syncs and ends the thread. */
  async close(): Promise<void> {
    if (!this.#dead) {
      this.#say({ kind: 'close' });
      await this.#closed.promise;
    }
    await this.#worker.terminate();
    if (this.#fault !== undefined) throw this.#fault;
  }

  #say(message: ToSealer, transfer: ArrayBuffer[] = []): void {
    this.#tellClock();
    this.#worker.postMessage(message, transfer);
  }

  /** A function cannot go over to a thread, and the machine's clock is there as well. */
  #tellClock(): void {
    if (this.#clock !== Date.now) Atomics.store(this.#clockAheadMs, 0, BigInt(Math.round(this.#clock() - Date.now())));
  }

  #hear(message: FromSealer): void {
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve();
        return;
      case 'taken':
        this.#onSpare(message.buffer);
        this.#taken(message.bytes);
        return;
      case 'chunkTaken':
        if (this.#pool.length < POOLED_CHUNKS) this.#pool.push(message.bytes);
        this.#taken(message.length);
        return;
      case 'finished':
        this.#finishing.get(message.stream)?.resolve(message.body);
        this.#finishing.delete(message.stream);
        return;
      case 'unfinished':
        this.#finishing.get(message.stream)?.reject(unavailable(message.message));
        this.#finishing.delete(message.stream);
        return;
      case 'sealed':
        this.#fault = undefined;
        this.#onSealed(message.group, { size: message.size, root: message.root });
        return;
      case 'synced':
        this.#syncs.get(message.request)?.resolve();
        this.#syncs.delete(message.request);
        return;
      case 'failing':
        this.#fault = unavailable(message.message);
        this.#reject(this.#fault);
        return;
      case 'closed':
        this.#dead = true;
        this.#closed.resolve();
        return;
      case 'dead':
        this.#die(message.message);
        return;
      default:
        message satisfies never;
    }
  }

  #taken(bytes: number): void {
    this.#inFlight -= bytes;
    if (this.#room === undefined || this.#inFlight > this.#limits.maxRecordQueueBytes / 2) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #die(message: string, cause?: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#fault = unavailable(message, cause);
    this.#ready.reject(this.#fault);
    this.#closed.reject(this.#fault);
    for (const waiter of this.#finishing.values()) waiter.reject(this.#fault);
    this.#finishing.clear();
    this.#reject(this.#fault);
  }

  /** Tells those who wait for a sync or for room; what is not sealed stays, and is tried again. */
  #reject(fault: Fault): void {
    for (const waiter of this.#syncs.values()) waiter.reject(fault);
    this.#syncs.clear();
    this.#room?.reject(fault);
    this.#room = undefined;
  }
}

const POOLED_CHUNKS = 8;

function unavailable(message: string, cause?: unknown): Fault {
  return new Fault('log-unavailable', message, { cause });
}

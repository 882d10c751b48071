/**
 * The write-ahead journal, on the gateway's own thread. Records gather in a slab; all that arrived together become one
 * frame, one write and, where somebody waits for it, one `fdatasync` that overlaps with the gathering of the next.
 * What is durable goes on to the sealer. While the disk refuses, everybody who waits is told, and what is known
 * already is kept, within bounds, and written once the disk takes it again.
 */
import { Fault } from '../../model/fault.ts';
import { RecordPen } from '../record/record-pen.ts';
import { Deferred } from './deferred.ts';
import { JournalFile } from './journal-file.ts';
import type { JournalOptions } from './journal-options.ts';
import { Outbox } from './outbox.ts';
import { type RecordHead, recordBound, recordSlab } from './record-codec.ts';

const SLAB_BYTES = 256 * 1024;

export class Journal {
  readonly #options: JournalOptions;
  readonly #file: JournalFile;
  #slab = recordSlab(SLAB_BYTES);
  #end = 0;
  readonly #pen = new RecordPen(this.#slab);
  #group: number;
  readonly #outbox = new Outbox();
  #durableGroup: number;
  #sealedGroup: number;
  #written: Deferred | undefined;
  #durable: Deferred | undefined;
  /** Those who wait for the next sync to end, and for the one after it. */
  #syncing: Deferred[] | undefined;
  #unsynced: Deferred[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deliveredAt = 0;
  #deliveryTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The frame that could not be written: its bytes must not change, since its nonce may not be used twice. */
  #frozen: { frame: Buffer; end: number } | undefined;
  #fault: Fault | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#group = options.firstGroup;
    this.#durableGroup = options.firstGroup - 1;
    this.#sealedGroup = options.firstGroup - 1;
    this.#file = new JournalFile(options);
    this.#file.rotate(this.#group);
  }

  /** Why nothing can be recorded now; undefined while it can. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /**
   * Begins a record of at most `bytes` bytes, which `appended` ends: nothing else is called in between. Throws a
   * `Fault` where the disk refuses and what is kept for it has reached its bound.
   */
  open(bytes: number): RecordPen {
    this.#reserve(bytes);
    this.#pen.move(this.#slab, this.#end);
    return this.#pen;
  }

  /** The record that was opened is whole. */
  appended(): void {
    this.#pen.finish();
    this.#end = this.#pen.at;
  }

  /** Appends a record, as `open` does. With `FLAG.body`, `salt` and the bytes of `parts` are its body. */
  append(
    head: RecordHead,
    media: string,
    before: string,
    after: string,
    parts: readonly Uint8Array[],
    salt?: Uint8Array,
  ): void {
    let bodyBytes = 0;
    for (const part of parts) bodyBytes += part.length;
    const pen = this.open(recordBound(media, before, after, bodyBytes));
    pen.begin(head, media);
    pen.text(before);
    pen.after();
    pen.text(after);
    if (salt === undefined) pen.body();
    else pen.saltedBody(salt);
    for (const part of parts) pen.bytes(part);
    this.appended();
  }

  /** What was appended will be durable within `batchedCommitDelayMs`. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush();
      this.#sync();
    }, this.#options.limits.batchedCommitDelayMs);
  }

  /** Settles once what was appended is in the file, at the end of this turn of the event loop. */
  written(): Promise<void> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#schedule();
    this.#written ??= new Deferred();
    return this.#written.promise;
  }

  /** Settles once what was appended is durable. */
  durable(): Promise<void> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#schedule();
    this.#durable ??= new Deferred();
    return this.#durable.promise;
  }

  /** Writes what was appended. */
  flush(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#fault !== undefined) return;
    try {
      if (this.#end > 0) this.#write();
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#written?.resolve();
    this.#written = undefined;
    if (this.#durable === undefined) {
      if (this.#durableGroup < this.#group - 1) this.soon();
      return;
    }
    this.#unsynced.push(this.#durable);
    this.#durable = undefined;
    this.#sync();
  }

  /** Hands over what is durable now, without waiting for a batch to fill. */
  deliver(): void {
    if (this.#deliveryTimer !== undefined) clearTimeout(this.#deliveryTimer);
    this.#deliveryTimer = undefined;
    const records = this.#outbox.take(this.#durableGroup);
    if (records === undefined) return;
    this.#deliveredAt = performance.now();
    this.#options.deliver(records, this.#durableGroup);
  }

  /** Takes back a buffer that was delivered. */
  spare(buffer: SharedArrayBuffer): void {
    this.#outbox.spare(buffer);
  }

  /** Groups up to this one are sealed: their segments go. */
  sealed(group: number): void {
    this.#sealedGroup = group;
    this.#file.drop(group);
  }

  /** Goes on in a new segment, so that the one before can go once it is sealed, however little it holds. */
  turn(): void {
    this.flush();
    if (this.#fault !== undefined) throw this.#fault;
    this.#file.rotate(this.#group);
  }

  /** Removes the sealed segments before the one that is written, and returns once they are gone. */
  dropSealed(): void {
    this.#file.dropNow(this.#sealedGroup);
  }

  /** Removes what `sealed` left, where all of it is sealed. To be called after `close`. */
  clear(): void {
    if (this.#sealedGroup === this.#group - 1) this.#file.clear();
  }

  /** Flushes and syncs what is left; throws where that fails. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    try {
      if (this.#fault !== undefined) this.#recover();
      if (this.#fault !== undefined) throw this.#fault;
      const durable = this.durable();
      this.flush();
      await durable;
      this.deliver();
    } finally {
      this.#closed = true;
      for (const timer of [this.#timer, this.#deliveryTimer, this.#retryTimer]) if (timer) clearTimeout(timer);
      this.#file.close();
    }
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.flush();
    });
  }

  #reserve(bytes: number): void {
    if (this.#fault !== undefined && this.#end + bytes > this.#options.limits.maxRecordQueueBytes) throw this.#fault;
    if (this.#end + bytes <= this.#slab.bytes.length) return;
    this.flush();
    if (this.#end + bytes <= this.#slab.bytes.length) return;
    const grown = recordSlab(Math.max(this.#end + bytes, this.#slab.bytes.length * 2));
    grown.bytes.set(this.#slab.bytes.subarray(0, this.#end));
    this.#slab = grown;
  }

  #write(): void {
    const full = this.#file.position >= this.#options.limits.journalSegmentBytes;
    if (full && this.#frozen === undefined) this.#file.rotate(this.#group);
    this.#frozen ??= {
      frame: this.#file.seal(this.#slab.bytes.subarray(0, this.#end), this.#group),
      end: this.#end,
    };
    this.#file.append(this.#frozen.frame, this.#group);
    this.#settle(this.#frozen.end);
  }

  /** The group that was frozen at `end` is in the file. */
  #settle(end: number): void {
    this.#outbox.add(this.#slab.bytes.subarray(0, end), this.#group);
    this.#group++;
    this.#slab.bytes.copyWithin(0, end, this.#end);
    this.#end -= end;
    this.#frozen = undefined;
    if (this.#end === 0 && this.#slab.bytes.length > SLAB_BYTES) this.#slab = recordSlab(SLAB_BYTES);
  }

  #sync(): void {
    if (this.#syncing !== undefined || this.#fault !== undefined) return;
    if (this.#unsynced.length === 0 && this.#durableGroup === this.#group - 1) return;
    this.#syncing = this.#unsynced;
    this.#unsynced = [];
    const group = this.#group - 1;
    this.#file.sync((failure) => {
      const waiting = this.#syncing ?? [];
      this.#syncing = undefined;
      if (failure !== null) {
        this.#unsynced.unshift(...waiting);
        this.#file.distrust();
        this.#fail(failure);
        return;
      }
      this.#durableGroup = group;
      for (const waiter of waiting) waiter.resolve();
      this.#deliverWhenDue();
      if (this.#unsynced.length > 0) this.#sync();
    });
  }

  #deliverWhenDue(): void {
    const { sealBatchBytes, sealDelayMs } = this.#options.limits;
    if (this.#outbox.length >= sealBatchBytes || performance.now() - this.#deliveredAt >= sealDelayMs) this.deliver();
    else this.#deliveryTimer ??= setTimeout(() => this.deliver(), sealDelayMs);
  }

  #fail(cause: unknown): void {
    const fault = new Fault('log-unavailable', `the audit journal cannot be written: ${String(cause)}`, { cause });
    this.#fault = fault;
    for (const waiter of [this.#written, this.#durable, ...this.#unsynced]) waiter?.reject(fault);
    this.#written = undefined;
    this.#durable = undefined;
    this.#unsynced = [];
    // What is appended to a closed journal is refused for good.
    if (this.#closed) return;
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.#recover();
    }, this.#options.limits.journalRetryMs);
  }

  /** Tries again: first what could not be written or synced, then what came since. */
  #recover(): void {
    if (this.#syncing !== undefined) return;
    this.#fault = undefined;
    try {
      if (this.#file.distrusted) this.#rewrite();
      if (this.#end > 0) this.#write();
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#sync();
    this.flush();
  }

  /** After a failed sync: the groups that it was for go into a new segment, under the numbers that they have. */
  #rewrite(): void {
    const groups = this.#outbox.after(this.#durableGroup);
    this.#file.rotate(groups[0]?.group ?? this.#group);
    // A frame that was frozen for the old segment is sealed anew, under the new segment's key.
    this.#frozen = undefined;
    for (const { group, records } of groups) this.#file.append(this.#file.seal(records, group), group);
    this.#file.trust();
  }
}

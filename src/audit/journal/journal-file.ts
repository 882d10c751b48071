/** The files of the journal: the segment that is written, and those that are kept until they are sealed. */
import type { KeyObject } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import {
  frameBytes,
  listSegments,
  SEGMENT_HEADER_BYTES,
  sealFrame,
  segmentHeader,
  segmentKey,
  segmentName,
} from './journal-segment.ts';

/** The operations of `node:fs` that the journal uses; tests hand in ones that fail. */
export type JournalFiles = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'ftruncateSync' | 'closeSync' | 'fdatasync' | 'fsync' | 'fsyncSync' | 'rm' | 'rmSync'
>;

interface Segment {
  readonly number: number;
  readonly fd: number;
  lastGroup: number;
}

export interface JournalFileOptions {
  readonly directory: string;
  readonly deployment: Uint8Array;
  readonly random: (bytes: number) => Uint8Array;
  readonly files: JournalFiles;
  readonly limits: Pick<Limits, 'journalAheadBytes'>;
}

/** A frame above this is one of a busy journal, where a sync that extends the file is shared by many. */
const SMALL_FRAME_BYTES = 16 * 1024;

export class JournalFile {
  readonly #options: JournalFileOptions;
  readonly #directoryFd: number;
  #segment: Segment | undefined;
  #key: KeyObject | undefined;
  /** Frames are sealed into the same memory, one after another. */
  #frame = Buffer.allocUnsafeSlow(4096);
  #position = 0;
  /** Up to where the file has blocks. */
  #allocated = 0;
  /** Earlier segments: those to be synced once more, and those that wait to be sealed. */
  #retired: Segment[] = [];
  #kept: { readonly number: number; readonly lastGroup: number; leaving?: boolean }[] = [];
  #nextNumber: number;
  #newName = false;
  #distrusted = false;

  constructor(options: JournalFileOptions) {
    this.#options = options;
    this.#nextNumber = (listSegments(options.directory).at(-1) ?? 0) + 1;
    this.#directoryFd = options.files.openSync(options.directory, 'r');
  }

  get position(): number {
    return this.#position;
  }

  /** True after a sync failed: what this segment holds may be lost, whatever a later sync says. */
  get distrusted(): boolean {
    return this.#distrusted;
  }

  distrust(): void {
    this.#distrusted = true;
  }

  trust(): void {
    this.#distrusted = false;
  }

  /** Begins a segment, whose first group will be `firstGroup`. */
  rotate(firstGroup: number): void {
    const { files, directory, random, deployment } = this.#options;
    const salt = random(32);
    const number = this.#nextNumber++;
    const fd = files.openSync(join(directory, segmentName(number)), 'wx', 0o600);
    try {
      this.#writeAt(fd, segmentHeader(salt, firstGroup), 0);
    } catch (cause) {
      files.closeSync(fd);
      files.rmSync(join(directory, segmentName(number)), { force: true });
      throw cause;
    }
    if (this.#segment !== undefined) this.#retired.push(this.#segment);
    if (this.#distrusted) this.#release();
    this.#segment = { number, fd, lastGroup: firstGroup - 1 };
    this.#key = segmentKey(deployment, salt);
    this.#position = SEGMENT_HEADER_BYTES;
    this.#allocated = SEGMENT_HEADER_BYTES;
    this.#newName = true;
    this.#allocate(fd);
  }

  /** Makes a frame of records, valid until the next one is made. */
  seal(records: Buffer, group: number): Buffer {
    const bytes = frameBytes(records.length);
    if (bytes > this.#frame.length) this.#frame = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#frame.length));
    const frame = this.#frame.subarray(0, bytes);
    sealFrame(this.#key as KeyObject, group, records, frame);
    return frame;
  }

  /** Writes a frame whole, or leaves the segment as it was and throws. */
  append(frame: Buffer, group: number): void {
    const segment = this.#current();
    try {
      this.#writeAt(segment.fd, frame, this.#position);
    } catch (cause) {
      this.#cut(segment.fd);
      throw cause;
    }
    this.#position += frame.length;
    segment.lastGroup = group;
    if (this.#position > this.#allocated && frame.length < SMALL_FRAME_BYTES) this.#allocate(segment.fd);
  }

  /** Makes all that was appended durable, names of new segments too. */
  sync(done: (failure: Error | null) => void): void {
    const { files } = this.#options;
    const retired = this.#retired[0];
    if (retired !== undefined) {
      files.fdatasync(retired.fd, (failure) => {
        if (failure !== null) return done(failure);
        this.#retired.shift();
        files.closeSync(retired.fd);
        this.#kept.push(retired);
        return this.sync(done);
      });
    } else if (this.#newName) {
      files.fsync(this.#directoryFd, (failure) => {
        if (failure !== null) return done(failure);
        this.#newName = false;
        return this.sync(done);
      });
    } else {
      files.fdatasync(this.#current().fd, done);
    }
  }

  /**
   * Removes the segments that hold no group after `sealed`, beside the loop: giving back the memory of a large one
   * takes the kernel 20 ms. One that could not be removed is tried again with the next; the one being written stays.
   */
  drop(sealed: number): void {
    const { files, directory } = this.#options;
    for (const segment of this.#kept) {
      if (segment.lastGroup > sealed || segment.leaving === true) continue;
      segment.leaving = true;
      files.rm(join(directory, segmentName(segment.number)), { force: true }, (failure) => {
        if (failure === null) this.#kept = this.#kept.filter((one) => one !== segment);
        else segment.leaving = false;
      });
    }
  }

  /** Removes the segments that hold no group after `sealed`, and returns once they are gone. */
  dropNow(sealed: number): void {
    const { files, directory } = this.#options;
    const gone = this.#kept.filter(({ lastGroup }) => lastGroup <= sealed);
    for (const { number } of gone) files.rmSync(join(directory, segmentName(number)), { force: true });
    // One that `drop` is about to remove leaves the list there.
    this.#kept = this.#kept.filter((segment) => segment.leaving === true || !gone.includes(segment));
    files.fsyncSync(this.#directoryFd);
  }

  /** Removes all segments at once. To be called after `close`. */
  clear(): void {
    const { files, directory } = this.#options;
    for (const { number } of this.#kept) files.rmSync(join(directory, segmentName(number)), { force: true });
    this.#kept = [];
  }

  /** Closes the files and keeps them. */
  close(): void {
    this.#release();
    if (this.#segment !== undefined) {
      this.#options.files.closeSync(this.#segment.fd);
      this.#kept.push(this.#segment);
    }
    this.#segment = undefined;
    this.#options.files.closeSync(this.#directoryFd);
  }

  #release(): void {
    for (const segment of this.#retired) {
      this.#options.files.closeSync(segment.fd);
      this.#kept.push(segment);
    }
    this.#retired = [];
  }

  #current(): Segment {
    if (this.#segment === undefined) throw new Fault('log-unavailable', 'the audit journal is closed');
    return this.#segment;
  }

  /**
   * Writes zeros ahead. A sync of bytes that have blocks already need not commit the file's size as well, which halves
   * what a request waits for; zeros are no frame, so a reader stops there.
   */
  #allocate(fd: number): void {
    const zeros = Buffer.alloc(this.#options.limits.journalAheadBytes);
    try {
      this.#writeAt(fd, zeros, this.#position);
      this.#allocated = this.#position + zeros.length;
    } catch {
      this.#cut(fd); // a disk without room for zeros may have room for records: those say so themselves
    }
  }

  /** Cuts what a failed write left. Where even that fails, the next write goes over it, at the same place. */
  #cut(fd: number): void {
    this.#allocated = this.#position;
    try {
      this.#options.files.ftruncateSync(fd, this.#position);
    } catch {
      // The failure of the write is what the caller must hear of; a torn frame is never read as one.
    }
  }

  #writeAt(fd: number, bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += this.#options.files.writeSync(fd, bytes, done, bytes.length - done, position + done);
    }
  }
}

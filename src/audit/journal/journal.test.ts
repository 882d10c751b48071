import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs, { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { auditDirectory } from '../../../test/support/audit-log.ts';
import { LIMITS, type Limits } from '../../model/limits.ts';
import { Journal } from './journal.ts';
import type { JournalFiles } from './journal-file.ts';
import { listSegments, loadSegment } from './journal-segment.ts';
import { beforeText, RECORD, RecordWalk } from './record-codec.ts';

const DEPLOYMENT = Buffer.alloc(32, 5);

/** A disk that can be told to fail, and counts what is asked of it. */
class Disk {
  writes = 0;
  syncs = 0;
  /** Bytes that still fit; a write beyond is cut short, and the next one fails, as a real disk does it. */
  space = Number.POSITIVE_INFINITY;
  syncFails = false;
  truncateFails = false;
  removalFails = false;
  readonly removals: Promise<void>[] = [];
  /** Syncs that wait until they are let go. */
  held: (() => void)[] | undefined;

  readonly files: JournalFiles = {
    ...fs,
    writeSync: ((fd: number, bytes: Buffer, offset: number, length: number, position: number) => {
      this.writes++;
      if (this.space === 0)
        throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
      const fits = Math.min(length, this.space);
      this.space -= fits;
      return fs.writeSync(fd, bytes, offset, fits, position);
    }) as typeof fs.writeSync,
    ftruncateSync: ((fd: number, length: number) => {
      if (this.truncateFails) throw new Error('EIO');
      fs.ftruncateSync(fd, length);
    }) as typeof fs.ftruncateSync,
    rm: ((path: string, options: fs.RmOptions, done: (failure: Error | null) => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.removals.push(promise);
      const removed = (failure: Error | null) => {
        done(failure);
        resolve();
      };
      if (this.removalFails) setImmediate(removed, new Error('EACCES'));
      else fs.rm(path, options, removed);
    }) as typeof fs.rm,
    fdatasync: ((fd: number, done: (failure: Error | null) => void) => {
      this.syncs++;
      const sync = () => {
        if (this.syncFails) setImmediate(done, new Error('EIO: the disk lost it'));
        else fs.fdatasync(fd, done);
      };
      if (this.held === undefined) sync();
      else this.held.push(sync);
    }) as typeof fs.fdatasync,
  };
}

interface Fixture {
  readonly journal: Journal;
  readonly disk: Disk;
  readonly directory: string;
  readonly delivered: Buffer[];
  append(text: string): void;
}

function fixture(limits: Partial<Limits> = {}): Fixture {
  const directory = auditDirectory(after);
  mkdirSync(directory);
  const disk = new Disk();
  const delivered: Buffer[] = [];
  const journal = new Journal({
    directory,
    deployment: DEPLOYMENT,
    firstGroup: 1,
    limits: { ...LIMITS, journalRetryMs: 5, sealDelayMs: 1, journalAheadBytes: 0, ...limits },
    random: randomBytes,
    files: disk.files,
    deliver: (records) => delivered.push(records),
  });
  const append = (text: string): void => {
    journal.append({ kind: RECORD.event, flags: 0, session: 1, exchange: 1, at: 0 }, '', text, '', []);
  };
  return { journal, disk, directory, delivered, append };
}

/** The `before` of every record in buffers of records. */
function texts(buffers: readonly Buffer[]): string[] {
  return buffers.flatMap((bytes) => {
    const found: string[] = [];
    for (const record = new RecordWalk(bytes); record.next(); ) found.push(beforeText(record));
    return found;
  });
}

/** What a recovery would read. */
function onDisk(directory: string): string[] {
  let last = 0;
  const found: string[] = [];
  for (const number of listSegments(directory)) {
    for (const { group, records } of loadSegment(directory, number, DEPLOYMENT).groups) {
      if (group > last) found.push(...texts([records]));
      last = Math.max(last, group);
    }
  }
  return found;
}

describe('the journal', () => {
  test('writes and syncs once for all that arrive in one turn of the loop', async () => {
    const { journal, disk, append, directory } = fixture();
    const before = disk.writes;
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 100; i++) {
      append(`request ${i}`);
      waiting.push(journal.durable());
    }
    await Promise.all(waiting);
    assert.equal(disk.writes - before, 1);
    assert.equal(disk.syncs, 1);
    assert.equal(onDisk(directory).length, 100);
    await journal.close();
  });

  test('goes on writing while a sync runs, and one more sync covers all that came meanwhile', async () => {
    const { journal, disk, append, directory } = fixture();
    append('zeroth');
    await journal.durable();
    disk.held = [];
    append('first');
    const first = journal.durable();
    await journal.written();
    append('second');
    const second = journal.durable();
    await journal.written();
    append('reply');
    await journal.written();
    assert.deepEqual(onDisk(directory), ['zeroth', 'first', 'second', 'reply']);
    assert.equal(disk.syncs, 2);
    const { held } = disk;
    disk.held = undefined;
    for (const sync of held) sync();
    await Promise.all([first, second]);
    assert.equal(disk.syncs, 3);
    await journal.close();
  });

  test('hands over only what is durable', async () => {
    const { journal, disk, append, delivered } = fixture();
    append('durable');
    await journal.durable();
    disk.held = [];
    append('not yet');
    void journal.durable();
    await journal.written();
    journal.deliver();
    assert.deepEqual(texts(delivered), ['durable']);
    for (const sync of disk.held) sync();
    disk.held = undefined;
    await journal.close();
    assert.deepEqual(texts(delivered), ['durable', 'not yet']);
  });

  test('what nobody waits for is durable after the delay of a batch', async () => {
    const { journal, append, directory, disk } = fixture({ batchedCommitDelayMs: 1 });
    append('batched');
    journal.soon();
    while (disk.syncs === 0) await new Promise(setImmediate);
    assert.deepEqual(onDisk(directory), ['batched']);
    await journal.close();
  });

  test('takes a record larger than its buffer', async () => {
    const { journal, append, directory } = fixture();
    append('x'.repeat(3_000_000));
    append('after');
    await journal.durable();
    assert.deepEqual(
      onDisk(directory).map((text) => text.length),
      [3_000_000, 5],
    );
    await journal.close();
  });

  test('begins a new segment when one is full, and drops those that are sealed, later where it cannot at once', async () => {
    const { journal, disk, append, directory } = fixture({ journalSegmentBytes: 1_000 });
    for (let i = 0; i < 10; i++) {
      append('x'.repeat(400));
      await journal.durable();
    }
    assert.ok(listSegments(directory).length >= 4);
    assert.equal(onDisk(directory).length, 10);
    disk.removalFails = true;
    journal.sealed(10);
    await Promise.all(disk.removals);
    assert.ok(listSegments(directory).length >= 4);
    disk.removalFails = false;
    journal.sealed(10);
    await Promise.all(disk.removals);
    assert.equal(listSegments(directory).length, 1);
    await journal.close();
    journal.clear();
    assert.deepEqual(listSegments(directory), []);
  });

  test('keeps what is not sealed when it is closed', async () => {
    const { journal, append, directory } = fixture();
    append('kept');
    await journal.close();
    journal.clear();
    assert.deepEqual(onDisk(directory), ['kept']);
  });
});

describe('a journal that writes zeros ahead', () => {
  test('has room for many records before its file grows again, and reads back without the zeros', async () => {
    const { journal, append, directory } = fixture({ journalAheadBytes: 10_000 });
    const [segment = ''] = readdirSync(directory).map((name) => join(directory, name));
    const sizes = new Set<number>();
    for (let i = 0; i < 100; i++) {
      append('x'.repeat(200));
      await journal.durable();
      sizes.add(statSync(segment).size);
    }
    assert.ok(sizes.size <= 4, `the file had ${sizes.size} sizes`);
    assert.equal(onDisk(directory).length, 100);
    await journal.close();
  });

  test('does without them where they do not fit', async () => {
    const { journal, disk, append, directory } = fixture({ journalAheadBytes: 10_000 });
    for (let i = 0; i < 40; i++) append('x'.repeat(200));
    disk.space = 15_000;
    await journal.durable();
    disk.space = Number.POSITIVE_INFINITY;
    append('after');
    await journal.durable();
    assert.equal(onDisk(directory).length, 41);
    await journal.close();
  });
});

describe('a disk that is full', () => {
  for (const truncateFails of [false, true]) {
    const how = truncateFails ? ', although it cannot be truncated either' : '';
    test(`refuses those who wait, and takes everything once there is space again${how}`, async () => {
      const { journal, disk, append, directory } = fixture();
      append('before');
      await journal.durable();
      const [segment = ''] = readdirSync(directory).map((name) => join(directory, name));
      const length = statSync(segment).size;
      disk.space = 20;
      disk.truncateFails = truncateFails;
      append('during');
      const [durable, written] = [journal.durable(), journal.written()];
      await assert.rejects(durable, { code: 'log-unavailable' });
      await assert.rejects(written, { code: 'log-unavailable' });
      if (!truncateFails) assert.equal(statSync(segment).size, length);
      assert.deepEqual(onDisk(directory), ['before']);
      append('while broken');
      await assert.rejects(journal.durable(), { code: 'log-unavailable' });
      disk.space = Number.POSITIVE_INFINITY;
      while (journal.fault !== undefined) await new Promise(setImmediate);
      append('after');
      await journal.durable();
      assert.deepEqual(onDisk(directory), ['before', 'during', 'while broken', 'after']);
      await journal.close();
    });
  }

  test('is kept waiting for within bounds: beyond them a record is refused at once', async () => {
    const { journal, disk, append } = fixture({ maxRecordQueueBytes: 1_000_000, journalRetryMs: 1_000_000 });
    disk.space = 0;
    append('x');
    await assert.rejects(journal.durable(), { code: 'log-unavailable' });
    let kept = 0;
    assert.throws(
      () => {
        for (; kept < 1_000; kept++) append('y'.repeat(10_000));
      },
      { code: 'log-unavailable' },
    );
    assert.ok(kept > 10 && kept < 100, `${kept} records of 10 kB were kept`);
    disk.space = Number.POSITIVE_INFINITY;
    await journal.close();
  });

  test('stops a close with what it could not write', async () => {
    const { journal, disk, append } = fixture({ journalRetryMs: 1_000_000 });
    disk.space = 0;
    append('x');
    await assert.rejects(journal.close(), { code: 'log-unavailable' });
  });
});

describe('a sync that fails', () => {
  test('refuses those who wait; what it was for goes into a new segment, once, under its old number', async () => {
    const { journal, disk, append, directory, delivered } = fixture();
    append('safe');
    await journal.durable();
    disk.syncFails = true;
    append('doubtful');
    await assert.rejects(journal.durable(), { code: 'log-unavailable' });
    disk.syncFails = false;
    while (journal.fault !== undefined) await new Promise(setImmediate);
    append('after');
    await journal.durable();
    assert.equal(listSegments(directory).length, 2);
    assert.deepEqual(onDisk(directory), ['safe', 'doubtful', 'after']);
    const [first = 0, second = 0] = listSegments(directory);
    assert.deepEqual(texts(loadSegment(directory, first, DEPLOYMENT).groups.map(({ records }) => records)), [
      'safe',
      'doubtful',
    ]);
    assert.deepEqual(texts(loadSegment(directory, second, DEPLOYMENT).groups.map(({ records }) => records)), [
      'doubtful',
      'after',
    ]);
    await journal.close();
    assert.deepEqual(texts(delivered), ['safe', 'doubtful', 'after']);
  });
});

describe('a segment', () => {
  test('is read up to a frame that is torn, flipped, or not the next one', async () => {
    const { journal, append, directory } = fixture();
    const ends: number[] = [];
    const [segment = ''] = readdirSync(directory).map((name) => join(directory, name));
    for (const text of ['one', 'two', 'three']) {
      append(text);
      await journal.durable();
      ends.push(statSync(segment).size);
    }
    await journal.close();
    const whole = readFileSync(segment);
    const [first = 0, second = 0] = ends;
    truncateSync(segment, second + 30);
    assert.deepEqual(loadSegment(directory, 1, DEPLOYMENT).brokenAt, second);
    assert.deepEqual(onDisk(directory), ['one', 'two']);
    for (let at = first; at < second; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      writeFileSync(segment, flipped);
      assert.deepEqual(onDisk(directory), ['one'], `byte ${at}`);
    }
    writeFileSync(segment, Buffer.concat([whole.subarray(0, first), whole.subarray(second)]));
    assert.deepEqual(onDisk(directory), ['one']);
    writeFileSync(segment, 'something else');
    assert.deepEqual(onDisk(directory), []);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { unzipStored } from '../../../test/support/bundles.ts';
import { type ArchiveFile, storedZip } from './stored-zip.ts';

const LONG = process.env['CHAPERONE_LONG_TESTS'] === '1';

function aFile(path: string, ...pieces: readonly string[]): ArchiveFile {
  return {
    path,
    async *open() {
      for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
    },
  };
}

async function gather(files: readonly ArchiveFile[]): Promise<Buffer> {
  const zip = await storedZip(files);
  const pieces: Uint8Array[] = [];
  for await (const piece of zip.stream()) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  assert.equal(whole.length, zip.bytes);
  return whole;
}

describe('an archive of stored files', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'chaperone-zip-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** What Python's zipfile says of it: whether all is well, how many files, and a member. */
  function asPython(archive: Uint8Array, member: string): string {
    const path = join(directory, 'archive.zip');
    writeFileSync(path, archive);
    const script =
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(z.testzip(), len(z.namelist()), z.read(sys.argv[2]).decode())';
    return execFileSync('/usr/bin/python3', ['-c', script, path, member], { encoding: 'utf8' }).trim();
  }

  test('is the same bytes each time, and an empty one is an archive too', async () => {
    const files = [aFile('a/b.txt', 'one', 'two'), aFile('ü.txt', ''), aFile('c', 'three')];
    const archive = await gather(files);
    assert.ok(archive.equals(await gather(files)));
    assert.deepEqual(
      [...unzipStored(archive)].map(([path, bytes]) => [path, String(bytes)]),
      [
        ['a/b.txt', 'onetwo'],
        ['ü.txt', ''],
        ['c', 'three'],
      ],
    );
    assert.equal(asPython(archive, 'a/b.txt'), 'None 3 onetwo');
    assert.equal((await gather([])).length, 22);
  });

  test('of more files than the first format counts is read by others', async () => {
    const files = Array.from({ length: 65_600 }, (_, index) => aFile(`f/${index}`, String(index)));
    assert.equal(asPython(await gather(files), 'f/65599'), 'None 65600 65599');
  });

  test('breaks off where a file is not what it was when it was measured', async () => {
    let opened = 0;
    const changing: ArchiveFile = {
      path: 'changing',
      async *open() {
        yield await Promise.resolve(Buffer.from(opened++ === 0 ? 'before' : 'behind'));
      },
    };
    await assert.rejects(gather([changing]), /changing changed while it was sent/);
  });

  test('ends when nobody waits for it any more', async () => {
    const left = new AbortController();
    const endless: ArchiveFile = {
      path: 'endless',
      async *open() {
        for (;;) {
          left.abort();
          yield await Promise.resolve(Buffer.from('x'));
        }
      },
    };
    await assert.rejects(storedZip([endless], left.signal), { name: 'AbortError' });
  });

  test('of more than four GiB is read by others', { skip: !LONG && 'CHAPERONE_LONG_TESTS=1 runs it' }, async () => {
    const piece = Buffer.alloc(1024 * 1024, 7);
    const large: ArchiveFile = {
      path: 'large',
      async *open() {
        for (let left = 4100; left > 0; left--) yield await Promise.resolve(piece);
      },
    };
    const zip = await storedZip([large, aFile('behind', 'it')]);
    const { open } = await import('node:fs/promises');
    const path = join(directory, 'large.zip');
    await using file = await open(path, 'w');
    for await (const bytes of zip.stream()) await file.write(bytes);
    const script =
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(z.read("behind"), z.getinfo("large").file_size)';
    assert.equal(
      execFileSync('/usr/bin/python3', ['-c', script, path], { encoding: 'utf8' }).trim(),
      "b'it' 4299161600",
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { fileSource, nodeEngine } from './node-engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-engine-'));
after(() => rmSync(directory, { recursive: true, force: true }));

describe('what verifying needs of Node', () => {
  test('digests are those of the standards', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.equal(nodeEngine.sha256(Buffer.from('abc')), abc);
    const stream = nodeEngine.sha256Stream();
    for (const letter of 'abc') stream.update(Buffer.from(letter));
    assert.equal(stream.digest(), abc);
    assert.equal(nodeEngine.crc32(Buffer.from('6789'), nodeEngine.crc32(Buffer.from('12345'), 0)), 0xcbf43926);
  });

  test('a frame that holds more than was promised is not opened', () => {
    const frame = zstdCompressSync(Buffer.alloc(1_000_000));
    assert.equal(nodeEngine.unzstd(frame, 1_000_000).length, 1_000_000);
    assert.throws(() => nodeEngine.unzstd(frame, 999_999), { code: 'ERR_BUFFER_TOO_LARGE' });
    assert.throws(() => nodeEngine.unzstd(Buffer.from('no zstd'), 100));
  });

  test('a file is read in pieces, and one that became shorter is an error', async () => {
    const path = join(directory, 'file');
    writeFileSync(path, '0123456789');
    await using source = await fileSource(path);
    assert.equal(source.size, 10);
    assert.equal(Buffer.from(await source.read(3, 6)).toString(), '345');
    writeFileSync(path, '01234');
    await assert.rejects(source.read(3, 6), /became shorter while it was read/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteBuffer } from './byte-buffer.ts';

describe('a buffer that grows', () => {
  test('keeps what was appended while it grows, and holds nothing once it is cleared', () => {
    const bytes = new ByteBuffer();
    const other = new ByteBuffer();
    for (let i = 0; i < 100; i++) {
      bytes.append(Buffer.alloc(100, i));
      other.appendFrom(Buffer.alloc(120, 200), 10, 110);
    }
    assert.equal(bytes.length, 10_000);
    assert.deepEqual(bytes.view(9_900), Buffer.alloc(100, 99));
    assert.deepEqual(bytes.view().subarray(0, 100), Buffer.alloc(100, 0));
    bytes.clear();
    assert.equal(bytes.length, 0);
    bytes.append(Buffer.alloc(20_000, 7));
    // What one gave back another may have: never what is still in use.
    assert.deepEqual(other.view(), Buffer.alloc(10_000, 200));
    assert.deepEqual(bytes.view(), Buffer.alloc(20_000, 7));
  });
});

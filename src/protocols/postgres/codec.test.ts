import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BodyReader, MalformedMessage, MessageDecoder } from './codec.ts';
import { message } from './messages.ts';

const QUERY = Buffer.from('510000001273656c6563742034322061732078', 'hex');

function decode(chunks: readonly Buffer[], maxBytes = 1000): string[] {
  const decoder = new MessageDecoder(maxBytes);
  const seen: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      seen.push(`${String.fromCharCode(next.type)}:${next.body.toString('latin1')}`);
    }
  }
  return seen;
}

function bytewise(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1));
}

describe('MessageDecoder', () => {
  it('cuts a message whole and byte by byte alike', () => {
    assert.deepEqual(decode([QUERY]), ['Q:select 42 as x']);
    assert.deepEqual(decode(bytewise(QUERY)), ['Q:select 42 as x']);
  });

  it('cuts messages that arrive together', () => {
    const both = Buffer.concat([QUERY, message('S'.charCodeAt(0)), QUERY]);
    assert.deepEqual(decode([both]), ['Q:select 42 as x', 'S:', 'Q:select 42 as x']);
    assert.deepEqual(decode(bytewise(both)), ['Q:select 42 as x', 'S:', 'Q:select 42 as x']);
  });

  it('decodes the same however the bytes are cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (all, cuts) => {
        const wire = Buffer.concat(all.map((body) => message(0x51, body)));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const step = cuts[i % cuts.length] as number;
          chunks.push(wire.subarray(at, at + step));
          at += step;
        }
        assert.deepEqual(
          decode(chunks),
          all.map((body) => `Q:${Buffer.from(body).toString('latin1')}`),
        );
      }),
    );
  });

  it('refuses a message over its bound before the message has arrived', () => {
    const decoder = new MessageDecoder(100);
    decoder.push(Buffer.from([0x51, 0, 0, 0, 101]));
    assert.throws(() => decoder.next(), { name: 'MalformedMessage', code: 'too-large' });
  });

  it('takes a message of exactly its bound', () => {
    assert.deepEqual(decode([message(0x51, Buffer.alloc(96, 'x'))], 100), [`Q:${'x'.repeat(96)}`]);
  });

  it('refuses a length that does not count itself', () => {
    const decoder = new MessageDecoder(100);
    decoder.push(Buffer.from([0x51, 0, 0, 0, 3]));
    assert.throws(() => decoder.next(), { code: 'malformed' });
  });

  it('says how much of a message is left when a stream ends', () => {
    const decoder = new MessageDecoder(100);
    decoder.push(QUERY.subarray(0, 9));
    assert.equal(decoder.next(), undefined);
    assert.equal(decoder.pendingBytes, 9);
  });
});

describe('BodyReader', () => {
  it('refuses to read past the end of a message', () => {
    const reader = new BodyReader(Buffer.from([0, 0, 1]));
    assert.equal(reader.int16(), 0);
    assert.throws(() => reader.int16(), MalformedMessage);
  });

  it('refuses a string without its end', () => {
    assert.throws(() => new BodyReader(Buffer.from('abc')).cstring(), { code: 'malformed' });
  });

  it('refuses bytes after the end of the fields', () => {
    const reader = new BodyReader(Buffer.from('abc\0d'));
    assert.equal(reader.cstring().toString(), 'abc');
    assert.throws(() => reader.end(), { code: 'malformed' });
  });
});

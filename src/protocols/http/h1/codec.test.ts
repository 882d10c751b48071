import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { REPLIES, REQUESTS } from '../../../../test/corpus/http/framing.ts';
import { LIMITS } from '../../../model/limits.ts';
import { type Fields, MalformedHttp } from '../message.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { parseReplyHead } from './reply-head.ts';
import { parseRequestHead } from './request-head.ts';
import { requestHead } from './write-head.ts';

describe('the codec of HTTP/1.1', () => {
  test('takes chunks off alike however they are cut, and leaves what follows', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(bodies, cuts, fc.boolean(), (chunks, steps, trails) => {
        const text = chunks.map(
          (bytes) => `${bytes.length.toString(16)}\r\n${Buffer.from(bytes).toString('latin1')}\r\n`,
        );
        const wire = Buffer.from(`${text.join('')}0\r\n${trails ? 'a: b\r\n' : ''}\r\nNEXT`, 'latin1');
        const read = decode(wire, steps);
        assert.equal(read.content, Buffer.concat(chunks).toString('latin1'));
        assert.deepEqual(read.trailers, trails ? [['a', 'b']] : []);
        assert.equal(read.rest, 'NEXT');
      }),
    );
  });

  test('reads a head of any bytes or refuses it, and what it read says the same when it is written anew', () => {
    const heads = REQUESTS.map(({ bytes }) => bytes.slice(0, bytes.indexOf('\r\n\r\n') + 2));
    fc.assert(
      fc.property(fc.constantFrom(...heads), mutations(), (head, changes) => {
        const parsed = readOrRefused(() => parseRequestHead(changed(head, changes), LIMITS));
        if (parsed === undefined || parsed.head.method === 'CONNECT' || parsed.head.authority === '') return;
        const { method, target, authority, fields } = parsed.head;
        const again = parseRequestHead(requestHead(method, target, authority, fields, '').slice(0, -2), LIMITS);
        assert.deepEqual([again.head.method, again.head.target, again.head.authority], [method, target, authority]);
        assert.deepEqual(again.head.fields, fields);
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads a head of a reply of any bytes, or refuses it', () => {
    const heads = REPLIES.map(({ bytes }) => bytes.slice(0, bytes.indexOf('\r\n\r\n') + 2));
    fc.assert(
      fc.property(fc.constantFrom(...heads), mutations(), (head, changes) => {
        readOrRefused(() => parseReplyHead(changed(head, changes), 'GET', LIMITS.maxHttpFields));
      }),
      { numRuns: 2_000 },
    );
  });
});

interface Change {
  /** Where, as a part of the whole. */
  readonly at: number;
  readonly remove: number;
  readonly put: string;
}

function mutations(): fc.Arbitrary<readonly Change[]> {
  const put = fc.oneof(
    fc.constantFrom(
      '',
      '\r\n',
      '\r',
      '\n',
      ' ',
      '\t',
      ':',
      '\0',
      ',',
      'chunked',
      '0',
      'Content-Length: 3\r\n',
      '\x80',
      '/',
      '\r\n\r\n',
    ),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(4), put });
  return fc.array(change, { minLength: 1, maxLength: 4 });
}

function changed(text: string, changes: readonly Change[]): string {
  return changes.reduce((now, { at, remove, put }) => {
    const start = Math.floor(at * now.length);
    return now.slice(0, start) + put + now.slice(start + remove);
  }, text);
}

function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (fault) {
    assert.ok(fault instanceof MalformedHttp, String(fault));
    return undefined;
  }
}

function decode(wire: Buffer, steps: readonly number[]) {
  const decoder = new ChunkedDecoder(LIMITS);
  let content = '';
  let rest = '';
  for (let at = 0, i = 0; at < wire.length; i++) {
    const step = steps[i % steps.length] ?? 1;
    const bytes = Buffer.from(wire.subarray(at, at + step));
    const read = decoder.done ? { content: Buffer.alloc(0), rest: bytes } : decoder.decode(bytes);
    content += read.content.toString('latin1');
    rest += read.rest.toString('latin1');
    at += step;
  }
  const trailers: Fields = decoder.trailers;
  return { content, rest, trailers };
}

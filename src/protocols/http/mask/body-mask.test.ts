import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMaskPlan } from '../../../masking/mask-plan.ts';
import type { Operation } from '../../../model/request.ts';
import type { ClassifiedColumn } from '../../../model/target.ts';
import type { MessageBody } from '../message.ts';
import { bodyMask } from './body-mask.ts';
import { ReadableBody } from './charset.ts';
import { boundaryOf, parameterOf } from './parameters.ts';

const FIELD: ClassifiedColumn = { schema: '', table: '/**', column: '**.name', class: 'person', place: 'body' };
const HTTP = {
  method: 'GET',
  host: 'x',
  path: '/a',
  query: {},
  headers: {},
  mediaType: '',
  body: { kind: 'none' },
} as const;
const OPERATION = {
  kind: 'get',
  access: 'read',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  http: HTTP,
} as const;

function masksOf(fields: readonly ClassifiedColumn[]) {
  const operations: readonly Operation[] = [OPERATION];
  const plan = createMaskPlan(['email', 'card', 'person'], { classified: fields }, Buffer.alloc(32));
  return plan?.masker(operations).messages ?? assert.fail('nothing is masked');
}

function masked(type: string, chunks: readonly Buffer[], fields: readonly ClassifiedColumn[] = []): string {
  const mask = bodyMask(type, masksOf(fields));
  const out = chunks.map((chunk) => {
    const reused = Buffer.from(chunk);
    const made = Buffer.from(mask.push(reused));
    reused.fill('!');
    return made;
  });
  return Buffer.concat([...out, mask.end()]).toString();
}

function cutAt(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  let from = 0;
  const pieces = sizes.map((size) => bytes.subarray(from, (from += size)));
  return [...pieces, bytes.subarray(from)];
}

const PIECES = [
  'ada@example.com',
  '4111111111111111',
  '{"name":"Ada","n":4111111111111111}',
  'data: ',
  'data:{"name":"Ada"}\n\n',
  'event: x\r\n',
  ': c\n',
  '\n',
  '\r\n',
  '\r\n--b\r\n',
  '\r\n--b--\r\n',
  '--b',
  'Content-Type: application/json\r\n\r\n',
  'Content-Type: text/event-stream\r\n\r\n',
  '[1,',
  '"',
  'ü',
  '\u0000',
  ' ',
];
const TYPES = [
  'text/event-stream',
  'multipart/mixed; boundary=b',
  'application/octet-stream',
  'text/plain',
  'image/png',
  '',
];

describe('a body in pieces', () => {
  test('is masked as if it had come whole, or refused as it would have been', () => {
    const body = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES),
        body,
        fc.array(fc.nat(12), { maxLength: 40 }),
        fc.boolean(),
        (type, all, sizes, has) => {
          const bytes = Buffer.from(`${type.startsWith('multipart') ? '--b\r\n' : ''}${all.join('')}`);
          const fields = has ? [FIELD] : [];
          const told = (chunks: readonly Buffer[]): string => {
            try {
              return masked(type, chunks, fields);
            } catch (cause) {
              assert.equal((cause as Error).name, 'Refused');
              return 'refused';
            }
          };
          const whole = told([bytes]);
          assert.equal(told(cutAt(bytes, sizes)), whole);
          assert.equal(told(Array.from(bytes, (byte) => Buffer.from([byte]))), whole);
          if (has) assert.doesNotMatch(whole, /"Ada"/);
        },
      ),
      { numRuns: 300, seed: 6 },
    );
  });

  test('of events is let go at the end of each, and not before', () => {
    const mask = bodyMask('text/event-stream', masksOf([]));
    assert.equal(String(mask.push(Buffer.from('data: ada@exam'))), '');
    assert.equal(String(mask.push(Buffer.from('ple.com\n\ndata: b'))), 'data: [redacted]\n\n');
    assert.equal(String(mask.end()), 'data: b');
  });

  test('of an event that goes on and on is refused', () => {
    const lines = (count: number) => Buffer.from(`${'data: a\n'.repeat(count)}\n`);
    assert.equal(masked('text/event-stream', [lines(99_999)]).length, 800_000 - 7);
    assert.throws(() => masked('text/event-stream', [lines(100_000)]), /too many lines/);
  });

  test('of parts that have no end is refused, whatever stands where its end would', () => {
    const multipart = (text: string) => masked('multipart/mixed; boundary=b', [Buffer.from(text)], [FIELD]);
    assert.equal(multipart('--b\r\n\r\n{}\r\n--b--'), '--b\r\n\r\n{}\r\n--b--');
    assert.throws(() => multipart('--b\r\n\u0000\r\n--b--\r\n{"name":"Ada"}'), /no end/);
    assert.throws(() => multipart('--b\r\n\r\n{}\r\n--b--{"name":"Ada"}'), /no end/);
  });

  test('of parts in parts is looked into, to a depth', () => {
    const inner = '--i\r\n\r\nada@example.com\r\n--i--\r\n';
    const outer = `--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n${inner}--b--\r\n`;
    assert.equal(
      masked('multipart/mixed; boundary=b', [Buffer.from(outer)]),
      outer.replace('ada@example.com', '[redacted]'),
    );
    let nested = inner;
    for (const name of ['h', 'g', 'f']) {
      const last = name === 'h' ? 'i' : String.fromCharCode(name.charCodeAt(0) + 1);
      nested = `--${name}\r\nContent-Type: multipart/mixed; boundary=${last}\r\n\r\n${nested}\r\n--${name}--\r\n`;
    }
    assert.throws(() => masked('multipart/mixed; boundary=f', [Buffer.from(nested)]), /nested too deep/);
  });
});

describe('a body in another character set', () => {
  const bodyOf = (chunks: readonly Buffer[]): MessageBody => {
    const left = [...chunks];
    return { length: 'unknown', trailers: [], read: () => Promise.resolve(left.shift() ?? null) };
  };
  const readAll = async (chunks: readonly Buffer[], charset?: string, isText = true): Promise<string> => {
    const body = new ReadableBody(bodyOf(chunks), charset, isText);
    const out: Buffer[] = [];
    for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) out.push(bytes);
    return Buffer.concat(out).toString();
  };

  test('is read in UTF-8, byte by byte as whole', async () => {
    const text = '{"é":"😀"}';
    const little = Buffer.from(text, 'utf16le');
    const bytes = (all: Buffer) => Array.from(all, (byte) => Buffer.from([byte]));
    for (const chunks of [[little], bytes(little)]) {
      assert.equal(await readAll(chunks), text);
      assert.equal(await readAll(chunks, 'UTF-16LE'), text);
      assert.equal(await readAll(chunks, 'utf-8', false), text);
    }
    assert.equal(await readAll([Buffer.from('é', 'latin1')], 'iso-8859-1'), '\ufffd');
    assert.equal(await readAll([], 'utf-16'), '');
  });

  test('is refused where its bytes belie what it says', async () => {
    await assert.rejects(readAll([Buffer.from('{"a":1}')], 'utf-16'), { name: 'Refused' });
    await assert.rejects(readAll([Buffer.from([0x81])], 'shift_jis'), { name: 'Refused' });
    await assert.rejects(readAll([Buffer.from([0, 0, 0, 0x7b])]), { name: 'Refused' });
  });
});

test('a parameter of a type is read with its quotes, once', () => {
  assert.equal(parameterOf('a/b; Charset="utf\\-8"; x=y', 'charset'), 'utf-8');
  assert.equal(parameterOf('a/b;x=charset;charset=a', 'charset'), 'a');
  assert.equal(parameterOf('a/b; charset=a; charset=b', 'charset'), undefined);
  assert.equal(boundaryOf('multipart/mixed; boundary="a b"'), 'a b');
  assert.equal(boundaryOf(`multipart/mixed; boundary=${'x'.repeat(71)}`), undefined);
});

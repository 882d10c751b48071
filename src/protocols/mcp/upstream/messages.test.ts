import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventReader, eventOf } from './event-stream.ts';
import { spanOf, spliced } from './json-span.ts';
import { LineReader } from './line-reader.ts';
import { readMessage } from './rpc-message.ts';

describe('a value in JSON', () => {
  test('is found by its path, whatever is written around it, and nothing else changes', () => {
    const text = ' { "a":[{"id":"no"}] , "x\\"id" : "\\\\", "id" :  12345678901234567890 , "p": {"q": {"t" : "s"} } } ';
    assert.equal(text.slice(...(spanOf(text, ['id']) ?? [0, 0])), '12345678901234567890');
    assert.equal(text.slice(...(spanOf(text, ['p', 'q', 't']) ?? [0, 0])), '"s"');
    assert.equal(text.slice(...(spanOf(text, ['x"id']) ?? [0, 0])), String.raw`"\\"`);
    for (const path of [['q'], ['p', 'id'], ['a', 'id'], ['id', 'x']]) assert.equal(spanOf(text, path), undefined);
    const changed = spliced(text, [
      [spanOf(text, ['id']), '7'],
      [spanOf(text, ['p', 'q', 't']), 'null'],
      [spanOf(text, ['none']), '8'],
    ]);
    assert.equal(changed, text.replace('12345678901234567890', '7').replace('"s"', 'null'));
  });

  test('is the last where a name stands twice, as it is for who parses it', () => {
    assert.deepEqual(spanOf('{"id":1,"id":2}', ['id']), [13, 14]);
    assert.deepEqual(spanOf(String.raw`{"id":1,"\u0069d":2}`, ['id']), [18, 19]);
  });
});

describe('a message', () => {
  test('is a request, a notification or a response, with ids as they were written', () => {
    const of = (value: unknown) => readMessage(JSON.stringify(value));
    assert.equal(of({ id: 'a"b', method: 'x' })?.kind, 'request');
    const request = readMessage('{"id":1.50,"method":"x"}');
    assert.equal(request?.kind === 'request' && request.id, '1.50');
    assert.equal(of({ method: 'x' })?.kind, 'notification');
    assert.equal(of({ id: 1, result: null })?.kind, 'response');
    assert.equal(of({ id: 1, error: { code: -1 } })?.kind, 'response');
  });

  test('is none where it is a batch, no object, or of neither shape', () => {
    for (const text of [
      '',
      '[]',
      '[{"id":1,"method":"x"}]',
      '1',
      'null',
      '{}',
      '{"id":1}',
      '{"id":null,"error":{}}',
      '{',
    ]) {
      assert.equal(readMessage(text), undefined, text);
    }
  });
});

describe('an event stream', () => {
  const STREAM =
    '\uFEFFevent: endpoint\r\ndata: /m?s=1\r\n\r\n: ping\n\ndata: {"a":\ndata:1}\nid: 7\n\nevent: message\rdata: b\r\rdata: ö\n\nx';
  const EVENTS = [
    { event: 'endpoint', data: '/m?s=1' },
    { event: 'message', data: '{"a":\n1}' },
    { event: 'message', data: 'b' },
    { event: 'message', data: 'ö' },
  ];

  test('is read whole and byte by byte alike', () => {
    const bytes = Buffer.from(STREAM);
    assert.deepEqual([...new EventReader(1_000).read(bytes)], EVENTS);
    const reader = new EventReader(1_000);
    assert.deepEqual(
      [...bytes].flatMap((byte) => [...reader.read(Buffer.from([byte]))]),
      EVENTS,
    );
  });

  test('ends where an event is longer than it may be, in one line or in many', () => {
    assert.throws(() => [...new EventReader(10).read(Buffer.from(`data: ${'x'.repeat(20)}`))], RangeError);
    assert.throws(() => [...new EventReader(10).read(Buffer.from('data: x\n'.repeat(9)))], RangeError);
  });

  test('is written so that it is read back', () => {
    assert.deepEqual([...new EventReader(100).read(eventOf('{"a":\n1}'))], [{ event: 'message', data: '{"a":\n1}' }]);
  });
});

describe('lines', () => {
  test('are read whole and byte by byte alike, without their ends', () => {
    const bytes = Buffer.from('one\r\n\ntwö\nrest');
    assert.deepEqual([...new LineReader(10).read(bytes)], ['one', '', 'twö']);
    const reader = new LineReader(10);
    assert.deepEqual(
      [...bytes].flatMap((byte) => [...reader.read(Buffer.from([byte]))]),
      ['one', '', 'twö'],
    );
  });

  test('are told where they are too long, ended or not, and can be passed over', () => {
    assert.deepEqual([...new LineReader(3).read(Buffer.from('long\nok\n'))], [undefined, 'ok']);
    const reader = new LineReader(3);
    assert.deepEqual([...reader.read(Buffer.from('long'))], [undefined]);
    reader.skip();
    assert.deepEqual([...reader.read(Buffer.from('er\nok\n'))], ['ok']);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { protobufObject } from './protobuf-body.ts';

const text = (number: number, value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const object = (raw: Buffer, kind = 'Namespace'): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    text(1, Buffer.concat([text(1, 'v1'), text(2, kind)])),
    text(2, raw),
    text(3, ''),
    text(4, ''),
  ]);

describe('an object in protobuf', () => {
  test('says what it is, how it is called, and all that stands in it', () => {
    const metadata = text(
      1,
      Buffer.concat([text(1, 'k1test'), text(11, Buffer.concat([text(1, 'app'), text(2, 'web')]))]),
    );
    const spec = Buffer.concat([Buffer.from([0x10, 0x96, 0x01]), text(3, Buffer.from([0xff, 0x00]))]);
    assert.deepEqual(protobufObject(object(Buffer.concat([metadata, spec]))), {
      apiVersion: 'v1',
      kind: 'Namespace',
      name: 'k1test',
      shown: '{1: {1: "k1test", 11: {1: "app", 2: "web"}}, 2: 150, 3: 0xff00}',
    });
  });

  test('of a kind without metadata has no name', () => {
    const options = protobufObject(object(Buffer.from([0x08, 0x00]), 'DeleteOptions'));
    assert.deepEqual([options?.name, options?.shown], [undefined, '{1: 0}']);
  });

  const named = text(1, text(1, 'a'));
  const others: readonly (readonly [string, Buffer])[] = [
    ['without its magic', object(named).subarray(1)],
    ['cut off', object(named).subarray(0, -1)],
    [
      'that is compressed',
      Buffer.concat([Buffer.from('k8s\0'), text(1, text(2, 'Pod')), text(2, named), text(3, 'gzip')]),
    ],
    ['that says twice what it is', Buffer.concat([object(named), text(1, text(2, 'Pod'))])],
    ['that has its content twice', Buffer.concat([object(named), text(2, named)])],
    ['with metadata twice', object(Buffer.concat([named, text(1, text(1, 'b'))]))],
    ['with a group', object(Buffer.from([0x0b, 0x0c]))],
    ['with a number that does not end', object(Buffer.from(Array.from({ length: 12 }, () => 0xff)))],
    ['with a length beyond its end', object(Buffer.from([0x0a, 0x7f, 0x61]))],
  ];
  for (const [what, bytes] of others) {
    test(`${what} is none`, () => assert.equal(protobufObject(bytes), undefined));
  }
});

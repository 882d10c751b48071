import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import objects from '../../../../test/corpus/kubernetes/objects.json' with { type: 'json' };
import type { JsonValue } from '../../../model/http.ts';
import { contentOf } from '../object-content.ts';
import { protobufObject } from './protobuf-object.ts';

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
      json: undefined,
      shown: '{1: {1: "k1test", 11: {1: "app", 2: "web"}}, 2: 150, 3: 0xff00}',
    });
  });

  test('of a kind without metadata has no name', () => {
    const options = protobufObject(object(Buffer.from([0x08, 0x00]), 'DeleteOptions'));
    assert.deepEqual([options?.name, options?.shown], [undefined, '{1: 0}']);
    assert.deepEqual(options?.json, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 });
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

/** What is empty is left out: servers say some of it, and clients do not. */
function full(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => full(one));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .map(([name, inner]): [string, JsonValue] => [name, full(name === CLAIMS ? untyped(inner) : inner)])
    .filter(([, inner]) => !EMPTY.has(JSON.stringify(inner)));
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Of objects within objects protobuf does not say the kind. */
const CLAIMS = 'volumeClaimTemplates';

function untyped(claims: JsonValue): JsonValue {
  return (claims as readonly Record<string, JsonValue>[]).map(
    ({ apiVersion: _version, kind: _kind, ...others }) => others,
  );
}

const EMPTY: ReadonlySet<string> = new Set(['""', 'null', 'false', '0', '{}', '[]']);

function decidedOn(object: JsonValue): unknown {
  const { images, hostPaths, capabilities = [], ...others } = contentOf(object, undefined) ?? assert.fail('unknown');
  return {
    ...others,
    images: images.toSorted(),
    hostPaths: hostPaths.toSorted(),
    capabilities: capabilities.toSorted(),
  };
}

/** Encoded by a real API server and by kubectl (docs/internals/testing.md). */
describe('a built-in kind', () => {
  for (const { from, json, protobuf } of objects) {
    test(`is the same in protobuf as in JSON: ${json.metadata.name}, ${json.kind} of ${from}`, () => {
      const read = protobufObject(Buffer.from(protobuf, 'base64'))?.json ?? assert.fail('it is unknown');
      assert.deepEqual(full(read), full(json as JsonValue));
      assert.deepEqual(decidedOn(read), decidedOn(json as JsonValue));
    });
  }

  const zero = Buffer.from([0x08, 0x00]);
  const spec = (bytes: Buffer, kind = 'Deployment', version = 'apps/v1'): Buffer =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      text(1, Buffer.concat([text(1, version), text(2, kind)])),
      text(2, Buffer.concat([text(1, text(1, 'web')), text(2, bytes)])),
    ]);
  const label = (key: string): Buffer => text(2, text(1, Buffer.concat([text(1, key), text(2, 'b')])));

  test('says a number that is zero where zero is not what is left out', () => {
    assert.deepEqual(protobufObject(spec(zero))?.json, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 0 },
    });
    assert.deepEqual(protobufObject(spec(zero, 'Scale', 'autoscaling/v1'))?.json, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web' },
    });
  });

  const unknown: readonly (readonly [string, Buffer])[] = [
    ['a field that no release has', spec(Buffer.from([0xf8, 0x06, 0x01]))],
    ['a number where a message is', spec(Buffer.from([0x10, 0x01]))],
    ['a message where a number is', spec(text(1, ''))],
    ['a word of fixed length where a number is', spec(Buffer.from([0x0d, 0, 0, 0, 0]))],
    ['a number twice', spec(Buffer.concat([zero, Buffer.from([0x08, 0x03])]))],
    ['a message twice', spec(Buffer.concat([label('a'), label('b')]))],
    ['a number beyond 32 bits', spec(Buffer.from([0x08, 0x80, 0x80, 0x80, 0x80, 0x10]))],
    ['a truth that is neither', spec(Buffer.from([0x38, 0x02]))],
    ['text that is not UTF-8', spec(text(2, text(1, Buffer.concat([text(1, 'a'), text(2, Buffer.from([0xff]))]))))],
    [
      'a key twice',
      spec(
        text(
          2,
          Buffer.concat([
            text(1, Buffer.concat([text(1, 'a'), text(2, 'b')])),
            text(1, Buffer.concat([text(1, 'a'), text(2, 'c')])),
          ]),
        ),
      ),
    ],
    ['a version of its own', spec(zero, 'Deployment', 'apps/v1beta1')],
    ['a kind of nobody here', spec(zero, 'Widget', 'example.com/v1')],
  ];
  for (const [what, bytes] of unknown) {
    test(`with ${what} is unknown`, () => {
      const read = protobufObject(bytes);
      assert.deepEqual([read?.name, read?.json], ['web', undefined]);
    });
  }
});

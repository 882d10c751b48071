import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { grpcServices } from './descriptors.ts';
import { frameOf, GrpcFrames } from './frames.ts';
import { maskedMessage } from './masked-message.ts';
import { messageFields } from './message-fields.ts';

const DESCRIPTORS = readFileSync('test/corpus/grpc/shop.binpb').toString('base64');
const services = grpcServices({ descriptors: DESCRIPTORS });
if ('problem' in services) throw new Error(services.problem);
const { registry, methods } = services;
const ORDER = registry.getMessage('shop.Order')!;
const NEW_ORDER = registry.getMessage('shop.NewOrder')!;
const order = (fields: JsonObject): Uint8Array => toBinary(ORDER, fromJson(ORDER, fields));

test('descriptors name the methods of their services, by the path of their calls', () => {
  assert.deepEqual([...methods.keys()], ['/shop.Orders/Place', '/shop.Orders/Get', '/shop.Orders/Chat']);
});

describe('descriptors that are none are refused with why', () => {
  const cut = Buffer.from(DESCRIPTORS, 'base64').subarray(0, 200).toString('base64');
  for (const [what, text, why] of [
    ['text', '%%%', /no base64/],
    ['other bytes', Buffer.from('hello there').toString('base64'), /no FileDescriptorSet/],
    ['a part of one', cut, /no FileDescriptorSet/],
    ['one without files', '', /no base64|no file/],
  ] as const) {
    test(what, () => {
      const read = grpcServices({ descriptors: text });
      assert.match('problem' in read ? read.problem : 'none', why);
    });
  }
});

test('the fields of a message stand by their names, those without a value at their default', () => {
  assert.deepEqual(messageFields(ORDER, registry, order({ email: 'a@shop.test', id: '7', items: [{ kind: 'BIG' }] })), {
    value: {
      email: 'a@shop.test',
      id: '7',
      items: [{ email: '', id: '0', items: [], raw: '', notes: {}, kind: 'BIG', dry_run: false }],
      raw: '',
      notes: {},
      kind: 'KIND_UNSPECIFIED',
      dry_run: false,
    },
  });
});

test('a message with fields that the descriptors do not know is not told', () => {
  const newer = toBinary(NEW_ORDER, fromJson(NEW_ORDER, { email: 'a', phone: '1' }));
  assert.deepEqual(messageFields(ORDER, registry, newer), { why: 'it has fields that the descriptors do not know' });
  assert.deepEqual(messageFields(ORDER, registry, Buffer.from([0x0a])), { why: 'it is no message of its type' });
});

describe('a masked message', () => {
  const EMAIL = /[a-z]+@shop\.test/g;
  const mask = {
    json: (text: Buffer) => Buffer.from(text.toString().replaceAll(EMAIL, '[email]')),
    words: (text: Buffer) => (EMAIL.test(text.toString()) ? Buffer.from('[email]') : undefined),
  };
  const masked = (payload: Uint8Array, other: Partial<typeof mask> = {}): unknown =>
    toJson(ORDER, fromBinary(ORDER, maskedMessage(ORDER, registry, payload, { ...mask, ...other })));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('has masks in its texts, wherever they stand, and the rest as it was', () => {
    const before = { email: 'a@shop.test', id: '7', items: [{ email: 'b@shop.test', dryRun: true }] };
    const more = {
      notes: { a: 'of c@shop.test', b: 'x' },
      raw: base64('d@shop.test'),
      street: 'e@shop.test',
      kind: 'BIG',
    };
    assert.deepEqual(masked(order({ ...before, ...more })), {
      email: '[email]',
      id: '7',
      items: [{ email: '[email]', dryRun: true }],
      notes: { a: 'of [email]', b: 'x' },
      raw: base64('[email]'),
      street: '[email]',
      kind: 'BIG',
    });
  });

  test('keeps bytes that are no text', () => {
    const raw = Buffer.from([0, 255, 1, 2, 3]).toString('base64');
    assert.deepEqual(masked(order({ raw, items: [{ raw }] })), { raw, items: [{ raw }] });
  });

  test('has zeros where a mask is no value of the type', () => {
    const all = { json: (text: Buffer) => Buffer.from(JSON.stringify(starred(JSON.parse(text.toString())))) };
    const fields = { id: '7', raw: base64('x'), kind: 'BIG', box: 4, dryRun: true, email: 'a', notes: { a: 'b' } };
    assert.deepEqual(masked(order({ ...fields, items: [{ id: '8' }] }), all), {
      email: '***',
      items: [{}],
      notes: { a: '***' },
      box: 0,
    });
  });

  test('is without what was made null', () => {
    const none = { json: () => Buffer.from('{"email":null,"items":null}') };
    assert.deepEqual(masked(order({ email: 'a', id: '7', items: [{}] }), none), {});
  });

  test('is without what the descriptors do not know', () => {
    const newer = toBinary(NEW_ORDER, fromJson(NEW_ORDER, { email: 'x', phone: 'a@shop.test' }));
    assert.deepEqual(fromBinary(NEW_ORDER, maskedMessage(ORDER, registry, newer, mask)).$unknown, undefined);
    assert.deepEqual(masked(newer), { email: 'x' });
  });
});

test('messages are cut out of what comes, however it is cut, up to their length', () => {
  const wire = Buffer.concat(['one', '', 'three'].map((text) => frameOf({ flag: 0, payload: Buffer.from(text) })));
  for (let size = 1; size <= wire.length; size++) {
    const frames = new GrpcFrames(5);
    const found: string[] = [];
    for (let at = 0; at < wire.length; at += size) {
      found.push(...frames.push(wire.subarray(at, at + size)).frames.map(({ payload }) => payload.toString()));
    }
    assert.deepEqual(found, ['one', '', 'three']);
  }
  assert.equal(new GrpcFrames(4).push(wire).tooLong, true);
});

/** Every value a text of stars. */
function starred(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(starred);
  if (typeof value !== 'object' || value === null) return '***';
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, starred(one)]));
}

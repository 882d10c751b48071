import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import { describeBatch } from './batch-statements.ts';
import type { Portal } from './client-state.ts';
import { unreadable } from './statement-text.ts';

const utf8 = (bytes: Buffer) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined);

function portalOf(value: Buffer | null, format: number, parameterTypes: readonly number[] = []): Portal {
  const statement = {
    text: 'update t set a = $1',
    analysis: unreadable('a test'),
    parameterTypes,
    description: undefined,
  };
  return { statement, parameters: [value], parameterFormats: [format], resultFormats: [] };
}

const bound = (portal: Portal, decode = utf8) => describeBatch([{ kind: 'bind', name: '', portal }], decode);

test('values that differ in any byte are described differently, in whatever encoding', () => {
  const described = [0xe8, 0xe9].map((byte) => bound(portalOf(Buffer.from([byte]), 0)));
  assert.deepEqual(described, [
    [{ text: 'update t set a = $1', parameters: [{ bytes: '6A==' }] }],
    [{ text: 'update t set a = $1', parameters: [{ bytes: '6Q==' }] }],
  ]);
  assert.deepEqual(
    bound(portalOf(Buffer.from([0xe9]), 0), (bytes) => bytes.toString('latin1')),
    [{ text: 'update t set a = $1', parameters: ['é'] }],
  );
});

test('the same binary bytes are another value where the client named another type', () => {
  const value = Buffer.from('4059000000000000', 'hex');
  assert.deepEqual(bound(portalOf(value, 1, [20])), [
    { text: 'update t set a = $1', parameters: [{ binary: 'QFkAAAAAAAA=', type: 20 }] },
  ]);
  assert.deepEqual(bound(portalOf(value, 1, [701])), [
    { text: 'update t set a = $1', parameters: [{ binary: 'QFkAAAAAAAA=', type: 701 }] },
  ]);
  assert.deepEqual(bound(portalOf(value, 1)), [
    { text: 'update t set a = $1', parameters: [{ binary: 'QFkAAAAAAAA=' }] },
  ]);
});

test('a portal that an earlier batch bound is executed with its values in sight', () => {
  const portal = portalOf(Buffer.from('7'), 0);
  assert.deepEqual(describeBatch([{ kind: 'execute', portal }], utf8), [
    { text: 'update t set a = $1', again: true, parameters: ['7'] },
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import type { ResultColumn, ValueType } from '../model/reply.ts';
import { constantMask } from './mask-constants.ts';
import { createMaskPlan } from './mask-plan.ts';

const parserOf = pg.types.getTypeParser as unknown as (
  oid: number,
  format: 'text' | 'binary',
) => (value: Buffer | string) => unknown;

const READ: readonly (readonly [type: ValueType, oid: number, value: unknown])[] = [
  ['text', 25, '[redacted]'],
  ['integer2', 21, 0],
  ['integer4', 23, 0],
  ['float4', 700, 0],
  ['float8', 701, 0],
  ['boolean', 16, false],
  ['json', 114, '[redacted]'],
];

test('a constant is read by the driver as a value of its type, in text and in binary', () => {
  for (const [type, oid, value] of READ) {
    assert.deepEqual(parserOf(oid, 'text')(constantMask(type, 'text')?.toString() ?? ''), value, type);
    if (type === 'json') continue;
    const binary = constantMask(type, 'binary') ?? Buffer.alloc(0);
    assert.deepEqual(parserOf(oid, 'binary')(binary), value, type);
  }
  assert.equal(constantMask('textArray', 'text'), null);
  assert.equal(constantMask('other', 'binary'), null);
});

const CLASSIFIED = [{ schema: 'public', table: 'users', column: 'email', class: 'mail', mask: 'partial' }] as const;
const SOURCE = { schema: 'public', table: 'users', column: 'email' };

function maskerOf(plain: boolean) {
  const plan = createMaskPlan(['mail'], { classified: CLASSIFIED }, Buffer.alloc(32));
  assert.ok(plan);
  const tables = [{ schema: 'public', name: 'users', use: 'read' }] as const;
  const masker = plan.masker([{ kind: 'select', access: 'read', tables, functions: [], hasWhere: true, flags: [] }]);
  const column: ResultColumn = { name: 'x', type: 'text', format: 'text', sources: [SOURCE], plain };
  masker.columns([column]);
  return masker;
}

test('every value of a computed column is the same, a NULL too', () => {
  const masker = maskerOf(false);
  assert.equal(masker.field(0, Buffer.from('4111 1111 1111 1111'), 0, 19)?.toString(), '[redacted]');
  assert.equal(masker.absent?.(0)?.toString(), '[redacted]');
});

test('of a column as it stands a NULL stays one', () => {
  const masker = maskerOf(true);
  assert.equal(masker.field(0, Buffer.from('4111 1111 1111 1111'), 0, 19)?.toString(), '**** **** **** 1111');
  assert.equal(masker.absent?.(0), undefined);
});

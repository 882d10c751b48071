import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../model/limits.ts';
import { MaskCounts } from './mask-counts.ts';

test('the order of findings in a message is told where several detectors found some', () => {
  const counts = new MaskCounts();
  for (const name of ['email', 'phone', 'email']) counts.addNext(name);
  counts.add('column', 'GET /a name');
  assert.deepEqual(counts.all(), [
    { by: 'column', name: 'GET /a name', count: 1 },
    { by: 'detector', name: 'email', count: 2, order: [0, 2] },
    { by: 'detector', name: 'phone', count: 1, order: [1] },
  ]);
});

test('of one detector, of rows, and of more findings than may be told there is no order', () => {
  const one = new MaskCounts();
  one.addNext('email');
  assert.deepEqual(one.all(), [{ by: 'detector', name: 'email', count: 1 }]);
  const rows = new MaskCounts();
  rows.add('detector', 'email');
  rows.addNext('phone');
  assert.deepEqual(
    rows.all().map(({ order }) => order),
    [undefined, undefined],
  );
  const many = new MaskCounts();
  for (let left = LIMITS.maxMaskOrder; left > 0; left--) many.addNext('email');
  many.addNext('phone');
  assert.deepEqual(many.all(), [
    { by: 'detector', name: 'email', count: 200 },
    { by: 'detector', name: 'phone', count: 1 },
  ]);
});

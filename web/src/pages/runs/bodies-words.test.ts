import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressWords, reasonWords } from './bodies-words.ts';

test('an erasure says why, and who is still to do it', () => {
  assert.equal(reasonWords({ reason: 'retention', rule: 'customers' }), 'the retention rule customers');
  assert.equal(reasonWords({ reason: 'contract' }), 'a contract says so');
  const gateways = [
    { gateway: 'a', state: 'done' as const },
    { gateway: 'b', state: 'waiting' as const },
  ];
  assert.equal(progressWords({ state: 'ordered', gateways }), 'not yet by b');
  assert.equal(progressWords({ state: 'done', gateways: [] }), undefined);
});

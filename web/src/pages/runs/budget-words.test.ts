import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetWords, spentPercent } from './budget-words.ts';

test('a budget says what it counts, of what and in which time', () => {
  assert.equal(budgetWords({ measure: 'rowsRead', per: 'run' }), 'rows read per run');
  const words = (withinMs: number): string => budgetWords({ measure: 'tables', per: 'target', withinMs });
  assert.equal(words(3_600_000), 'distinct tables per target within 1 h');
  assert.equal(words(90 * 60_000), 'distinct tables per target within 90 min');
  assert.equal(words(2 * 86_400_000), 'distinct tables per target within 2 d');
});

test('a budget is never spent by more than all of it, and one of nothing is used up', () => {
  assert.equal(spentPercent({ spent: 1, most: 3, granted: 0 }), 33);
  assert.equal(spentPercent({ spent: 3, most: 3, granted: 3 }), 50);
  assert.equal(spentPercent({ spent: 9, most: 3, granted: 0 }), 100);
  assert.equal(spentPercent({ spent: 0, most: 0, granted: 0 }), 100);
});

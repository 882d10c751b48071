import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forgetPin, keepPin, readPin } from './pin.ts';

function storage(start: Readonly<Record<string, string>> = {}) {
  const items = new Map(Object.entries(start));
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  };
}

const SEEN = { verifierKey: 'k1', checkpoint: 'c1', size: 3, at: '2026-01-01T00:00:00.000Z' };

describe('what a browser remembers of the log', () => {
  test('is nothing at first, and nothing where what is stored cannot be read', () => {
    assert.equal(readPin(storage()), undefined);
    assert.equal(readPin(storage({ 'log-pin': '{' })), undefined);
    assert.equal(readPin(storage({ 'log-pin': '{"verifierKey":7}' })), undefined);
  });

  test('keeps when the key was first seen while the key stays, and begins anew with another', () => {
    const kept = storage();
    keepPin(kept, SEEN);
    const later = keepPin(kept, { ...SEEN, size: 9, at: '2026-02-01T00:00:00.000Z' });
    assert.deepEqual(
      [later.firstAt, later.at, later.size],
      ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', 9],
    );
    const other = keepPin(kept, { ...SEEN, verifierKey: 'k2', at: '2026-03-01T00:00:00.000Z' });
    assert.equal(other.firstAt, '2026-03-01T00:00:00.000Z');
    assert.deepEqual(readPin(kept), other);
    forgetPin(kept);
    assert.equal(readPin(kept), undefined);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, exact, relative } from './moments.ts';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');

test('times are said as people say them', () => {
  for (const [at, said] of [
    ['2026-11-22T11:59:57.000Z', 'now'],
    ['2026-11-22T11:59:48.000Z', '12 s ago'],
    ['2026-11-22T12:04:30.000Z', 'in 4 min'],
    ['2026-11-22T08:59:00.000Z', '3 h ago'],
    ['2026-11-20T12:00:00.000Z', '2 d ago'],
    ['2026-10-01T12:00:00.000Z', '2026-10-01'],
    ['no time', 'no time'],
  ] as const) {
    assert.equal(relative(at, NOW), said);
  }
});

test('durations have two units, and none that is zero', () => {
  assert.deepEqual(
    [0, 850, 12_000, 250_000, 11_100_000, 86_400_000, 90_061_000].map((ms) => duration(ms)),
    ['0 ms', '850 ms', '12 s', '4 min 10 s', '3 h 5 min', '1 d', '1 d 1 h'],
  );
});

test('the exact time is the one on record', () => {
  assert.equal(exact('2026-11-22T21:04:05.120Z'), '2026-11-22 21:04:05.120 UTC');
});

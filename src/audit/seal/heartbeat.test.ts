import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Heartbeat } from './heartbeat.ts';

function beating(syncedAt?: () => number | undefined) {
  const time = { now: 1_000_000, steady: 0 };
  const options = { clock: () => time.now, monotonic: () => time.steady };
  const heartbeat = new Heartbeat({ ...options, syncedAt: syncedAt ?? (() => undefined) });
  const pass = (wall: number, steady = wall) => {
    time.now += wall;
    time.steady += steady;
    return [...heartbeat.due(time.now, 1000)];
  };
  return pass;
}

describe('the heartbeat', () => {
  test('comes once in its time, and not before', () => {
    const pass = beating();
    assert.deepEqual(pass(999), []);
    assert.deepEqual(pass(1), [{ clockStepMs: '0' }]);
    assert.deepEqual(pass(999), []);
    assert.deepEqual(pass(5000), [{ clockStepMs: '0' }]);
  });

  test('says by how much the clock was set since the last one', () => {
    const pass = beating();
    assert.deepEqual(pass(61_000, 1000), [{ clockStepMs: '60000' }]);
    assert.deepEqual(pass(1000, 3000), [{ clockStepMs: '-2000' }]);
  });

  test('says when the host synchronised its clock, where the host does', () => {
    const pass = beating(() => Date.parse('2026-03-04T05:06:07.008Z'));
    assert.deepEqual(pass(1000), [{ clockStepMs: '0', clockSyncedAt: '2026-03-04T05:06:07.008Z' }]);
  });
});

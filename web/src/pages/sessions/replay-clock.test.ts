import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AT_START, advanced, clockText, moved, offsetText, paced, toggled } from './replay-clock.ts';

test('a replay moves at its speed while it plays, and stops at the end', () => {
  const playing = { ...AT_START, playing: true, speed: 4 };
  assert.deepEqual(advanced(AT_START, 100, 1000), AT_START);
  assert.deepEqual(advanced(playing, 100, 1000), { positionMs: 400, playing: true, speed: 4 });
  assert.deepEqual(advanced(playing, 300, 1000), { positionMs: 1000, playing: false, speed: 4 });
});

test('playing at the end begins again', () => {
  assert.deepEqual(toggled({ positionMs: 1000, playing: false, speed: 1 }, 1000), {
    positionMs: 0,
    playing: true,
    speed: 1,
  });
  assert.equal(toggled({ positionMs: 10, playing: true, speed: 1 }, 1000).positionMs, 10);
});

test('the position stays within the recording, and the speed within its steps', () => {
  assert.equal(moved(AT_START, -5, 100).positionMs, 0);
  assert.equal(moved(AT_START, 500, 100).positionMs, 100);
  assert.equal(paced(AT_START, 1).speed, 2);
  assert.equal(paced({ ...AT_START, speed: 16 }, 1).speed, 16);
  assert.equal(paced({ ...AT_START, speed: 0.5 }, -1).speed, 0.5);
});

test('what took less than a minute is told to the millisecond', () => {
  assert.deepEqual(
    [offsetText(3204.9, 9000), offsetText(0, 9000), offsetText(61_450, 70_000)],
    ['0:03.204', '0:00.000', '1:01.4'],
  );
});

test('positions read as clocks do', () => {
  assert.deepEqual([0, 61_450, 754_000, 3_723_000].map(clockText), ['0:00.0', '1:01.4', '12:34', '1:02:03']);
});

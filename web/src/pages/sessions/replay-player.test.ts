import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recording } from './recording.ts';
import { ReplayPlayer } from './replay-player.ts';
import { Timeline } from './timeline.ts';

/** Exchanges a second apart, each answered after half a second; the third is refused. */
function recording(exchanges: number): Recording {
  const made = new Recording();
  let seq = 0;
  const append = (ms: number, event: object) =>
    made.append(new TextEncoder().encode(JSON.stringify({ at: '', mono: String(ms * 1000), seq: seq++, ...event })));
  append(0, { kind: 'session.open' });
  for (let exchange = 1; exchange <= exchanges; exchange++) {
    const effect = exchange === 3 ? 'deny' : 'permit';
    append(exchange * 1000, { kind: 'request', exchange, decision: { effect, rules: [] } });
    append(exchange * 1000 + 500, { kind: exchange === 3 ? 'refusal' : 'reply', exchange });
  }
  return made;
}

/** A player over those, and the frames that it asks for. */
function playing(exchanges: number, following = false) {
  const { entries } = recording(exchanges);
  const timeline = new Timeline(entries, false);
  const frames: ((nowMs: number) => void)[] = [];
  const nextFrame = (callback: (nowMs: number) => void) => {
    frames.push(callback);
    return () => void frames.splice(frames.indexOf(callback), 1);
  };
  const player = new ReplayPlayer(timeline, nextFrame, following);
  player.update(entries, timeline, false);
  return { player, frame: (nowMs: number) => frames.shift()?.(nowMs), frames };
}

test('a replay begins at its first row, and shows a request before its answer', () => {
  const { player, frame } = playing(3);
  assert.equal(player.view().index, 0);
  player.toggle();
  frame(0);
  frame(1100);
  assert.deepEqual([player.view().index, player.view().answered], [1, false]);
  frame(1600);
  assert.deepEqual([player.view().index, player.view().answered], [1, true]);
});

test('the first frame takes no time, however long ago the last replay was', () => {
  const { player, frame } = playing(3);
  player.toggle();
  frame(9_000_000);
  assert.equal(player.positionMs, 0);
});

test('a replay stops at the end, and asks for no frame more', () => {
  const { player, frame, frames } = playing(2);
  player.toggle();
  frame(0);
  frame(60_000);
  assert.deepEqual([player.view().index, player.view().playing, frames.length], [2, false, 0]);
});

test('who looks at a row stays there as more comes in; who follows sees the newest', () => {
  const more = recording(5).entries;
  for (const [following, index] of [
    [true, 5],
    [false, 1],
  ] as const) {
    const { player } = playing(2, following);
    if (!following) player.show(1);
    player.update(more, new Timeline(more, false), false);
    assert.deepEqual([player.view().index, player.view().following], [index, following]);
  }
});

test('looking elsewhere ends the following, and a step goes no further than the rows', () => {
  const { player } = playing(2, true);
  player.step(-1);
  assert.deepEqual([player.view().index, player.view().following], [1, false]);
  player.step(-9);
  assert.equal(player.view().index, 0);
  player.follow(true);
  assert.deepEqual([player.view().index, player.view().following], [2, true]);
});

test('the same row stays shown where time is played otherwise from now on', () => {
  const { entries } = recording(4);
  const { player } = playing(4);
  player.show(3);
  const skipping = new Timeline(entries, true);
  player.update(entries, skipping, true);
  assert.deepEqual([player.view().index, player.positionMs], [3, skipping.answerOf(3)]);
});

test('a jump says whether there was something to jump to', () => {
  const { player } = playing(4);
  assert.equal(player.jump(1, ['refusal']), true);
  assert.equal(player.view().index, 3);
  assert.equal(player.jump(1, ['refusal']), false);
  player.step(1);
  player.jumpAround(['refusal']);
  assert.equal(player.view().index, 3);
});

test('a view is a new one only where something that is drawn changed', () => {
  const { player, frame } = playing(3);
  player.toggle();
  frame(0);
  const before = player.view();
  let told = 0;
  player.subscribe(() => (told += 1));
  frame(200);
  frame(400);
  assert.equal(player.view(), before);
  assert.equal(told, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionClient } from './session-client.ts';

function connection() {
  const left = new AbortController();
  const listeners: ((() => void) | undefined)[] = [];
  return {
    left,
    listeners,
    peer: '127.0.0.1:1',
    signal: left.signal,
    onStall: (listener: (() => void) | undefined) => void listeners.push(listener),
  };
}

test('the client of a session leaves with its connection, for the same reason', () => {
  const wire = connection();
  const client = new SessionClient(wire, new AbortController().signal);
  const why = new Error('gone');
  wire.left.abort(why);
  assert.equal(client.signal.reason, why);
  assert.equal(new SessionClient(wire, new AbortController().signal).signal.reason, why);
});

test('a session that went apart does not hear of its connection, and listens to nothing there', () => {
  const wire = connection();
  const client = new SessionClient(wire, new AbortController().signal);
  const stalled = (): void => undefined;
  client.onStall(stalled);
  client.goApart();
  client.onStall(stalled);
  wire.left.abort(new Error('gone'));
  assert.equal(client.signal.aborted, false);
  assert.deepEqual(wire.listeners, [stalled, undefined]);
});

test('the end of a session takes nothing from another of the same connection', () => {
  const wire = connection();
  const over = new AbortController();
  const ended = new SessionClient(wire, over.signal);
  const other = new SessionClient(wire, new AbortController().signal);
  const stalled = (): void => undefined;
  other.onStall(stalled);
  over.abort();
  ended.goApart();
  assert.deepEqual(wire.listeners, [stalled]);
  wire.left.abort(new Error('gone'));
  assert.deepEqual([ended.signal.aborted, other.signal.aborted], [false, true]);
});

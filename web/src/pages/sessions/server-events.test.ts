import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerEventReader } from './server-events.ts';

const read = (text: string) => {
  const reader = new ServerEventReader();
  return text.split('\n').flatMap((line) => reader.line(line) ?? []);
};

test('an event is its name and its data, ended by an empty line', () => {
  assert.deepEqual(read('event: event\ndata: {"a":1}\n\nevent: end\ndata: {}\n\n'), [
    { name: 'event', data: '{"a":1}' },
    { name: 'end', data: '{}' },
  ]);
});

test('lines of data are joined, carriage returns dropped, one space after the colon is none of it', () => {
  assert.deepEqual(read('data:one\r\ndata:  two\r\n\r\n'), [{ name: 'message', data: 'one\n two' }]);
});

test('comments, unknown fields and events without data are nothing, and what is cut off is not told', () => {
  assert.deepEqual(read(': keep alive\n\nretry: 5\nid: 7\nevent: event\n\ndata: cut'), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SshFrameKind, writeSshFrame } from '../../../../src/model/ssh-frames.ts';
import { TerminalScreen } from './terminal-screen.ts';
import { terminalShow } from './terminal-show.ts';

const frame = (kind: SshFrameKind, atMs: number, bytes: Uint8Array | string): Uint8Array =>
  writeSshFrame({ kind, atMs, bytes: Buffer.from(bytes as string) });
const size = (columns: number, rows: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(columns);
  bytes.writeUInt32BE(rows, 4);
  return bytes;
};

const WIRE = Buffer.concat([
  frame('window', 0, size(20, 3)),
  frame('out', 10, '$ ls\r\n'),
  frame('in', 11, 'never shown'),
  frame('mark', 12, 'ls'),
  frame('out', 1_000, '\x1b[31mone\x1b[0m two\r\n'),
  frame('out', 2_000, '\x1b[2J\x1b[Hmail [redacted]'),
  frame('status', 2_500, '\0\0\0\0'),
]);

test('a terminal is what it showed, with its sizes and marks', () => {
  const { steps, durationMs, marks } = terminalShow(WIRE);
  assert.deepEqual(
    steps.map(({ kind, atMs }) => [kind, atMs]),
    [
      ['size', 0],
      ['write', 10],
      ['write', 1_000],
      ['write', 2_000],
    ],
  );
  assert.equal(durationMs, 2_500);
  assert.deepEqual(marks, [
    { atMs: 12, text: 'ls' },
    { atMs: 2_000, text: 'Masked' },
  ]);
  assert.deepEqual(terminalShow(new Uint8Array([200, 1, 2])), { steps: [], durationMs: 0, marks: [] });
});

test('its screen at any time is what stood there, forwards and back', async () => {
  const screen = await TerminalScreen.of(terminalShow(WIRE));
  assert.deepEqual(await screen.at(1_500), ['$ ls', 'one two', '']);
  assert.deepEqual(await screen.at(2_500), ['mail [redacted]', '', '']);
  assert.deepEqual(await screen.at(20), ['$ ls', '', '']);
  screen.dispose();
});

test('a command in a pod is what it said behind the head of its upgrade, with the returns that it has not', () => {
  const head = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
  const { steps, durationMs, marks } = terminalShow(
    Buffer.from(`${head}5 stdout data 8\none\ntwo\n\n9 stderr data 10\n[redacted]\n12 error data 2\n{}\n`),
  );
  const written = steps.flatMap((step) => (step.kind === 'write' ? [Buffer.from(step.bytes).toString()] : []));
  assert.deepEqual(written, ['one\r\ntwo\r\n', '[redacted]']);
  assert.deepEqual([durationMs, marks], [12, [{ atMs: 9, text: 'Masked' }]]);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SSH_MEDIA, type SshFrame, writeSshFrame } from '../../model/ssh-frames.ts';
import { type RecordedEvent, recordedEventSchema } from './recording.ts';
import { SessionRenderer } from './render.ts';

function event(kind: string, bytes: Buffer, media = 'application/octet-stream', more: object = {}): RecordedEvent {
  const body = { media, bytes: String(bytes.length), base64: bytes.toString('base64') };
  const place = {
    v: 1,
    seq: 1,
    at: '2026-11-02T10:00:00.000Z',
    session: 'ses_1',
    run: 'run_1',
    exchange: 1,
    mono: '1',
  };
  return recordedEventSchema.parse({ ...place, kind, body, ...more });
}

const frames = (...all: readonly [SshFrame['kind'], string][]): Buffer =>
  Buffer.concat(all.map(([kind, text]) => writeSshFrame({ kind, atMs: 1, bytes: Buffer.from(text, 'latin1') })));

function shown(...events: readonly RecordedEvent[]): string {
  const renderer = new SessionRenderer((_style, text) => text, 'web-1');
  return events
    .flatMap((one) => renderer.render(one))
    .map(({ text, typed = '' }) => text + typed)
    .join('');
}

describe('a session of an SSH host in the terminal', () => {
  it('shows commands, both streams, what was sent and how they ended', () => {
    const text = shown(
      event('request', Buffer.from('cat; exit 3'), SSH_MEDIA),
      event('input', frames(['in', 'typed'], ['end', ''])),
      event('reply', frames(['out', 'typed'], ['err', '\noops\n'], ['status', '\0\0\0\u0003'])),
    );
    assert.equal(text, 'web-1$ cat; exit 3\n(the client sent 5 bytes)\ntyped\noops\nexit status 3\n');
  });

  it('shows nothing that would reach the terminal it is shown at', () => {
    const text = shown(
      event('request', Buffer.from('echo \u001b]0;x\u0007'), SSH_MEDIA),
      event('reply', frames(['out', 'a\u001b[2Jb\r\n'], ['status', '\0\0\0\0'])),
    );
    assert.equal(text.includes('\u001b'), false);
    assert.match(text, /^web-1\$ echo \\e\]0;x/);
  });
});

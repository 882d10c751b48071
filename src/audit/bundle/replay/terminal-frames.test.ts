import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SSH_MEDIA, type SshFrame, writeSshFrame } from '../../../model/ssh-frames.ts';
import type { AuditEvent } from '../../audit-event.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import { castView } from './cast-view.ts';

const EVENT = { v: 1, at: '2026-11-02T10:00:00.000Z', session: 'ses_1', run: 'run_1', exchange: 1 };

function event(kind: string, mono: number, members: object, frames: readonly SshFrame[] = []): RecordedEvent {
  const bytes = Buffer.concat(frames.map((frame) => writeSshFrame(frame)));
  const made = { ...EVENT, kind, mono: String(mono), ...members } as unknown as AuditEvent;
  return { event: made, body: () => ({ kind: 'bytes', bytes }) } as unknown as RecordedEvent;
}

async function* session(): AsyncGenerator<RecordedEvent> {
  const body = { media: SSH_MEDIA };
  yield event('request', 1_000_000, { body });
  yield event('input', 2_000_000, {}, [{ kind: 'in', atMs: 900, bytes: Buffer.from('ls\r') }]);
  const size = Buffer.from([0, 0, 0, 80, 0, 0, 0, 24]);
  yield event('reply', 9_000_000, {}, [
    { kind: 'window', atMs: 0, bytes: size },
    { kind: 'out', atMs: 1_500, bytes: Buffer.from([0xc3]) },
    { kind: 'out', atMs: 2_500, bytes: Buffer.from([0xa9, 0x1b, 0x5d, 0x30, 0x3b, 0x78, 0x07]) },
    { kind: 'status', atMs: 3_000, bytes: Buffer.from([0, 0, 0, 0]) },
  ]);
}

describe('a terminal in a recording for players', () => {
  it('shows what it showed, when it did, in the size that it had', async () => {
    const lines: string[] = [];
    const viewed = { run: 'run_1', session: 'ses_1', events: session() } as unknown as Parameters<typeof castView>[0];
    for await (const text of castView(viewed, () => '')) lines.push(text);
    const events = lines.join('').split('\n').slice(2, -1);
    assert.deepEqual(events, ['[0,"r","80x24"]', '[2.5,"o","é"]']);
  });
});

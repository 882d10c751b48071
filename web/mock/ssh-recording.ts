import { Buffer } from 'node:buffer';
import { type SshFrameKind, writeSshFrame } from '../../src/model/ssh-frames.ts';
import type { RecordedEvent, SessionView } from '../src/api/types.ts';
import { type EventPen, openingOf } from './recordings.ts';
import { mockId } from './world.ts';

/** A session in an SSH target with one of everything, the same each time. */
export const SSH_SESSION = mockId('ses', 999_996);

const MEDIA = 'text/x-ssh; charset=utf-8';
const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);

interface Told {
  readonly request: string;
  readonly op: readonly object[];
  readonly frames?: readonly (readonly [kind: SshFrameKind, atMs: number, text: string | Buffer])[];
  readonly tags?: readonly string[];
  readonly code?: string;
}

const file = (kind: string, access: string) => ({
  kind,
  access,
  ssh: { channel: 'files', user: 'deploy', uses: ['read'] },
});
const push = { kind: 'git-push', access: 'write', ssh: { channel: 'git', user: 'git', refs: ['update'] } };

const TOLD: readonly Told[] = [
  {
    request: 'read "/srv/app/customers.csv"',
    op: [file('file-read', 'read')],
    frames: [['out', 2, 'id,mail\n1,[redacted********]\n']],
    tags: ['read 1536', `read-sha256 ${'ab'.repeat(32)}`],
  },
  { request: 'remove "/srv/app/\u202Ecustomers.csv"', op: [file('file-remove', 'write')] },
  {
    request: 'write "/srv/app/new.csv" mode 644',
    op: [file('file-write', 'write')],
    frames: [],
    tags: ['written 10', 'written-out-of-order'],
  },
  {
    request: `git push "/srv/shop.git"\nupdate refs/heads/main from ${ONE} to ${TWO}\ndelete refs/tags/v1, which is at ${ONE}`,
    op: [push, push],
    frames: [['out', 5, 'report']],
    tags: ['ok refs/heads/main', 'ng refs/tags/v1'],
  },
  {
    request: 'sudo cat /etc/hosts | sort',
    op: [
      { kind: 'exec', access: 'admin', ssh: { channel: 'exec', user: 'deploy', program: 'cat', through: ['sudo'] } },
      { kind: 'exec', access: 'read', ssh: { channel: 'exec', user: 'deploy', program: 'sort' } },
    ],
    frames: [['out', 5, '127.0.0.1 localhost\n']],
  },
  {
    request: '(a shell)',
    op: [{ kind: 'shell', access: 'admin', ssh: { channel: 'shell', user: 'deploy', filesUnknown: true } }],
    frames: [
      ['window', 0, sizeOf(40, 4)],
      ['out', 100, '\u001B]0;title\u0007$ ls\r\n'],
      ['mark', 110, 'ls'],
      ['out', 1_000, '\u001B[1mone\u001B[0m two\r\n$ '],
      ['out', 4_000, '\u001B[2J\u001B[Hmail [redacted]\r\n$ '],
    ],
  },
];

export function* sshRecordingOf(pen: EventPen, session: SessionView): Generator<RecordedEvent> {
  yield pen.event('session.open', 0, { opening: openingOf(session) });
  for (const [index, { request, op, frames, tags = [], code = '0' }] of TOLD.entries()) {
    const exchange = index + 1;
    const decision = { effect: frames === undefined ? 'deny' : 'permit', rules: ['hosts'] };
    yield pen.event('request', 30, { exchange, decision, op, body: body(Buffer.from(request), MEDIA) });
    if (frames === undefined) {
      yield pen.event('refusal', 1, { exchange, refusal: { code: 'policy-denied', message: 'Nothing is removed.' } });
      continue;
    }
    const bytes = Buffer.concat(
      frames.map(([kind, atMs, said]) => writeSshFrame({ kind, atMs, bytes: Buffer.from(said as string) })),
    );
    yield pen.event('reply', 3, {
      exchange,
      result: { status: 'ok', code, rows: '0', tags: [...tags] },
      body: { ...body(bytes, 'application/octet-stream'), complete: true },
      decoded: { results: resultsOf(frames), notices: [] },
    });
  }
  yield pen.event('session.close', 400, { closing: { outcome: 'completed' } });
}

function resultsOf(frames: NonNullable<Told['frames']>) {
  const text = frames.filter(([kind]) => kind === 'out').map(([, , said]) => said.toString());
  return text.length === 0
    ? []
    : [{ columns: [{ name: 'stdout', type: 'text' }], rows: [[text.join('')]], moreRows: 0 }];
}

function sizeOf(columns: number, rows: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(columns);
  bytes.writeUInt32BE(rows, 4);
  return bytes;
}

function body(bytes: Buffer, media: string) {
  return { media, bytes: bytes.length, base64: bytes.toString('base64') };
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeSshFrame } from '../../model/ssh-frames.ts';
import { sshReplyDecoder } from './decode-reply.ts';

const at = { atMs: 1 };

describe('recorded output of commands', () => {
  it('is what each stream said, and how it ended', () => {
    const wire = Buffer.concat([
      writeSshFrame({ ...at, kind: 'out', bytes: Buffer.from('one\n') }),
      writeSshFrame({ ...at, kind: 'err', bytes: Buffer.from('oops\n') }),
      writeSshFrame({ ...at, kind: 'out', bytes: Buffer.from('two\n') }),
      writeSshFrame({ ...at, kind: 'status', bytes: Buffer.from([0, 0, 0, 3]) }),
    ]);
    assert.deepEqual(sshReplyDecoder().decode(wire), {
      results: [
        { columns: [{ name: 'stdout', type: 'text' }], rows: [['one\ntwo\n']], moreRows: 0 },
        { columns: [{ name: 'stderr', type: 'text' }], rows: [['oops\n']], moreRows: 0, tag: 'exit status 3' },
      ],
      notices: [],
    });
  });

  it('names the signal that ended it, and is hexadecimal where it is no text', () => {
    const signal = Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('TERM'), Buffer.alloc(9)]);
    const wire = [
      writeSshFrame({ ...at, kind: 'out', bytes: Buffer.from([0xff, 0xfe]) }),
      writeSshFrame({ ...at, kind: 'signal', bytes: signal }),
    ];
    const { results } = sshReplyDecoder().decode(Buffer.concat(wire));
    assert.deepEqual(results, [
      { columns: [{ name: 'stdout', type: 'text' }], rows: [[{ hex: 'fffe' }]], moreRows: 0, tag: 'ended by SIGTERM' },
    ]);
  });
});

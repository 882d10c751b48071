import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedScp, readControlLine, warning } from './control-line.ts';
import { readScpCommand } from './scp-command.ts';

const read = (text: string): unknown => {
  const { line: _line, ...rest } = readControlLine(Buffer.from(text));
  return rest;
};

describe('lines of scp', () => {
  it('are files, folders, their ends, times and errors', () => {
    assert.deepEqual(read('C0644 123 a name.txt\n'), { kind: 'file', mode: 0o644, size: 123, name: 'a name.txt' });
    assert.deepEqual(read('D0755 0 folder\n'), { kind: 'folder', mode: 0o755, name: 'folder' });
    assert.deepEqual(read('E\n'), { kind: 'end' });
    assert.deepEqual(read('T1700000000 0 1700000001 0\n'), {
      kind: 'times',
      modified: 1_700_000_000,
      accessed: 1_700_000_001,
    });
    assert.deepEqual(read('\x01scp: no\n'), { kind: 'error', fatal: false, text: Buffer.from('scp: no') });
    assert.deepEqual(read('\x02end\n'), { kind: 'error', fatal: true, text: Buffer.from('end') });
  });

  it('lead nowhere but into their folder', () => {
    const hostile = ['..', '.', '', '../x', 'a/b', '/etc/passwd', 'a\x1b[2J', 'a\rb', 'a\x00b'];
    for (const name of hostile) {
      assert.throws(() => readControlLine(Buffer.from(`C0644 1 ${name}\n`)), MalformedScp, name);
      assert.throws(() => readControlLine(Buffer.from(`D0755 0 ${name}\n`)), MalformedScp, name);
    }
  });

  it('are nothing else', () => {
    for (const line of [
      'C644 1 a\n',
      'C0644 -1 a\n',
      'C0644 1e3 a\n',
      'C0644 1 a',
      'X\n',
      '\n',
      'E \n',
      'T1 0 1\n',
      'C0644 1\n',
    ]) {
      assert.throws(() => readControlLine(Buffer.from(line)), MalformedScp, line);
    }
    assert.throws(() => readControlLine(Buffer.from('C0644 1 \xff\n', 'latin1')), MalformedScp);
  });

  it('of ours stay one line', () => {
    assert.equal(warning('no\nC0644 1 x').toString(), '\x01no C0644 1 x\n');
  });
});

describe('what scp runs at a host', () => {
  const command = (line: string) => readScpCommand(Buffer.from(line));

  it('is told by its words', () => {
    assert.deepEqual(command('scp -t /srv/up'), {
      direction: 'to-host',
      paths: ['/srv/up'],
      recursive: false,
      intoFolder: false,
    });
    assert.deepEqual(command("scp -v -r -p -d -t -- '/srv/a b'"), {
      direction: 'to-host',
      paths: ['/srv/a b'],
      recursive: true,
      intoFolder: true,
    });
    assert.deepEqual(command('scp -rf /srv//a/ ./b'), {
      direction: 'from-host',
      paths: ['/srv/a', 'b'],
      recursive: true,
      intoFolder: true,
    });
  });

  it('is nothing else', () => {
    const others = [
      'scp a b',
      'scp -t -f a',
      'scp -t a b',
      'scp -S /bin/sh -t a',
      'scp -t ../up',
      'scp -f /srv/*.txt',
      'scp -f /srv/$X',
      'scp -t /a; id',
      'scp -t `id`',
      'X=1 scp -t /a',
      'sudo scp -t /a',
      'scp -t',
    ];
    for (const line of others) assert.equal(command(line), undefined, line);
  });
});

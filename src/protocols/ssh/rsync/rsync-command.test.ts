import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRsyncCommand } from './rsync-command.ts';

const command = (line: string) => readRsyncCommand(Buffer.from(line));
const use = (path: string, what: string) => ({ path, use: what, recursive: true });

describe('what rsync runs at a host', () => {
  it('is told by its words', () => {
    assert.deepEqual(command('rsync --server --sender -vlogDtprze.iLsfxCIvu . /srv/a /srv/b\\ c'), {
      isSender: true,
      files: [use('/srv/a', 'read'), use('/srv/b c', 'read')],
      flags: [],
    });
    assert.deepEqual(command("rsync --server -logDtpre.iLsfxCIvu --delete --link-dest=/old . '/srv/new/'"), {
      isSender: false,
      files: [
        use('/srv/new', 'write'),
        use('/srv/new', 'remove'),
        // Links that it makes may lead anywhere.
        use('/srv/new', 'link'),
        use('/', 'link'),
        use('/old', 'read'),
      ],
      flags: ['delete'],
    });
    assert.deepEqual(command('rsync --server -ltre.x --munge-links . up')?.files, [use('up', 'write')]);
    assert.deepEqual(command('rsync --server -tre.lx . up')?.files, [use('up', 'write')]);
    assert.deepEqual(command('rsync --server -te.x -rle.x . up')?.files, [
      use('up', 'write'),
      use('up', 'link'),
      use('/', 'link'),
    ]);
    assert.deepEqual(command('rsync --server -re.x --backup-dir /b --usermap=0:1 . up')?.files, [
      use('up', 'write'),
      use('/b', 'write'),
    ]);
    assert.deepEqual(command('rsync --server --sender -re.x --remove-source-files . ""'), undefined);
    assert.deepEqual(command("rsync --server --sender -re.x . ''")?.files, [use('.', 'read')]);
  });

  it('is unknown where an option, a path or the line is', () => {
    const others = [
      'rsync -a a b',
      'rsync --server --daemon .',
      'rsync --server --sender -re.x --files-from=/list . /',
      'rsync --server --sender -sre.x . /',
      'rsync --server --sender -re.x --log-file=/x . /',
      'rsync --server -re.x --copy-as=root . /',
      'rsync --server -re.x --rsh=sh . /',
      'rsync --server -re.x --delete=now . /',
      'rsync --server -re.x --backup-dir . /',
      'rsync --server -re.x --backup-dir=../x . /a',
      'rsync --server -re.x . /srv/../etc',
      'rsync --server -re.x . /srv/*',
      'rsync --server -re.x . /a; id',
      'rsync --server -re.x /a',
      'rsync --server -re.x .',
    ];
    for (const line of others) assert.equal(command(line), undefined, line);
  });
});

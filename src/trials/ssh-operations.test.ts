import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canonicalJson } from '../audit/canonical-json.ts';
import { packOperation, unpackOperation } from '../audit/record/recorded-operations.ts';
import type { Operation } from '../model/request.ts';
import { askedHost, recordedHost } from './ssh-operations.ts';

const SSH = { user: 'deploy', host: 'db.internal', port: 5432 } as const;
const PLAIN = { tables: [], functions: [], hasWhere: true, flags: [] } as const;

/** As a line of the log gives it back. */
function onRecord(operations: readonly Operation[]): readonly Operation[] {
  return operations.map((one) => unpackOperation(JSON.parse(canonicalJson(packOperation(one)))) ?? assert.fail('none'));
}

describe('what was asked of an SSH host', () => {
  test('is judged again by the text of a command, of which the line has neither words nor paths', () => {
    const text = 'sudo cat /etc/shadow-of-somebody | grep secret-word';
    const operations = askedHost(text, 'deploy');
    const line = canonicalJson(onRecord(operations) as never);
    assert.doesNotMatch(line, /shadow|secret-word/);
    assert.match(line, /"program":"cat"/);
    assert.deepEqual(recordedHost(onRecord(operations), text), operations);
  });

  test('is judged again by the paths of files, and by the refs of a push', () => {
    const [read] = askedHost('sftp> read /etc/hosts', 'deploy');
    assert.deepEqual([read?.kind, read?.access], ['file-read', 'read']);
    assert.deepEqual(recordedHost(onRecord([read ?? assert.fail('none')]), 'read "/etc/hosts"'), [read]);
    assert.equal(recordedHost(onRecord([read ?? assert.fail('none')]), 'read'), undefined);
    const pushed = (name: string, action: 'update' | 'delete'): Operation => ({
      ...PLAIN,
      kind: 'git-push',
      access: 'write',
      ssh: {
        channel: 'git',
        user: 'git',
        repository: '/srv/shop.git',
        refs: [{ name, action, from: '', to: '' }],
      },
    });
    const push = [pushed('refs/heads/main', 'update'), pushed('refs/heads/old', 'delete')];
    const text = 'git push "/srv/shop.git"\nupdate refs/heads/main from 1 to 2\ndelete refs/heads/old, which is at 3';
    assert.deepEqual(recordedHost(onRecord(push), text), push);
    assert.equal(recordedHost(onRecord(push), 'git push "/srv/shop.git"'), undefined);
  });

  test('is judged again by what rsync was told, and by what a link leads to', () => {
    const text = 'rsync --server -logDtpre.iLsfxCIvu --delete --backup-dir /old . /srv/site';
    const operations = askedHost(text, 'deploy');
    assert.deepEqual(
      operations.map(({ kind, access, ssh }) => [kind, access, ssh?.files]),
      [
        [
          'file-write',
          'write',
          [
            { path: '/srv/site', use: 'write', recursive: true },
            { path: '/old', use: 'write', recursive: true },
          ],
        ],
        ['file-remove', 'write', [{ path: '/srv/site', use: 'remove', recursive: true }]],
        [
          'file-link',
          'write',
          [
            { path: '/srv/site', use: 'link', recursive: true },
            { path: '/', use: 'link', recursive: true },
          ],
        ],
      ],
    );
    assert.deepEqual(recordedHost(onRecord(operations), text), operations);
    assert.equal(recordedHost(onRecord(operations), text.replace('--delete ', '')), undefined);
    const [read = assert.fail('none')] = askedHost('sftp> read /a', 'deploy');
    const uses = (path: string) => (['read', 'write'] as const).map((use) => ({ path, use }));
    const both = { ...read, ssh: { channel: 'files', user: 'deploy', files: [...uses('/a'), ...uses('/b')] } } as const;
    assert.deepEqual(recordedHost(onRecord([both]), 'read+write "/a" ("/b")'), [both]);
  });

  test('is tried as the gateway takes it: what carries files or objects is no command', () => {
    const kinds = (text: string) => askedHost(text, 'git').map(({ kind }) => kind);
    assert.deepEqual(kinds('scp -t /srv/app'), ['scp']);
    assert.deepEqual(kinds("git-upload-pack '/srv/shop.git'"), ['git-fetch']);
    assert.deepEqual(kinds("git-receive-pack '/srv/shop.git'"), ['git-refs']);
    assert.deepEqual(kinds('rsync -a /srv /mnt'), ['exec']);
  });

  test('is judged again by where a connection leads, and a terminal by nothing at all', () => {
    const forward: Operation = {
      ...PLAIN,
      kind: 'forward',
      access: 'write',
      ssh: { ...SSH, channel: 'forward' },
    };
    assert.deepEqual(recordedHost(onRecord([forward]), '(a connection to db.internal:5432)'), [forward]);
    const listen: Operation = { ...forward, kind: 'listen', ssh: { ...SSH, channel: 'listen' } };
    assert.deepEqual(recordedHost(onRecord([listen]), '(connections to db.internal:5432 of the host)'), [listen]);
    const shell: Operation = {
      ...PLAIN,
      kind: 'shell',
      access: 'admin',
      ssh: { channel: 'shell', user: 'deploy', filesUnknown: true },
    };
    assert.deepEqual(recordedHost(onRecord([shell]), '(a shell)'), [shell]);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedInLine } from './asked-line.ts';
import { askedNoun } from './asked-noun.ts';
import { operationWords, plainTitles } from './operation-words.ts';
import type { Operation } from './request.ts';

const PLAIN = { kind: 'exec', access: 'write', tables: [], functions: [], hasWhere: true, flags: [] } as const;
const exec = (facts: object): Operation => ({ ...PLAIN, ssh: { channel: 'exec', user: 'deploy', ...facts } });
const cluster = (facts: object): Operation => ({
  ...PLAIN,
  kind: 'delete',
  kubernetes: { verb: 'delete', resource: 'pods', namespace: 'shop', name: 'web', ...facts },
});

test('an operation is told by its program, its object or its tool, with all that rules see of it', () => {
  const files = [{ path: '/srv/old', use: 'remove', recursive: true }];
  const removing = exec({ program: 'rm', through: ['sudo'], arguments: ['-rf', '/srv/old', null], files });
  assert.deepEqual(operationWords(removing), {
    title: 'sudo rm',
    facts: [
      { name: 'Words', values: ['-rf', '/srv/old', '… (not known)'] },
      { name: 'Files', values: ['remove /srv/old and all below'] },
    ],
  });
  assert.equal(operationWords(exec({ filesUnknown: true })).title, 'a program that is not known');
  assert.deepEqual(operationWords(cluster({})), {
    title: 'delete pods',
    facts: [
      { name: 'Namespace', values: ['shop'] },
      { name: 'Name', values: ['web'] },
    ],
  });
  const mcp = { server: 'm', method: 'tools/call', from: 'client', name: 'create_issue', version: '1' } as const;
  assert.equal(operationWords({ ...PLAIN, kind: 'tools/call', mcp }).title, 'tools/call create_issue');
});

test('what may be told without the text has nothing that somebody typed', () => {
  const typed = exec({ program: '/tmp/pass word' });
  const runs = { program: 'cat', arguments: ['/etc/shadow'] };
  assert.deepEqual(plainTitles([exec({ program: 'rm', through: ['sudo'] }), typed, cluster({ runs }), cluster({})]), [
    'sudo rm',
    'a program',
    'cat',
    'delete pods',
  ]);
});

test('a request is told in a line as people say it, and SQL by its text', () => {
  const http = 'DELETE /api/v1/namespaces/shop/pods/web HTTP/1.1\r\nhost: c\r\n\r\n';
  assert.equal(askedInLine(http, [{ http: {}, kubernetes: {} }]), 'kubectl delete pods/web -n shop');
  assert.equal(askedInLine(http, [{ http: {} }]), 'DELETE /api/v1/namespaces/shop/pods/web');
  assert.equal(askedInLine('cat a |\n  grep b', [{ ssh: {} }]), 'cat a | grep b');
  assert.equal(askedInLine('tools/call create_issue {\n  "a": 1\n}', [{ mcp: {} }]), 'tools/call create_issue');
  assert.equal(askedInLine('delete from orders', [{ kind: 'delete' }]), undefined);
  assert.equal(askedInLine('x'.repeat(400), [{ ssh: {} }])?.length, 300);
});

test('what waits is called what people call it', () => {
  const nouns = [
    ['postgres', 'delete'],
    ['ssh', 'exec'],
    ['ssh', 'file-write'],
    ['ssh', 'git-push'],
    ['ssh', 'shell'],
    ['kubernetes', 'delete'],
    ['mcp', 'tools/call'],
  ] as const;
  assert.deepEqual(
    nouns.map(([protocol, kind]) => askedNoun(protocol, [kind])),
    ['statement', 'command', 'operation on files', 'push', 'terminal', 'request', "tool's call"],
  );
});

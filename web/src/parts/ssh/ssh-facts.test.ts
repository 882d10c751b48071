import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriedOf, pushedRefs, sshAsked } from './ssh-facts.ts';

const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);

test('what was asked of a host is told by its operations', () => {
  const op = [
    { kind: 'exec', ssh: { channel: 'exec', user: 'deploy', program: 'ls' } },
    { kind: 'exec', ssh: { channel: 'exec', user: 'deploy', program: 'sh', through: ['sudo', 'env'] } },
  ];
  assert.deepEqual(sshAsked({ op }), {
    channel: 'exec',
    kinds: ['exec', 'exec'],
    programs: ['ls', 'sudo env sh'],
    terminal: false,
  });
  assert.equal(sshAsked({ op: [{ kind: 'shell', ssh: { channel: 'shell' } }] })?.terminal, true);
  assert.equal(sshAsked({ op: [{ kind: 'select' }] }), undefined);
  assert.equal(sshAsked({ op: [null, 7, { ssh: 'x' }] }), undefined);
});

test('what was carried of a file is told by tags', () => {
  const sha256 = 'a'.repeat(64);
  assert.deepEqual(carriedOf(['read 10', `read-sha256 ${sha256}`, 'written 3', 'written-out-of-order']), [
    { direction: 'read', bytes: 10, sha256 },
    { direction: 'written', bytes: 3 },
  ]);
  assert.deepEqual(carriedOf(['read x', 'SELECT 1']), []);
});

test('refs of a push are read from its text', () => {
  const text = [
    'git push "/srv/r.git"',
    `create refs/heads/new at ${ONE}`,
    `update refs/heads/main from ${ONE} to ${TWO}`,
    `delete refs/tags/v1, which is at ${TWO}`,
    'option "x"',
  ].join('\n');
  assert.deepEqual(pushedRefs(text), [
    { action: 'create', name: 'refs/heads/new', to: ONE },
    { action: 'update', name: 'refs/heads/main', from: ONE, to: TWO },
    { action: 'delete', name: 'refs/tags/v1', from: TWO },
  ]);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import type { Operation } from '../model/request.ts';
import type { SshFacts } from '../model/ssh.ts';
import { compilePolicies } from './compile-policies.ts';
import { compileSshPattern, type SshPattern } from './ssh-pattern.ts';

const operation = (facts: Partial<SshFacts> = {}, more: Partial<Operation> = {}): Operation => ({
  kind: 'exec',
  access: 'read',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  ssh: { channel: 'exec', user: 'deploy', program: 'cat', arguments: ['/var/log/a'], files: LOG, ...facts },
  ...more,
});
const LOG = [{ path: '/var/log/a', use: 'read' }] as const;

const extent = (pattern: SshPattern, facts: Partial<SshFacts> = {}, more: Partial<Operation> = {}) =>
  compileSshPattern(pattern, 'permit')(operation(facts, more)).extent;

describe('an ssh pattern', () => {
  test('is about channels, users and programs', () => {
    assert.equal(extent({ channels: ['exec'], users: ['dep*'], programs: ['cat'] }), 'all');
    assert.equal(extent({ channels: ['shell'] }), 'none');
    assert.equal(extent({ users: ['root'] }), 'none');
    assert.equal(extent({ programs: ['ls'] }), 'none');
    const { ssh: _ssh, ...other } = operation();
    assert.equal(compileSshPattern({ users: ['*'] }, 'permit')(other).extent, 'none');
  });

  test('takes a name for the program that the system keeps, and another path for one that may be it', () => {
    assert.equal(extent({ programs: ['cat'] }, { program: '/usr/bin/cat' }), 'all');
    assert.equal(extent({ programs: ['cat'] }, { program: '/bin/cat' }), 'all');
    assert.equal(extent({ programs: ['cat'] }, { program: '/tmp/cat' }), 'some');
    assert.equal(extent({ programs: ['cat'] }, { program: './cat' }), 'some');
    assert.equal(extent({ programs: ['/opt/tool/cat'] }), 'some');
    assert.equal(extent({ programs: ['/opt/tool/*'] }, { program: '/opt/tool/x' }), 'all');
  });

  test('binds what runs and nobody can name, and permits none of it', () => {
    const { program: _program, ...unknown } = operation().ssh ?? { channel: 'exec', user: '' };
    const asked = (ssh: SshFacts) => compileSshPattern({ programs: ['rm'] }, 'permit')({ ...operation(), ssh }).extent;
    assert.equal(asked(unknown), 'some');
    assert.equal(asked({ channel: 'shell', user: 'deploy' }), 'some');
    assert.equal(asked({ channel: 'files', user: 'deploy', files: LOG }), 'none');
    assert.equal(
      compileSshPattern(
        { files: [{ path: '/etc/**' }] },
        'permit',
      )({ ...operation(), ssh: { channel: 'shell', user: '' } }).extent,
      'some',
    );
  });

  test('covers words only where all of them match and are known', () => {
    assert.equal(extent({ arguments: ['status', 'app-*'] }, { arguments: ['status', 'app-web'] }), 'all');
    assert.equal(extent({ arguments: ['status', 'app-*'] }, { arguments: ['status', 'ssh'] }), 'some');
    assert.equal(extent({ arguments: ['status'] }, { arguments: ['stop'] }), 'none');
    assert.equal(extent({ arguments: ['status'] }, { arguments: ['stop', null] }), 'some');
    assert.equal(extent({ arguments: ['*'] }, { arguments: [] }), 'none');
  });

  test('covers files only where all of them match, by their use', () => {
    const files = (...paths: readonly string[]): Partial<SshFacts> => ({
      files: paths.map((path) => ({ path, use: 'read' })),
    });
    const logs: SshPattern = { files: [{ path: '/var/log/**', uses: ['read'] }] };
    assert.equal(extent(logs), 'all');
    assert.equal(extent(logs, files('/var/log/a', '/etc/shadow')), 'some');
    assert.equal(extent(logs, files('/etc/shadow')), 'none');
    assert.equal(extent(logs, { files: [{ path: '/var/log/a', use: 'write' }] }), 'none');
    assert.equal(extent(logs, { ...files('/var/log/a'), filesUnknown: true }), 'some');
    assert.equal(extent(logs, { files: [] }), 'all');
    assert.equal(compileSshPattern(logs, 'deny')(operation({ files: [] })).extent, 'none');
    assert.equal(extent(logs, { channel: 'files', files: [] }), 'all');
    assert.equal(extent(logs, files('/var/log/../../etc/shadow')), 'some');
  });

  test('binds a relative path by an absolute pattern, and covers it by a relative one alone', () => {
    const files: Partial<SshFacts> = { files: [{ path: 'shadow', use: 'read' }] };
    assert.equal(extent({ files: [{ path: '/etc/**' }] }, files), 'some');
    assert.equal(extent({ files: [{ path: '/etc/shadow' }] }, files), 'some');
    assert.equal(extent({ files: [{ path: '/etc/passwd' }] }, files), 'none');
    assert.equal(extent({ files: [{ path: 'sha*' }] }, files), 'all');
    assert.equal(extent({ files: [{ path: '**' }] }, { files: [{ path: '../x', use: 'read' }] }), 'some');
  });

  test('knows that what is done to a folder is done to everything in it', () => {
    const all = (path: string): Partial<SshFacts> => ({ files: [{ path, use: 'remove', recursive: true }] });
    assert.equal(extent({ files: [{ path: '/srv/**' }] }, all('/srv/app')), 'all');
    assert.equal(extent({ files: [{ path: '/srv/app' }] }, all('/srv/app')), 'some');
    assert.equal(extent({ files: [{ path: '/etc/shadow' }] }, all('/')), 'some');
    assert.equal(extent({ files: [{ path: '/etc/shadow' }] }, all('/srv')), 'none');
    assert.equal(extent({ files: [{ path: '/etc/shadow' }] }, all('.')), 'some');
  });

  test('is about repositories, refs, and where a forwarding leads', () => {
    const ref = (name: string, action: 'create' | 'update' | 'delete') => ({ name, action, from: '0', to: '1' });
    const push: Partial<SshFacts> = {
      channel: 'git',
      repository: '/srv/shop.git',
      refs: [ref('refs/heads/main', 'update')],
    };
    assert.equal(extent({ repositories: ['/srv/*.git'], refs: [{ name: 'refs/heads/main' }] }, push), 'all');
    assert.equal(extent({ refs: [{ name: 'refs/heads/*', actions: ['delete'] }] }, push), 'none');
    const two = { ...push, refs: [ref('refs/heads/main', 'update'), ref('refs/heads/x', 'create')] };
    assert.equal(extent({ refs: [{ name: 'refs/heads/main' }] }, two), 'some');
    const { refs: _refs, ...blind } = push;
    assert.equal(extent({ refs: [{ name: 'refs/**' }] }, blind, { access: 'write' }), 'some');
    assert.equal(extent({ refs: [{ name: 'refs/**' }] }, blind, { access: 'read' }), 'none');
    const onward: Partial<SshFacts> = { channel: 'forward', host: 'db.internal', port: 5432 };
    assert.equal(extent({ hosts: ['*.internal'], ports: ['5400-5499'] }, onward), 'all');
    assert.equal(extent({ hosts: ['*.internal'], ports: ['22'] }, onward), 'none');
  });
});

test('a condition that asks for what is not known of a command binds, and does not permit', () => {
  const rule = { name: 'one', principals: 'any', targets: 'any' } as const;
  const decide = (when: string, effect: 'permit' | 'deny', facts: Partial<SshFacts>) => {
    const permit = { ...rule, name: 'all', operations: ['any'], effect: 'permit' } as const;
    const rules = effect === 'deny' ? [{ ...rule, effect, when }, permit] : [{ ...permit, when }];
    return compilePolicies(rules).decider(jobOf(), targetNamed('web-1'))({ operations: [operation(facts)] }).effect;
  };
  const reads = 'operation.ssh.files.all(f, f.path.startsWith("/var/"))';
  assert.equal(decide(reads, 'permit', {}), 'permit');
  assert.equal(decide(reads, 'permit', { filesUnknown: true }), 'deny');
  const force = '"--force" in operation.ssh.arguments';
  assert.equal(decide(force, 'deny', {}), 'permit');
  assert.equal(decide(force, 'deny', { arguments: [null] }), 'deny');
  assert.equal(decide('operation.ssh.program == "rm"', 'deny', { program: 'rm' }), 'deny');
  assert.equal(decide('operation.ssh.user == "root" && operation.ssh.port > 0', 'deny', {}), 'permit');
  assert.equal(decide('operation.kubernetes.verb == "get"', 'deny', {}), 'permit');
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declared } from '../model/declaration.ts';
import type { Target } from '../model/target.ts';
import { credentialBinding, parseCredential, resolveCredential } from './credential.ts';
import { declareTarget, shownCredential } from './declare-target.ts';
import { type DeclaredTarget, loadTargets } from './load-targets.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnXNMRfr2yHyXvvxSRxQ2FU1FJ8J0GBMVD4ePnMbYQr';
const SOURCE = { value: 'a key' };

function load(changes: object): ReturnType<typeof loadTargets> {
  const value = { name: 'web-1', protocol: 'ssh', address: 'Web-1.internal', ...changes };
  const declared: Declared = { value, file: 'targets.yaml', line: () => 1 };
  return loadTargets([declared], ['ssh']);
}

function loaded(ssh: object, credential: object = { user: 'deploy', key: SOURCE }): DeclaredTarget {
  const { items, problems } = load({ ssh, credential });
  assert.deepEqual(problems, []);
  return items[0] ?? assert.fail('no target');
}

function mistake(changes: object): string {
  const usual = { ssh: { hostKeys: [KEY] }, credential: { user: 'deploy', key: SOURCE } };
  return load({ ...usual, ...changes }).problems[0]?.message ?? 'none';
}

describe('SSH targets', () => {
  it('have what is usual where nothing is said', () => {
    const { target } = loaded({ hostKeys: [KEY] });
    assert.deepEqual(target.address, { host: 'Web-1.internal', port: 22 });
    assert.deepEqual(target.ssh, {
      hostKeys: { kind: 'pinned', keys: [KEY] },
      environment: ['LANG', 'LC_*'],
      forwards: [],
      listens: [],
      hosts: ['web-1.internal'],
    });
  });

  it('are shown as they would be declared', () => {
    const ssh = {
      hostKeys: { authorities: [KEY], principal: 'web' },
      environment: ['CI_*'],
      forwards: ['db.internal:5432', '*.svc:*'],
      listens: [0, 8080],
      hosts: ['web'],
    };
    const { target, credential } = loaded(ssh);
    const shown = declareTarget(target, shownCredential(credential)) as Readonly<Record<string, unknown>>;
    assert.deepEqual(shown['ssh'], ssh);
    assert.deepEqual(shown['credential'], { user: 'deploy', key: { sealed: true } });
    const first = declareTarget(loaded({ hostKeys: 'firstUse' }).target, {}) as { readonly ssh: object };
    assert.deepEqual(first.ssh, { hostKeys: 'firstUse' });
  });

  it('have a credential of one kind, which is the same after it was sealed', async () => {
    const reader = { file: () => Promise.reject(new Error('no file')), env: () => undefined };
    const kinds = [
      { user: 'deploy', key: SOURCE, passphrase: { value: 'p' } },
      { user: 'deploy', authority: { key: SOURCE, principals: ['deploy', 'admin'], validForSeconds: 60 } },
      { user: 'deploy', password: SOURCE },
    ];
    const resolved = [];
    for (const declared of kinds) {
      const credential = parseCredential(JSON.stringify(loaded({ hostKeys: [KEY] }, declared).credential));
      assert.deepEqual(credential, declared);
      resolved.push(await resolveCredential(credential, reader));
    }
    const [key, authority, password] = resolved;
    assert.equal(key?.ssh?.kind === 'key' && key.ssh.key.reveal(), 'a key');
    assert.deepEqual(authority?.ssh?.kind === 'authority' && [authority.ssh.validForMs, authority.ssh.principals], [
      60_000,
      ['deploy', 'admin'],
    ]);
    assert.equal(password?.password?.reveal(), 'a key');
  });

  it('seal their credential to the host, and to how it is known', () => {
    const { target } = loaded({ hostKeys: [KEY] });
    const other: Target = { ...target, ssh: { ...target.ssh!, hostKeys: { kind: 'firstUse' } } };
    assert.notEqual(credentialBinding(target), credentialBinding(other));
  });

  it('are refused where something in them is none', () => {
    assert.match(mistake({ ssh: {} }), /hostKeys/);
    assert.match(mistake({ ssh: { hostKeys: ['ssh-ed25519 AAAA'] } }), /a public key is written/);
    assert.match(mistake({ ssh: { hostKeys: [KEY], forwards: ['db'] } }), /a place is written/);
    assert.match(mistake({ ssh: { hostKeys: [KEY], forwards: ['db:70000'] } }), /no such port/);
    assert.match(mistake({ ssh: { hostKeys: [KEY], listens: [70_000] } }), /listens/);
    assert.match(mistake({ ssh: { hostKeys: [KEY], environment: ['A B'] } }), /name of a variable/);
    assert.match(mistake({ credential: { user: 'deploy' } }), /a `user` with a `key`/);
    assert.match(mistake({ credential: { user: 'a+b', key: SOURCE } }), /credential/);
    assert.match(mistake({ tls: { mode: 'disable' } }), /tls/);
  });
});

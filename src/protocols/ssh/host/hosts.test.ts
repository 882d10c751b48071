import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { TestTarget } from '../../../../test/support/gateway.ts';
import { memoryHosts } from '../../../../test/support/ssh-gateway.ts';
import {
  certify,
  mountsOfItsOwn,
  newKey,
  PASSWORD,
  type SshServer,
  sshTarget,
  startSshServer,
} from '../../../../test/support/ssh-server.ts';
import { Fault } from '../../../model/fault.ts';
import type { GrantId, RunId } from '../../../model/ids.ts';
import { Refused } from '../../../model/refusal.ts';
import { Secret } from '../../../model/secret.ts';
import type { SshTarget } from '../../../model/ssh.ts';
import type { SshCredential } from '../../../model/target.ts';
import { privateKey } from '../keys/private-key.ts';
import { lineOf } from '../keys/public-key.ts';
import { connectHost } from './connect-host.ts';

let server: SshServer;
let certified: SshServer;
before(async () => {
  [server, certified] = await Promise.all([startSshServer(), startSshServer({ certifiedFor: ['web-1.internal'] })]);
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await certified?.[Symbol.asyncDispose]();
});

const OTHER_KEY = lineOf(privateKey(generateKeyPairSync('ed25519').privateKey).blob);

async function connects(target: TestTarget, hosts = memoryHosts(), login = ''): Promise<string> {
  const by = { run: 'run_1' as RunId, grant: 'grt_1' as GrantId };
  const asked = { parameters: login === '' ? {} : { login }, cancelKeyBytes: 16, ...by };
  const options = { hosts, nowMs: Date.now };
  const { upstream, greeting } = await connectHost(
    target,
    target.credential,
    asked,
    AbortSignal.timeout(20_000),
    options,
  );
  await upstream[Symbol.asyncDispose]();
  return greeting.user;
}

function known(hostKeys: SshTarget['hostKeys'], at = server): TestTarget {
  return sshTarget(at, { ssh: { hostKeys } });
}

function proved(sshCredential: SshCredential): TestTarget {
  return sshTarget(server, { sshCredential });
}

const isDistrust = (fault: unknown): boolean => fault instanceof Fault && fault.code === 'upstream-tls';
const isNoLogin = (fault: unknown): boolean => fault instanceof Fault && fault.code === 'upstream-login';

describe('the key of a host', () => {
  it('is one of those that are pinned, or there is no connection', async () => {
    assert.equal(await connects(known({ kind: 'pinned', keys: [OTHER_KEY, server.hostKey.line] })), server.user);
    await assert.rejects(connects(known({ kind: 'pinned', keys: [OTHER_KEY] })), isDistrust);
  });

  it('is certified by an authority of the target, for the name that it gives', async () => {
    const keys = [certified.authority.line];
    const host = { kind: 'authority', keys, principal: 'web-1.internal' } as const;
    assert.equal(await connects(known(host, certified)), certified.user);
    await assert.rejects(connects(known({ ...host, principal: 'web-2.internal' }, certified)), /other names/);
    await assert.rejects(connects(known({ ...host, keys: [OTHER_KEY] }, certified)), /another authority/);
    await assert.rejects(connects(known({ ...host, keys: [server.authority.line] })), /no certificate/);
    assert.equal(await connects(known({ kind: 'pinned', keys: [certified.hostKey.line] }, certified)), certified.user);
  });

  it('is kept at the first connection where the target says so, and may not change after that', async () => {
    const hosts = memoryHosts();
    assert.equal(await connects(known({ kind: 'firstUse' }), hosts), server.user);
    assert.deepEqual([...hosts.lines], [['shop', server.hostKey.line]]);
    assert.equal(await connects(known({ kind: 'firstUse' }), hosts), server.user);
    hosts.lines.set('shop', OTHER_KEY);
    await assert.rejects(connects(known({ kind: 'firstUse' }), hosts), isDistrust);
  });
});

describe('the login at a host', () => {
  it('is proved by a key, with or without a certificate for it', async () => {
    const key = await newKey(server.directory, 'certified');
    const path = certify(server.authority.path, key.path, ['-n', server.user]);
    const certificate = await readFile(path, 'utf8');
    assert.equal(await connects(proved({ kind: 'key', key: new Secret(key.pem), certificate })), server.user);
    await assert.rejects(connects(proved({ kind: 'key', key: new Secret(key.pem) })), isNoLogin);
  });

  it('is proved by a certificate that an authority signs for the connection, whose key id names the run', async () => {
    const key = new Secret(server.authority.pem);
    const credential = { kind: 'authority', key, principals: [server.user], validForMs: 60_000 } as const;
    assert.equal(await connects(proved(credential)), server.user);
    assert.match(await server.log(), /Accepted publickey .* ID chaperone run_1 grt_1 \(serial \d+\)/);
    await assert.rejects(connects(proved({ ...credential, key: new Secret(server.clientKey.pem) })), isNoLogin);
    await assert.rejects(connects(proved({ ...credential, validForMs: -120_000 })), isNoLogin);
  });

  const noPasswords = !mountsOfItsOwn() && 'sshd needs a file of passwords of its own: root, and unshare --mount';
  it('is proved by a password', { skip: noPasswords }, async () => {
    await using byPassword = await startSshServer({ byPassword: true });
    const by = (password: string): TestTarget =>
      sshTarget(byPassword, { sshCredential: { kind: 'password', password: new Secret(password) } });
    assert.equal(await connects(by(PASSWORD)), byPassword.user);
    await assert.rejects(connects(by('wrong')), isNoLogin);
    assert.match(await byPassword.log(), /Accepted password for/);
  });

  it('is no other than the credential gives', async () => {
    await assert.rejects(connects(sshTarget(server), memoryHosts(), 'somebody'), (fault) => {
      return fault instanceof Refused && fault.refusal.code === 'target-not-granted';
    });
    assert.equal(await connects(sshTarget(server), memoryHosts(), server.user), server.user);
  });

  it('says nothing of a key that cannot be read', async () => {
    const key = new Secret('-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n');
    await assert.rejects(connects(proved({ kind: 'key', key })), (fault) => {
      return isNoLogin(fault) && !String((fault as Fault).stack).includes('c2VjcmV0');
    });
  });
});

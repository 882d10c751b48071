import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { keptTokens } from '../../test/support/kept-tokens.ts';
import { onEachStore } from '../../test/support/stores.ts';
import type { TargetName } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import { keepHostKey, keptHostKey, ownSshKey } from '../store/ssh-rows.ts';
import type { Store } from '../store/store.ts';
import { GrantService } from './grant-service.ts';
import type { VerifiedIdentity } from './vocabulary.ts';

const AT = '2026-01-02T03:04:05.678Z';
const KEY = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';

function identity(replayKey: string): VerifiedIdentity {
  const workload = { issuer: 'https://ci.example', issuerKind: 'generic', tokenSubject: 'job' } as const;
  const digests = { tokenDigest: 'a'.repeat(64), jwksDigest: 'b'.repeat(64) };
  return { workload, display: 'job', issuer: 'ci', demo: false, replayKey, expiresAt: AT, ...digests };
}

function service(store: Store, targets: readonly string[]): GrantService {
  const given = { rules: ['r'], targets: targets as TargetName[], lifetimeSeconds: 60, renewableSeconds: 60 };
  return new GrantService({
    store,
    tokens: keptTokens(store),
    verify: (token) => Promise.resolve(identity(token.reveal())),
    trust: () => given,
    trustPeople: () => given,
    audience: 'a',
    decoyKey: new Uint8Array(32),
    now: () => Date.parse(AT),
    random: (bytes) => randomBytes(bytes),
  });
}

const NEVER = new AbortController().signal;
const claim = { kind: 'key', user: '', fingerprint: KEY } as const;
const refused = (code: string) => (fault: unknown) => (fault as { refusal: { code: string } }).refusal.code === code;

onEachStore('grants and keys of SSH', (stores) => {
  test('a grant is proved by the key that it was given with, until it is revoked', async () => {
    const store = await stores.open();
    await using web = service(store, ['web-1']);
    await assert.rejects(web.authenticate(claim), refused('claim-invalid'));
    const { grant } = await web.exchange({ token: new Secret('1'), asserted: {}, sshKey: KEY }, NEVER);
    assert.equal((await web.authenticate(claim, 'web-1' as TargetName)).grant.id, grant.id);
    await assert.rejects(web.authenticate(claim, 'web-2' as TargetName), refused('target-not-granted'));
    await assert.rejects(web.authenticate({ ...claim, fingerprint: 'SHA256:other' }), refused('claim-invalid'));
    await web.revoke(grant.id);
    await assert.rejects(web.authenticate(claim), refused('grant-revoked'));
  });

  test('of several grants of a key the one that covers the target counts', async () => {
    const store = await stores.open();
    await using web = service(store, ['web-1']);
    await using other = service(store, ['web-2']);
    const { grant } = await web.exchange({ token: new Secret('1'), asserted: {}, sshKey: KEY }, NEVER);
    await other.exchange({ token: new Secret('2'), asserted: {}, sshKey: KEY }, NEVER);
    assert.equal((await web.authenticate(claim, 'web-1' as TargetName)).grant.id, grant.id);
  });

  test('a certificate that names a grant needs no key that it was given with', async () => {
    const store = await stores.open();
    await using web = service(store, ['web-1']);
    const { grant } = await web.exchange({ token: new Secret('1'), asserted: {} }, NEVER);
    assert.equal((await web.authenticate({ ...claim, user: grant.id })).grant.id, grant.id);
    await assert.rejects(web.authenticate({ ...claim, user: 'grt_nobody' }), refused('claim-invalid'));
  });

  test('the key of a host is kept once, and the gateways have the same keys of their own', async () => {
    const store = await stores.open();
    const one = { target: 'web-1', line: 'ssh-ed25519 AAAA', now: AT };
    assert.equal(await keptHostKey(store, 'web-1'), undefined);
    assert.deepEqual(await keepHostKey(store, one), { line: 'ssh-ed25519 AAAA', isNew: true });
    assert.deepEqual(await keepHostKey(store, { ...one, line: 'ssh-ed25519 BBBB' }), {
      line: 'ssh-ed25519 AAAA',
      isNew: false,
    });
    const made = await Promise.all(
      ['a', 'b'].map((sealed) => ownSshKey(store, { name: 'host', made: sealed, now: AT })),
    );
    assert.equal(made[0], made[1]);
  });
});

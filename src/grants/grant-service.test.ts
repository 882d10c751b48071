import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { keptTokens } from '../../test/support/kept-tokens.ts';
import { onEachStore } from '../../test/support/stores.ts';
import type { TargetName } from '../model/ids.ts';
import type { Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { openStore, type Store, type StoreOptions } from '../store/store.ts';
import { principalIdOf } from './grant-records.ts';
import { GrantService, type GrantServiceOptions } from './grant-service.ts';
import { deriveScramKeys, type ScramKeys } from './scram-keys.ts';
import type { ExchangeRequest, VerifiedIdentity } from './vocabulary.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const NEVER = new AbortController().signal;
const STAGING = 'pg-staging' as TargetName;

const IDENTITY: VerifiedIdentity = {
  workload: {
    issuer: 'https://ci.example',
    issuerKind: 'generic',
    tokenSubject: 'job',
    sourceRepositoryId: '74',
    sourceRepositoryUri: 'https://ci.example/acme/shop',
  },
  display: 'acme/shop@refs/heads/main',
  issuer: 'ci',
  demo: false,
  replayKey: 'replay-1',
  expiresAt: '2026-01-02T03:09:05.000Z',
  tokenDigest: 'aa',
  jwksDigest: 'bb',
};

/** The verifier is a table here: each token's text names what it was verified to be. Its own tests are in identity. */
function serviceOn(store: Store, options: Partial<GrantServiceOptions> = {}) {
  const clock = { ms: START };
  const service = new GrantService({
    store,
    tokens: keptTokens(store),
    verify: (token) => Promise.resolve({ ...IDENTITY, replayKey: `replay-${token.reveal()}` }),
    trust: () => ({
      rules: ['shop-main', 'shop-readers'],
      targets: [STAGING, 'pg-reports' as TargetName],
      lifetimeSeconds: 600,
      renewableSeconds: 1500,
    }),
    trustPeople: (groups) => ({
      rules: ['people-of-the-data'],
      targets: groups.includes('dba') ? [STAGING] : [],
      lifetimeSeconds: 600,
      renewableSeconds: 1500,
    }),
    audience: 'https://gateway.example',
    decoyKey: new Uint8Array(32).fill(7),
    now: () => clock.ms,
    random: (bytes) => randomBytes(bytes),
    ...options,
  });
  return { service, clock };
}

const request = (token: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest => ({
  token: new Secret(token),
  asserted: { agent: 'claude-code' },
  ...more,
});

const refusedAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Error && 'refusal' in error, String(error));
  assert.equal((error.refusal as { code: string }).code, code);
  return true;
};

test('an account that a token names in place of a repository is a principal of its own, and one made again another', () => {
  const base = {
    issuer: 'https://cluster.example',
    issuerKind: 'kubernetes',
    tokenSubject: 'system:serviceaccount:ci:a',
  } as const;
  const ids = [
    { ...base, workloadId: 'uid-1', workloadName: 'ci/a' },
    { ...base, workloadId: 'uid-2', workloadName: 'ci/a' },
    { ...base, sourceOwnerId: '123456789012', workloadName: 'arn:aws:iam::123456789012:role/a' },
    { ...base, sourceOwnerId: '123456789012', workloadName: 'arn:aws:iam::123456789012:role/b' },
    { ...base, sourceRepositoryId: '74' },
    base,
  ].map(principalIdOf);
  assert.equal(new Set(ids).size, 6);
});

onEachStore('grants', (stores) => {
  test('a token becomes a run and a grant for the targets that trust gives, no longer than it gives them', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret, run, evidence } = await service.exchange(request('t1'), NEVER);
    assert.match(grant.id, /^grt_[0-9a-z]{26}$/);
    assert.match(run.id, /^run_[0-9a-z]{26}$/);
    assert.match(secret.reveal(), /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      { ...grant, id: 'id', run: 'run' },
      {
        id: 'id',
        run: 'run',
        targets: ['pg-staging', 'pg-reports'],
        rule: 'shop-main, shop-readers',
        issuedAt: '2026-01-02T03:04:05.678Z',
        expiresAt: '2026-01-02T03:14:05.678Z',
      },
    );
    assert.equal(grant.run, run.id);
    assert.deepEqual(run.asserted, { agent: 'claude-code' });
    assert.deepEqual(evidence, { tokenDigest: 'aa', jwksDigest: 'bb' });
    await service[Symbol.asyncDispose]();
  });

  test('a token is exchanged once, whoever comes second and however close', async () => {
    const store = await stores.open();
    const left = serviceOn(store).service;
    const right = serviceOn(store).service;
    const results = await Promise.allSettled(
      [left, right, left, right].map((service) => service.exchange(request('same'), NEVER)),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected') refusedAs('claim-replayed')(result.reason);
    }
    const runs = await store.read((db) => db.selectFrom('runs').select('id').execute());
    assert.equal(runs.length, 1);
  });

  test('only what was asked for is granted, and what cannot be granted is refused by name', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant } = await service.exchange(request('t1', { requestedTargets: ['pg-reports'] }), NEVER);
    assert.deepEqual(grant.targets, ['pg-reports']);
    // Each of a rule of its own, and the first is what clients meet that name none.
    const both = request('t4', { requestedTargets: ['pg-reports', 'pg-staging', 'pg-reports'] });
    assert.deepEqual((await service.exchange(both, NEVER)).grant.targets, ['pg-reports', 'pg-staging']);
    await assert.rejects(
      service.exchange(request('t2', { requestedTargets: ['pg-reports', 'pg-prod'] }), NEVER),
      (error: unknown) => {
        refusedAs('target-not-granted')(error);
        assert.match(
          String((error as Refused).refusal.hint),
          /^Those that match \(shop-main, shop-readers\) give: pg-/,
        );
        return true;
      },
    );
    await assert.rejects(
      service.exchange(request('t3', { audience: 'https://another.example' }), NEVER),
      refusedAs('claim-invalid'),
    );
  });

  test('the secret lets its holder into the granted targets, and nothing else does', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1'), NEVER);
    const claim = { kind: 'password', user: grant.id, password: secret } as const;
    const { principal } = await service.authenticate(claim, STAGING);
    assert.equal(principal.display, 'acme/shop@refs/heads/main');
    assert.equal(principal.run.id, grant.run);
    assert.match(principal.id, /^wrk_[0-9a-f]{26}$/);
    await assert.rejects(service.authenticate(claim, 'pg-prod' as TargetName), refusedAs('target-not-granted'));
    for (const wrong of [
      { ...claim, password: new Secret(`${secret.reveal()}x`) },
      { ...claim, password: new Secret('') },
      { ...claim, user: `${grant.id.slice(0, -1)}${grant.id.endsWith('0') ? '1' : '0'}` },
      { ...claim, user: "' or 1=1 --\0" },
    ]) {
      await assert.rejects(service.authenticate(wrong, STAGING), refusedAs('claim-invalid'));
    }
  });

  test('SCRAM lets the holder in without the secret, and a user without a grant looks like one with', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1'), NEVER);
    const keys = await service.scramKeys(grant.id);
    assert.equal(keys.iterations, 4096);
    const authMessage = 'n=,r=client,r=clientserver,s=salt,i=4096,c=biws,r=clientserver';
    const claim = (clientProof: Uint8Array) =>
      ({ kind: 'scram', user: grant.id, proof: { authMessage, clientProof } }) as const;
    const proof = await proofOf(secret.reveal(), keys, authMessage);
    const { principal } = await service.authenticate(claim(proof), STAGING);
    assert.equal(principal.grant.id, grant.id);
    const wrong = await proofOf(`${secret.reveal()}x`, keys, authMessage);
    await assert.rejects(service.authenticate(claim(wrong), STAGING), refusedAs('claim-invalid'));
    const stranger = await service.scramKeys('nobody');
    assert.deepEqual(await service.scramKeys('nobody'), stranger);
    assert.deepEqual([stranger.salt.length, stranger.iterations], [keys.salt.length, keys.iterations]);
    const guess = await proofOf('anything', stranger, authMessage);
    const unknown = { kind: 'scram', user: 'nobody', proof: { authMessage, clientProof: guess } } as const;
    await assert.rejects(service.authenticate(unknown, STAGING), refusedAs('claim-invalid'));
  });

  test('a grant ends at its time, and renewal by its holder moves that time as far as the rule allows', async () => {
    const { service, clock } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1'), NEVER);
    const claim = { kind: 'password', user: grant.id, password: secret } as const;
    clock.ms = START + 599_999;
    await service.authenticate(claim, STAGING);
    const renewed = await service.renew({ id: grant.id, secret });
    assert.equal(renewed.expiresAt, '2026-01-02T03:24:05.677Z');
    clock.ms = START + 1_199_998;
    assert.equal((await service.renew({ id: grant.id, secret })).expiresAt, '2026-01-02T03:29:05.678Z');
    await assert.rejects(service.renew({ id: grant.id, secret }), refusedAs('claim-expired'));
    assert.equal((await service.current(grant.id))?.expiresAt, '2026-01-02T03:29:05.678Z');
    clock.ms = START + 1_500_000;
    await assert.rejects(service.authenticate(claim, STAGING), refusedAs('claim-expired'));
    await assert.rejects(service.renew({ id: grant.id, secret }), refusedAs('claim-expired'));
    assert.equal(await service.current(grant.id), undefined);
  });

  test('no rule makes a grant longer than a quarter of an hour', async () => {
    const day = 86_400;
    const trust = () => ({ rules: ['r'], targets: [STAGING], lifetimeSeconds: day, renewableSeconds: day });
    const { service } = serviceOn(await stores.open(), { trust });
    const { grant } = await service.exchange(request('t1'), NEVER);
    assert.equal(grant.expiresAt, '2026-01-02T03:19:05.678Z');
  });

  test('a grant that is bound to a key is renewed by that key alone', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1', { keyThumbprint: 'right' }), NEVER);
    const holder = { id: grant.id, secret };
    await assert.rejects(service.renew(holder), refusedAs('claim-invalid'));
    await assert.rejects(service.renew({ ...holder, keyThumbprint: 'wrong' }), refusedAs('claim-invalid'));
    assert.equal((await service.renew({ ...holder, keyThumbprint: 'right' })).id, grant.id);
  });

  test('a grant that is bound to a key is of no use to whoever has its secret alone', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1', { keyThumbprint: 'right' }), NEVER);
    assert.equal(grant.keyThumbprint, 'right');
    const byPassword = { kind: 'password', user: grant.id, password: secret } as const;
    await assert.rejects(service.authenticate(byPassword, STAGING), refusedAs('claim-invalid'));
    const authMessage = 'n=,r=client,r=clientserver,s=salt,i=4096,c=biws,r=clientserver';
    const proof = {
      authMessage,
      clientProof: await proofOf(secret.reveal(), await service.scramKeys(grant.id), authMessage),
    };
    await assert.rejects(
      service.authenticate({ kind: 'scram', user: grant.id, proof }, STAGING),
      refusedAs('claim-invalid'),
    );
    const holder = { id: grant.id, secret };
    for (const wrong of [holder, { ...holder, keyThumbprint: 'wrong' }]) {
      await assert.rejects(service.authenticateHolder(wrong, STAGING), refusedAs('claim-invalid'));
    }
    const right = { ...holder, keyThumbprint: 'right' };
    assert.equal((await service.authenticateHolder(right, STAGING)).principal.grant.id, grant.id);
    await assert.rejects(service.authenticateHolder(right, 'pg-prod' as TargetName), refusedAs('target-not-granted'));
  });

  test('a carried login proves the password of its listener, under the key that its carrier proved', async () => {
    const { service, clock } = serviceOn(await stores.open());
    const { grant } = await service.exchange(request('t1', { keyThumbprint: 'right' }), NEVER);
    const keys = await deriveScramKeys('of the listener', randomBytes(16));
    const authMessage = 'n=,r=client,r=clientserver,s=salt,i=4096,c=biws,r=clientserver';
    const claim = { kind: 'carried', user: grant.id, keys, keyThumbprint: 'right' } as const;
    const proof = { authMessage, clientProof: await proofOf('of the listener', keys, authMessage) };
    assert.equal((await service.authenticate({ ...claim, proof }, STAGING)).grant.id, grant.id);
    const guess = { authMessage, clientProof: await proofOf('a guess', keys, authMessage) };
    for (const wrong of [
      { ...claim, proof: guess },
      { ...claim, proof, keyThumbprint: 'wrong' },
      { ...claim, proof, keyThumbprint: undefined },
      { ...claim, proof, user: 'grt_00000000000000000000000000' },
    ]) {
      await assert.rejects(service.authenticate(wrong, STAGING), refusedAs('claim-invalid'));
    }
    clock.ms = START + 600_000;
    await assert.rejects(service.authenticate({ ...claim, proof }, STAGING), refusedAs('claim-expired'));
  });

  test('a revoked grant lets nobody in and is not renewed, and its gateway hears of it before revoke returns', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1'), NEVER);
    const heard: string[] = [];
    service.onRevoked((id) => heard.push(id));
    assert.equal(await service.revoke(grant.id), true);
    assert.deepEqual(heard, [grant.id]);
    assert.equal(await service.revoke(grant.id), false);
    const claim = { kind: 'password', user: grant.id, password: secret } as const;
    await assert.rejects(service.authenticate(claim, STAGING), refusedAs('grant-revoked'));
    await assert.rejects(service.renew({ id: grant.id, secret }), refusedAs('grant-revoked'));
    const [listed] = await service.list({ limit: 10 });
    assert.deepEqual([listed?.state, listed?.display], ['revoked', 'acme/shop@refs/heads/main']);
    assert.deepEqual(await service.list({ limit: 10, active: true }), []);
    await service[Symbol.asyncDispose]();
    assert.deepEqual(heard, [grant.id]);
  });

  test('a revocation reaches another gateway within a second, once', async () => {
    const place = await stores.place();
    await using here = await openStore(place);
    await using there = await openStore(place);
    await using left = serviceOn(here).service;
    await using right = serviceOn(there).service;
    const first = await left.exchange(request('t1'), NEVER);
    const second = await left.exchange(request('t2'), NEVER);
    const heard: string[] = [];
    const both = new Promise<number>((resolve) => {
      right.onRevoked((id) => heard.push(id) === 2 && resolve(Date.now()));
    });
    await left.revoke(first.grant.id);
    const at = Date.now();
    await left.revoke(second.grant.id);
    assert.ok((await both) - at < 1_000);
    assert.deepEqual(heard, [first.grant.id, second.grant.id]);
  });

  test('closing a run ends its grants, and only its own holder or an operator can', async () => {
    const { service } = serviceOn(await stores.open());
    const mine = await service.exchange(request('t1'), NEVER);
    const other = await service.exchange(request('t2'), NEVER);
    const holder = { id: mine.grant.id, secret: mine.secret };
    await assert.rejects(service.closeOwnRun(other.run.id, holder, 'completed'), refusedAs('claim-invalid'));
    assert.equal(await service.closeOwnRun(mine.run.id, holder, 'completed'), true);
    assert.equal(await service.closeRun(mine.run.id, 'completed'), false);
    assert.equal(await service.current(mine.grant.id), undefined);
    assert.equal((await service.current(other.grant.id))?.id, other.grant.id);
  });

  test('what a client says of itself is bounded', async () => {
    const { service } = serviceOn(await stores.open());
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`label${i}`, '']));
    await assert.rejects(service.exchange(request('t', { asserted: many }), NEVER), refusedAs('too-large'));
    const long = { agent: 'a'.repeat(1020) };
    await assert.rejects(service.exchange(request('t', { asserted: long }), NEVER), refusedAs('too-large'));
    await assert.rejects(
      service.exchange(request('t', { asserted: { a: '\0' } }), NEVER),
      refusedAs('protocol-malformed'),
    );
    await service.exchange(request('t', { asserted: { agent: 'a'.repeat(1019) } }), NEVER);
  });

  test('a used token is remembered until it has expired and a margin has passed', async () => {
    const store = await stores.open();
    const { service, clock } = serviceOn(store);
    await service.exchange(request('t1'), NEVER);
    clock.ms = Date.parse('2026-01-02T03:10:35.000Z');
    await assert.rejects(service.exchange(request('t1'), NEVER), refusedAs('claim-replayed'));
    clock.ms += 1;
    await service.exchange(request('t2'), NEVER);
    const kept = await store.read((db) => db.selectFrom('consumed_tokens').select('replay_key').execute());
    assert.deepEqual(kept, [{ replay_key: 'replay-t2' }]);
  });

  test('of two processes that race with one token one gets a grant, and after a restart neither', async () => {
    const place = await stores.place();
    await (await openStore(place))[Symbol.asyncDispose]();
    const racers = [spawnRacer(place, 'raced-for'), spawnRacer(place, 'raced-for')];
    for (const racer of racers) assert.equal(await racer.line(), 'ready');
    for (const racer of racers) racer.go();
    const results = await Promise.all(racers.map((racer) => racer.line()));
    assert.deepEqual(results.sort(), ['claim-replayed', 'granted']);
    await using again = await openStore(place);
    await assert.rejects(serviceOn(again).service.exchange(request('raced-for'), NEVER), refusedAs('claim-replayed'));
  });

  test('neither the store nor a listing holds the secret of a grant', async () => {
    const store = await stores.open();
    const { service } = serviceOn(store);
    const { secret } = await service.exchange(request('t1'), NEVER);
    const dump = JSON.stringify([
      await store.read((db) => db.selectFrom('grants').selectAll().execute()),
      await store.read((db) => db.selectFrom('runs').selectAll().execute()),
      await service.list({ limit: 10 }),
    ]);
    assert.equal(dump.includes(secret.reveal()), false);
    assert.equal(dump.includes(Buffer.from(secret.reveal()).toString('base64')), false);
  });
});

/** The client's side of RFC 5802, section 3, written apart from the code under test. */
async function proofOf(secret: string, keys: ScramKeys, authMessage: string): Promise<Buffer> {
  const salted = await promisify(pbkdf2)(secret, keys.salt, keys.iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest();
  const signature = createHmac('sha256', storedKey).update(authMessage).digest();
  return Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)));
}

/** Another process that opens the same store, says `ready`, waits to be told, and exchanges the token. */
function spawnRacer(place: StoreOptions, token: string) {
  const url = (path: string) => JSON.stringify(import.meta.resolve(path));
  const script = `
    import { once } from 'node:events';
    import { randomBytes } from 'node:crypto';
    const { openStore } = await import(${url('../store/store.ts')});
    const { Secret } = await import(${url('../model/secret.ts')});
    const { keptTokens } = await import(${url('../../test/support/kept-tokens.ts')});
    const { GrantService } = await import(${url('./grant-service.ts')});
    const { databaseUrl, file, token, identity } = JSON.parse(process.env.RACE);
    const store = await openStore({ file, ...(databaseUrl && { databaseUrl: new Secret(databaseUrl) }) });
    const service = new GrantService({
      store,
      tokens: keptTokens(store),
      verify: async () => ({ ...identity, replayKey: 'replay-' + token }),
      trust: () => ({ rules: ['r'], targets: ['t'], lifetimeSeconds: 60, renewableSeconds: 60 }),
      audience: 'a', decoyKey: new Uint8Array(32), now: () => ${START}, random: randomBytes,
    });
    console.log('ready');
    await once(process.stdin, 'data');
    const signal = new AbortController().signal;
    const result = await service.exchange({ token: new Secret(token), asserted: {} }, signal)
      .then(() => 'granted', (error) => error.refusal?.code ?? String(error));
    await service[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    console.log(result);
    process.exit();`;
  const RACE = JSON.stringify({
    file: place.file,
    databaseUrl: place.databaseUrl?.reveal(),
    token,
    identity: IDENTITY,
  });
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, RACE },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    line: async () => String((await lines.next()).value),
    go: () => void child.stdin.write('go\n'),
  };
}

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptTokens } from '../../test/support/kept-tokens.ts';
import { onEachStore } from '../../test/support/stores.ts';
import type { RunId, TargetName } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import { archiveJwks } from '../store/jwks-rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { GrantService } from './grant-service.ts';
import type { VerifiedIdentity } from './vocabulary.ts';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqb2IifQ.c2lnbmVk';
const JWKS = '{"keys":[{"kty":"RSA","kid":"k"}]}';
const AT = '2026-01-02T03:04:05.678Z';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const IDENTITY: VerifiedIdentity = {
  workload: { issuer: 'https://ci.example', issuerKind: 'generic', tokenSubject: 'job' },
  display: 'job',
  issuer: 'ci',
  demo: false,
  replayKey: 'replay',
  expiresAt: '2026-01-02T03:09:05.000Z',
  tokenDigest: sha256(TOKEN),
  jwksDigest: sha256(JWKS),
};

/** The verifier is a table: whatever comes is the job above. */
async function exchangeOn(store: Store): Promise<RunId> {
  await archiveJwks(store, { digest: sha256(JWKS), issuer: 'https://ci.example', document: JWKS, now: AT });
  const given = { rules: ['r'], targets: ['db' as TargetName], lifetimeSeconds: 60, renewableSeconds: 60 };
  await using service = new GrantService({
    store,
    tokens: keptTokens(store),
    verify: () => Promise.resolve(IDENTITY),
    trust: () => given,
    trustPeople: () => given,
    audience: 'a',
    decoyKey: new Uint8Array(32),
    now: () => Date.parse(AT),
    random: (bytes) => randomBytes(bytes),
  });
  const { run } = await service.exchange({ token: new Secret(TOKEN), asserted: {} }, new AbortController().signal);
  return run.id;
}

onEachStore('the tokens that opened runs', (stores) => {
  test('are opened for evidence with the key set that verified them, both to the byte', async () => {
    const store = await stores.open();
    const run = await exchangeOn(store);
    const { token, ...rest } = (await keptTokens(store).open(run)) ?? {};
    assert.equal(token?.reveal(), TOKEN);
    assert.deepEqual(rest, {
      workload: { issuer: 'https://ci.example', issuerKind: 'generic', tokenSubject: 'job' },
      tokenDigest: sha256(TOKEN),
      jwksDigest: sha256(JWKS),
      jwks: JWKS,
    });
    assert.equal(await keptTokens(store).open('run_none' as RunId), undefined);
  });

  test('stand nowhere in the store in clear', async () => {
    const store = await stores.open();
    await exchangeOn(store);
    const runs = await store.read((db) => db.selectFrom('runs').selectAll().execute());
    const tokens = await store.read((db) => db.selectFrom('run_tokens').selectAll().execute());
    assert.equal(runs[0]?.token, null);
    assert.match(tokens[0]?.sealed ?? '', /^v1\.[\w-]+\.[\w-]+$/);
    assert.equal(JSON.stringify([runs, tokens]).includes('c2lnbmVk'), false);
  });

  test('do not open with the key of another deployment, nor as the token of another run', async () => {
    const store = await stores.open();
    const run = await exchangeOn(store);
    await assert.rejects(keptTokens(store, 8).open(run), { code: 'config-invalid' });
    const other = 'run_other' as RunId;
    await store.write(async (db) => {
      const row = await db.selectFrom('runs').selectAll().executeTakeFirstOrThrow();
      const { sealed } = await db.selectFrom('run_tokens').select('sealed').executeTakeFirstOrThrow();
      await db
        .insertInto('runs')
        .values({ ...row, id: other })
        .execute();
      await db.insertInto('run_tokens').values({ run_id: other, sealed }).execute();
    });
    await assert.rejects(keptTokens(store).open(other), { code: 'config-invalid' });
  });

  test('and key sets that are not those which the log names are no evidence', async () => {
    const store = await stores.open();
    const run = await exchangeOn(store);
    await store.write((db) => db.updateTable('jwks_seen').set({ document: '{"keys":[]}' }).execute());
    await assert.rejects(keptTokens(store).open(run), {
      code: 'internal',
      message: /the key set that is kept of run_/,
    });
    await store.write((db) => db.updateTable('runs').set({ token_digest: 'aa', jwks_digest: null }).execute());
    await assert.rejects(keptTokens(store).open(run), { code: 'internal', message: /the token that is kept of run_/ });
  });

  test('that an older release left in clear are sealed, once, and are gone from where they lay', async () => {
    const store = await stores.open();
    const run = await exchangeOn(store);
    await store.write(async (db) => {
      await db.deleteFrom('run_tokens').execute();
      await db.updateTable('runs').set({ token: TOKEN }).execute();
      const row = await db.selectFrom('runs').selectAll().executeTakeFirstOrThrow();
      const copies = Array.from({ length: 450 }, (_, i) => ({ ...row, id: `run_${i}` }));
      for (let i = 0; i < copies.length; i += 50)
        await db
          .insertInto('runs')
          .values(copies.slice(i, i + 50))
          .execute();
    });
    const counts = await Promise.all([keptTokens(store).sealOld(), keptTokens(store).sealOld()]);
    assert.ok(Math.max(...counts) >= 226, String(counts));
    assert.equal(await keptTokens(store).sealOld(), 0);
    assert.equal((await keptTokens(store).open(run))?.token?.reveal(), TOKEN);
    const left = await store.read((db) => db.selectFrom('runs').select('id').where('token', 'is not', null).execute());
    assert.deepEqual(left, []);
  });
});

test('a file of the embedded store gives no token away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kept-'));
  try {
    const file = join(directory, 'store.sqlite');
    const store = await openStore({ file });
    await exchangeOn(store);
    await store[Symbol.asyncDispose]();
    const bytes = await readFile(file);
    assert.ok(bytes.includes('https://ci.example'));
    for (const part of TOKEN.split('.')) assert.equal(bytes.includes(part), false);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

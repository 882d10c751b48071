import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { Declared, Loaded } from '../model/declaration.ts';
import { Fault } from '../model/fault.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { policyDocument, readDeclarations } from '../store/configuration-rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { makeConfigurationService } from './configuration-service.ts';
import { DeploymentKey } from './deployment-key.ts';
import type { DeclaredChannel } from './prepare-configuration.ts';
import { makeSealer } from './sealing.ts';
import { systemSecrets } from './secret-reader.ts';
import { openTargetDirectory } from './target-directory.ts';

const SEALER = makeSealer(new DeploymentKey(new Uint8Array(32).fill(3)));

interface TestRule {
  readonly name: string;
  readonly issuer: string;
  readonly targets: readonly string[];
}

/** Identity's own loaders are tested beside them; these take the items as they are. */
function serviceOn(store: Store, record: () => Promise<void> = () => Promise.resolve()) {
  return makeConfigurationService<{ readonly name: string }, TestRule>({
    store,
    sealer: SEALER,
    protocols: ['postgres'],
    loaders: {
      issuers: (declared) => asTheyAre<{ name: string }>(declared),
      trust: (declared) => asTheyAre<TestRule>(declared),
      policies: parsePolicies,
      declareIssuer: (issuer) => issuer,
      declareRule: (rule) => rule,
      declareChannel: (stored: string) => ({ item: JSON.parse(stored) as Record<string, unknown>, boundTo: '' }),
      declareExport: (stored: string) => ({ item: JSON.parse(stored) as Record<string, unknown>, boundTo: '' }),
      channels: (declared) => ({ items: declared.map(({ value }) => value as DeclaredChannel), problems: [] }),
      exports: () => ({ items: [], problems: [] }),
      retention: (declared) => ({ items: declared.map(({ value }) => value as { name: string }), problems: [] }),
      declareRetention: (stored) => JSON.parse(stored) as object,
    },
    record,
    now: () => Date.parse('2026-01-02T03:04:05.678Z'),
  });
}

function asTheyAre<Item>(declared: readonly Declared[]): Loaded<Item> {
  return { items: declared.map(({ value }) => value as Item), problems: [] };
}

const TARGETS = `targets:
  - name: pg-staging
    protocol: postgres
    address: db.example:5432
    credential: { user: app, password: { value: canary-sealed-password } }
`;
const TRUST = `issuers: [{ name: github }]
trust: [{ name: shop, issuer: github, targets: [pg-staging] }]
`;
const POLICIES = `policies:
  - name: reads
    principals: any
    targets: [pg-staging]
    operations: [read]
    effect: permit
`;
const files = (...texts: string[]) => texts.map((text, i) => ({ name: `${i}.yaml`, text }));

onEachStore('applying a configuration', (stores) => {
  let directory = '';
  before(async () => void (directory = await mkdtemp(join(tmpdir(), 'secrets-'))));
  after(() => rm(directory, { recursive: true }));

  const applyAll = async (store: Store, ...texts: string[]) => {
    const service = serviceOn(store);
    const { digest } = await service.plan(files(...texts));
    return service.apply(files(...texts), digest, 'somebody');
  };
  const directoryOn = (store: Store, environment = {}) =>
    openTargetDirectory({ store, sealer: SEALER, secrets: systemSecrets(environment), onFault: assert.ifError });

  test('creates what is declared, and a second time there is nothing to do', async () => {
    const store = await stores.open();
    const { changes } = await applyAll(store, TARGETS, TRUST + POLICIES);
    assert.deepEqual(
      changes.map(({ action, kind, name }) => [action, kind, name]),
      [
        ['create', 'issuer', 'github'],
        ['create', 'trust rule', 'shop'],
        ['create', 'target', 'pg-staging'],
        ['create', 'policy', 'reads'],
      ],
    );
    assert.equal(JSON.stringify(changes).includes('canary'), false);
    assert.deepEqual((await serviceOn(store).plan(files(TARGETS, TRUST, POLICIES))).changes, []);
    const { policies } = await readDeclarations(store);
    assert.equal(
      policyDocument(policies),
      POLICIES.replaceAll('\n  ', '\n')
        .replace('[read]', '\n    - read')
        .replace('[pg-staging]', '\n    - pg-staging')
        .replaceAll(': \n', ':\n'),
    );
    assert.deepEqual(parsePolicies([{ path: 'stored', text: policyDocument(policies) }]).problems, []);
  });

  test('gives the credential to whoever connects, and not to whoever reads the store', async () => {
    const place = await stores.place();
    await using store = await openStore(place);
    await applyAll(store, TARGETS);
    using targets = await directoryOn(store);
    const target = targets.get('pg-staging') ?? assert.fail('no target');
    const credential = await targets.credential(target);
    assert.equal(credential.password?.reveal(), 'canary-sealed-password');
    assert.equal(JSON.stringify(credential), '{"user":"app","password":"[secret]"}');
    const dump = JSON.stringify(await readDeclarations(store));
    assert.equal(dump.includes('canary'), false);
    assert.equal(dump.includes('"user"'), false);
    if (place.databaseUrl === undefined) {
      const folder = dirname(place.file);
      for (const name of await readdir(folder)) {
        assert.equal((await readFile(join(folder, name))).includes('canary'), false, name);
      }
    }
  });

  test('reads a secret from where the declaration says each time it is needed', async () => {
    const store = await stores.open();
    const file = join(directory, 'password');
    await writeFile(file, 'from-a-file\n');
    const more = TARGETS.replace('targets:\n', '')
      .replace('pg-staging', 'pg-file')
      .replace('value: canary-sealed-password', `file: ${file}`);
    await applyAll(store, TARGETS.replace('value: canary-sealed-password', 'env: PG_PASSWORD') + more);
    const environment: Record<string, string> = { PG_PASSWORD: 'from-the-environment' };
    using targets = await directoryOn(store, environment);
    const passwordOf = async (name: string) => {
      const credential = await targets.credential(targets.get(name) ?? assert.fail(name));
      return credential.password?.reveal();
    };
    assert.equal(await passwordOf('pg-staging'), 'from-the-environment');
    assert.equal(await passwordOf('pg-file'), 'from-a-file');
    await writeFile(file, 'rotated\n');
    assert.equal(await passwordOf('pg-file'), 'rotated');
    delete environment['PG_PASSWORD'];
    await assert.rejects(passwordOf('pg-staging'), { code: 'config-invalid', message: /PG_PASSWORD/ });
    await writeFile(file, 'x'.repeat(64 * 1024 + 1));
    await assert.rejects(passwordOf('pg-file'), { code: 'config-invalid' });
  });

  test('a target that is pointed elsewhere behind our back does not take its credential along', async () => {
    const store = await stores.open();
    await applyAll(store, TARGETS);
    await store.write((db) =>
      db
        .updateTable('targets')
        .set((eb) => ({
          declaration: eb.fn<string>('replace', ['declaration', eb.val('db.example'), eb.val('evil.example')]),
        }))
        .execute(),
    );
    using targets = await directoryOn(store);
    const target = targets.get('pg-staging') ?? assert.fail('no target');
    assert.equal(target.address.host, 'evil.example');
    await assert.rejects(targets.credential(target), { code: 'config-invalid' });
  });

  test('a changed password shows as changed and is sealed anew; a deleted target takes its credential along', async () => {
    const store = await stores.open();
    await applyAll(store, TARGETS);
    const { changes } = await applyAll(store, TARGETS.replace('canary-sealed', 'canary-other'));
    assert.deepEqual(changes, [
      { action: 'update', kind: 'target', name: 'pg-staging', details: ['~ credential: changed'] },
    ]);
    using targets = await directoryOn(store);
    const target = targets.get('pg-staging') ?? assert.fail('no target');
    assert.equal((await targets.credential(target)).password?.reveal(), 'canary-other-password');
    await applyAll(store, 'targets: []\n');
    await targets.reload();
    assert.deepEqual([targets.list(), (await readDeclarations(store)).credentials], [[], []]);
  });

  test('a policy counts its changes', async () => {
    const store = await stores.open();
    await applyAll(store, TARGETS, POLICIES);
    await applyAll(store, POLICIES.replace('[read]', '[read, session]'));
    const { policies } = await readDeclarations(store);
    assert.deepEqual(
      policies.map(({ name, version }) => [name, version]),
      [['reads', 2]],
    );
  });

  test('refuses the plan of yesterday, and one of two people who apply at once', async () => {
    const store = await stores.open();
    const { digest } = await serviceOn(store).plan(files(TARGETS));
    const stale = { code: 'config-invalid', message: /not the plan that was shown/ };
    await assert.rejects(serviceOn(store).apply(files(TARGETS, POLICIES), digest, 'x'), stale);
    const arrived = Promise.withResolvers<void>();
    let waiting = 0;
    const together = async () => {
      if (++waiting === 2) arrived.resolve();
      await arrived.promise;
    };
    const results = await Promise.allSettled(
      [1, 2].map(() => serviceOn(store, together).apply(files(TARGETS), digest, 'x')),
    );
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    assert.ok(lost?.reason instanceof Fault);
    assert.equal(lost.reason.code, 'config-invalid');
  });

  test('changes nothing where the change cannot be put on record', async () => {
    const store = await stores.open();
    const service = serviceOn(store, () => Promise.reject(new Fault('log-unavailable', 'the disk is full')));
    const { digest } = await service.plan(files(TARGETS));
    await assert.rejects(service.apply(files(TARGETS), digest, 'x'), { code: 'log-unavailable' });
    assert.deepEqual((await readDeclarations(store)).targets, []);
  });

  test('names every problem of every file at its line, and the kept rules that would hang in the air', async () => {
    const store = await stores.open();
    const plan = serviceOn(store).plan(
      files('targets:\n- name: X\n', 'polices: []\n', `targets: []\n${POLICIES.replace('permit', 'perhaps')}`),
    );
    await assert.rejects(plan, (error: unknown) => {
      assert.ok(error instanceof ConfigurationInvalid);
      const places = error.problems.map(({ file, line }) => `${file}:${line}`);
      assert.deepEqual([...new Set(places)].sort(), ['0.yaml:2', '1.yaml:1', '2.yaml:7']);
      return true;
    });
    await applyAll(store, TARGETS, TRUST);
    await assert.rejects(serviceOn(store).plan(files('targets: []\n')), {
      message: /the trust rule shop names the target pg-staging, which does not exist/,
    });
    await assert.rejects(serviceOn(store).plan(files('issuers: []\n')), {
      message: /the trust rule shop needs the issuer github/,
    });
  });
});

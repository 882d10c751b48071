import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { Declared, Loaded } from '../model/declaration.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import type { Store } from '../store/store.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { makeConfigurationObjects, type ObjectKind } from './configuration-objects.ts';
import { makeConfigurationService } from './configuration-service.ts';
import { DeploymentKey } from './deployment-key.ts';
import { makeSealer } from './sealing.ts';
import { systemSecrets } from './secret-reader.ts';
import { openTargetDirectory } from './target-directory.ts';

interface Named {
  readonly name: string;
}

interface TestRule extends Named {
  readonly issuer: string;
  readonly targets: readonly string[];
}

const SEALER = makeSealer(new DeploymentKey(new Uint8Array(32).fill(3)));
const TARGET = `targets:
  - name: shop
    protocol: postgres
    address: db.example:5432
    tls: { mode: require }
    credential:
      user: app
      password: { value: canary-password }
    record: batched
`;
const ALL = `${TARGET}issuers: [{ name: ci }]
trust: [{ name: jobs, issuer: ci, targets: [shop] }]
policies:
  - { name: reads, principals: any, targets: [shop], operations: [read], effect: permit }
`;

async function deployed(store: Store) {
  const asTheyAre = <Item>(declared: readonly Declared[]): Loaded<Item> => ({
    items: declared.map(({ value }) => value as Item),
    problems: [],
  });
  const recorded: string[] = [];
  const options = {
    store,
    sealer: SEALER,
    protocols: ['http', 'postgres'],
    loaders: {
      issuers: (declared: readonly Declared[]) => asTheyAre<Named>(declared),
      trust: (declared: readonly Declared[]) => asTheyAre<TestRule>(declared),
      policies: parsePolicies,
      channels: () => ({ items: [], problems: [] }),
      exports: () => ({ items: [], problems: [] }),
      retention: () => ({ items: [], problems: [] }),
      declareRetention: () => ({}),
      declareIssuer: (issuer: Named) => issuer,
      declareRule: (rule: TestRule) => rule,
      declareChannel: (stored: string) => ({ item: JSON.parse(stored) as Record<string, unknown>, boundTo: '' }),
      declareExport: (stored: string) => ({ item: JSON.parse(stored) as Record<string, unknown>, boundTo: '' }),
    },
    record: (changes: readonly { readonly action: string; readonly name: string }[]) => {
      recorded.push(...changes.map(({ action, name }) => `${action} ${name}`));
      return Promise.resolve();
    },
    now: Date.now,
  };
  const service = makeConfigurationService(options);
  const files = [{ name: 'all.yaml', text: ALL }];
  await service.apply(files, (await service.plan(files)).digest, 'a test');
  recorded.length = 0;
  const objects = makeConfigurationObjects(options);
  const find = async (kind: ObjectKind, name: string) => {
    const object = (await objects.list(kind)).find((one) => one.name === name);
    if (object === undefined) throw new Error(`there is no ${kind} ${name}`);
    return object;
  };
  return { objects, find, recorded };
}

async function passwordOf(store: Store): Promise<string | undefined> {
  await using directory = {
    opened: await openTargetDirectory({
      store,
      sealer: SEALER,
      secrets: systemSecrets({}),
      onFault: (fault) => assert.fail(String(fault)),
    }),
    async [Symbol.asyncDispose]() {
      this.opened[Symbol.dispose]();
    },
  };
  const target = directory.opened.get('shop');
  return target && (await directory.opened.credential(target)).password?.reveal();
}

onEachStore('objects of a configuration', (fixture) => {
  test('a target is shown without its secret, and the same text changes nothing', async () => {
    const { objects, find } = await deployed(await fixture.open());
    const { text, etag } = await find('target', 'shop');
    assert.match(text, /password:\n {8}sealed: true\n/);
    assert.doesNotMatch(text, /canary/);
    const plan = await objects.plan({ kind: 'target', name: 'shop', text, etag });
    assert.deepEqual(plan === 'stale' ? plan : plan.changes, []);
  });

  test('a change without the secret keeps it, one with another secret takes that, one elsewhere is refused', async () => {
    const store = await fixture.open();
    const { objects, find, recorded } = await deployed(store);
    const first = await find('target', 'shop');
    const change = { kind: 'target', name: 'shop' } as const;
    await objects.apply({ ...change, text: first.text.replace('batched', 'strict'), etag: first.etag }, 'ada');
    assert.equal(await passwordOf(store), 'canary-password');
    const second = await find('target', 'shop');
    const text = second.text.replace('sealed: true', 'value: another');
    await objects.apply({ ...change, text, etag: second.etag }, 'ada');
    assert.equal(await passwordOf(store), 'another');
    const { etag } = await find('target', 'shop');
    assert.notEqual(etag, second.etag);
    const elsewhere = second.text.replace('db.example', 'evil.example');
    await assert.rejects(objects.apply({ ...change, text: elsewhere, etag }, 'ada'), ConfigurationInvalid);
    const laxer = second.text.replace('mode: require', 'mode: disable');
    await assert.rejects(objects.apply({ ...change, text: laxer, etag }, 'ada'), /sealed for the address/);
    assert.deepEqual(recorded, ['update shop', 'update shop']);
  });

  test('an HTTP target keeps its secrets as well, and not for another token server, host or path', async () => {
    const { objects } = await deployed(await fixture.open());
    const change = { kind: 'target', name: 'api' } as const;
    const text = `targets:
  - name: api
    protocol: http
    url: https://api.example/v1
    credential:
      oauth2: { tokenUrl: https://id.example/token, clientId: app, clientSecret: { value: canary-secret } }
`;
    await objects.apply({ ...change, text }, 'ada');
    const shown = (await objects.list('target')).find(({ name }) => name === 'api') ?? assert.fail('no target');
    assert.doesNotMatch(shown.text, /canary/);
    const plan = (from: string, to: string) =>
      objects.plan({ ...change, text: shown.text.replace(from, to), etag: shown.etag });
    const same = await plan('nothing', 'else');
    assert.deepEqual(same === 'stale' ? same : same.changes, []);
    await assert.rejects(
      plan('id.example', 'evil.example'),
      /credential.oauth2: its secret is sealed for what stood beside/,
    );
    await assert.rejects(plan('api.example', 'evil.example'), /sealed for the address/);
    await assert.rejects(plan('/v1', '/v2'), /sealed for the address/);
  });

  test('of two changes of what both have read, one is made and the other is stale', async () => {
    const { objects, find } = await deployed(await fixture.open());
    const { text, etag } = await find('policy', 'reads');
    const change = (more: string) =>
      objects.apply({ kind: 'policy', name: 'reads', text: text.replace('- read', `- ${more}`), etag }, 'ada');
    const made = await Promise.all([change('write'), change('ddl')]);
    assert.deepEqual(
      made.map((one) => one === 'stale').sort((one, other) => Number(one) - Number(other)),
      [false, true],
    );
  });

  test('an object is made where there is none, and deleted where nothing needs it', async () => {
    const { objects, find } = await deployed(await fixture.open());
    const fresh = { kind: 'policy', name: 'new' } as const;
    const text = 'policies: [{ name: new, principals: any, targets: any, operations: [ddl], effect: deny }]';
    await objects.apply({ ...fresh, text }, 'ada');
    assert.equal(await objects.apply({ ...fresh, text }, 'ada'), 'stale');
    await objects.apply({ ...fresh, etag: (await find('policy', 'new')).etag }, 'ada');
    assert.deepEqual(
      (await objects.list('policy')).map(({ name }) => name),
      ['reads'],
    );
    const needed = { kind: 'target', name: 'shop', etag: (await find('target', 'shop')).etag } as const;
    await assert.rejects(objects.plan(needed), /names the target shop, which does not exist/);
  });

  test('a text that holds something else is refused with its line', async () => {
    const { objects } = await deployed(await fixture.open());
    const plan = (text: string) => objects.plan({ kind: 'policy', name: 'new', text });
    await assert.rejects(plan('policies: []'), /policy new:1: this is not one policy named new/);
    await assert.rejects(plan('\nissuers: [{ name: new }]'), /policy new:2: /);
    await assert.rejects(plan('policies: [{ name: other }]'), /named new/);
    await assert.rejects(plan('policies: ['), ConfigurationInvalid);
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { onEachStore } from '../../../test/support/stores.ts';
import { openStore } from '../../store/store.ts';
import { createDeploymentKey } from '../../targets/deployment-key.ts';
import { claimDeployment } from './deployment.ts';

onEachStore('the deployment of a store', (stores) => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-deployment-'));
  after(() => rmSync(directory, { recursive: true }));
  let files = 0;
  const newKeyFile = () => join(directory, `key-${++files}`);
  const claim = (store: Awaited<ReturnType<typeof stores.open>>, keyFile: string) =>
    claimDeployment(store, { kind: 'configured', keyFile, nowMs: 0 });

  test('is made by one of several gateways that start at once, and the key of that one is the key', async () => {
    const place = await stores.place();
    const gateways = [await openStore(place), await openStore(place), await openStore(place)];
    const keyFiles = gateways.map(newKeyFile);
    // A file is locked by waiting, which stops this whole process: there they come one after the other.
    const isFile = gateways[0]?.kind === 'sqlite';
    const claims: PromiseSettledResult<unknown>[] = [];
    if (isFile)
      for (const [index, store] of gateways.entries())
        claims.push(...(await settle(claim(store, keyFiles[index] ?? ''))));
    else claims.push(...(await settle(...gateways.map((store, index) => claim(store, keyFiles[index] ?? '')))));
    const won = claims.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    assert.equal(won.length, 1);
    // The others keep no key that opens nothing.
    assert.deepEqual(
      keyFiles.map((file) => existsSync(file)),
      claims.map(({ status }) => status === 'fulfilled'),
    );
    const shared = keyFiles[won[0] ?? 0] ?? '';
    const ids = new Set<string>();
    for (const store of gateways) ids.add((await claim(store, shared)).id);
    assert.equal(ids.size, 1);
    for (const store of gateways) await store[Symbol.asyncDispose]();
  });

  test('goes on with a key that was made when the start ended before there was a deployment', async () => {
    const store = await stores.open();
    const keyFile = newKeyFile();
    const made = createDeploymentKey(keyFile);
    const { key } = await claim(store, keyFile);
    assert.deepEqual(key.derive('test'), made.derive('test'));
  });

  test('is not joined with another key, nor without one', async () => {
    const store = await stores.open();
    await claim(store, newKeyFile());
    const other = newKeyFile();
    await assert.rejects(claim(store, other), /key file is missing/);
    createDeploymentKey(other);
    await assert.rejects(claim(store, other), /is not the key of this deployment/);
  });
});

function settle(...promises: readonly Promise<unknown>[]): Promise<readonly PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(promises);
}

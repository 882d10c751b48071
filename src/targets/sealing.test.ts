import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { createDeploymentKey, DeploymentKey, readDeploymentKey } from './deployment-key.ts';
import { makeSealer } from './sealing.ts';

const invalid = { name: 'Fault', code: 'config-invalid' };

describe('the deployment key', () => {
  let directory = '';
  before(async () => void (directory = await mkdtemp(join(tmpdir(), 'key-'))));
  after(() => rm(directory, { recursive: true }));

  test('is made once, for its owner alone, and reads as the same key', async () => {
    const file = join(directory, 'made.key');
    const made = createDeploymentKey(file);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(readDeploymentKey(file).derive('x'), made.derive('x'));
    assert.throws(() => createDeploymentKey(file), invalid);
    assert.deepEqual(readDeploymentKey(file).derive('x'), made.derive('x'));
  });

  test('is refused while anybody else could read or write it', async () => {
    const file = join(directory, 'open.key');
    createDeploymentKey(file);
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o601, 0o644, 0o666]) {
      await chmod(file, mode);
      assert.throws(() => readDeploymentKey(file), invalid, mode.toString(8));
    }
    await chmod(file, 0o400);
    readDeploymentKey(file);
  });

  test('is refused where it is missing or not of the form', async () => {
    assert.throws(() => readDeploymentKey(join(directory, 'none.key')), invalid);
    const file = join(directory, 'bad.key');
    const good = 'A'.repeat(43);
    for (const text of ['', good, `chaperone-deployment-key-v1 ${good}A`, `chaperone-deployment-key-v2 ${good}`]) {
      await writeFile(file, text, { mode: 0o600 });
      assert.throws(() => readDeploymentKey(file), invalid);
    }
  });

  test('does not show when it is printed, and gives each use a key of its own', async () => {
    const file = join(directory, 'shown.key');
    const key = createDeploymentKey(file);
    const encoded = (await readFile(file, 'utf8')).split(' ')[1]?.trim() ?? '';
    const shown = `${inspect(key, { showHidden: true })}${JSON.stringify({ key })}`;
    assert.equal(shown.includes(encoded), false);
    assert.notDeepEqual(key.derive('a'), key.derive('b'));
    assert.equal(key.derive('a').length, 32);
  });

  test('gives the same keys in every version of the program', () => {
    const key = new DeploymentKey(new Uint8Array(32));
    assert.equal(
      key.derive('grants/decoy').toString('hex'),
      'c53b1c9eccce780f8727951e00b31196d531c31f0d80c0de1d94a80432a48c47',
    );
  });
});

describe('a sealed credential', () => {
  const sealer = makeSealer(new DeploymentKey(new Uint8Array(32).fill(1)));

  test('opens with the same key for the same purpose, and shows nothing of itself', () => {
    const sealed = sealer.seal('canary-ü', 'pg-prod');
    assert.equal(sealer.open(sealed, 'pg-prod'), 'canary-ü');
    assert.equal(sealed.includes('canary'), false);
    assert.notEqual(sealer.seal('canary-ü', 'pg-prod'), sealed);
  });

  test('does not open for another target, with another key, or with any byte changed', () => {
    const sealed = sealer.seal('canary', 'pg-prod');
    assert.throws(() => sealer.open(sealed, 'pg-staging'), invalid);
    const other = makeSealer(new DeploymentKey(new Uint8Array(32).fill(2)));
    assert.throws(() => other.open(sealed, 'pg-prod'), invalid);
    const [version, wrapped = '', credential = ''] = sealed.split('.');
    const mutations = [wrapped, credential].flatMap((part, which) =>
      Array.from(Buffer.from(part, 'base64url').keys(), (at) => {
        const bytes = Buffer.from(part, 'base64url');
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        const changed = bytes.toString('base64url');
        return which === 0 ? `${version}.${changed}.${credential}` : `${version}.${wrapped}.${changed}`;
      }),
    );
    assert.equal(mutations.length, 60 + 34);
    for (const mutated of mutations) assert.throws(() => sealer.open(mutated, 'pg-prod'), invalid);
    const foreign = sealer.seal('other', 'pg-prod').split('.')[1];
    assert.throws(() => sealer.open(`v1.${foreign}.${credential}`, 'pg-prod'), invalid);
    for (const broken of ['', 'v1', 'v1..', `v2.${wrapped}.${credential}`, `${sealed}.x`, `v1.${wrapped}.AAAA`]) {
      assert.throws(() => sealer.open(broken, 'pg-prod'), invalid);
    }
  });

  test('has a fingerprint that tells a change and depends on the key', () => {
    const print = sealer.fingerprint('canary', 'pg-prod');
    assert.equal(sealer.fingerprint('canary', 'pg-prod'), print);
    assert.notEqual(sealer.fingerprint('canary2', 'pg-prod'), print);
    assert.notEqual(sealer.fingerprint('canary', 'pg-staging'), print);
    const other = makeSealer(new DeploymentKey(new Uint8Array(32).fill(2)));
    assert.notEqual(other.fingerprint('canary', 'pg-prod'), print);
  });
});

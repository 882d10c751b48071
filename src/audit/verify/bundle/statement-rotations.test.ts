/** Bundles over the life of the keys of statements. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BundleWorld, bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { firstReason, ownFiles, UnpackedBundle, verifyBytes } from '../../../../test/support/unpacked-bundle.ts';
import { verifyDirectory } from '../verify-directory.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-statements-'));
const pems: string[] = [];
const ids: string[] = [];
let world: BundleWorld;
let early: MadeBundle;
let late: MadeBundle;

before(async () => {
  world = await bundleWorld(directory);
  const { current } = world.service.statementKeys;
  pems.push(current.publicKey);
  ids.push(current.keyId);
  await world.makeRun('run_1');
  early = await world.bundle('run_1');
  for (let times = 0; times < 2; times++) {
    const { publicKey, keyId } = await world.service.rotate('psn_1');
    pems.push(publicKey);
    ids.push(keyId);
  }
  await world.makeRun('run_2');
  late = await world.bundle('run_2');
});
after(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const by = (made: MadeBundle, ...keys: readonly string[]) => ({
  ...ownFiles(made),
  statementKey: Buffer.from(keys.join('')),
});
const keyIn = async (made: MadeBundle) => (await UnpackedBundle.of(made.bytes)).text('trust/statement.pub.pem');

test('a bundle from before passes by the key of its time, also after a change, and a later key alone fails it', async () => {
  const [first = '', , third = ''] = pems;
  assert.ok((await world.bundle('run_1')).bytes.equals(early.bytes));
  assert.equal(await keyIn(early), first);
  assert.equal((await verifyBytes(early.bytes, by(early, first))).verdict, 'PASS');
  assert.equal((await verifyBytes(early.bytes, by(early, third, first))).verdict, 'PASS');
  const later = await verifyBytes(early.bytes, by(early, third));
  assert.deepEqual(
    [later.verdict, firstReason(later)],
    ['FAIL', 'statement.sigstore.json: no statement key of yours signed it'],
  );
});

test('a bundle from after passes by the new key; with an old one alone it is INCOMPLETE, and says which to add', async () => {
  const [first = '', second = '', third = ''] = pems;
  assert.equal(await keyIn(late), third);
  assert.equal((await verifyBytes(late.bytes, by(late, third))).verdict, 'PASS');
  for (const old of [first, second]) {
    const report = await verifyBytes(late.bytes, by(late, old));
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.equal(
      firstReason(report),
      'statement.sigstore.json: the log says that the key which you have was replaced, and a later one signed this: ' +
        `get the public key with SHA-256 ${ids[2]} from whoever gave you yours, and add it to your statement keys`,
    );
    // Nothing that would send somebody who named a key to look for why it was not taken.
    assert.equal(report.steps.find(({ id }) => id === 'statement')?.findings.length, 1);
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const stranger = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
  assert.equal((await verifyBytes(late.bytes, by(late, stranger))).verdict, 'FAIL');
});

test('a way from key to key that the bundle’s own key does not fit, or that the log does not have, is no way', async () => {
  const [first = '', second = ''] = pems;
  const swapped = (await UnpackedBundle.of(late.bytes)).write('trust/statement.pub.pem', second);
  assert.match(
    firstReason(await verifyBytes(await swapped.pack(), by(late, first))),
    /not even the key that the bundle/,
  );
  const cut = (await UnpackedBundle.of(late.bytes)).editLines('log/entries.jsonl', (lines) =>
    lines.filter((line) => !line.includes('key.rotated')),
  );
  assert.match(
    firstReason(await verifyBytes(await cut.pack(), by(late, first))),
    /no statement key of yours signed it/,
  );
});

test('a statement by a key that was replaced before its manifest stood in the log fails, whoever still trusts the key', async () => {
  const [, , third = ''] = pems;
  // The same bundle, in whose log the key that signed it had been replaced already.
  const changed = (await UnpackedBundle.of(late.bytes)).edit('log/entries.jsonl', (text) =>
    text.replaceAll(`\\"from\\":\\"${ids[1]}\\"`, `\\"from\\":\\"${ids[2]}\\"`),
  );
  const report = await verifyBytes(await changed.pack(), by(late, third));
  assert.match(firstReason(report), /a key signed it that was replaced by then: entry \d+ of the log says so/);
});

test('the log says of each change who made it and from which key to which, and its directory passes', async () => {
  const files = await UnpackedBundle.of(late.bytes);
  const said = files
    .text('log/entries.jsonl')
    .split('\n')
    .filter((line) => line.includes('key.rotated'))
    .map((line) => (JSON.parse((JSON.parse(line) as { entry: string }).entry) as { detail: unknown }).detail);
  assert.deepEqual(said, [
    { by: 'psn_1', from: ids[0], to: ids[1], what: 'statement' },
    { by: 'psn_1', from: ids[1], to: ids[2], what: 'statement' },
  ]);
  assert.deepEqual(
    world.service.statementKeys.old.map(({ keyId, next }) => [keyId, next]),
    [
      [ids[0], ids[1]],
      [ids[1], ids[2]],
    ],
  );
  const old = readdirSync(join(directory, 'audit/keys/old'));
  assert.deepEqual(old.sort(), [`statement-${ids[0]}.json`, `statement-${ids[1]}.json`].sort());
  await world.log.sync();
  const report = await verifyDirectory(join(directory, 'audit'));
  assert.deepEqual([report.verdict, report.findings], ['PASS', []]);
});

/** Bundles over the life of a log's keys. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BundleWorld, bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { firstReason, ownFiles, UnpackedBundle, verifyBytes } from '../../../../test/support/unpacked-bundle.ts';
import { encodeVerifierKey } from '../../log/signed-note.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-rotation-'));
let world: BundleWorld;
let early: MadeBundle;
let late: MadeBundle;
const vkeys: string[] = [];

before(async () => {
  world = await bundleWorld(directory);
  await world.makeRun('run_1');
  early = await world.bundle('run_1');
  vkeys.push(world.log.verifierKey);
  // Without an overlap: the old key signs nothing once it has handed over.
  vkeys.push(await world.log.published.rotate('psn_1', 0));
  vkeys.push(await world.log.published.rotate('psn_1', 0));
  await world.makeRun('run_2');
  late = await world.bundle('run_2');
});
after(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const by = (made: MadeBundle, ...keys: readonly string[]) => ({
  ...ownFiles(made),
  policy: Buffer.from(`${keys.map((key) => `log ${key}\n`).join('')}quorum none\n`),
});

test('a bundle from before passes by the key of its time, which a later key does not take the place of', async () => {
  const [first = '', , third = ''] = vkeys;
  assert.equal((await verifyBytes(early.bytes, by(early, first))).verdict, 'PASS');
  const later = await verifyBytes(early.bytes, by(early, third));
  assert.equal(later.verdict, 'FAIL');
  assert.match(firstReason(later), /no known key signed it/);
  assert.equal((await verifyBytes(early.bytes, by(early, third, first))).verdict, 'PASS');
});

test('a bundle from after passes by the newest key, and by the first, which handed over twice, with a word on it', async () => {
  const [first = '', second = '', third = ''] = vkeys;
  for (const [key, notes] of [
    [third, 0],
    [second, 1],
    [first, 2],
  ] as const) {
    const report = await verifyBytes(late.bytes, by(late, key));
    assert.equal(report.verdict, 'PASS', firstReason(report));
    const findings = report.steps.find(({ id }) => id === 'checkpoint')?.findings ?? [];
    assert.equal(findings.filter(({ message }) => message.includes('handed over to')).length, notes);
  }
});

test('a hand-over that is missing, or of another key, adds no key', async () => {
  const [first = ''] = vkeys;
  const paths = (await UnpackedBundle.of(late.bytes)).paths(/handover/u);
  assert.equal(paths.length, 2);
  const without = await UnpackedBundle.of(late.bytes);
  for (const path of paths) without.remove(path);
  assert.equal((await verifyBytes(await without.pack(), by(late, first))).verdict, 'FAIL');
  const swapped = await UnpackedBundle.of(late.bytes);
  const [one = '', two = ''] = paths;
  swapped.write(one, without.text('run-manifest.json')).write(two, swapped.text(two).replace(/index \d+/u, 'index 0'));
  assert.equal((await verifyBytes(await swapped.pack(), by(late, first))).verdict, 'FAIL');
  const stranger = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
  assert.equal((await verifyBytes(late.bytes, by(late, stranger))).verdict, 'FAIL');
});

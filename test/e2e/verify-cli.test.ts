/** `chaperone verify` of bundles, as an auditor types it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { BundleReport } from '../../src/audit/verify/bundle/report.ts';
import { bundleWorld, writeKeys } from '../support/evidence-bundle.ts';
import { UnpackedBundle } from '../support/unpacked-bundle.ts';
import { chaperone, environment, type Ran } from './program.ts';

describe('chaperone verify BUNDLE', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-verify-cli-'));
  const bundle = join(directory, 'run_1.evidence.zip');
  let own: readonly string[];
  let pristine: UnpackedBundle;

  before(async () => {
    await using world = await bundleWorld(join(directory, 'data'));
    await world.makeRun('run_1');
    const made = await world.bundle('run_1');
    writeFileSync(bundle, made.bytes);
    pristine = await UnpackedBundle.of(made.bytes);
    const keys = writeKeys(directory, made);
    own = ['--policy', keys.policy, '--statement-key', keys.statementKey];
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const verify = (...args: readonly string[]): Promise<Ran> => chaperone(['verify', ...args], environment(directory));
  const stable = (text: string) =>
    text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME').replaceAll(/\d+ (files|bytes)/gu, 'N $1');

  test('says PASS in a screenful, and exits with 0', async () => {
    const { stdout, status } = await verify(bundle, ...own, '--auditor-key', join(directory, 'auditor.key'));
    assert.equal(
      stable(stdout),
      `run run_1
  https://github.com/acme/shop refs/heads/main
  TIME to TIME, completed

✓ archive    N files, N bytes
✓ contents   N files; 3 for reading alone, which nobody vouches for (README.txt, replay/)
✓ statement  ECDSA P-256, about this manifest
✓ checkpoint gateway.example/log at 10 entries, no witness
✓ log        10 entries: run.open at 1, run.close at 8
✓ sessions   2 sessions, 52 lines
✓ bodies     49 bodies opened
✓ decisions  23 requests, 1 refused, 1 approved by people
✓ identity   the CI token says what the sessions say, by its issuer's keys as the gateway kept them
– time       no timestamp

PASS  2 sessions, 52 events, 23 requests; gateway.example/log at 10 entries; by keys of yours
`,
    );
    assert.equal(status, 0);
  });

  test('says INCOMPLETE without keys of the verifier, how to bring some, and exits with 2', async () => {
    const { stdout, status } = await verify(bundle);
    assert.match(stdout, /^INCOMPLETE {2}2 sessions/mu);
    assert.match(stdout, /by those it was only checked against itself/);
    assert.equal(status, 2);
  });

  test('says FAIL with the file and the line, and exits with 1; as JSON too', async () => {
    const changed = join(directory, 'changed.zip');
    const copy = pristine
      .copy()
      .edit('sessions/ses_run_1_1.jsonl', (text) => text.replace('"exchange":2', '"exchange":9'));
    writeFileSync(changed, await copy.pack());
    const { stdout, status } = await verify(changed, ...own);
    assert.match(stdout, /^ {4}sessions\/ses_run_1_1.jsonl: the file is not the one that the manifest names$/mu);
    assert.match(stdout, /^ {4}sessions\/ses_run_1_1.jsonl:5: the event does not follow the line before it$/mu);
    assert.match(stdout, /^FAIL {2}this is not what was recorded/mu);
    assert.equal(status, 1);
    const json = await verify(changed, ...own, '--json');
    const report = JSON.parse(json.stdout) as BundleReport;
    assert.deepEqual([report.verdict, report.kind, json.status], ['FAIL', 'bundle', 1]);
    assert.ok(report.steps.some(({ findings }) => findings.some(({ line }) => line === 5)));
  });

  test('writes nothing to a terminal that a bundle could have meant for it', async () => {
    const hostile = join(directory, 'hostile.zip');
    const words = '\u001b[2J\u202e::set-output name=x::y';
    const copy = pristine
      .copy()
      .edit('run-manifest.json', (text) => text.replace('"completed"', JSON.stringify(words)));
    copy.edit('run-manifest.json', (text) => text.replace('"origin":"', `"origin":"${words.slice(4)}`));
    writeFileSync(hostile, await copy.pack());
    const { stdout, status } = await verify(hostile, ...own);
    assert.equal(status, 1);
    assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u202e'));
    assert.doesNotMatch(stdout, /^::/mu);
    assert.match(stdout, /\\e\[2J<U\+202E>::set-output/);
  });

  test('tells keys that cannot be used, and options that do not go together', async () => {
    const broken = join(directory, 'broken.policy');
    writeFileSync(broken, 'log nothing\nquorum none\n');
    const unusable = await verify(bundle, '--policy', broken);
    assert.match(unusable.stderr, /the trust policy cannot be used: line 1: this is no verifier key/);
    assert.equal(unusable.status, 78);
    const missing = await verify(bundle, '--policy', join(directory, 'nowhere'));
    assert.match(missing.stderr, /cannot read .*nowhere/);
    assert.equal(missing.status, 66);
    const mixed = await verify(bundle, '--checkpoint', broken);
    assert.match(mixed.stderr, /--checkpoint is for data directories/);
    assert.equal(mixed.status, 64);
    const directoryKeys = await verify(join(directory, 'data'), '--statement-key', broken);
    assert.match(directoryKeys.stderr, /--statement-key is for bundles/);
    assert.equal(directoryKeys.status, 64);
  });

  test('takes a data directory, and a session of one, as before', async () => {
    const whole = await verify(join(directory, 'data'));
    assert.match(whole.stdout, /^PASS 2 sessions/mu);
    assert.equal(whole.status, 0);
    const env = { ...environment(directory), CHAPERONE_DATA_DIR: join(directory, 'data') };
    const one = await chaperone(['verify', 'ses_run_1_1'], env);
    assert.match(one.stdout, /^PASS 1 sessions/mu);
    assert.equal(one.status, 0);
  });
});

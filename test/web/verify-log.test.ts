import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeVerifierKey } from '../../src/audit/log/signed-note.ts';
import { verifyLog } from '../../web/src/verify/verify-log.ts';
import { auditDirectory, openLog } from '../support/audit-log.ts';
import { copyRunning } from '../support/copy-running.ts';
import { tilesOf } from '../support/evidence.ts';

const pristine = auditDirectory(after);
const early = join(pristine, '..', 'early');
const middle = join(pristine, '..', 'middle');
let verifierKey = '';
let copies = 0;

before(async () => {
  // Closed whatever happens, for its thread would keep the process.
  await using log = await openLog(pristine);
  verifierKey = log.verifierKey;
  const grow = async (entries: number, to?: string) => {
    const notes = Array.from({ length: entries }, (_, i) =>
      log.note({ kind: 'policy.activated', detail: { digest: String(i) } }),
    );
    await Promise.all(notes);
    await log.sync();
    if (to !== undefined) await copyRunning(pristine, to);
  };
  await grow(3, early);
  await grow(297, middle);
  await grow(300);
});

function copy(of = pristine): string {
  const to = join(pristine, '..', `copy-${++copies}`);
  cpSync(of, to, { recursive: true });
  return to;
}

function checkpointOf(directory: string): string {
  return readFileSync(join(directory, 'log/checkpoint'), 'utf8');
}

/** What a browser that saw the log in `before` finds when it looks at `now`. */
async function look(before: string | undefined, now: string, key = verifierKey) {
  const known = before === undefined ? undefined : { verifierKey, checkpoint: checkpointOf(before) };
  return await verifyLog({
    checkpoint: checkpointOf(now),
    verifierKey: key,
    fetch: tilesOf(now),
    entries: true,
    ...(known === undefined ? {} : { known }),
  });
}

function messages(report: Awaited<ReturnType<typeof look>>): readonly string[] {
  return report.steps.flatMap(({ findings }) => findings.map(({ message }) => message));
}

describe('a log as it was written', () => {
  test('passes at first sight, every entry read, and its checkpoint is there to be kept', async () => {
    const report = await look(undefined, pristine);
    assert.deepEqual(messages(report), []);
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.checkpoint?.size, 600);
    assert.equal(report.steps.at(-1)?.detail, '600 entries make the root that was signed');
  });

  for (const [name, before] of Object.entries({ three: early, 'three hundred': middle, 'all of its': pristine })) {
    test(`passes as the continuation of one of ${name} entries`, async () => {
      const report = await look(before, pristine);
      assert.deepEqual(messages(report), []);
      assert.equal(report.verdict, 'PASS');
    });
  }
});

describe('a log that is another one', () => {
  test('by its key: fails and names both keys', async () => {
    const other = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
    const report = await look(early, pristine, other);
    assert.equal(report.verdict, 'FAIL');
    assert.equal(
      messages(report)[0],
      `The gateway now shows another key for its log: ${other}. This browser knows ${verifierKey}.`,
    );
  });

  test('by its size: a log that was cut back fails', async () => {
    const report = await look(pristine, middle);
    assert.equal(report.verdict, 'FAIL');
    assert.deepEqual(messages(report), [
      'The log has 300 entries, and this browser saw 600 before: some were taken out.',
    ]);
  });

  test('by its entries: one that was signed anew under the same key fails against what was seen before', async () => {
    const forged = copy(early);
    // The same operator, the same key, another history: only a kept checkpoint tells.
    const log = await openLog(forged);
    await Promise.all(Array.from({ length: 300 }, () => log.note({ kind: 'target.changed', detail: { name: 'x' } })));
    await log.sync();
    await log[Symbol.asyncDispose]();
    assert.equal((await look(early, forged)).verdict, 'PASS');
    const report = await look(middle, forged);
    assert.equal(report.verdict, 'FAIL');
    assert.deepEqual(messages(report), [
      'The log is not a continuation of the one of 300 entries that this browser saw before.',
    ]);
  });

  test('by one byte of an entry: fails and names the entry', async () => {
    const directory = copy();
    const file = join(directory, 'log/tile/entries/001');
    const bytes = readFileSync(file);
    const at = bytes.indexOf('"digest":"5"') + 10;
    assert.ok(at > 10);
    bytes[at] = 0x36;
    writeFileSync(file, bytes);
    const report = await look(middle, directory);
    assert.equal(report.verdict, 'FAIL');
    assert.deepEqual(messages(report), ['Entry 305 is not the one whose hash the log holds.']);
  });

  test('by a tile: a changed hash fails the proof that needs it', async () => {
    const directory = copy();
    const file = join(directory, 'log/tile/0/001');
    const bytes = readFileSync(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    assert.equal((await look(middle, directory)).steps[2]?.verdict, 'FAIL');
  });

  test('by every bit of its checkpoint: fails', async () => {
    const directory = copy();
    const file = join(directory, 'log/checkpoint');
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file, flipped);
      const report = await verifyLog({
        checkpoint: checkpointOf(directory),
        verifierKey,
        fetch: tilesOf(directory),
        entries: false,
      });
      assert.equal(report.verdict, 'FAIL', `byte ${at}`);
    }
  });
});

test('a tile that cannot be had leaves the check incomplete, for that proves nothing', async () => {
  const report = await verifyLog({
    checkpoint: checkpointOf(pristine),
    verifierKey,
    known: { verifierKey, checkpoint: checkpointOf(middle) },
    fetch: () => Promise.resolve(undefined),
    entries: true,
  });
  assert.equal(report.verdict, 'INCOMPLETE');
  assert.deepEqual(messages(report), [
    'The file tile/0/002.p/88 of the log is missing.',
    'The file tile/entries/000 of the log is missing.',
  ]);
});

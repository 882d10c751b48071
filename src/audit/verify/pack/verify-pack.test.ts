import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packed, packOf, repacked, unpackedPack, verifyPackBytes } from '../../../../test/support/auditors-pack.ts';
import { type BundleWorld, bundleWorld } from '../../../../test/support/evidence-bundle.ts';
import { bufferSource, type UnpackedBundle } from '../../../../test/support/unpacked-bundle.ts';
import { looksLikePack } from './looks-like-pack.ts';
import type { PackReport } from './pack-report.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-pack-test-'));
const RUNS = ['run_1', 'run_2', 'run_3'];
let span: { readonly from: string; readonly to: string };
let world: BundleWorld;
let pack: Buffer;
let unpacked: UnpackedBundle;

before(async () => {
  world = await bundleWorld(directory);
  await world.makeRun('run_0');
  const from = await nextMillisecond();
  for (const run of RUNS) await world.makeRun(run);
  await world.makeRun('run_4', { close: false });
  await world.log.note({ kind: 'operator.action', detail: { action: 'recording.read', by: 'psn_1', run: 'run_1' } });
  span = { from, to: await nextMillisecond() };
  await world.makeRun('run_5');
  pack = await packOf(world, directory, { span });
  unpacked = await unpackedPack(pack);
});
after(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** A time after everything that the log has, and before what comes. */
async function nextMillisecond(): Promise<string> {
  await world.log.sync();
  const last = Date.now();
  while (Date.now() === last);
  return new Date().toISOString();
}

function reasons({ steps }: PackReport): readonly string[] {
  return steps.flatMap(({ id, findings }) => findings.map(({ severity, message }) => `${id} ${severity}: ${message}`));
}

async function reportAfter(change: (copy: UnpackedBundle) => unknown): Promise<PackReport> {
  const copy = unpacked.copy();
  change(copy);
  return await verifyPackBytes(await repacked(copy), world);
}

async function verdictAfter(change: (copy: UnpackedBundle) => unknown): Promise<string> {
  return (await reportAfter(change)).verdict;
}

/** The lines of a file but the one that `drop` says yes to. */
const without = (drop: (line: string) => boolean) => (lines: string[]) => {
  const at = lines.findIndex(drop);
  assert.ok(at >= 0);
  return lines.toSpliced(at, 1);
};

describe("an auditor's pack", () => {
  test('passes by keys of the verifier, and every step says so', async () => {
    const report = await verifyPackBytes(pack, world);
    assert.deepEqual(
      reasons(report).filter((reason) => !reason.includes(' note: ')),
      [],
    );
    assert.deepEqual(
      report.steps.map(({ id, verdict }) => `${id} ${verdict}`),
      [
        'archive PASS',
        'contents PASS',
        'checkpoint PASS',
        'range PASS',
        'population PASS',
        'policies PASS',
        'samples PASS',
        'report PASS',
      ],
    );
    assert.deepEqual([report.verdict, report.keys], ['PASS', 'own']);
    assert.deepEqual([report.totals.runs, report.totals.unterminated, report.samples.length], [4, 1, 2]);
  });

  test('is told from a bundle by its first file', async () => {
    assert.equal(await looksLikePack(bufferSource(pack)), true);
    const [drawn = ''] = unpacked.paths(/^samples\/.*\.zip$/u);
    assert.equal(await looksLikePack(bufferSource(unpacked.files.get(drawn) ?? Buffer.of())), false);
  });

  test('is incomplete without keys of the verifier', async () => {
    const report = await verifyPackBytes(pack);
    assert.deepEqual([report.verdict, report.keys], ['INCOMPLETE', 'bundle']);
  });

  test('has every run that was opened in the span and no other, with its targets and who came', () => {
    const population = JSON.parse(unpacked.text('population.json')) as { runs: Record<string, unknown>[] };
    assert.deepEqual(
      population.runs.map(({ run, termination, sessions, targets, principals }) => [
        run,
        termination,
        sessions,
        targets,
        principals,
      ]),
      [...RUNS, 'run_4'].map((run) => [
        run,
        run === 'run_4' ? 'unterminated' : 'completed',
        '2',
        ['shop'],
        ['workload'],
      ]),
    );
    assert.match(unpacked.text('unterminated.csv'), /^run,opened_at,open_index,sessions,targets\r\nrun_4,[^\r]+\r\n$/);
    assert.match(unpacked.text('operators.csv'), /operator\.action,psn_1,recording\.read,,run_1/);
  });
});

/** The first step that says so. */
const FAILS_AT: Readonly<Record<string, string>> = {
  'a run is taken out of the population': 'population',
  'an unterminated run is not listed': 'population',
  'what an operator did is not listed': 'population',
  'an entry of the log is dropped': 'range',
  'an entry is dropped and those after it are numbered anew': 'range',
  'an entry says something else': 'range',
  'the last entries are cut off': 'range',
  'the span is said to be another one': 'range',
  'a first line of a session names another target': 'range',
  'a first line is left out': 'range',
  'an entry beside the range has no proof': 'range',
  'a sample is swapped for another run': 'samples',
  'another run is put where a drawn one was': 'samples',
  'a byte of a sample is flipped': 'samples',
  'denied requests are counted lower': 'samples',
  'a policy is another text': 'policies',
  'the report hides a failure': 'report',
  'the report is of another log': 'report',
  'the checkpoint is another one': 'checkpoint',
};

describe('a pack that was changed fails', () => {
  const cases: Readonly<Record<string, (copy: UnpackedBundle) => unknown>> = {
    'a run is taken out of the population': (copy) =>
      copy.edit('population.csv', (text) =>
        text
          .split('\r\n')
          .filter((line) => !line.startsWith('run_2,'))
          .join('\r\n'),
      ),
    'an unterminated run is not listed': (copy) =>
      copy.edit('unterminated.csv', (text) => `${text.split('\r\n')[0]}\r\n`),
    'what an operator did is not listed': (copy) =>
      copy.edit('operators.csv', (text) => `${text.split('\r\n')[0]}\r\n`),
    'an entry of the log is dropped': (copy) =>
      copy.editLines(
        'log/entries.jsonl',
        without((line) => line.includes('run_2')),
      ),
    'an entry is dropped and those after it are numbered anew': (copy) =>
      copy.editLines('log/entries.jsonl', (lines) => {
        const kept = without((line) => line.includes('run_2'))(lines);
        const first = Number((JSON.parse(lines[0] ?? '') as { index: string }).index);
        return kept.map((line, at) => line.replace(/"index":"\d+"/u, `"index":"${first + at}"`));
      }),
    'an entry says something else': (copy) =>
      copy.edit('log/entries.jsonl', (text) => text.replace('recording.read', 'recording.wrote')),
    'the last entries are cut off': (copy) => copy.editLines('log/entries.jsonl', (lines) => lines.slice(0, -3)),
    'a sample is swapped for another run': (copy) => {
      const [one = '', other = ''] = copy.paths(/^samples\//u);
      return copy.write(one, copy.files.get(other) ?? Buffer.alloc(0));
    },
    'another run is put where a drawn one was': (copy) => {
      const [one = ''] = copy.paths(/^samples\//u);
      const bytes = copy.files.get(one) ?? Buffer.alloc(0);
      return copy.remove(one).write('samples/run_9.evidence.zip', bytes);
    },
    'a byte of a sample is flipped': (copy) => {
      const [one = ''] = copy.paths(/^samples\//u);
      const bytes = Buffer.from(copy.files.get(one) ?? '');
      bytes[2000] = (bytes[2000] ?? 0) ^ 1;
      return copy.write(one, bytes);
    },
    'the span is said to be another one': (copy) =>
      copy.edit('pack.json', (text) => text.replace(span.from, '2026-01-01T00:00:00.000Z')),
    'a policy is another text': (copy) => copy.edit(copy.paths(/^policies\/[0-9a-f]/u)[0] ?? '', (text) => `${text} `),
    'a first line of a session names another target': (copy) =>
      copy.edit('log/openings.jsonl', (text) => text.replace('shop', 'shed')),
    'a first line is left out': (copy) => copy.editLines('log/openings.jsonl', (lines) => lines.slice(1)),
    'the report hides a failure': (copy) =>
      copy.edit('verifier-report.json', (text) => text.replace('"verdict":"PASS"', '"verdict":"FAIL"')),
    'the report is of another log': (copy) =>
      copy.edit('verifier-report.json', (text) => text.replace(/"root":"[0-9a-f]{8}/u, '"root":"00000000')),
    'denied requests are counted lower': (copy) => copy.edit('denied.csv', (text) => `${text.split('\r\n')[0]}\r\n`),
    'an entry beside the range has no proof': (copy) => copy.remove(copy.paths(/^proofs\//u)[0] ?? ''),
    'the checkpoint is another one': (copy) =>
      copy.edit('log/checkpoint', (text) => text.replace(/\n(\d+)\n/u, (_, size) => `\n${Number(size) - 1}\n`)),
  };
  for (const [what, change] of Object.entries(cases)) {
    test(`where ${what}`, async () => {
      const report = await reportAfter(change);
      const failed = report.steps.filter(({ verdict }) => verdict === 'FAIL').map(({ id }) => id);
      assert.deepEqual([report.verdict, failed[0]], ['FAIL', FAILS_AT[what]]);
    });
  }

  test('where a file is not the one that is listed, or is not listed', async () => {
    const copy = unpacked.copy();
    copy.edit('README.md', (text) => `${text}!`);
    assert.equal((await verifyPackBytes(await packed(copy), world)).verdict, 'FAIL');
  });
});

describe('a pack that has not everything is incomplete', () => {
  test('where a drawn bundle is left out', async () => {
    const verdict = await verdictAfter((copy) => {
      const [one = ''] = copy.paths(/^samples\//u);
      copy.remove(one);
      const run = one.replace(/^samples\/|\.evidence\.zip$/gu, '');
      copy.edit('verifier-report.json', (text) =>
        text.replace(new RegExp(`,?\\{"run":"${run}","verdict":"PASS"\\}`, 'u'), '').replace('[,', '['),
      );
      copy.edit('verifier-report.txt', (text) => text.replace(new RegExp(`PASS +${run}\n`, 'u'), ''));
    });
    assert.equal(verdict, 'INCOMPLETE');
  });

  test('where the text of a policy is left out', async () => {
    assert.equal(await verdictAfter((copy) => copy.remove(copy.paths(/^policies\/[0-9a-f]/u)[0] ?? '')), 'INCOMPLETE');
  });

  test('where the span goes on beyond the end of the log', async () => {
    const made = await packOf(world, directory, {
      span: { from: span.from, to: '2999-01-01T00:00:00.000Z' },
      sample: 0,
    });
    const report = await verifyPackBytes(made, world);
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(reasons(report).join('\n'), /the log ends at [\d:.TZ-]+, and the span goes on until 2999/);
  });
});

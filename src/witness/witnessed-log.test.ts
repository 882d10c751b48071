import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aRun, auditDirectory, openLog as openAny } from '../../test/support/audit-log.ts';
import { copyRunning } from '../../test/support/copy-running.ts';
import { aPolicy, aWitness, type TestWitness } from '../../test/support/witnesses.ts';
import { openCheckpoint } from '../audit/log/checkpoint.ts';
import { openCosignatures } from '../audit/log/cosignature.ts';
import { parseVerifierKey } from '../audit/log/signed-note.ts';
import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';
import type { CheckpointAnchor } from '../audit/witness/checkpoint-publisher.ts';
import { LIMITS } from '../model/limits.ts';

const FAST = { ...LIMITS, witnessRoundMs: 5, witnessRetryMs: 20, witnessMaxRetryMs: 40, witnessDeadlineMs: 2_000 };
const soon = () => AbortSignal.timeout(5_000);

/** Opens a log, which ends with the test file however its test ends. */
async function openLog(...args: Parameters<typeof openAny>): Promise<OpenAuditLog> {
  const log = await openAny(...args);
  // Its directory may be gone by then; what counts is that no thread is left.
  after(() => Promise.resolve(log[Symbol.asyncDispose]()).catch(() => undefined));
  return log;
}

/** A directory with a log that was opened once, so that its key can be told to witnesses. */
async function aLog(): Promise<{ readonly directory: string; readonly vkey: string }> {
  const directory = auditDirectory(after);
  const log = await openLog(directory);
  const vkey = log.verifierKey;
  await log[Symbol.asyncDispose]();
  return { directory, vkey };
}

async function witnessesOf(vkey: string, count: number): Promise<readonly TestWitness[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => aWitness({ name: `w${at}.example`, logs: [vkey] })));
}

function openWitnessed(directory: string, witnesses: readonly TestWitness[], quorum: number): Promise<OpenAuditLog> {
  return openLog(directory, { limits: FAST, witnessing: { policy: aPolicy(witnesses, quorum), fetch } });
}

async function note(log: OpenAuditLog, target: string): Promise<number> {
  await log.note({ kind: 'target.changed', detail: { action: 'create', by: 'gateway', name: target } });
  await log.sync();
  return log.published.status.signing.signed;
}

/** Resolves once the log says so; rejects where it never does. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a log that is witnessed', () => {
  test('by two of three, one of which is down, publishes what they cosigned', async () => {
    const { directory, vkey } = await aLog();
    const witnesses = await witnessesOf(vkey, 3);
    const [one, other, down] = witnesses;
    assert.ok(one && other && down);
    await down[Symbol.asyncDispose]();
    const log = await openWitnessed(directory, witnesses, 2);
    try {
      for (const target of ['a', 'b', 'c']) {
        const size = await note(log, target);
        const { checkpoint, witnessed } = await log.published.witnessed(size, soon());
        assert.equal(witnessed, true);
        assert.equal(readFileSync(join(directory, 'log/witnessed'), 'utf8'), checkpoint);
        const keys = aPolicy(witnesses, 2).witnesses.map(({ key }) => key);
        assert.deepEqual(
          openCosignatures(checkpoint, keys)
            ?.map(({ by }) => by.name)
            .toSorted(byText),
          ['w0.example', 'w1.example'],
        );
      }
      const { witnesses: views = [], size } = log.published.status.witnessing ?? {};
      assert.equal(size, 3);
      assert.deepEqual(
        views.map((view) => view.size),
        [3, 3, undefined],
      );
      assert.match(views[2]?.fault ?? '', /cannot be reached/u);
    } finally {
      await log[Symbol.asyncDispose]();
      await Promise.all([one, other].map((witness) => witness[Symbol.asyncDispose]()));
    }
    const report = await verifyDirectory(directory, { policy: aPolicy(witnesses, 2) });
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
    const stricter = await verifyDirectory(directory, { policy: aPolicy(witnesses, 3) });
    assert.equal(stricter.verdict, 'INCOMPLETE');
    assert.match(stricter.findings[0]?.message ?? '', /2 witnesses of the policy cosigned it, which is no quorum/u);
  });

  test('goes on without its quorum, says so, and is witnessed once enough are back', async () => {
    const { directory, vkey } = await aLog();
    const [one, other] = await witnessesOf(vkey, 2);
    assert.ok(one && other);
    const kept = { directory: `${other.directory}-kept`, port: Number(new URL(other.url).port) };
    after(() => rmSync(kept.directory, { recursive: true, force: true }));
    await copyRunning(other.directory, kept.directory);
    await other[Symbol.asyncDispose]();
    const log = await openWitnessed(directory, [one, other], 2);
    try {
      const size = await note(log, 'a');
      const alone = await log.published.witnessed(size, AbortSignal.timeout(100));
      assert.equal(alone.witnessed, false);
      assert.equal(alone.checkpoint, readFileSync(join(directory, 'log/checkpoint'), 'utf8'));
      assert.equal(log.published.status.witnessing?.size, 0);
      assert.equal(log.fault, undefined);
      await using _back = await aWitness({ name: other.name, logs: [vkey], ...kept });
      assert.equal((await log.published.witnessed(size, soon())).witnessed, true);
    } finally {
      await log[Symbol.asyncDispose]();
      await one[Symbol.asyncDispose]();
    }
  });

  test('whose files were put back is found out by its witness, with proof, and lets nobody in until somebody looked', async () => {
    const { directory, vkey } = await aLog();
    await using witness = await aWitness({ name: 'w.example', logs: [vkey] });
    const old = `${directory}-old`;
    await copyRunning(directory, old);
    const log = await openWitnessed(directory, [witness], 1);
    for (const target of ['a', 'b']) await log.published.witnessed(await note(log, target), soon());
    await log[Symbol.asyncDispose]();

    const back = await openWitnessed(old, [witness], 1);
    try {
      await until(() => back.published.status.stopped);
      const [alarm] = back.published.status.alarms;
      assert.deepEqual([alarm?.kind, alarm?.proven, alarm?.witness, alarm?.theirSize], ['rollback', true, 'w1', 2]);
      assert.ok(
        openCheckpoint(
          alarm?.theirs ?? '',
          'gateway.example/log',
          [parseVerifierKey(vkey)].flatMap((key) => key ?? []),
        ),
      );
      await assert.rejects(back.openRun(aRun('run_1'), {}), {
        code: 'log-unavailable',
        message: /looked into alarm alm_/u,
      });
      await back.published.acknowledge(alarm?.id ?? '', 'psn_1');
      await back.openRun(aRun('run_1'), {});
    } finally {
      await back[Symbol.asyncDispose]();
    }
    const report = await verifyDirectory(old);
    assert.equal(report.verdict, 'FAIL');
    assert.match(report.findings.map(({ message }) => message).join(), /holds 2 entries that this log signed/u);
    const kinds = readFileSync(join(old, 'log/tile/entries/000.p', '3'), 'latin1').match(/"kind":"[a-z.]+"/gu);
    assert.deepEqual(kinds, ['"kind":"log.alarm"', '"kind":"operator.action"', '"kind":"run.open"']);
  });

  test('that is run twice is found out by the other history, and may be told to go on all the same', async () => {
    const { directory, vkey } = await aLog();
    await using witness = await aWitness({ name: 'w.example', logs: [vkey] });
    const twin = `${directory}-twin`;
    await copyRunning(directory, twin);
    const log = await openWitnessed(directory, [witness], 1);
    await log.published.witnessed(await note(log, 'a'), soon());
    await log[Symbol.asyncDispose]();
    const unseen = await openLog(twin);
    await note(unseen, 'b');
    await unseen[Symbol.asyncDispose]();
    const policy = aPolicy([witness], 1);
    const other = await openLog(twin, { limits: FAST, onAlarm: 'continue', witnessing: { policy, fetch } });
    try {
      await until(() => other.published.status.alarms.length > 0);
      const [alarm] = other.published.status.alarms;
      assert.deepEqual([alarm?.kind, alarm?.proven], ['split-view', true]);
      await other.openRun(aRun('run_1'), {});
    } finally {
      await other[Symbol.asyncDispose]();
    }
    // The witness holds both of them against the log as well.
    assert.deepEqual(witness.misbehaviour.map(({ kind, proven }) => [kind, proven])[0], ['split-view', true]);
  });

  test('is not stopped by a witness that only claims something', async () => {
    const { directory, vkey } = await aLog();
    await using witness = await aWitness({ name: 'w.example', logs: [vkey] });
    const lying: typeof fetch = async (url, init) => {
      if (init?.method !== 'POST') return new Response('', { status: 404 });
      return new Response('1000\n', { status: 409, headers: { 'content-type': 'text/x.tlog.size' } });
    };
    const log = await openLog(directory, { limits: FAST, witnessing: { policy: aPolicy([witness], 1), fetch: lying } });
    try {
      await note(log, 'a');
      await until(() => log.published.status.alarms.length > 0);
      assert.equal(log.published.status.alarms[0]?.proven, false);
      await log.openRun(aRun('run_1'), {});
    } finally {
      await log[Symbol.asyncDispose]();
    }
  });
});

describe('a log whose newest checkpoint is kept elsewhere', () => {
  test('does not start where its files are older, says what to do, and changes nothing', async () => {
    const directory = auditDirectory(after);
    const kept = new Map<string, string>();
    const anchor: CheckpointAnchor = {
      newest: (origin) => Promise.resolve(kept.get(origin)),
      keep: (origin, _size, checkpoint) => Promise.resolve(void kept.set(origin, checkpoint)),
    };
    const log = await openLog(directory, { anchor });
    await note(log, 'a');
    await log[Symbol.asyncDispose]();
    const old = `${directory}-old`;
    await copyRunning(directory, old);
    const again = await openLog(directory, { anchor });
    await note(again, 'b');
    await again[Symbol.asyncDispose]();
    await assert.rejects(openLog(old, { anchor }), {
      code: 'log-corrupt',
      message: /has 1 entries and 2 were signed, .* the store of the gateway .*Bring back the newest copy/u,
    });
    assert.ok(existsSync(join(old, 'log/tile/entries/000.p/1')));
    const fine = await openLog(directory, { anchor });
    await fine[Symbol.asyncDispose]();
  });
});

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}

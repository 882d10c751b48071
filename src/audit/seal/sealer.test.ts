import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { auditDirectory, ORIGIN } from '../../../test/support/audit-log.ts';
import { LIMITS, type Limits } from '../../model/limits.ts';
import { loadAuditKeys } from '../audit-keys.ts';
import { auditPaths } from '../audit-paths.ts';
import { FLAG, RECORD, recordSlab } from '../journal/record-codec.ts';
import { parseBundle } from '../log/tile-path.ts';
import { RecordPen } from '../record/record-pen.ts';
import { verifyDirectory } from '../verify/verify-directory.ts';
import { CheckpointPublisher } from '../witness/checkpoint-publisher.ts';
import { Sealer } from './sealer.ts';

/** A sealer with a clock that stands where a test puts it. */
function fixture(limits: Partial<Limits> = {}) {
  const directory = auditDirectory(after);
  mkdirSync(directory);
  const keys = loadAuditKeys(join(directory, 'keys'), ORIGIN, {}, randomBytes);
  const time = { now: Date.UTC(2026, 2, 4, 23, 59, 59) };
  const options = {
    directory,
    keys,
    limits: { ...LIMITS, ...limits },
    clock: () => time.now,
    random: randomBytes,
    replay: false,
  };
  const sealer = new Sealer(options);
  const parts = { paths: auditPaths(directory), keys: keys.log, limits: options.limits, clock: options.clock };
  const onFault = (fault: Error) => assert.fail(fault);
  const publisher = new CheckpointPublisher(
    { ...parts, onPublished: (size) => sealer.published(size), onFault },
    sealer.head,
  );
  /** Syncs, and publishes what may be signed then. */
  const sync = async (): Promise<void> => {
    sealer.sync();
    publisher.advance(sealer.head);
    await publisher.settled();
  };
  let group = 0;
  const record = (kind: (typeof RECORD)[keyof typeof RECORD], text: string, session = 0, exchange = 0): void => {
    const slab = recordSlab(4_000);
    const control = kind !== RECORD.event;
    const body =
      kind === RECORD.openSession ? Buffer.concat([Buffer.of(1), randomBytes(32), Buffer.from('{}')]) : Buffer.alloc(0);
    const flags = kind === RECORD.openSession ? FLAG.body : FLAG.opens;
    const head = { kind, flags: control && kind !== RECORD.openSession ? 0 : flags, session, exchange, at: time.now };
    const before = control ? (kind === RECORD.openSession ? '"kind":"session.open",' : '') : text;
    const pen = new RecordPen(slab);
    pen.begin(head, '');
    pen.text(before);
    pen.after();
    pen.text(control ? text : '');
    pen.body();
    pen.bytes(body);
    pen.finish();
    sealer.process(Buffer.from(slab.bytes.subarray(0, pen.at)), ++group);
  };
  const entries = (): string[] => {
    const size = Number(readFileSync(join(directory, 'log/checkpoint'), 'utf8').split('\n')[1]);
    const bundle = parseBundle(readFileSync(join(directory, `log/tile/entries/000.p/${size}`))) ?? [];
    return bundle.map((entry) => (JSON.parse(entry.toString()) as { kind: string }).kind);
  };
  return { directory, sealer, sync, record, entries, time, options };
}

const REQUEST = '"decision":{"effect":"permit","rules":[]},"exchange":1,"kind":"request",';

describe('the sealer', () => {
  test('puts a head of a session into the log after so many events, and after so long', async () => {
    const { sealer, sync, record, entries, time } = fixture({ sessionHeadEvents: 3 });
    record(RECORD.openRun, '{"id":"run_1"}');
    record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 1);
    for (let exchange = 1; exchange <= 4; exchange++) record(RECORD.event, REQUEST, 1, exchange);
    await sync();
    assert.deepEqual(entries(), ['run.open', 'session.open', 'session.head']);
    time.now += LIMITS.sessionHeadMs - 1;
    sealer.tick();
    await sync();
    assert.equal(entries().length, 3);
    time.now += 1;
    sealer.tick();
    sealer.tick();
    await sync();
    assert.deepEqual(entries().slice(3), ['session.head']);
  });

  test('says that it lives when nothing else happens', async () => {
    const { sealer, sync, record, entries, time } = fixture();
    record(RECORD.note, '{"kind":"target.changed","detail":{"target":"shop"}}');
    time.now += LIMITS.heartbeatMs;
    sealer.tick();
    sealer.tick();
    await sync();
    assert.deepEqual(entries(), ['target.changed', 'heartbeat']);
  });

  test('closes a run in the log after the last of its sessions, in whatever order they were ended', async () => {
    const { directory, sync, record, entries } = fixture();
    record(RECORD.openRun, '{"id":"run_1"}');
    record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 1);
    record(RECORD.closeRun, '{"id":"run_1","termination":"revoked"}');
    await sync();
    assert.deepEqual(entries(), ['run.open', 'session.open']);
    record(RECORD.closeSession, '{"outcome":"revoked"}', 1);
    await sync();
    assert.deepEqual(entries(), ['run.open', 'session.open', 'session.close', 'run.close']);
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('files a session under the day on which it was opened', async () => {
    const { directory, sync, record, time } = fixture();
    record(RECORD.openRun, '{"id":"run_1"}');
    record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 1);
    time.now += 2_000;
    record(RECORD.event, REQUEST, 1, 1);
    await sync();
    const lines = readFileSync(join(directory, 'sessions/2026-03-04/ses_1.jsonl'), 'utf8').split('\n');
    assert.ok(lines[1]?.startsWith('{"at":"2026-03-05T00:00:01.000Z",'));
  });

  test('signs nothing while a file cannot be written, and all of it once it can', async () => {
    const { directory, sealer, sync, record, entries } = fixture();
    await sync();
    record(RECORD.openRun, '{"id":"run_1"}');
    await sync();
    const signed = readFileSync(join(directory, 'log/checkpoint'), 'utf8');
    record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 1);
    record(RECORD.event, REQUEST, 1, 1);
    // A file stands where the day's directory should go.
    writeFileSync(join(directory, 'sessions/2026-03-04'), '');
    assert.throws(() => sealer.sync(), { code: 'log-unavailable' });
    assert.throws(() => sealer.sync(), { code: 'log-unavailable' });
    assert.equal(readFileSync(join(directory, 'log/checkpoint'), 'utf8'), signed);
    rmSync(join(directory, 'sessions/2026-03-04'));
    record(RECORD.closeSession, '{"outcome":"completed"}', 1);
    record(RECORD.closeRun, '{"id":"run_1","termination":"completed"}');
    await sync();
    assert.deepEqual(entries(), ['run.open', 'session.open', 'session.close', 'run.close']);
    const report = await verifyDirectory(directory);
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
  });

  test('does not write over a session of the same id', async () => {
    const { sync, record } = fixture();
    record(RECORD.openRun, '{"id":"run_1"}');
    record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 1);
    record(RECORD.closeSession, '{"outcome":"completed"}', 1);
    await sync();
    assert.throws(() => record(RECORD.openSession, '{"id":"ses_1","run":"run_1"}', 2), {
      code: 'internal',
      message: /used once/u,
    });
  });

  test('goes on after a checkpoint that was not published, and may be signed then', async () => {
    const { directory, sealer, sync, record, options } = fixture();
    record(RECORD.note, '{"kind":"target.changed","detail":{}}');
    await sync();
    record(RECORD.note, '{"kind":"trust.changed","detail":{}}');
    // As if the process had ended between the state and the checkpoint.
    sealer.sync();
    assert.match(readFileSync(join(directory, 'log/checkpoint'), 'utf8'), /^gateway\.example\/log\n1\n/u);
    assert.equal(new Sealer(options).head.size, 2);
  });

  test('refuses a log that is shorter than what was signed, and cuts nothing off it', async () => {
    const { directory, sync, record, options } = fixture();
    record(RECORD.note, '{"kind":"target.changed","detail":{}}');
    await sync();
    const state = readFileSync(join(directory, 'state.json'));
    record(RECORD.note, '{"kind":"trust.changed","detail":{}}');
    await sync();
    writeFileSync(join(directory, 'state.json'), state);
    assert.throws(() => new Sealer(options), { code: 'log-corrupt', message: /has 1 entries and 2 were signed/u });
    assert.ok(existsSync(join(directory, 'log/tile/entries/000.p/2')));
  });
});

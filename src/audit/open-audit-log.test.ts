import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aRun, aSession, ask, aTarget, auditDirectory, DENY, exchange, openLog } from '../../test/support/audit-log.ts';
import { LIMITS } from '../model/limits.ts';
import type { AuditEvent } from './audit-event.ts';
import { findLastEntry } from './read/read-log.ts';
import { type RecordedBody, readSession } from './read/read-session.ts';
import { type StatementFilter, searchStatements } from './read/search-statements.ts';
import { verifyDirectory } from './verify/verify-directory.ts';

const OK = { status: 'ok', rows: 1, tags: ['SELECT 1'] } as const;

interface Seen {
  readonly event: AuditEvent;
  readonly body: RecordedBody;
}

async function events(directory: string, session: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const recorded of readSession(directory, session))
    seen.push({ event: recorded.event, body: recorded.body() });
  return seen;
}

function text(body: RecordedBody | undefined): string {
  return body?.kind === 'bytes' ? body.bytes.toString() : `(${body?.kind})`;
}

describe('a session that is recorded', () => {
  test('reads back as what was asked, decided and answered, in order', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'SELECT 1', 'one row');
    session.unasked(Buffer.from('NOTICE'));
    const masked = ask(session, 2, 'SELECT email FROM orders');
    await masked.durable;
    await masked.reply(Buffer.from('a***'));
    await masked.reply(Buffer.from('b***'));
    await masked.end(OK, [{ by: 'column', name: 'email', count: 2 }]);
    await ask(session, 3, 'DROP TABLE orders', DENY).refuse({ code: 'policy-denied', message: 'no', rule: 'no-drops' });
    await session.close('completed');
    await log.sync();

    const seen = await events(directory, 'ses_1');
    assert.deepEqual(
      seen.map(({ event, body }) => [event.seq, event.kind, event.exchange, text(body)]),
      [
        [0, 'session.open', undefined, text(seen[0]?.body)],
        [1, 'request', 1, 'SELECT 1'],
        [2, 'reply', 1, 'one row'],
        [3, 'unasked', undefined, 'NOTICE'],
        [4, 'request', 2, 'SELECT email FROM orders'],
        [5, 'reply', 2, 'a***b***'],
        [6, 'request', 3, 'DROP TABLE orders'],
        [7, 'refusal', 3, '(none)'],
        [8, 'session.close', undefined, '(none)'],
      ],
    );
    assert.deepEqual(seen[5]?.event.masked, [{ by: 'column', count: 2, name: 'email' }]);
    assert.deepEqual(seen[5]?.event.result, { rows: '1', status: 'ok', tags: ['SELECT 1'] });
    assert.deepEqual(seen[6]?.event.decision, DENY);
    assert.deepEqual(seen[7]?.event.refusal, { code: 'policy-denied', message: 'no', rule: 'no-drops' });
    assert.equal(seen[8]?.event.closing?.outcome, 'completed');
  });

  test('names nobody in clear: who it was stands in the body of its first event', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    await aSession(log, run, 'ses_1');
    await log.sync();
    const [first] = await events(directory, 'ses_1');
    assert.ok(!JSON.stringify(first?.event).includes('octavia'));
    const opening = JSON.parse(text(first?.body)) as { principal: { run: { workload: { actor: string } } } };
    assert.equal(opening.principal.run.workload.actor, 'octavia');
    assert.equal(first?.event.opening?.workload['sourceRepositoryUri'], 'https://github.com/acme/shop');
  });

  test('a large reply is kept up to the cap of its target, and committed to whole', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1', aTarget('strict', 300_000));
    const part = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
    for (const [number, parts] of [2, 6, 7].entries()) {
      const record = ask(session, number + 1, 'SELECT * FROM orders');
      await record.durable;
      for (let i = 0; i < parts; i++) await record.reply(part);
      await record.end(OK, []);
    }
    await session.close('completed');
    await log.sync();
    const replies = (await events(directory, 'ses_1')).filter(({ event }) => event.kind === 'reply');
    assert.deepEqual(
      replies.map(({ event, body }) => [
        event.body?.bytes,
        event.body?.stored,
        body.kind === 'bytes' && body.bytes.length,
        body.kind === 'bytes' && body.complete,
      ]),
      [
        ['100000', undefined, 100_000, true],
        ['300000', undefined, 300_000, true],
        ['350000', '300000', 300_000, false],
      ],
    );
    const kept = replies[2]?.body;
    assert.ok(kept?.kind === 'bytes' && kept.bytes.equals(Buffer.concat(Array<Buffer>(6).fill(part))));
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('a reply of exactly the inline bound, and one byte more, read back the same', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    for (const [number, size] of [LIMITS.inlineBodyBytes, LIMITS.inlineBodyBytes + 1].entries()) {
      const record = ask(session, number + 1, 'SELECT 1');
      await record.reply(Buffer.alloc(size - 1, 'x'));
      await record.reply(Buffer.from('!'));
      await record.end(OK, []);
    }
    await log.sync();
    const replies = (await events(directory, 'ses_1')).filter(({ event }) => event.kind === 'reply');
    assert.deepEqual(
      replies.map(({ body }) => text(body).length),
      [65_536, 65_537],
    );
    assert.deepEqual(
      replies.map(({ event }) => event.body?.packs),
      [undefined, 1],
    );
  });

  test('replies whose parts arrive by turns are each recorded whole', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const [first, second, third] = [1, 2, 3].map((number) => ask(session, number, 'SELECT 1'));
    const parts = [
      [first, 'a'],
      [second, 'b'],
      [third, ''],
      [first, 'cd'],
      [third, 'e'],
      [second, 'f'],
      [first, ''],
    ] as const;
    for (const [record, part] of parts) await record?.reply(Buffer.from(part));
    for (const record of [second, first, third]) await record?.end(OK, []);
    await session.close('completed');
    await log.sync();
    const replies = (await events(directory, 'ses_1')).filter(({ event }) => event.kind === 'reply');
    assert.deepEqual(
      replies.map(({ event, body }) => [event.exchange, text(body)]),
      [
        [2, 'bf'],
        [1, 'acd'],
        [3, 'e'],
      ],
    );
  });

  test('what a client goes on sending is recorded piece by piece, and beyond the cap as a digest', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1', aTarget('strict', 100_000));
    const record = ask(session, 1, 'COPY orders FROM STDIN');
    await record.durable;
    for (let i = 0; i < 5; i++) await record.input(Buffer.alloc(40_000, `${i}`));
    await record.end(OK, []);
    await session.close('completed');
    await log.sync();
    const inputs = (await events(directory, 'ses_1')).filter(({ event }) => event.kind === 'input');
    assert.deepEqual(
      inputs.map(({ event }) => [event.body?.bytes, event.body?.stored]),
      [
        ['40000', undefined],
        ['40000', undefined],
        ['120000', '0'],
      ],
    );
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('large bodies that come at once, with small ones between, read back as they were', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1', aTarget('batched'));
    const large = [ask(session, 1, 'a'), ask(session, 2, 'b')];
    for (let piece = 0; piece < 3; piece++) {
      for (const [index, record] of large.entries()) await record.reply(Buffer.alloc(1_500_000, `${index}${piece}`));
      await exchange(session, 10 + piece, `SELECT ${piece}`, 'small');
      await log.sync();
    }
    for (const record of large) await record.end(OK, []);
    await session.close('completed');
    await log.sync();
    const seen = await events(directory, 'ses_1');
    const replies = seen
      .filter(({ event }) => event.kind === 'reply' && (event.exchange ?? 10) < 10)
      .map(({ body }) => text(body));
    const whole = (index: number) => [0, 1, 2].map((piece) => `${index}${piece}`.repeat(750_000)).join('');
    assert.deepEqual(new Set(replies), new Set([whole(0), whole(1)]));
    assert.ok(seen.some(({ event }) => (event.body?.between?.length ?? 0) > 0));
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('an exchange without an end leaves a gap, and nothing is recorded after the close', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const left = ask(session, 1, 'SELECT pg_sleep(60)');
    await left.reply(Buffer.alloc(200_000));
    await session.close('clientLeft');
    await assert.rejects(Promise.resolve(left.reply(Buffer.from('late'))), { code: 'internal' });
    await assert.rejects(Promise.resolve(left.end(OK, [])), { code: 'internal' });
    assert.throws(() => ask(session, 2, 'SELECT 2'), { code: 'internal' });
    await log.sync();
    const kinds = (await events(directory, 'ses_1')).map(({ event }) => [event.kind, event.result?.status]);
    assert.deepEqual(kinds.slice(2), [
      ['gap', 'unknown'],
      ['session.close', undefined],
    ]);
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.totals.unknownOutcomes, 1);
  });
});

describe('an audit log', () => {
  test('writes its entries by the clock that it was given, in the thread that seals as well', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory, { clock: () => Date.now() + 3_600_000 });
    const began = Date.now();
    await log.openRun(aRun('run_1'), {});
    await log.sync();
    const entry = await findLastEntry(directory, (line) => line.includes('"kind":"run.open"'));
    const [, at = ''] = /"at":"([^"]+)"/u.exec(entry?.text ?? '') ?? [];
    // The machine's own clock may be set meanwhile, which is no matter of an hour.
    assert.ok(Date.parse(at) >= began + 3_000_000, at);
  });

  test('of a hundred sessions at once verifies, in both modes, while it is open and afterwards', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory, { limits: { ...LIMITS, sessionHeadEvents: 8 } });
    const run = aRun('run_1');
    await log.openRun(run, {});
    const work = Array.from({ length: 100 }, async (_, i) => {
      const session = await aSession(log, run, `ses_${i}`, aTarget(i % 2 === 0 ? 'strict' : 'batched'));
      for (let number = 1; number <= 20; number++)
        await exchange(session, number, `SELECT ${i}, ${number}`, `${i * number}`);
      if (i % 3 === 0) await session.close('completed');
    });
    await Promise.all(work);
    await log.sync();
    const live = await verifyDirectory(directory);
    assert.deepEqual(live.findings, []);
    assert.equal(live.verdict, 'PASS');
    assert.equal(live.live.length, 67);
    assert.equal(live.totals.requests, 2_000);
    await log[Symbol.asyncDispose]();

    assert.equal((await verifyDirectory(directory)).verdict, 'INCOMPLETE');
    const again = await openLog(directory);
    await again[Symbol.asyncDispose]();
    const closed = await verifyDirectory(directory);
    assert.deepEqual(closed.findings, []);
    assert.equal(closed.verdict, 'PASS');
    assert.deepEqual(readdirSync(join(directory, 'journal')), []);
  });

  test('is for one gateway at a time, also within one process, and verifying does not loosen the lock', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await log.sync();
    await assert.rejects(openLog(directory), { code: 'log-unavailable', message: /another gateway/u });
    await verifyDirectory(directory);
    const other =
      "import('./src/audit/open-audit-log.ts').then((m) => m.openAuditLog({ directory: process.argv[1], origin: 'x' }))";
    assert.throws(
      () =>
        execFileSync(process.execPath, ['-e', other, directory], {
          stdio: 'pipe',
          cwd: join(import.meta.dirname, '../..'),
        }),
      /another gateway/u,
    );
  });

  test('keeps its name: another origin is refused', async () => {
    const directory = auditDirectory(after);
    await (await openLog(directory))[Symbol.asyncDispose]();
    await assert.rejects(openLog(directory, { origin: 'gateway.example/other' }), { code: 'log-corrupt' });
  });

  test('refuses a session of a run that it does not know, and an id that was used or could leave its directory', async () => {
    await using log = await openLog(auditDirectory(after));
    const run = aRun('run_1');
    await assert.rejects(aSession(log, run, 'ses_1'), { code: 'internal' });
    await log.openRun(run, {});
    await assert.rejects(aSession(log, run, '../../ses_1'), { code: 'internal' });
    await aSession(log, run, 'ses_1');
    await log.sync();
    await assert.rejects(aSession(log, run, 'ses_1'), { code: 'internal', message: /recorded before/u });
    await assert.rejects(log.openRun(aRun('../run'), {}), { code: 'internal' });
  });

  test('keeps its private keys from other users', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    await log.openRun(aRun('run_1'), {});
    await log[Symbol.asyncDispose]();
    for (const file of ['log.key', 'deployment.key', 'runs/run_1.key']) {
      assert.equal(statSync(join(directory, 'keys', file)).mode & 0o777, 0o600, file);
    }
  });

  test('with a deployment key from elsewhere keeps none, and opens nothing without it', async () => {
    const directory = auditDirectory(after);
    const deploymentKey = Buffer.alloc(32, 9);
    const log = await openLog(directory, { deploymentKey });
    const run = aRun('run_1');
    await log.openRun(run, {});
    await exchange(await aSession(log, run, 'ses_1'), 1, 'SELECT 1', 'one');
    await log[Symbol.asyncDispose]();
    await (await openLog(directory, { deploymentKey }))[Symbol.asyncDispose]();
    assert.ok(!readdirSync(join(directory, 'keys')).includes('deployment.key'));
    assert.equal((await verifyDirectory(directory, { deploymentKey })).totals.withheldBodies, 0);
    assert.equal((await verifyDirectory(directory)).totals.withheldBodies, 3);
    assert.equal((await verifyDirectory(directory, { deploymentKey: Buffer.alloc(32) })).verdict, 'FAIL');
  });

  test('of which nothing is left but a signed checkpoint is not begun anew', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    await log.openRun(aRun('run_1'), {});
    await log[Symbol.asyncDispose]();
    rmSync(join(directory, 'state.json'));
    await assert.rejects(openLog(directory), { code: 'log-corrupt', message: /state\.json is missing/u });
  });

  test('that was rolled back to an earlier state is not gone on with', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    await log.openRun(aRun('run_1'), {});
    await log.sync();
    const earlier = readFileSync(join(directory, 'state.json'));
    await log.closeRun(aRun('run_1').id, 'completed');
    await log[Symbol.asyncDispose]();
    writeFileSync(join(directory, 'state.json'), earlier);
    await assert.rejects(openLog(directory), { code: 'log-corrupt' });
  });

  test('holds back who records faster than it can seal, within its bound', async () => {
    await using log = await openLog(auditDirectory(after), { limits: { ...LIMITS, maxRecordQueueBytes: 1024 * 1024 } });
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const record = ask(session, 1, 'SELECT * FROM orders');
    await record.durable;
    const part = Buffer.alloc(128 * 1024);
    let [ahead, most, waits] = [0, 0, 0];
    for (let i = 0; i < 400; i++) {
      ahead += part.length;
      most = Math.max(most, ahead);
      const behind = record.reply(part);
      if (behind === undefined) continue;
      waits++;
      await behind;
      ahead = 0;
    }
    await record.end(OK, []);
    assert.ok(waits > 0);
    assert.ok(most <= 3 * 1024 * 1024, `${most} bytes were taken without waiting`);
  });
});

describe('a directory on a disk that is full', () => {
  test('refuses requests, stays alive, and records again once there is space', async (t) => {
    const directory = auditDirectory(after);
    mkdirSync(directory);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory], { stdio: 'pipe' });
    } catch {
      t.skip('only root can mount a small file system');
      return;
    }
    try {
      await fillAndRecover(directory);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

async function fillAndRecover(directory: string): Promise<void> {
  const log = await openLog(directory, { limits: { ...LIMITS, journalRetryMs: 5, checkpointMs: 10 } });
  const run = aRun('run_1');
  await log.openRun(run, {});
  const session = await aSession(log, run, 'ses_1');
  await exchange(session, 1, 'SELECT 1', 'one');
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(join(directory, 'ballast'), Buffer.alloc((bavail - 3) * bsize));
  let number = 2;
  const fill = async () => {
    for (; number < 1_000; number++) await exchange(session, number, `SELECT ${number} ${'x'.repeat(2_000)}`, 'row');
  };
  await assert.rejects(fill(), { code: 'log-unavailable' });
  assert.ok(log.fault !== undefined);
  const refused = number;
  rmSync(join(directory, 'ballast'));
  while (log.fault !== undefined) await new Promise(setImmediate);
  await exchange(session, refused + 1, 'SELECT 2', 'two');
  await session.close('completed');
  await log.closeRun(run.id, 'completed');
  await log[Symbol.asyncDispose]();
  const report = await verifyDirectory(directory);
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, 'PASS');
  const asked = (await events(directory, 'ses_1')).filter(({ event }) => event.kind === 'request');
  assert.equal(asked.at(-1)?.event.exchange, refused + 1);
}

describe('a search', () => {
  test('finds statements by each of its terms, and by all of them together', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const one = await aSession(log, run, 'ses_1');
    await exchange(one, 1, 'SELECT total FROM orders', 'one');
    await ask(one, 2, 'DROP TABLE orders', DENY).refuse({ code: 'policy-denied', message: 'no' });
    const two = await aSession(log, run, 'ses_2');
    ask(two, 1, 'SELECT pg_sleep(60)');
    await log.sync();
    const find = async (filter: StatementFilter): Promise<string[]> => {
      const found: string[] = [];
      for await (const statement of searchStatements(directory, filter)) {
        found.push(`${statement.request.session} ${statement.text} -> ${statement.outcome?.kind}`);
      }
      return found;
    };
    const [select, drop, sleep] = [
      'ses_1 SELECT total FROM orders -> reply',
      'ses_1 DROP TABLE orders -> refusal',
      'ses_2 SELECT pg_sleep(60) -> undefined',
    ];
    const all = [sleep, select, drop];
    assert.deepEqual(await find({}), all);
    assert.deepEqual(await find({ run: 'run_1', target: 'shop', repository: 'https://github.com/acme/shop' }), all);
    assert.deepEqual(await find({ run: 'run_2' }), []);
    assert.deepEqual(await find({ target: 'other' }), []);
    assert.deepEqual(await find({ repository: 'https://github.com/acme/shop2' }), []);
    assert.deepEqual(await find({ session: 'ses_2' }), [sleep]);
    assert.deepEqual(await find({ decision: 'deny' }), [drop]);
    assert.deepEqual(await find({ text: 'ORDERS' }), [select, drop]);
    assert.deepEqual(await find({ table: 'public.orders', decision: 'permit', text: 'sleep' }), [sleep]);
    assert.deepEqual(await find({ table: 'customers' }), []);
    assert.deepEqual(await find({ operation: 'select', access: 'read' }), all);
    assert.deepEqual(await find({ access: 'write' }), []);
    assert.deepEqual(await find({ to: '2020-01-01T00:00:00.000Z' }), []);
    assert.deepEqual(await find({ from: '2999-01-01T00:00:00.000Z' }), []);
  });
});

describe('the commitment to a body', () => {
  test('is SHA-256 over 0x01, its salt and its bytes, and hides a body that can be guessed', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'SELECT 1', 'yes');
    await exchange(session, 2, 'SELECT 1', 'yes');
    await log.sync();
    const digests = (await events(directory, 'ses_1')).flatMap(({ event }) => event.body?.digest ?? []);
    assert.equal(new Set(digests).size, digests.length);
    const unsalted = createHash('sha256').update(Buffer.of(1)).update('yes').digest('hex');
    assert.ok(!digests.includes(unsalted));
  });
});

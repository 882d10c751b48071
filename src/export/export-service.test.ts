import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { auditDirectory, exchange, ORIGIN, openLog } from '../../test/support/audit-log.ts';
import { FAST, until } from '../../test/support/export-parts.ts';
import { aNamedSession } from '../../test/support/exported-log.ts';
import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import type { Limits } from '../model/limits.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ExportService, openExports } from './export-service.ts';
import { loadExports } from './load-exports.ts';
import { makeSink } from './make-sink.ts';
import type { Sink } from './sinks/sink.ts';

const DEADLINE = { timeout: 20_000 };

describe('the exports in force', () => {
  const cleanUps: (() => void)[] = [];
  let directory = '';
  let log: OpenAuditLog;
  let store: Store;
  const lives: string[] = [];
  const arrived = new Map<string, string[]>();
  before(async () => {
    directory = auditDirectory((cleanUp) => void cleanUps.push(cleanUp));
    log = await openLog(directory);
    const session = await aNamedSession(log, 'one');
    await exchange(session, 1, 'select 1', 'x');
    await session.close('completed');
    await log.sync();
    store = await openStore({ file: join(directory, '..', 'store.sqlite') });
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    for (const cleanUp of cleanUps) cleanUp();
  });

  /** Sinks in memory: what begins, what ends, and what each export got. */
  const sinkOf = (name: string): Sink => {
    lives.push(`${name} begins`);
    return {
      send: ({ events }) => {
        arrived.set(name, [...(arrived.get(name) ?? []), ...events.map(({ id }) => id)]);
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => {
        lives.push(`${name} ends`);
        return Promise.resolve();
      },
    };
  };
  const open = (limits: Limits = FAST): Promise<ExportService> =>
    openExports({
      store,
      directory,
      cursors: join(directory, '..', 'exports'),
      origin: ORIGIN,
      version: '1',
      limits,
      open: (sealed) => sealed,
      fetchSecret: (source) => Promise.resolve('value' in source ? source.value : ''),
      makeSink: (declaration) => sinkOf(declaration.name),
      nowMs: Date.now,
      dice: () => 0.5,
      onFault: (fault) => assert.fail(String(fault)),
    });
  /** Its receivers never answer, and a minute has gone by. */
  const openStuck = (): Promise<ExportService> =>
    openExports({
      store,
      directory,
      cursors: join(directory, '..', 'other'),
      origin: ORIGIN,
      version: '1',
      limits: FAST,
      open: (sealed) => sealed,
      fetchSecret: () => Promise.resolve(''),
      makeSink: () => ({
        send: (_batch, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
      nowMs: () => Date.now() + 60_000,
      dice: () => 0.5,
      onFault: (fault) => assert.fail(String(fault)),
    });
  const declare = async (...items: readonly object[]) => {
    const declared = loadExports(items.map((value) => ({ value, file: 'x', line: () => 1 })));
    assert.deepEqual(declared.problems, []);
    await store.write(async (trx) => {
      await trx.deleteFrom('exports').execute();
      for (const { export: one, secrets } of declared.items) {
        const content = {
          declaration: JSON.stringify(one),
          sealed: JSON.stringify(secrets),
          fingerprint: 'x',
          updated_at: 'x',
        };
        await trx
          .insertInto('exports')
          .values({ name: one.name, kind: one.kind, ...content })
          .execute();
      }
    });
  };
  const states = async (service: ExportService) =>
    (await service.list()).map(({ name, state, behind }) => `${name} ${state} ${behind}`);

  test(
    'begin, change and end one by one, while the others go on; and one that is off keeps its place',
    DEADLINE,
    async ({ signal }) => {
      await using service = await open();
      assert.deepEqual(await service.list(), []);
      await declare({ name: 'a', kind: 'stdout' }, { name: 'b', kind: 'stdout' });
      await service.reload();
      await until(() => arrived.get('a')?.length === 4 && arrived.get('b')?.length === 4, signal);
      await declare({ name: 'a', kind: 'stdout' }, { name: 'b', kind: 'stdout', format: 'cef' });
      await Promise.all([service.reload(), service.reload()]);
      assert.deepEqual(lives, ['a begins', 'b begins', 'b ends', 'b begins']);
      await declare({ name: 'a', kind: 'stdout', enabled: false });
      await service.reload();
      assert.deepEqual(lives.slice(4).sort(), ['a ends', 'b ends']);
      assert.deepEqual(await states(service), ['a off 0']);
      assert.equal(await service.replay('a', 0), false);
      await declare({ name: 'a', kind: 'stdout' });
      await service.reload();
      await until(() => lives.at(-1) === 'a begins', signal);
      assert.equal(await service.replay('a', 1), true);
      await until(() => (arrived.get('a')?.length ?? 0) === 7, signal);
      assert.deepEqual(arrived.get('a')?.slice(4), ['ses_one/0', 'ses_one/2', 'ses_one/3']);
      assert.deepEqual(arrived.get('b')?.length, 4);
    },
  );

  test('tell how far each is behind, in entries and in time', DEADLINE, async () => {
    await declare({ name: 'slow', kind: 'stdout' });
    const stuck = openStuck();
    await using service = await stuck;
    const [one] = await service.list();
    assert.equal(one?.behind, 3);
    assert.ok((one?.behindMs ?? 0) >= 60_000);
  });

  test(
    'at the end get what they have not read yet, without waiting for their next look',
    DEADLINE,
    async ({ signal }) => {
      await declare({ name: 'last', kind: 'stdout' });
      await using service = await open({ ...FAST, exportPollMs: 3_600_000 });
      await until(() => arrived.get('last')?.length === 4, signal);
      const session = await aNamedSession(log, 'two');
      await exchange(session, 1, 'select 2', 'x');
      await session.close('completed');
      await log.sync();
      await service.finish(signal);
      assert.deepEqual(arrived.get('last')?.slice(4), ['entry/3', 'ses_two/0', 'ses_two/2', 'ses_two/3']);
      assert.deepEqual(await states(service), ['last ok 0']);
    },
  );

  test('end all the same where a receiver never answers', DEADLINE, async () => {
    await declare({ name: 'slow', kind: 'stdout' });
    await using service = await openStuck();
    await service.finish(AbortSignal.timeout(30));
    assert.notDeepEqual(await states(service), ['slow ok 0']);
  });
});

test('each kind of export has a sink of its own', async () => {
  const parts = {
    files: '/nowhere',
    stdout: process.stdout,
    hostname: 'h',
    version: '1',
    http: () => assert.fail(),
    sign: () => '',
    nowMs: Date.now,
  };
  const secret = { value: 'x' };
  const { items } = loadExports(
    [
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'stdout' },
      { name: 'c', kind: 'webhook', url: 'https://x.example/', secret },
      { name: 'd', kind: 'syslog', address: 'x.example:6514' },
      { name: 'e', kind: 's3', bucket: 'abc', region: 'x', accessKeyId: secret, secretAccessKey: secret },
    ].map((value) => ({ value, file: 'x', line: () => 1 })),
  );
  assert.equal(items.length, 5);
  for (const { export: declaration } of items) {
    const sink = makeSink(declaration, () => assert.fail('nothing is opened before the first batch'), parts);
    await sink[Symbol.asyncDispose]();
  }
});

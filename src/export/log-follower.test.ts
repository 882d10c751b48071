import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { auditDirectory, exchange, openLog } from '../../test/support/audit-log.ts';
import { aNamedSession, everyExchange, follower, readAll, TRACEPARENT } from '../../test/support/exported-log.ts';
import { findSession } from '../audit/read/read-session.ts';
import type { RunId } from '../model/ids.ts';
import { loadPostgresParser } from '../sql/postgres/parser.ts';
import type { ExchangeEnded } from './export-record.ts';
import type { Followed } from './log-follower.ts';
import { stateAt } from './log-state.ts';

before(loadPostgresParser);
/** Directories live until the end of the file: one made in a hook would be gone with it. */
const cleanUps: (() => void)[] = [];
after(() => {
  for (const cleanUp of cleanUps) cleanUp();
});
const kept = (cleanUp: () => void) => void cleanUps.push(cleanUp);

const isFirst = (one: Followed): one is ExchangeEnded => one.kind === 'exchange' && one.session.id === 'ses_one';
const names = (records: readonly Followed[]) =>
  records.map((one) => `${one.kind === 'entry' ? one.entry : one.kind} ${one.id}`);

/** A log of two sessions, written in turns, so that their entries alternate. */
async function twoSessions(): Promise<string> {
  const directory = auditDirectory(kept);
  await using log = await openLog(directory);
  await log.note({ kind: 'policy.activated', detail: { digest: 'ab'.repeat(32), rules: 2 } });
  const [one, two] = [await aNamedSession(log, 'one'), await aNamedSession(log, 'two')];
  await everyExchange(one);
  await log.sync();
  for (let number = 1; number <= 300; number++) await exchange(two, number, `select ${number}`, 'row');
  await log.sync();
  await one.close('completed');
  await two.close('clientLeft');
  await log.closeRun('run_one' as RunId, 'completed');
  return directory;
}

describe('the log as export reads it', () => {
  let directory = '';
  let all: Followed[] = [];
  before(async () => {
    directory = await twoSessions();
    all = await readAll(follower(directory));
  });

  test('has every session, exchange, run and happening once, in the order of the log', () => {
    const told = names(all);
    assert.deepEqual(
      told.filter((name) => !name.includes('ses_two')),
      [
        'policy.activated entry/0',
        'run.open entry/1',
        'session.open ses_one/0',
        'run.open entry/3',
        'exchange ses_one/4',
        'exchange ses_one/6',
        'exchange ses_one/8',
        'exchange ses_one/11',
        'exchange ses_one/14',
        'exchange ses_one/16',
        'exchange ses_one/18',
        'session.close ses_one/19',
        `run.close entry/${all.at(-1)?.index}`,
      ],
    );
    assert.equal(told.filter((name) => name.startsWith('exchange ses_two')).length, 300);
    assert.equal(new Set(told).size, told.length);
  });

  test('is the same from wherever a reader was stopped, kept as JSON and taken up again', async () => {
    const expected = names(all);
    for (const step of [1, 7, 64]) {
      const told: string[] = [];
      let state = await stateAt(directory, 0);
      for (let isMore = true; isMore; ) {
        const reader = follower(directory, { from: state });
        let left = step;
        isMore = false;
        for await (const one of reader.read(new AbortController().signal)) {
          told.push(...names([one]));
          isMore = true;
          if (--left === 0) break;
        }
        state = JSON.parse(JSON.stringify(reader.state)) as typeof state;
      }
      assert.deepEqual(told, expected, `in steps of ${step}`);
    }
  });

  test('is the rest of it from an entry on, with the requests that were open there', async () => {
    const head = all.find((one) => one.kind === 'exchange' && one.session.id === 'ses_two')?.index ?? 0;
    const rest = await readAll(follower(directory, { from: await stateAt(directory, head + 1) }));
    assert.deepEqual(names(rest), names(all.filter(({ index }) => index > head)));
    assert.ok(rest.every((one) => one.kind !== 'exchange' || one.request !== undefined));
  });

  test('has a request with its end, and no word of what was said', () => {
    const first = all.find(isFirst);
    assert.equal(first?.request?.op?.[0]?.kind, 'select');
    assert.equal(first?.end.result?.rows, '3');
    assert.equal(first?.session.trace?.traceId, TRACEPARENT.slice(3, 35));
    assert.equal(first?.session.agent, 'claude-code');
    const text = JSON.stringify(all);
    for (const secret of ['Ada Secret', 'octavia', '10.1.2.3', 'ada@example.com', 'Because', 'ada denied']) {
      assert.ok(!text.includes(secret), secret);
    }
  });

  test('names people and statements without their literals where that is asked for', async () => {
    const told = await readAll(follower(directory, { people: true, statements: true }));
    const first = told.find(isFirst);
    assert.deepEqual(first?.session.person, {
      display: 'acme/shop@refs/heads/main',
      actor: 'octavia',
      address: '10.1.2.3',
      port: 4567,
    });
    assert.deepEqual(first?.statements, ['select email from orders where name = ?']);
    assert.ok(!JSON.stringify(told).includes('Ada Secret'));
  });
});

describe('a record that cannot be read', () => {
  test('is told and gone past, be it a line that is no event or a file that was cut', async () => {
    const altered = await twoSessions();
    const path = findSession(altered, 'ses_one') ?? '';
    writeFileSync(path, readFileSync(path, 'utf8').replace('"kind":"refusal"', '"kind_":"refusal"'));
    const told = await readAll(follower(altered));
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'unreadable').map(({ id }) => id),
      ['ses_one/8'],
    );
    assert.equal(told.at(-1)?.kind === 'entry', true);
    const cut = await twoSessions();
    truncateSync(findSession(cut, 'ses_one') ?? '', 4_000);
    const unreadable = (await readAll(follower(cut))).filter((one) => one.kind === 'unreadable');
    assert.deepEqual(
      unreadable.map(({ why }) => why),
      ['the session has fewer lines than the log commits to'],
    );
  });
});

describe('a log that goes on', () => {
  test('is read as far as its checkpoint, and on from there', async () => {
    const directory = auditDirectory(kept);
    await using log = await openLog(directory);
    const reader = follower(directory);
    assert.deepEqual(await readAll(reader), []);
    const session = await aNamedSession(log, 'on');
    await log.sync();
    assert.deepEqual(names(await readAll(reader)), ['run.open entry/0', 'session.open ses_on/0']);
    await exchange(session, 1, 'select 1', 'row');
    await session.close('completed');
    await log.sync();
    assert.deepEqual(names(await readAll(reader)), ['exchange ses_on/2', 'session.close ses_on/3']);
    assert.deepEqual(reader.state, { index: 3, sessions: [] });
  });
});

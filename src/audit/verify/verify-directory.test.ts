import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  aRun,
  aSession,
  ask,
  aTarget,
  auditDirectory,
  DENY,
  exchange,
  openLog,
} from '../../../test/support/audit-log.ts';
import type { ApprovalId, PersonId } from '../../model/ids.ts';
import { canonicalJson } from '../canonical-json.ts';
import { filesBelow } from '../files-below.ts';
import { encodeVerifierKey, parseVerifierKey } from '../log/signed-note.ts';
import { searchStatements } from '../read/search-statements.ts';
import { verifyDirectory, verifySession } from './verify-directory.ts';

const pristine = auditDirectory(after);
let copies = 0;
let verifierKey = '';
let day = '';
let earlyCheckpoint = '';

before(async () => {
  const log = await openLog(pristine);
  verifierKey = log.verifierKey;
  const run = aRun('run_1');
  await log.openRun(run, { tokenDigest: '11'.repeat(32), jwksDigest: '22'.repeat(32) });
  const one = await aSession(log, run, 'ses_1');
  await exchange(one, 1, 'SELECT 1', 'one');
  await exchange(one, 2, 'SELECT 2', 'two');
  await log.sync();
  earlyCheckpoint = readFileSync(join(pristine, 'log/checkpoint'), 'utf8');
  const two = await aSession(log, run, 'ses_2', aTarget('batched', 100_000));
  const denied = ask(two, 1, 'DROP TABLE orders', DENY);
  await denied.refuse({ code: 'policy-denied', message: 'no' });
  const large = ask(two, 2, 'SELECT * FROM orders');
  await large.reply(Buffer.alloc(150_000, 'abc'));
  await large.end({ status: 'ok', rows: 10 }, [{ by: 'column', name: 'email', count: 10 }]);
  two.unasked(Buffer.from('a notice'));
  await one.close('clientLeft');
  await two.close('drained');
  await log.note({ kind: 'policy.activated', detail: { digest: 'ab'.repeat(32) } });
  await log.closeRun(run.id, 'completed');
  await log[Symbol.asyncDispose]();
  day = relative(join(pristine, 'sessions'), filesBelow(join(pristine, 'sessions'))[0] ?? '').slice(0, 10);
});

/** A copy of the directory, to be damaged. */
function copy(): string {
  const to = join(pristine, '..', `copy-${++copies}`);
  cpSync(pristine, to, { recursive: true });
  return to;
}

function lines(directory: string, session: string): string[] {
  return readFileSync(join(directory, 'sessions', day, `${session}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1);
}

function writeLines(directory: string, session: string, text: readonly string[]): void {
  writeFileSync(join(directory, 'sessions', day, `${session}.jsonl`), `${text.join('\n')}\n`);
}

test('a session in which people were asked verifies, and its line is in canonical form', async () => {
  const directory = auditDirectory(after);
  const log = await openLog(directory);
  const run = aRun('run_9');
  await log.openRun(run, {});
  const session = await aSession(log, run, 'ses_9');
  const asked = ask(session, 1, 'ALTER TABLE orders ADD note text');
  const vote = { person: 'psn_1' as PersonId, login: 'ada', answer: 'approve', channel: 'web', at: '' } as const;
  const approval = { id: 'apr_1' as ApprovalId, state: 'used', digest: 'ab', votes: [vote], waitedMs: 5 } as const;
  await asked.approval(approval);
  await asked.end({ status: 'ok', rows: 0 }, []);
  await session.close('completed');
  await log.closeRun(run.id, 'completed');
  await log[Symbol.asyncDispose]();

  const report = await verifyDirectory(directory);
  assert.deepEqual(report.findings, []);
  const file = filesBelow(join(directory, 'sessions'))[0] ?? '';
  const line = readFileSync(file, 'utf8').split('\n')[2] ?? '';
  assert.equal(line, canonicalJson(JSON.parse(line)));
  assert.equal(JSON.parse(line).held.id, 'apr_1');
});

describe('an audit directory as it was written', () => {
  test('passes, with all of it counted', async () => {
    const report = await verifyDirectory(pristine);
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
    assert.deepEqual(report.totals, {
      logEntries: 7,
      runs: 1,
      sessions: 2,
      events: 13,
      requests: 4,
      unknownOutcomes: 0,
      bodies: 10,
      withheldBodies: 0,
      lostBodies: 0,
    });
    assert.deepEqual(report.withheld, []);
    assert.deepEqual(report.unterminated, []);
  });

  test('passes under the key that an auditor brings, and fails under another', async () => {
    assert.equal((await verifyDirectory(pristine, { verifierKey })).verdict, 'PASS');
    const other = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
    assert.equal((await verifyDirectory(pristine, { verifierKey: other })).verdict, 'FAIL');
    const origin = parseVerifierKey(verifierKey)?.key;
    assert.ok(origin !== undefined);
    const renamed = encodeVerifierKey('gateway.example/other', origin);
    assert.equal((await verifyDirectory(pristine, { verifierKey: renamed })).verdict, 'FAIL');
  });

  test('one session can be verified alone', async () => {
    const report = await verifySession(pristine, 'ses_2');
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.totals.sessions, 1);
    assert.equal((await verifySession(pristine, 'ses_3')).verdict, 'FAIL');
  });

  test('continues a checkpoint that an auditor kept, and not one of another log', async () => {
    assert.equal((await verifyDirectory(pristine, { knownCheckpoint: earlyCheckpoint })).verdict, 'PASS');
    const altered = earlyCheckpoint.replace('\n2\n', '\n3\n');
    assert.equal((await verifyDirectory(pristine, { knownCheckpoint: altered })).verdict, 'FAIL');
  });

  test('is not changed by being verified', async () => {
    const snapshot = () => filesBelow(pristine).map((file) => [file, readFileSync(file).toString('base64')]);
    const earlier = snapshot();
    await verifyDirectory(pristine);
    assert.deepEqual(snapshot(), earlier);
  });
});

describe('any byte that is flipped', () => {
  for (const folder of ['sessions', 'bodies', 'keys', 'log', 'state.json']) {
    test(`in ${folder} fails, and the finding names a file`, async () => {
      const directory = copy();
      const files = filesBelow(directory).filter((file) => relative(directory, file).startsWith(folder));
      for (const file of files) {
        const bytes = readFileSync(file);
        // Every third offset of short files; of longer ones every 41st, and both ends whole.
        for (let at = 0; at < bytes.length; at += at < 16 || at > bytes.length - 16 ? 1 : bytes.length < 200 ? 3 : 41) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
          writeFileSync(file, flipped);
          const report = await verifyDirectory(directory);
          assert.equal(report.verdict, 'FAIL', `${relative(directory, file)} at ${at}`);
          assert.notEqual(report.findings[0]?.file, '');
        }
        writeFileSync(file, bytes);
      }
      assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
    });
  }

  test('in a body file fails without any key to open it', async () => {
    const directory = copy();
    rmSync(join(directory, 'keys/runs'), { recursive: true });
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
    const file = join(directory, 'bodies/ses_1.bodies');
    const bytes = readFileSync(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'FAIL');
    assert.deepEqual(report.findings, [
      {
        severity: 'fail',
        file: 'bodies/ses_1.bodies',
        message: 'the file is not the one that the close of its session committed to',
      },
    ]);
  });
});

describe('lines of a session', () => {
  const mutations: Readonly<Record<string, (text: string[]) => string[]>> = {
    'the last one dropped': (text) => text.slice(0, -1),
    'the first one dropped': (text) => text.slice(1),
    'one in the middle dropped': (text) => text.toSpliced(2, 1),
    'two swapped': (text) => [text[0], text[2], text[1], ...text.slice(3)] as string[],
    'one duplicated': (text) => text.toSpliced(2, 0, text[2] as string),
    'one inserted': (text) => text.toSpliced(2, 0, '{"kind":"request"}'),
    'one appended': (text) => [...text, text.at(-1) as string],
    'one dropped and the rest renumbered': (text) =>
      text.toSpliced(2, 1).map((line, i) => line.replace(/"seq":\d+/u, `"seq":${i}`)),
    'an empty one appended': (text) => [...text, ''],
    'all gone': () => [],
  };
  for (const [name, mutate] of Object.entries(mutations)) {
    test(`${name}: fails, and the finding names the file`, async () => {
      const directory = copy();
      writeLines(directory, 'ses_1', mutate(lines(directory, 'ses_1')));
      const report = await verifyDirectory(directory);
      assert.equal(report.verdict, 'FAIL');
      assert.ok(report.findings.every(({ file }) => file === `sessions/${day}/ses_1.jsonl`));
    });
  }

  test('a changed one is named with its line and its offset', async () => {
    const directory = copy();
    const text = lines(directory, 'ses_1');
    text[3] = (text[3] as string).replace('"exchange":2', '"exchange":9');
    writeLines(directory, 'ses_1', text);
    const report = await verifyDirectory(directory);
    const offset = `${text.slice(0, 4).join('\n')}\n`.length;
    assert.deepEqual(report.findings[0], {
      severity: 'fail',
      file: `sessions/${day}/ses_1.jsonl`,
      line: 5,
      offset,
      message: 'the event does not follow the line before it',
    });
  });

  test('cut in the middle of the last one fail', async () => {
    const directory = copy();
    const file = join(directory, 'sessions', day, 'ses_1.jsonl');
    writeFileSync(file, readFileSync(file).subarray(0, -10));
    assert.equal((await verifyDirectory(directory)).verdict, 'FAIL');
  });
});

describe('a directory that was made up', () => {
  const lies: Readonly<Record<string, string>> = {
    'an event that is no object': 'null',
    'a close without its bodies':
      '{"at":"","closing":{},"kind":"session.close","prev":"","run":"run_1","seq":0,"session":"ses_1","v":1}',
    'a body in no place': '{"body":{"pack":-1},"kind":"request","seq":0,"session":"ses_1","v":1}',
    'operations that are none':
      '{"at":"","kind":"request","op":[null],"prev":"","run":"run_1","seq":0,"session":"ses_1","v":1}',
    'a line of a megabyte': 'x'.repeat(1_000_000),
  };
  for (const [name, line] of Object.entries(lies)) {
    test(`${name}: fails, and nothing breaks`, async () => {
      const directory = copy();
      writeLines(directory, 'ses_1', [line, ...lines(directory, 'ses_1').slice(1), line]);
      assert.equal((await verifyDirectory(directory)).verdict, 'FAIL');
      for await (const statement of searchStatements(directory, { table: 'orders', text: 'select' })) {
        assert.notEqual(statement.request.session, 'ses_1');
      }
    });
  }

  test('a state of nonsense under a digest that fits fails', async () => {
    for (const state of [
      null,
      { v: 1 },
      { v: 1, group: 1, log: { root: 'x', size: 7 }, runs: [], sessions: [{ id: 'ses_1' }] },
    ]) {
      const directory = copy();
      const text = canonicalJson(state);
      const digest = createHash('sha256').update(text).digest('hex');
      writeFileSync(join(directory, 'state.json'), `{"digest":"${digest}","state":${text}}\n`);
      assert.equal((await verifyDirectory(directory)).verdict, 'FAIL');
    }
  });
});

describe('files', () => {
  test('a session file that is deleted fails', async () => {
    const directory = copy();
    rmSync(join(directory, 'sessions', day, 'ses_1.jsonl'));
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'FAIL');
    assert.equal(report.findings[0]?.message, 'the log knows session ses_1, and its file is missing');
  });

  test('a session file in the place of another fails', async () => {
    const directory = copy();
    const path = (id: string) => join(directory, 'sessions', day, `${id}.jsonl`);
    renameSync(path('ses_2'), path('ses_1'));
    assert.equal((await verifyDirectory(directory)).verdict, 'FAIL');
  });

  test('a body file that is deleted while its key is not leaves the evidence incomplete', async () => {
    const directory = copy();
    rmSync(join(directory, 'bodies/ses_1.bodies'));
    assert.equal((await verifyDirectory(directory)).verdict, 'INCOMPLETE');
  });

  test('a file that the log does not know fails', async () => {
    for (const file of [
      `sessions/${day}/ses_3.jsonl`,
      'bodies/ses_3.bodies',
      'keys/runs/run_3.key',
      'log/tile/0/007',
      'x',
    ]) {
      const directory = copy();
      writeFileSync(join(directory, file), '');
      const report = await verifyDirectory(directory);
      assert.equal(report.verdict, 'FAIL', file);
      assert.equal(report.findings[0]?.file, file);
    }
  });

  test('a missing checkpoint, state, bundle, tile or verifier key fails', async () => {
    const needed = ['log/checkpoint', 'state.json', 'log/tile/entries/000.p/7', 'log/tile/0/000.p/7', 'keys/log.vkey'];
    for (const file of needed) {
      const directory = copy();
      rmSync(join(directory, file));
      assert.equal((await verifyDirectory(directory)).verdict, 'FAIL', file);
    }
  });

  test('an older checkpoint fails', async () => {
    const directory = copy();
    writeFileSync(join(directory, 'log/checkpoint'), earlyCheckpoint);
    assert.equal((await verifyDirectory(directory)).verdict, 'FAIL');
  });
});

describe('erasure', () => {
  test('a key that went without a word leaves the log incomplete and nothing failed, and the run is withheld', async () => {
    const directory = copy();
    rmSync(join(directory, 'keys/runs/run_1.key'));
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.deepEqual(
      report.findings.map(({ severity, file }) => [severity, file]),
      [['incomplete', 'keys/runs/run_1.key']],
    );
    assert.deepEqual(report.withheld, ['run_1']);
    assert.equal(report.totals.bodies, 0);
    assert.equal(report.totals.withheldBodies, 10);
  });

  test('the body files may go with the key', async () => {
    const directory = copy();
    rmSync(join(directory, 'keys/runs/run_1.key'));
    rmSync(join(directory, 'bodies/ses_1.bodies'));
    rmSync(join(directory, 'bodies/ses_2.bodies'));
    assert.equal((await verifyDirectory(directory)).findings.length, 1);
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeVerifierKey } from '../../src/audit/log/signed-note.ts';
import { verifySession as verifyByGateway } from '../../src/audit/verify/verify-directory.ts';
import type { Finding, Report } from '../../web/src/verify/report.ts';
import { verifySession } from '../../web/src/verify/verify-session.ts';
import { aRun, aSession, ask, aTarget, auditDirectory, DENY, exchange, openLog } from '../support/audit-log.ts';
import { copyRunning } from '../support/copy-running.ts';
import { gatherEvidence } from '../support/evidence.ts';

const pristine = auditDirectory(after);
let verifierKey = '';
let day = '';
let copies = 0;

before(async () => {
  const log = await openLog(pristine);
  verifierKey = log.verifierKey;
  const run = aRun('run_1');
  await log.openRun(run, { tokenDigest: '11'.repeat(32), jwksDigest: '22'.repeat(32) });
  const one = await aSession(log, run, 'ses_1');
  await exchange(one, 1, 'SELECT 1', 'one');
  await log.sync();
  await exchange(one, 2, "SELECT 'ж'", 'two');
  const two = await aSession(log, run, 'ses_2', aTarget('batched', 100_000));
  await ask(two, 1, 'DROP TABLE orders', DENY).refuse({ code: 'policy-denied', message: 'no' });
  const large = ask(two, 2, 'SELECT * FROM orders');
  await large.reply(Buffer.alloc(150_000, 'abc'));
  await large.end({ status: 'ok', rows: 10 }, []);
  const whole = ask(two, 3, 'SELECT * FROM orders LIMIT 7');
  await whole.reply(Buffer.alloc(90_000, 'xyz'));
  await whole.end({ status: 'ok', rows: 7 }, []);
  const open = await aSession(log, run, 'ses_3');
  await exchange(open, 1, 'SELECT 3', 'three');
  await one.close('clientLeft');
  await two.close('drained');
  await log.sync();
  // A copy of a log with a session that is still open; the rest is closed behind it.
  await copyRunning(pristine, join(pristine, '..', 'live'));
  await open.close('clientLeft');
  await log.closeRun(run.id, 'completed');
  await log[Symbol.asyncDispose]();
  day = readdirSync(join(pristine, 'sessions'))[0] ?? '';
});

function copy(): string {
  const to = join(pristine, '..', `copy-${++copies}`);
  cpSync(pristine, to, { recursive: true });
  return to;
}

async function verify(directory: string, session = 'ses_1', knownKey?: string): Promise<Report> {
  const question = { session, ...(knownKey === undefined ? {} : { knownKey }) };
  return await verifySession(await gatherEvidence(directory, session), question);
}

function findings(report: Report): readonly Finding[] {
  return report.steps.flatMap((step) => step.findings);
}

function sessionFile(directory: string, session = 'ses_1'): string {
  return join(directory, 'sessions', day, `${session}.jsonl`);
}

function linesOf(directory: string): string[] {
  return readFileSync(sessionFile(directory), 'utf8').split('\n').slice(0, -1);
}

function offsetOf(lines: readonly string[], line: number): number {
  return lines.slice(0, line).reduce((bytes, text) => bytes + Buffer.byteLength(text) + 1, 0);
}

describe('a session as it was recorded', () => {
  for (const session of ['ses_1', 'ses_2', 'ses_3']) {
    test(`${session} passes, here as on the gateway`, async () => {
      const report = await verify(pristine, session, verifierKey);
      assert.deepEqual(findings(report), []);
      assert.equal(report.verdict, 'PASS');
      assert.deepEqual(
        report.steps.map(({ id }) => id),
        ['key', 'checkpoint', 'entry', 'lines', 'tree', 'bodies'],
      );
      assert.equal((await verifyByGateway(pristine, session)).verdict, 'PASS');
    });
  }

  test('says what it counted, bodies in several packs and in part included', async () => {
    const details = (await verify(pristine, 'ses_2')).steps.map(({ detail }) => detail);
    assert.equal(details[3], '8 lines, 3 requests');
    assert.equal(details[5], '6 of 6 bodies opened and compared, 1 kept in part');
  });

  test('is incomplete while it is open: what is sealed is checked', async () => {
    const report = await verify(join(pristine, '..', 'live'), 'ses_3');
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.equal(findings(report).length, 1);
    assert.match(
      findings(report)[0]?.message ?? '',
      /^The session is still open: its first \d+ lines? (?:is|are) sealed\./u,
    );
  });

  test('is incomplete without its bodies, whatever reason the gateway gives', async () => {
    const report = await verifySession(await gatherEvidence(pristine, 'ses_1', false), { session: 'ses_1' });
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.equal(
      findings(report)[0]?.message,
      "5 bodies were not handed out, so what they say was not checked. The gateway's reason: your account may not read recordings.",
    );
    const directory = copy();
    rmSync(join(directory, 'keys/runs/run_1.key'));
    const erased = await verify(directory);
    assert.equal(erased.verdict, 'INCOMPLETE');
    assert.match(findings(erased)[0]?.message ?? '', /the key of this run was deleted/u);
  });

  test('a gateway that hands out a body and leaves its reason out is asked why', async () => {
    const evidence = await gatherEvidence(pristine, 'ses_1');
    const lines = evidence.lines.map(({ line }) => ({ line }));
    const report = await verifySession({ ...evidence, lines }, { session: 'ses_1' });
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(findings(report)[0]?.message ?? '', /it does not say why/u);
  });

  test('steps are told as they begin and end', async () => {
    const told: string[] = [];
    const evidence = await gatherEvidence(pristine, 'ses_1');
    await verifySession(evidence, { session: 'ses_1' }, ({ id, verdict }) => told.push(`${id} ${verdict ?? 'runs'}`));
    assert.equal(told[0], 'key runs');
    assert.equal(told.at(-1), 'bodies PASS');
  });
});

describe('a byte that is flipped on the disk', () => {
  test('anywhere in a session file fails, and a finding names the line that it is in', async () => {
    const directory = copy();
    const file = sessionFile(directory, 'ses_3');
    const bytes = readFileSync(file);
    const lines = bytes.toString().split('\n').slice(0, -1);
    const evidence = await gatherEvidence(directory, 'ses_3', false);
    for (let at = 0, line = 0; at < bytes.length; at++) {
      if (at >= offsetOf(lines, line + 1)) line++;
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const altered = flipped.toString().split('\n').slice(0, -1);
      const report = await verifySession(
        { ...evidence, lines: altered.map((text) => ({ line: text })) },
        { session: 'ses_3' },
      );
      assert.equal(report.verdict, 'FAIL', `byte ${at}`);
      const named = findings(report).map((finding) => finding.line);
      // The last newline ends the file: without it there is a line less.
      if (at < bytes.length - 1)
        assert.ok(named.includes(line + 1), `byte ${at} of line ${line + 1}: ${JSON.stringify(findings(report))}`);
    }
  });

  for (const [folder, files] of Object.entries({
    bodies: ['bodies/ses_1.bodies'],
    log: ['log/checkpoint', 'log/tile/entries/000.p/8', 'log/tile/0/000.p/8'],
  })) {
    test(`in ${folder} never passes where the session hangs on it`, async () => {
      const directory = copy();
      for (const name of files) {
        const file = join(directory, name);
        const bytes = readFileSync(file);
        for (let at = 0; at < bytes.length; at += 7) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
          writeFileSync(file, flipped);
          const report = await verify(directory);
          // Entries and hashes of others are not this session's evidence, and padding of its pack is nobody's.
          if (report.verdict === 'PASS') {
            assert.equal(
              JSON.stringify(await gatherEvidence(directory, 'ses_1')),
              await gathered(),
              `${name} at ${at}`,
            );
          }
        }
        writeFileSync(file, bytes);
      }
      assert.equal((await verify(directory)).verdict, 'PASS');
    });
  }

  async function gathered(): Promise<string> {
    return JSON.stringify(await gatherEvidence(pristine, 'ses_1'));
  }
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
    test(`${name}: fails`, async () => {
      const directory = copy();
      writeFileSync(
        sessionFile(directory),
        mutate(linesOf(directory))
          .map((line) => `${line}\n`)
          .join(''),
      );
      assert.equal((await verify(directory)).verdict, 'FAIL');
      assert.equal((await verifyByGateway(directory, 'ses_1')).verdict, 'FAIL');
    });
  }

  test('the end of the file cut within its last line fails', async () => {
    const directory = copy();
    writeFileSync(sessionFile(directory), readFileSync(sessionFile(directory)).subarray(0, -1));
    assert.equal((await verify(directory)).verdict, 'FAIL');
  });

  test('a changed one is named with its bytes, and all others are proven', async () => {
    const directory = copy();
    const text = linesOf(directory);
    text[3] = (text[3] as string).replace('"hasWhere":true', '"hasWhere":false');
    writeFileSync(sessionFile(directory), `${text.join('\n')}\n`);
    const report = await verify(directory);
    const from = offsetOf(text, 3);
    const place = { line: 4, from, to: from + Buffer.byteLength(text[3]) };
    assert.deepEqual(report.steps[4]?.findings, [
      { severity: 'fail', message: 'This line is not the one that was sealed. All others are.', ...place },
    ]);
    assert.deepEqual(
      report.steps[3]?.findings.map(({ message, line }) => [message, line]),
      [['This line was changed after it was recorded: line 5 holds the hash that it had.', 4]],
    );
  });
});

describe('a gateway that lies', () => {
  test('with evidence of another session fails', async () => {
    const report = await verifySession(await gatherEvidence(pristine, 'ses_2'), { session: 'ses_1' });
    assert.equal(report.verdict, 'FAIL');
    assert.equal(findings(report)[0]?.message, 'The entry is of another session, ses_2.');
  });

  test('with another key than the one that is known fails, and both are named', async () => {
    const other = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
    const report = await verify(pristine, 'ses_1', other);
    assert.equal(report.verdict, 'FAIL');
    assert.ok(findings(report)[0]?.message.includes(other));
    assert.ok(findings(report)[0]?.message.includes(verifierKey));
    assert.equal(report.steps[1]?.verdict, 'FAIL');
  });

  test('with an earlier head of a session that closed does not pass', async () => {
    const closed = await gatherEvidence(pristine, 'ses_3');
    const earlier = await gatherEvidence(join(pristine, '..', 'live'), 'ses_3');
    const report = await verifySession({ ...earlier, checkpoint: closed.checkpoint }, { session: 'ses_3' });
    assert.notEqual(report.verdict, 'PASS');
  });

  test('with a body of another line fails, and the line is named', async () => {
    const evidence = await gatherEvidence(pristine, 'ses_1');
    const lines = evidence.lines.map((line, i) =>
      i === 2 ? { ...line, salted: evidence.lines[4]?.salted ?? '' } : line,
    );
    const report = await verifySession({ ...evidence, lines }, { session: 'ses_1' });
    assert.deepEqual(
      findings(report).map(({ message, line }) => [message, line]),
      [['The body of this line is not the one that was recorded.', 3]],
    );
  });

  for (const [name, answer] of Object.entries({
    nothing: undefined,
    'a word': 'PASS',
    'lines that are none': { lines: [null], checkpoint: '', verifierKey: '' },
    'a proof that is none': {
      lines: [],
      checkpoint: '',
      verifierKey: '',
      entry: { index: 0, text: '{}', proof: ['x'] },
    },
    'empty texts': { lines: [], checkpoint: '', verifierKey: '' },
    'an index that is no place': { lines: [], checkpoint: 'a\n\nb\n', verifierKey: 'a+00000000+AQ==' },
  })) {
    test(`with ${name} fails, and nothing breaks`, async () => {
      assert.equal((await verifySession(answer, { session: 'ses_1' })).verdict, 'FAIL');
    });
  }
});

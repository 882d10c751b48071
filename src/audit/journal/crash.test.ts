import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { auditDirectory, openLog } from '../../../test/support/audit-log.ts';
import { findSession, readSession } from '../read/read-session.ts';
import { verifyDirectory } from '../verify/verify-directory.ts';

const WRITER = fileURLToPath(new URL('../../../test/support/audit-writer.ts', import.meta.url));

/** Lets a writer record until it has said `lines` things, then kills it, and returns all that it said. */
async function killAfter(directory: string, mode: string, seed: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, directory, mode, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return said;
}

/** What the recording of a session says: `asked` and `ended` with their exchanges, and the outcome of its close. */
async function recorded(directory: string, session: string): Promise<Set<string>> {
  const facts = new Set<string>();
  for await (const { event, body } of readSession(directory, session)) {
    if (event.kind === 'request') {
      const text = body();
      assert.equal(text.kind === 'bytes' && text.bytes.toString(), `SELECT ${session} ${event.exchange}`);
      facts.add(`asked ${session} ${event.exchange}`);
    } else if (event.kind === 'reply') facts.add(`ended ${session} ${event.exchange}`);
    else if (event.kind === 'gap') facts.add(`gap ${session} ${event.exchange}`);
    else if (event.kind === 'session.close') facts.add(`closed ${session} ${event.closing?.outcome}`);
  }
  return facts;
}

describe('a gateway that is killed', () => {
  for (const [mode, seed, kills] of [
    ['strict', 7, [5, 40, 200, 900]],
    ['batched', 11, [5, 60, 1500]],
  ] as const) {
    test(`again and again in mode ${mode}: the log passes, and holds all that was acknowledged`, async () => {
      const directory = auditDirectory(after);
      const said: string[] = [];
      for (const [round, lines] of kills.entries())
        said.push(...(await killAfter(directory, mode, seed + round, lines)));
      assert.equal((await verifyDirectory(directory)).verdict, 'INCOMPLETE');

      const log = await openLog(directory);
      await log[Symbol.asyncDispose]();
      const report = await verifyDirectory(directory);
      assert.deepEqual(report.findings, []);
      assert.equal(report.verdict, 'PASS');
      assert.equal(report.totals.runs, kills.length);
      assert.equal(report.totals.lostBodies, 0);

      for (const session of new Set(
        said.filter((line) => line.startsWith('session')).map((line) => line.split(' ')[1] ?? ''),
      )) {
        assert.ok(findSession(directory, session) !== undefined);
        const facts = await recorded(directory, session);
        const promised = said.filter((line) => line.split(' ')[1] === session && /^(asked|ended)/u.test(line));
        // Where nobody waits for the disk, what a kill may take is the last 50 ms.
        if (mode === 'strict') for (const line of promised) assert.ok(facts.has(line), line);
        for (const fact of facts) {
          const [what, , exchange] = fact.split(' ');
          if (what !== 'asked') continue;
          const ends = [`ended ${session} ${exchange}`, `gap ${session} ${exchange}`].filter((end) => facts.has(end));
          assert.equal(ends.length, 1, `${fact} has one end`);
        }
        const closed = said.includes(`closed ${session}`);
        if (closed) assert.ok(facts.has(`closed ${session} completed`));
        else assert.ok(facts.has(`closed ${session} gatewayFailed`) || facts.has(`closed ${session} completed`));
      }
    });
  }
});

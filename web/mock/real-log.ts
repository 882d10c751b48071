import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBundle } from '../../src/audit/log/tile-path.ts';
import { sessionEvidence } from '../../src/audit/read/session-evidence.ts';
import { verifyDirectory } from '../../src/audit/verify/verify-directory.ts';
import { aRun, aSession, ask, DENY, exchange, openLog } from '../../test/support/audit-log.ts';
import type { LogEntry, LogStatus, LogVerification } from '../src/api/types.ts';

const STATEMENTS = [
  'SELECT id, total FROM orders WHERE id = 7',
  'SELECT email FROM customers LIMIT 5',
  'BEGIN',
  'COMMIT',
];

/** Writes a log with these sessions, as a gateway writes it; the folder is gone when the process ends. */
export async function makeRealLog(sessions: readonly string[]) {
  const parent = mkdtempSync(join(tmpdir(), 'chaperone-mock-'));
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }));
  const directory = join(parent, 'audit');
  const log = await openLog(directory);
  const run = aRun('run_mock');
  await log.openRun(run, { tokenDigest: '11'.repeat(32), jwksDigest: '22'.repeat(32) });
  for (const id of sessions) {
    const session = await aSession(log, run, id);
    for (const [i, text] of STATEMENTS.entries()) await exchange(session, i + 1, text, `reply ${i}`);
    await ask(session, 9, 'DROP TABLE orders', DENY).refuse({ code: 'policy-denied', message: 'no' });
    await session.close('clientLeft');
    await log.note({ kind: 'policy.activated', detail: { digest: id.slice(-12).padEnd(64, '0') } });
  }
  await log.sync();
  const { verifierKey } = log;
  await log[Symbol.asyncDispose]();
  return reader(directory, verifierKey);
}

function reader(directory: string, verifierKey: string) {
  const file = (path: string) => join(directory, 'log', path);
  const checkpoint = readFileSync(file('checkpoint'), 'utf8');
  const [origin = '', size = '0', root = ''] = checkpoint.split('\n');
  const bundle = parseBundle(readFileSync(file(`tile/entries/000.p/${size}`))) ?? [];
  const all = bundle.map((bytes, index): LogEntry => {
    const text = bytes.toString();
    const { kind, at } = JSON.parse(text) as { kind: string; at: string };
    return { index, kind, at, text };
  });
  let verified: LogStatus['verified'];
  return {
    status: () => ({
      origin,
      size: Number(size),
      root: Buffer.from(root, 'base64').toString('hex'),
      checkpoint,
      verifierKey,
      ...(verified && { verified }),
    }),
    entries: (start: number, limit: number) => all.slice(start, start + limit),
    tile: (path: string) => (existsSync(file(path)) ? readFileSync(file(path)) : undefined),
    evidence: async (id: string) => {
      const evidence = sessionEvidence(directory, id, { bodies: true });
      if (evidence === undefined) return undefined;
      const lines: object[] = [];
      for await (const line of evidence.lines) lines.push(line);
      return { ...evidence, lines };
    },
    verify: async (): Promise<LogVerification> => {
      const report = await verifyDirectory(directory);
      const at = new Date().toISOString();
      verified = { at, verdict: report.verdict, by: 'ada' };
      const findings = report.findings.map(({ file: name, message }) => `${name}: ${message}`);
      return {
        verdict: report.verdict,
        at,
        findings,
        sessions: report.totals.sessions,
        entries: report.totals.logEntries,
      };
    },
  };
}

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../../test/support/audit-log.ts';
import { parseEvent } from '../audit-event.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { CompactRange, leafHash, verifyInclusion } from '../log/merkle.ts';
import { parseVerifierKey } from '../log/signed-note.ts';
import { findSession } from './read-session.ts';
import { type EvidenceLine, sessionEvidence } from './session-evidence.ts';

async function recorded(close: boolean) {
  const directory = auditDirectory(after);
  await using log = await openLog(directory);
  const run = aRun('run_1');
  await log.openRun(run, {});
  const session = await aSession(log, run, 'ses_1');
  for (let number = 1; number <= 3; number++) await exchange(session, number, `SELECT ${number}`, `row ${number}`);
  if (close) await session.close('completed');
  await log.sync();
  return directory;
}

async function evidenceOf(directory: string, bodies = true) {
  const evidence = sessionEvidence(directory, 'ses_1', { bodies });
  if (evidence === undefined) throw new Error('there is no session');
  const lines: EvidenceLine[] = [];
  for await (const line of evidence.lines) lines.push(line);
  return { ...evidence, lines };
}

describe('the evidence of a session', () => {
  test('leads from every body over its line and the entry of the log to the signed checkpoint', async () => {
    const { verifierKey, checkpoint, entry, lines } = await evidenceOf(await recorded(true));
    const verifier = parseVerifierKey(verifierKey);
    const signed = verifier && openCheckpoint(checkpoint, verifier.name, [verifier]);
    assert.ok(signed && entry);
    const leaf = leafHash(Buffer.from(entry.text));
    assert.equal(verifyInclusion(leaf, entry.index, signed.size, entry.proof, signed.root), true);
    const tree = new CompactRange();
    for (const { line, salted } of lines) {
      tree.append(leafHash(Buffer.from(line)));
      const body = parseEvent(Buffer.from(line))?.body;
      if (body === undefined) continue;
      const bytes = Buffer.concat([Buffer.of(1), Buffer.from(salted ?? '', 'base64')]);
      assert.equal(hash('sha256', bytes, 'hex'), body.digest);
    }
    const sealed = JSON.parse(entry.text) as { kind: string; root: string; size: string };
    assert.deepEqual([sealed.kind, sealed.size, sealed.root], ['session.close', String(lines.length), tree.root()]);
  });

  test('leaves bodies out for who may not read them, and says so', async () => {
    const { lines } = await evidenceOf(await recorded(true), false);
    assert.deepEqual(
      lines.map(({ salted, missing }) => [salted, missing]).filter(([, missing]) => missing !== undefined).length,
      7,
    );
    assert.ok(lines.every(({ salted }) => salted === undefined));
  });

  test('of a session that is altered is what stands on disk, so that whoever checks it finds it', async () => {
    const directory = await recorded(true);
    const path = findSession(directory, 'ses_1') ?? '';
    writeFileSync(path, readFileSync(path, 'utf8').replace('"exchange":2', '"exchange":9'));
    const { entry, lines } = await evidenceOf(directory);
    const tree = new CompactRange();
    for (const { line } of lines) tree.append(leafHash(Buffer.from(line)));
    assert.notEqual((JSON.parse(entry?.text ?? '{}') as { root: string }).root, tree.root());
    assert.equal(sessionEvidence(directory, 'ses_none', { bodies: true }), undefined);
  });
});

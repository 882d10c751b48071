import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aRun, auditDirectory, openLog } from '../../../test/support/audit-log.ts';
import { bundleOf, evidenceOf, unzipStored } from '../../../test/support/bundles.ts';
import { startTimestampAuthority, type TestTimestampAuthority } from '../../../test/support/timestamp-authority.ts';
import type { OpenAuditLog } from '../open-audit-log.ts';
import { fetchTimestamp } from './timestamp.ts';

const signature = Buffer.from('a signature');

async function aRunThatCloses(log: OpenAuditLog, id: string): Promise<void> {
  const run = aRun(id);
  await log.openRun(run, {});
  await log.closeRun(run.id, 'completed');
}

describe('a timestamp of RFC 3161', () => {
  let authority: TestTimestampAuthority;
  let directory: string;
  before(async () => {
    authority = await startTimestampAuthority();
    directory = mkdtempSync(join(tmpdir(), 'chaperone-timestamps-'));
  });
  after(async () => {
    rmSync(directory, { recursive: true, force: true });
    await authority?.[Symbol.asyncDispose]();
  });

  const ask = (url: string) =>
    fetchTimestamp({ url, signature, random: randomBytes, signal: AbortSignal.timeout(10_000) });
  /** As an auditor with openssl checks it; throws where it is not good. */
  const verify = (response: Uint8Array, data: Uint8Array): string => {
    const [tsr, file] = [join(directory, 'timestamp.tsr'), join(directory, 'data')];
    writeFileSync(tsr, response);
    writeFileSync(file, data);
    const args = ['ts', '-verify', '-in', tsr, '-data', file, '-CAfile', authority.rootFile];
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };

  test('is what openssl verifies over these bytes and no others', async () => {
    const { response, at } = await ask(authority.url);
    assert.match(verify(response, signature), /Verification: OK/);
    assert.throws(() => verify(response, Buffer.from('another signature')));
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
  });

  test('is not taken from an answer that was given before, nor from one that is no answer', async () => {
    const { response } = await ask(authority.url);
    let answer: Uint8Array = response;
    const server = createServer((_request, reply) => reply.end(answer)).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await assert.rejects(ask(url), /of another request/);
      answer = Buffer.from('<html>');
      await assert.rejects(ask(url));
      answer = Buffer.alloc(70_000);
      await assert.rejects(ask(url), /too much/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('that could not be had leaves evidence that says so, and is asked for again', async () => {
    await using log = await openLog(auditDirectory(after));
    await using evidence = evidenceOf(log, { timestampAuthorities: [authority] });
    authority.breakDown(true);
    await aRunThatCloses(log, 'run_1');
    await evidence.closed('run_1');
    const host = new URL(authority.url).host;
    assert.deepEqual((await evidence.state('run_1'))?.timestamps, [{ authority: host }]);
    authority.breakDown(false);
    await evidence.sweep();
    assert.equal((await evidence.state('run_1'))?.timestamps[0]?.at?.slice(0, 4), new Date().toISOString().slice(0, 4));
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    const { dsseEnvelope, verificationMaterial } = JSON.parse(String(files.get('statement.sigstore.json'))) as {
      dsseEnvelope: { signatures: { sig: string }[] };
      verificationMaterial: { timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] } };
    };
    const [timestamp] = verificationMaterial.timestampVerificationData.rfc3161Timestamps;
    const signed = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
    assert.match(verify(Buffer.from(timestamp?.signedTimestamp ?? '', 'base64'), signed), /Verification: OK/);
    assert.equal(String(files.get('trust/tsa.pem')).match(/BEGIN CERTIFICATE/g)?.length, 2);
  });
});

/** Bundles held against software that we did not write: sigstore's verifier, age, unzip, Python, sha256sum, openssl. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../../test/support/audit-log.ts';
import { bundleOf, evidenceOf, factsOf, POLICY_TEXT, unzipStored } from '../../../test/support/bundles.ts';
import { Secret } from '../../model/secret.ts';

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvOmFjbWUvc2hvcCJ9.c2lnbmF0dXJl';

describe('a bundle, read by others', () => {
  const audit = auditDirectory(after);
  let directory: string;
  let archive: string;
  let files: ReadonlyMap<string, Buffer>;
  /** What age prints of a new identity; the last line is its secret. */
  let identity: string;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'chaperone-interop-'));
    identity = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [, recipient = ''] = /public key: (age1\S+)/u.exec(identity) ?? [];
    await using log = await openLog(audit);
    await using evidence = evidenceOf(log, {
      auditors: [recipient],
      facts: {
        facts: (run) => Promise.resolve(factsOf(run, { token: new Secret(TOKEN), jwks: '{"keys":[]}' })),
        policy: () => Promise.resolve(POLICY_TEXT),
      },
    });
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'select 1', 'one');
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    const bytes = await bundleOf(evidence, 'run_1');
    archive = join(directory, 'run_1.evidence.zip');
    writeFileSync(archive, bytes);
    files = unzipStored(bytes);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, [...args], { cwd: directory, encoding: 'utf8' });

  /** Sigstore's own client library, with our key in its trusted material. */
  function verifyWithSigstore(statement: string): void {
    const bundle = bundleFromJSON(JSON.parse(statement));
    const key = createPublicKey(String(files.get('trust/statement.pub.pem')));
    const trusted = { mediaType: '', tlogs: [], certificateAuthorities: [], timestampAuthorities: [], ctlogs: [] };
    const material = toTrustMaterial(trusted, () => ({ publicKey: key, validFor: () => true }));
    new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
      toSignedEntity(bundle),
    );
  }

  test("is verified by sigstore's JavaScript client, and a changed statement is not", () => {
    const statement = String(files.get('statement.sigstore.json'));
    verifyWithSigstore(statement);
    const changed = JSON.parse(statement) as { dsseEnvelope: { payload: string } };
    const payload = Buffer.from(changed.dsseEnvelope.payload, 'base64').toString();
    changed.dsseEnvelope.payload = Buffer.from(payload.replace('"denied":0', '"denied":1')).toString('base64');
    assert.notEqual(JSON.stringify(changed), statement);
    assert.throws(() => verifyWithSigstore(JSON.stringify(changed)), /signature/i);
    const another = JSON.parse(statement) as { dsseEnvelope: { payloadType: string } };
    another.dsseEnvelope.payloadType = 'application/json';
    assert.throws(() => verifyWithSigstore(JSON.stringify(another)), /signature/i);
  });

  test("has a token that Debian's age opens with an auditor's identity, and with no other", () => {
    const sealed = join(directory, 'token.age');
    writeFileSync(sealed, files.get('identity/token.jws.age') ?? '');
    const own = join(directory, 'auditor.key');
    writeFileSync(own, identity);
    assert.equal(run('age', '--decrypt', '-i', own, sealed), TOKEN);
    const other = join(directory, 'other.key');
    writeFileSync(other, execFileSync('age-keygen', { stdio: ['ignore', 'pipe', 'ignore'] }));
    assert.equal(spawnSync('age', ['--decrypt', '-i', other, sealed]).status, 1);
    assert.equal(String(Buffer.concat([...files.values()])).includes(TOKEN), false);
  });

  test('is an archive to unzip and to Python, the same files in the same order', () => {
    assert.match(run('unzip', '-t', archive), /No errors detected/);
    const script =
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint("\\n".join(z.namelist()))';
    assert.deepEqual(run('/usr/bin/python3', '-c', script, archive).trim().split('\n'), [...files.keys()]);
    assert.deepEqual([...files.keys()].slice(0, 4), [
      'README.txt',
      'run-manifest.json',
      'statement.sigstore.json',
      'log/entries.jsonl',
    ]);
  });

  test('is checked by the commands of its README, as they stand there', () => {
    const unpacked = join(directory, 'unpacked');
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(unpacked, path)), { recursive: true });
      writeFileSync(join(unpacked, path), bytes);
    }
    const readme = readFileSync(join(unpacked, 'README.txt'), 'utf8');
    const shell = (from: RegExp, to: RegExp): string => {
      const commands = readme.slice(readme.search(from), readme.search(to)).split('\n');
      const script = commands.filter((line) => line.startsWith('   ')).filter((line) => !line.includes('Files that'));
      return execFileSync('bash', ['-euo', 'pipefail', '-c', script.join('\n')], { cwd: unpacked, encoding: 'utf8' });
    };
    const listed = shell(/^1\. /mu, /^ {3}Files that/mu);
    assert.deepEqual(listed.match(/: OK$/gmu)?.length, listed.trim().split('\n').length);
    assert.ok(listed.includes('sessions/ses_1.jsonl: OK'));
    const signed = shell(/^2\. /mu, /^ {3}or, with cosign/mu);
    assert.match(signed, /^Verified OK\n([0-9a-f]{64})\n\1 {2}run-manifest\.json\n$/u);
  });
});

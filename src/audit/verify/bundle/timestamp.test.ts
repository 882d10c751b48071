/** Timestamps by `openssl ts`, as authorities make them, and as they must not be. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { startTimestampAuthority } from '../../../../test/support/timestamp-authority.ts';
import {
  firstReason,
  ownFiles,
  refusal,
  UnpackedBundle,
  verifyBytes,
} from '../../../../test/support/unpacked-bundle.ts';
import { BUNDLE } from '../../bundle/manifest.ts';
import { canonicalJson, type Json } from '../../canonical-json.ts';
import { readCertificateFile } from './certificates.ts';
import { verifyTimestamp } from './timestamp.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-timestamp-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const CONFIG = `
[tsa]
default_tsa = one
[one]
serial = ./serial
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
ess_cert_id_chain = no
[good]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
[uncritical]
extendedKeyUsage = timeStamping
[two]
extendedKeyUsage = critical, timeStamping, codeSigning
[authority]
basicConstraints = critical, CA:TRUE
[leaf]
basicConstraints = critical, CA:FALSE
`;
const SIGNED = Buffer.from('a signature of a statement');

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', [...args], { cwd: directory, stdio: 'ignore' });
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'];
const RSA = ['-newkey', 'rsa:2048'];

/** Makes `<name>.pem` and `<name>.key`, issued by `issuer`. */
function certificate(name: string, issuer: string, extensions: string, key: readonly string[] = CURVE): void {
  openssl('req', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  const signing = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', '30'];
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signing,
    '-extfile',
    'ts.cnf',
    '-extensions',
    extensions,
    '-out',
    `${name}.pem`,
  );
}

interface Wanted {
  readonly signer?: string;
  readonly chain?: string;
  readonly imprint?: string;
  readonly digest?: string;
  readonly withCertificates?: boolean;
}

function stamp({
  signer = 'tsa',
  chain,
  imprint = 'sha256',
  digest = 'sha256',
  withCertificates = true,
}: Wanted = {}): Buffer {
  writeFileSync(join(directory, 'data'), SIGNED);
  const cert = withCertificates ? ['-cert'] : [];
  openssl('ts', '-query', '-data', 'data', `-${imprint}`, ...cert, '-out', 'q.tsq');
  const by = ['-signer', `${signer}.pem`, '-inkey', `${signer}.key`, `-${digest}`];
  const more = chain === undefined ? [] : ['-chain', `${chain}.pem`];
  openssl(
    'ts',
    '-reply',
    '-config',
    'ts.cnf',
    '-section',
    'one',
    '-queryfile',
    'q.tsq',
    ...by,
    ...more,
    '-out',
    'r.tsr',
  );
  return readFileSync(join(directory, 'r.tsr'));
}

function writeResponse(response: Buffer): string {
  writeFileSync(join(directory, 'response.tsr'), response);
  return 'response.tsr';
}

function trusted(...names: readonly string[]) {
  const certificates = readCertificateFile(
    Buffer.concat(names.map((name) => readFileSync(join(directory, `${name}.pem`)))),
  );
  if (typeof certificates === 'string') throw new Error(certificates);
  return certificates;
}

describe('a timestamp', () => {
  before(() => {
    writeFileSync(join(directory, 'ts.cnf'), CONFIG);
    writeFileSync(join(directory, 'serial'), '01\n');
    openssl(
      'req',
      '-x509',
      ...CURVE,
      '-nodes',
      '-keyout',
      'root.key',
      '-out',
      'root.pem',
      '-days',
      '30',
      '-subj',
      '/CN=root',
    );
    openssl(
      'req',
      '-x509',
      ...CURVE,
      '-nodes',
      '-keyout',
      'other.key',
      '-out',
      'other.pem',
      '-days',
      '30',
      '-subj',
      '/CN=root',
    );
    certificate('middle', 'root', 'authority');
    certificate('no-authority', 'root', 'leaf');
    certificate('tsa', 'root', 'good');
    certificate('rsa', 'root', 'good', RSA);
    certificate('below', 'middle', 'good');
    certificate('under-a-leaf', 'no-authority', 'good');
    certificate('uncritical', 'root', 'uncritical');
    certificate('two', 'root', 'two');
  });

  const good: Readonly<Record<string, readonly [wanted: Wanted, trust: readonly string[]]>> = {
    'by an elliptic key, under a root': [{}, ['root']],
    'by RSA': [{ signer: 'rsa' }, ['root']],
    'over SHA-512, signed over SHA-384': [{ imprint: 'sha512', digest: 'sha384' }, ['root']],
    'under an authority that another certified': [{ signer: 'below', chain: 'middle' }, ['root']],
    'whose own certificate is trusted': [{}, ['tsa']],
    'that holds no certificate, where the verifier has it': [{ withCertificates: false }, ['tsa', 'root']],
  };
  for (const [name, [wanted, trust]] of Object.entries(good)) {
    test(`${name} gives its time`, async () => {
      const before_ = Math.floor(Date.now() / 1000) * 1000;
      const time = await verifyTimestamp(stamp(wanted), SIGNED, trusted(...trust));
      assert.ok(typeof time !== 'string', refusal(time));
      assert.ok(time.ms >= before_ && time.ms <= Date.now(), String(time.ms));
    });
  }

  const bad: Readonly<Record<string, readonly [wanted: Wanted, trust: readonly string[], reason: RegExp]>> = {
    'of an authority that is not trusted': [{}, ['other'], /leads to no certificate that you trust/],
    'without a certificate, where the verifier has none': [
      { withCertificates: false },
      ['root'],
      /neither in it nor among/,
    ],
    'under a certificate that may certify nobody': [
      { signer: 'under-a-leaf', chain: 'no-authority' },
      ['root'],
      /leads to no certificate that you trust/,
    ],
    'over SHA-1': [{ imprint: 'sha1' }, ['root'], /algorithm that is not accepted/],
  };
  for (const [name, [wanted, trust, reason]] of Object.entries(bad)) {
    test(`${name} is not believed`, async () => {
      const response = stamp(wanted);
      assert.match(refusal(await verifyTimestamp(response, SIGNED, trusted(...trust))), reason);
    });
  }

  test('of a certificate that is not for timestamps alone, or does not insist on it, is not believed', async () => {
    // openssl's own authority refuses such certificates, so the time is signed as any content is.
    openssl('ts', '-reply', '-in', writeResponse(stamp()), '-token_out', '-out', 'token.der');
    const options = ['-inform', 'DER', '-noverify', '-binary'];
    openssl('cms', '-verify', ...options, '-in', 'token.der', '-out', 'info.der');
    for (const [signer, expected] of [
      ['tsa', 'it was accepted'],
      ['two', 'its certificate is not one for timestamps alone'],
      ['uncritical', 'its certificate is not one for timestamps alone'],
      ['middle', 'its certificate is not one for timestamps alone'],
    ] as const) {
      const by = ['-signer', `${signer}.pem`, '-inkey', `${signer}.key`, '-cades', '-nodetach', '-md', 'sha256'];
      const content = ['-econtent_type', '1.2.840.113549.1.9.16.1.4', '-binary', '-outform', 'DER'];
      openssl('cms', '-sign', '-in', 'info.der', ...by, ...content, '-out', 'forged.der');
      const forged = readFileSync(join(directory, 'forged.der'));
      assert.equal(refusal(await verifyTimestamp(forged, SIGNED, trusted('root'))), expected, signer);
    }
  });

  test('over another signature is not believed', async () => {
    assert.match(refusal(await verifyTimestamp(stamp(), Buffer.from('another'), trusted('root'))), /something else/);
  });

  test('with any byte changed is not believed, or says the same', async () => {
    const response = stamp();
    const whole = await verifyTimestamp(response, SIGNED, trusted('root'));
    let refused = 0;
    for (let at = 0; at < response.length; at += 7) {
      const flipped = Buffer.from(response);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const time = await verifyTimestamp(flipped, SIGNED, trusted('root')).catch(refusal);
      if (typeof time === 'string') refused++;
      else assert.deepEqual(time, whole, `byte ${at}`);
    }
    assert.ok(refused > response.length / 7 / 2, `${refused} of ${response.length} bytes`);
  });

  test('that is cut, or no timestamp, is said to be none', async () => {
    const response = stamp();
    for (const bytes of [
      response.subarray(0, -1),
      Buffer.alloc(0),
      Buffer.from('3080', 'hex'),
      Buffer.from('<html>'),
    ]) {
      assert.match(refusal(await verifyTimestamp(bytes, SIGNED, trusted('root'))), /no RFC 3161 timestamp in DER/);
    }
  });
});

describe('a bundle that an authority stamped', () => {
  let made: MadeBundle;
  let certificates: Buffer;

  before(async () => {
    await using authority = await startTimestampAuthority();
    certificates = Buffer.from(authority.certificates);
    await using world = await bundleWorld(join(directory, 'world'), { timestampAuthorities: [authority] });
    await world.makeRun('run_1');
    made = await world.bundle('run_1');
  });

  test('passes by the certificates of the verifier, with the time', async () => {
    const report = await verifyBytes(made.bytes, { ...ownFiles(made), tsa: certificates });
    assert.equal(firstReason(report), '');
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.timestamps.length, 1);
    assert.equal(report.steps.at(-1)?.verdict, 'PASS');
  });

  test('fails by certificates of another authority, and says nothing of time without any', async () => {
    const tsa = readFileSync(join(directory, 'other.pem'));
    const report = await verifyBytes(made.bytes, { ...ownFiles(made), tsa });
    assert.equal(report.verdict, 'FAIL');
    assert.match(firstReason(report), /leads to no certificate that you trust/);
    const without = await verifyBytes(made.bytes, ownFiles(made));
    assert.equal(without.verdict, 'PASS');
    assert.deepEqual(without.timestamps, []);
  });

  test('fails where another statement’s timestamp stands beside the good one, whoever is trusted', async () => {
    const bundle = await UnpackedBundle.of(made.bytes);
    bundle.edit(BUNDLE.statement, (text) =>
      text.replace('"rfc3161Timestamps":[', `$&{"signedTimestamp":"${stamp().toString('base64')}"},`),
    );
    const bytes = await bundle.pack();
    for (const files of [ownFiles(made), { ...ownFiles(made), tsa: certificates }]) {
      const report = await verifyBytes(bytes, files);
      assert.equal(report.verdict, 'FAIL');
      assert.match(report.steps.at(-1)?.findings.at(-1)?.message ?? '', /something else than the signature/);
    }
  });

  test("fails with another statement's timestamp", async () => {
    const bundle = await UnpackedBundle.of(made.bytes);
    const other = stamp().toString('base64');
    bundle.edit(BUNDLE.statement, (text) => {
      const statement = JSON.parse(text) as { verificationMaterial: { timestampVerificationData: unknown } };
      statement.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: other }] };
      return canonicalJson(statement as unknown as Json);
    });
    const report = await verifyBytes(await bundle.pack(), { ...ownFiles(made), tsa: certificates });
    assert.equal(report.verdict, 'FAIL');
    assert.match(firstReason(report), /something else than the signature/);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCertificateAuthority } from './certificates.ts';
import { evidenceSchema, readEvidenceConfig } from './evidence-config.ts';

const [, RECIPIENT = ''] =
  /public key: (age1\S+)/u.exec(
    execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) ?? [];

test('an auditor is a recipient of age, and one that is none is refused with its place', () => {
  assert.ok(evidenceSchema.safeParse({ auditors: [RECIPIENT] }).success);
  const [letter] = RECIPIENT.slice(-1);
  const mistyped = `${RECIPIENT.slice(0, -1)}${letter === 'q' ? 'p' : 'q'}`;
  for (const wrong of [mistyped, 'age1x', 'ssh-ed25519 AAAA', '']) {
    const { error } = evidenceSchema.safeParse({ auditors: [RECIPIENT, wrong] });
    assert.deepEqual(error?.issues[0]?.path, ['auditors', 1], wrong);
    assert.match(error.issues[0]?.message ?? '', /no age recipient/);
  }
  assert.equal(evidenceSchema.safeParse({ auditor: [] }).success, false);
});

test("of an authority's file the certificates are kept and nothing else, and a file without any is refused", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-evidence-'));
  try {
    const { certificate } = await openCertificateAuthority(directory, Date.now());
    const given = { timestamps: [{ url: 'https://tsa.example/', certificates: 'tsa.pem' }] };
    const [authority] = readEvidenceConfig(given, () => `not for others\n${certificate}\nnor this`).timestamps;
    assert.equal(authority?.certificates.trim(), certificate.trim());
    assert.throws(() => readEvidenceConfig(given, () => 'nothing'), /tsa\.pem holds no certificates in PEM/);
    const broken = certificate.replace(/[A-Za-z]{8}/g, 'AAAAAAAA').replaceAll('AAAAAAAA CERT', 'BEGIN CERT');
    assert.throws(() => readEvidenceConfig(given, () => broken), /holds no certificates/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('without a word about it a job gets no bodies', () => {
  assert.deepEqual(readEvidenceConfig(undefined, String), { auditors: [], timestamps: [], bodiesForJobs: false });
  assert.equal(readEvidenceConfig({ bodiesForJobs: 'included' }, String).bodiesForJobs, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../model/limits.ts';
import { DETECTORS } from './detectors/detectors.ts';
import { Findings } from './findings.ts';
import { maskFreeText } from './mask-content.ts';
import { StreamMasker } from './stream-masker.ts';

const FINDINGS = new Findings(DETECTORS);
const PEM = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(3)}-----END PRIVATE KEY-----`;

function whole(text: string): string {
  const bytes = Buffer.from(text);
  return (maskFreeText(FINDINGS, bytes, 0, bytes.length, () => {}) ?? bytes).toString();
}

/** Each chunk in a buffer that is overwritten afterwards, as a socket's read buffer is. */
function streamed(chunks: readonly Buffer[]): string {
  const masker = new StreamMasker(FINDINGS);
  const out: Buffer[] = [];
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    out.push(Buffer.from(masker.push(reused)));
    reused.fill('!');
  }
  return Buffer.concat([...out, masker.flush()]).toString();
}

const SAMPLE = [
  'Ada <ada@example.com> paid with 4111 1111 1111 1111',
  'IBAN DE89 3704 0044 0532 0130 00, call +44 20 7946 0958 or 415-555-2671',
  `key: ${PEM} and more`,
  'postgres://app:s3cret@db/main from 10.1.2.3 \\u0040 jürgen@example.de',
  '078-05-1120',
  '$ ',
].join('\n');

test('a finding that a chunk’s end cuts is found, at every place that it may be cut', () => {
  const bytes = Buffer.from(SAMPLE);
  const expected = whole(SAMPLE);
  assert.doesNotMatch(expected, /ada@|4111|DE89|7946|2671|MIIE|s3cret|10\.1|jürgen|1120/);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.equal(streamed([bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`);
  }
});

test('text that arrives byte by byte is masked as if it had arrived whole', () => {
  assert.equal(streamed(Array.from(Buffer.from(SAMPLE), (byte) => Buffer.from([byte]))), whole(SAMPLE));
});

test('any text in any chunks is masked as if it had arrived whole', () => {
  const piece = fc.constantFrom(
    'ada@example.com',
    '4111 1111 1111 1111',
    '415-555-2671',
    PEM,
    '-----BEGIN PRIVATE KEY-----\n',
    '-----END PRIVATE KEY-----',
    'secret ',
    '"a b"@c.org',
    ' ',
    '\n',
    '\r\n',
    'a',
    '1',
    '-',
    '.',
    'é',
  );
  const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts, fc.array(fc.nat(400), { maxLength: 6 }), (text, sizes) => {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      let at = 0;
      for (const size of sizes) chunks.push(bytes.subarray(at, (at += size)));
      chunks.push(bytes.subarray(at));
      assert.equal(streamed(chunks), whole(text));
    }),
    { numRuns: 3_000 },
  );
});

test('whole lines are let go at once, and only the last one is held', () => {
  const masker = new StreamMasker(FINDINGS);
  assert.equal(masker.push(Buffer.from('one\ntwo\nthr')).toString(), 'one\ntwo\n');
  assert.equal(masker.push(Buffer.from('ee\n')).toString(), 'three\n');
  assert.equal(masker.push(Buffer.from('$ ')).toString(), '');
  assert.equal(masker.flush().toString(), '$ ');
  assert.equal(masker.flush().toString(), '');
});

test('a key without an end is held no longer than keys are', () => {
  const masker = new StreamMasker(FINDINGS);
  let out = masker.push(Buffer.from('-----BEGIN PRIVATE KEY-----\n')).toString();
  for (let i = 0; i < LIMITS.maxPrivateKeyBytes / 64 + 2; i++)
    out += masker.push(Buffer.alloc(64, 'M'.repeat(63).concat('\n')));
  assert.match(out, /^\[redacted\]M{0,63}\nM{63}\n/);
});

test('a line that is too long to be held is let go in pieces, without the findings in it', () => {
  const filler = 'some words of a long line, '.repeat(100);
  let text = '';
  while (text.length < LIMITS.maxHeldStreamBytes * 3) text += `${filler}ada@example.com `;
  const chunks = (
    Buffer.from(text)
      .toString('latin1')
      .match(/[^]{1,1000}/g) ?? []
  ).map((chunk) => Buffer.from(chunk));
  assert.equal(streamed(chunks), whole(text));
  const masker = new StreamMasker(FINDINGS);
  let held = 0;
  for (const chunk of chunks) {
    held += chunk.length - masker.push(chunk).length;
    assert.ok(held <= LIMITS.maxHeldStreamBytes + 2_000);
  }
});

test('a finding longer than what may be held is replaced once, and dropped to its end', () => {
  const token = `sk-ant-${'a1B2'.repeat(LIMITS.maxHeldStreamBytes)}`;
  const chunks = (`${token} and on`.match(/.{1,4096}/g) ?? []).map((chunk) => Buffer.from(chunk));
  assert.equal(streamed(chunks), '[redacted] and on');
});

test('what was found is counted', () => {
  const masker = new StreamMasker(FINDINGS);
  masker.push(Buffer.from('a@b.org c@d.o'));
  masker.push(Buffer.from('rg\n'));
  assert.deepEqual(masker.counts(), [{ by: 'detector', name: 'email', count: 2 }]);
});

test('a pause in the middle of a finding shows nothing of it, at every place where it may be', () => {
  const leaks: string[] = [];
  const secrets = ['ada@example.com', '4111 1111 1111 1111', 's3cret@db', 'jürgen@example.de', 'MIIEvQIBADANBgkq'];
  const bytes = Buffer.from(SAMPLE);
  const masked = whole(SAMPLE);
  for (let at = 1; at < bytes.length; at++) {
    const masker = new StreamMasker(FINDINGS);
    const first = Buffer.concat([masker.push(bytes.subarray(0, at)), masker.settle()]).toString();
    const all = first + Buffer.concat([masker.push(bytes.subarray(at)), masker.flush()]).toString();
    if (secrets.some((secret) => all.includes(secret))) leaks.push(`${at}: ${all}`);
    if (!/call|044|7946|555/.test(SAMPLE.slice(Math.max(0, at - 24), at + 24)) && all !== masked)
      leaks.push(`${at}= ${all}`);
  }
  assert.deepEqual(leaks, []);
});

test('a prompt is let go at a pause, and what may be the beginning of something is not', () => {
  const shown = (text: string): string => {
    const masker = new StreamMasker(FINDINGS);
    return Buffer.concat([masker.push(Buffer.from(text)), masker.settle()]).toString();
  };
  assert.equal(shown('Continue? [y/N] '), 'Continue? [y/N] ');
  assert.equal(shown('root# '), 'root# ');
  assert.equal(shown('mail ada'), 'mail ');
  assert.equal(shown('paid with 4111 1111 '), 'paid with');
  assert.equal(shown('-----BEGIN PRIVATE KEY-----\nMII'), '');
});

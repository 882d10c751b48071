import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { refusal } from '../../../../test/support/unpacked-bundle.ts';
import { cosign, cosignerKey, encodeCosignerKey } from '../../log/cosignature.ts';
import { encodeVerifierKey, signNote } from '../../log/signed-note.ts';
import { nodeEngine } from '../node-engine.ts';
import { openCheckpoint } from './checkpoint.ts';
import { openNote, parseVerifierKey } from './signed-note.ts';
import { isQuorum, parsePolicy, type TrustPolicy } from './trust-policy.ts';

/** The example of golang.org/x/mod/sumdb/note. */
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

describe('a signed note', () => {
  test('of the reference implementation opens by its key', async () => {
    const key = await parseVerifierKey(nodeEngine, VKEY);
    assert.ok(key !== undefined);
    const opened = await openNote(NOTE, [key]);
    assert.ok(typeof opened !== 'string', refusal(opened));
    assert.equal(opened.text, NOTE.slice(0, NOTE.indexOf('\n\n') + 1));
    assert.deepEqual(
      opened.signatures.map((one) => one.key.name),
      ['PeterNeumann'],
    );
  });

  test('with a changed text, or no signature by a known key, does not open', async () => {
    const key = (await parseVerifierKey(nodeEngine, VKEY)) ?? assert.fail();
    assert.match(
      refusal(await openNote(NOTE.replace('answer', 'Answer'), [key])),
      /signature of PeterNeumann is wrong/,
    );
    assert.match(refusal(await openNote(NOTE.replace('— Peter', '— Pieter'), [key])), /no known key signed it/);
    assert.match(refusal(await openNote(NOTE.trimEnd(), [key])), /no signed note/);
    assert.match(refusal(await openNote(NOTE.replace('x08go', 'x08g=o'), [key])), /malformed/);
    assert.match(refusal(await openNote(NOTE.replace('If', 'I\tf'), [key])), /control characters/);
  });

  test('key is read only where its id is its own', async () => {
    for (const wrong of [
      VKEY.replace('c74f20a3', 'c74f20a4'),
      VKEY.replace('PeterNeumann', 'PeterNeuman'),
      VKEY.replace('+ARpc', '+AhPc'),
      `${VKEY}=`,
      VKEY.slice(0, -1),
      VKEY.replace('c74f20a3', 'C74F20A3'),
      '',
    ]) {
      assert.equal(await parseVerifierKey(nodeEngine, wrong), undefined, wrong);
    }
  });
});

const ORIGIN = 'gateway.example/log';
const log = generateKeyPairSync('ed25519');
const LOG = encodeVerifierKey(ORIGIN, log.publicKey);
const names = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'];
const pairs = names.map((_, i) => (i === 5 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519')));
const vkeys = pairs.map(({ publicKey }, i) => encodeCosignerKey(cosignerKey(`w${i}.example`, publicKey)));
const EXAMPLE = `log ${LOG}

witness X1 ${vkeys[0]}
witness X2 ${vkeys[1]}
  witness\tX3  ${vkeys[2]} https://x3.example/
group X-witnesses 2 X1 X2 X3

# other people
witness Y1 ${vkeys[3]}
witness Y2 ${vkeys[4]}
witness Y3 ${vkeys[5]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

async function parse(text: string): Promise<TrustPolicy | string> {
  return await parsePolicy(nodeEngine, Buffer.from(text));
}

describe('a trust policy (C2SP tlog-policy)', () => {
  test("of the specification's example wants two of the first group and one of the second", async () => {
    const policy = await parse(EXAMPLE);
    assert.ok(typeof policy !== 'string', refusal(policy));
    const holds = (...wanted: readonly number[]) =>
      isQuorum(policy.quorum, new Set(wanted.map((i) => policy.witnesses[i] ?? assert.fail())));
    assert.ok(holds(0, 1, 3));
    assert.ok(holds(0, 2, 5));
    assert.ok(!holds(0, 3, 4, 5));
    assert.ok(!holds(0, 1, 2));
    assert.ok(!holds());
  });

  test('opens a checkpoint with that quorum, of Ed25519 and ML-DSA-44, and none with less', async () => {
    const policy = await parse(EXAMPLE);
    assert.ok(typeof policy !== 'string');
    const text = `${ORIGIN}\n8\nXcncgnlqcKmpVZy3Ads5oquduCOq0vSWDP43Dv9GBDI=\n`;
    const note = signNote(text, { name: ORIGIN, key: log.privateKey });
    const line = (i: number) =>
      cosign(text, { name: `w${i}.example`, key: pairs[i]?.privateKey as KeyObject }, 1_679_315_147);
    const opened = await openCheckpoint(note + line(0) + line(2) + line(5), policy, Date.now());
    assert.ok(typeof opened !== 'string', refusal(opened));
    assert.deepEqual(
      { origin: opened.origin, size: opened.size, witnesses: opened.witnesses.map(({ name }) => name) },
      { origin: ORIGIN, size: 8, witnesses: ['w0.example', 'w2.example', 'w5.example'] },
    );
    assert.match(refusal(await openCheckpoint(note + line(0) + line(5), policy, Date.now())), /did not all cosign/);
    const forged = line(5).replace(/.{8}\n$/u, 'AAAAAAA=\n');
    assert.match(
      refusal(await openCheckpoint(note + line(0) + line(2) + forged, policy, Date.now())),
      /w5.example is wrong/,
    );
  });

  const wrong: Readonly<Record<string, readonly [policy: string, reason: RegExp]>> = {
    'no quorum': [`log ${LOG}\n`, /no quorum line/],
    'two quorums': [`quorum none\nquorum none\n`, /line 2: there are two/],
    'no final newline': ['quorum none', /does not end in a newline/],
    CRLF: ['quorum none\r\n', /control characters/],
    'a line of another kind': ['quorum none\nallow all\n', /line 2: there is no line "allow"/],
    'a log twice': [`log ${LOG}\nlog ${LOG}\nquorum none\n`, /stands in the policy twice/],
    'a log under another name': [
      `log ${LOG}\nlog ${encodeVerifierKey('other', log.publicKey)}\nquorum none\n`,
      /stands in the policy twice/,
    ],
    'a witness twice': [`witness a ${vkeys[0]}\nwitness b ${vkeys[0]}\nquorum none\n`, /one witness under two names/],
    'two witnesses of one name': [`witness a ${vkeys[0]}\nwitness a ${vkeys[1]}\nquorum none\n`, /stands twice/],
    'a witness called none': [`witness none ${vkeys[0]}\nquorum none\n`, /none is taken/],
    "a log's key as a witness": [`witness a ${LOG}\nquorum a\n`, /not one for cosignatures/],
    "a witness's key as a log": [`log ${vkeys[0]}\nquorum none\n`, /is one of a witness/],
    "a witness with the log's own key": [
      `log ${LOG}\nwitness a ${encodeCosignerKey(cosignerKey('w', log.publicKey))}\nquorum a\n`,
      /no witness of itself/,
    ],
    'a group of nobody': ['group g any\nquorum g\n', /takes a name, a number/],
    'a group of somebody later': [`group g any a\nwitness a ${vkeys[0]}\nquorum g\n`, /"a" is not defined above/],
    'a member of two groups': [
      `witness a ${vkeys[0]}\ngroup g any a\ngroup h any a\nquorum g\n`,
      /"a" is a member twice/,
    ],
    'none as a member': ['group g any none\nquorum g\n', /"none" is not defined/],
    'more than there are': [`witness a ${vkeys[0]}\ngroup g 2 a\nquorum g\n`, /a group of 1 cannot want "2"/],
    'zero of them': [`witness a ${vkeys[0]}\ngroup g 0 a\nquorum g\n`, /cannot want "0"/],
    'a leading zero': [`witness a ${vkeys[0]}\ngroup g 01 a\nquorum g\n`, /cannot want "01"/],
    'a quorum that is not there': ['quorum g\n', /"g" is not defined above/],
    'a key that is none': ['log gateway\nquorum none\n', /no verifier key/],
  };
  for (const [name, [policy, reason]] of Object.entries(wrong)) {
    test(`is refused for ${name}`, async () => assert.match(refusal(await parse(policy)), reason));
  }
});

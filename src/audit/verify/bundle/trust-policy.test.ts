import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { refusal } from '../../../../test/support/unpacked-bundle.ts';
import { cosign, cosignerKey, encodeCosignerKey } from '../../log/cosignature.ts';
import { encodeVerifierKey, signNote } from '../../log/signed-note.ts';
import { nodeEngine } from '../node-engine.ts';
import { openCheckpoint } from './checkpoint.ts';
import { openNote, parseVerifierKey } from './signed-note.ts';
import { parsePolicy, type TrustPolicy } from './trust-policy.ts';

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

  test('is refused with what is wrong with it', async () => {
    assert.match(refusal(await parse('quorum g\n')), /^line 1: nothing is named "g"/);
  });
});

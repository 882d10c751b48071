import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { cosign, cosignerKey, encodeCosignerKey, openCosignatures, parseCosignerKey } from './cosignature.ts';
import { noteVerifier, openNote, signNote } from './signed-note.ts';

const log = generateKeyPairSync('ed25519');
const ORIGIN = 'gateway.example/log';
const TEXT = `${ORIGIN}\n8\nXcncgnlqcKmpVZy3Ads5oquduCOq0vSWDP43Dv9GBDI=\n`;
const NOTE = signNote(TEXT, { name: ORIGIN, key: log.privateKey });
const TIME = 1_679_315_147;

function witness(name: string, kind: 'ed25519' | 'ml-dsa-44' = 'ed25519') {
  const { privateKey, publicKey } = kind === 'ed25519' ? generateKeyPairSync(kind) : generateKeyPairSync(kind);
  return { signer: { name, key: privateKey }, known: cosignerKey(name, publicKey) };
}

for (const kind of ['ed25519', 'ml-dsa-44'] as const) {
  describe(`cosignatures by ${kind}`, () => {
    const { signer, known } = witness('witness.example/w1', kind);
    const line = cosign(TEXT, signer, TIME);

    test('what was cosigned is what is opened, with its time', () => {
      const found = openCosignatures(NOTE + line, [known]);
      assert.deepEqual(
        found?.map(({ by, time }) => [by.name, time]),
        [['witness.example/w1', TIME]],
      );
      assert.equal(found?.[0]?.line, line);
      assert.deepEqual(openNote(NOTE + line, [noteVerifier(ORIGIN, log.publicKey)])?.signers, [ORIGIN]);
    });

    test('its verifier key is read as it was written, and refused with another id', () => {
      const vkey = encodeCosignerKey(known);
      const read = parseCosignerKey(vkey);
      assert.equal(read?.name, 'witness.example/w1');
      assert.equal(read?.type, kind === 'ed25519' ? 4 : 6);
      assert.ok(read?.key.equals(known.key));
      const [name, id = '', key] = vkey.split(/\+(?=[0-9a-f]{8}\+)|(?<=\+[0-9a-f]{8})\+/u);
      assert.equal(parseCosignerKey([name, id === '00000000' ? '00000001' : '00000000', key].join('+')), undefined);
    });

    test('another text, time or key is no cosignature of it', () => {
      const elsewhere = TEXT.replace('\n8\n', '\n9\n');
      const other = signNote(elsewhere, { name: ORIGIN, key: log.privateKey });
      assert.equal(openCosignatures(other + line, [known]), undefined);
      const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
      bytes.writeUInt8((bytes[11] ?? 0) ^ 1, 11);
      assert.equal(openCosignatures(`${NOTE}— ${known.name} ${bytes.toString('base64')}\n`, [known]), undefined);
      assert.deepEqual(openCosignatures(NOTE + line, [witness(known.name, kind).known]), []);
    });

    test('a cosignature without a time, or twice, counts for nothing', () => {
      assert.equal(openCosignatures(NOTE + cosign(TEXT, signer, 0), [known]), undefined);
      assert.equal(openCosignatures(NOTE + line + line, [known]), undefined);
    });
  });
}

describe('cosigner keys', () => {
  test('a log’s own key is no cosigner’s, nor is a curve that the specification has not', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    assert.throws(() => cosignerKey('w', publicKey), RangeError);
    assert.equal(parseCosignerKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'), undefined);
  });

  test('one key has another id for each name and each type', () => {
    const key = createPublicKey(log.privateKey);
    assert.notEqual(cosignerKey('a', key).id, cosignerKey('b', key).id);
    assert.notEqual(cosignerKey(ORIGIN, key).id, noteVerifier(ORIGIN, key).id);
  });
});

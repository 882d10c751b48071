import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { EMPTY_ROOT } from '../c2sp/tree-proofs.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { encodeVerifierKey, noteVerifier, openNote, parseVerifierKey, signNote } from './signed-note.ts';

/** The example of golang.org/x/mod/sumdb/note, which the C2SP specification uses too. */
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const origin = 'gateway.example/log';
const verifier = noteVerifier(origin, publicKey);

describe('signed notes', () => {
  test('the example of the specification verifies', () => {
    const known = parseVerifierKey(VKEY);
    assert.ok(known !== undefined);
    assert.deepEqual(openNote(NOTE, [known])?.signers, ['PeterNeumann']);
    assert.equal(encodeVerifierKey('PeterNeumann', known.key), VKEY);
  });

  test('the example of the C2SP text verifies, and its key encodes as it stands there', () => {
    const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const known = parseVerifierKey(vkey);
    assert.ok(known !== undefined);
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    assert.deepEqual(openNote(note, [known])?.signers, ['example.com/foo']);
    assert.equal(encodeVerifierKey('example.com/foo', known.key), vkey);
  });

  test('a note with a control character, or with more than 64 signatures, is none', () => {
    assert.equal(openNote(signNote('a\tb\n', { name: origin, key: privateKey }), [verifier]), undefined);
    const note = signNote('hello\n', { name: origin, key: privateKey });
    const foreign = (count: number) => `— other.example ${Buffer.alloc(68, 7).toString('base64')}\n`.repeat(count);
    assert.deepEqual(openNote(note + foreign(63), [verifier])?.signers, [origin]);
    assert.equal(openNote(note + foreign(64), [verifier]), undefined);
  });

  test('two keys of one name may both sign, as they do while one takes the place of the other', () => {
    const note = signNote('hello\n', { name: origin, key: privateKey });
    const second = signNote('hello\n', { name: origin, key: other.privateKey }).split('\n\n')[1] ?? '';
    const next = noteVerifier(origin, other.publicKey);
    assert.deepEqual(openNote(note + second, [verifier, next])?.signers, [origin, origin]);
    assert.deepEqual(openNote(note + second, [next])?.by, [next]);
  });

  test('a changed text, signature or key name is refused', () => {
    const known = parseVerifierKey(VKEY);
    assert.ok(known !== undefined);
    for (const [from, to] of [
      ['answer', 'Answer'],
      ['x08go/ZJ', 'x08go/ZK'],
      ['— PeterNeumann', '— PeterNeuman'],
      ['— ', '- '],
      ['nAM=\n', 'nAM=\r\n'],
      ['nAM=\n', 'nAM='],
    ]) {
      assert.equal(openNote(NOTE.replace(from as string, to as string), [known]), undefined, `${from} -> ${to}`);
    }
  });

  test('a verifier key whose id is not its own is refused', () => {
    assert.equal(parseVerifierKey(VKEY.replace('c74f20a3', 'c74f20a4')), undefined);
    assert.equal(parseVerifierKey('no key'), undefined);
  });

  test('a signature by an unknown key is left out, and one by a known key that is wrong spoils the note', () => {
    const note = signNote('hello\n', { name: origin, key: privateKey });
    const foreign = signNote('hello\n', { name: 'witness.example', key: other.privateKey }).split('\n\n')[1] ?? '';
    assert.deepEqual(openNote(note + foreign, [verifier])?.signers, [origin]);
    const wrong = signNote('bye\n', { name: 'witness.example', key: other.privateKey }).split('\n\n')[1] ?? '';
    const witness = noteVerifier('witness.example', other.publicKey);
    assert.deepEqual(openNote(note + foreign, [verifier, witness])?.signers, [origin, 'witness.example']);
    assert.equal(openNote(note + wrong, [verifier, witness]), undefined);
  });

  test('the same signature twice counts for nothing', () => {
    const note = signNote('hello\n', { name: origin, key: privateKey });
    const line = note.split('\n\n')[1] ?? '';
    assert.equal(openNote(note + line, [verifier]), undefined);
  });
});

describe('checkpoints', () => {
  const signer = { name: origin, key: privateKey };

  test('what was signed is what is opened', () => {
    const note = signCheckpoint({ origin, size: 7, root: EMPTY_ROOT }, signer);
    assert.match(
      note,
      /^gateway\.example\/log\n7\n47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— gateway\.example\/log /u,
    );
    const { by = [], ...opened } = openCheckpoint(note, origin, [verifier]) ?? {};
    assert.deepEqual(opened, { origin, size: 7, root: EMPTY_ROOT, signers: [origin] });
    assert.deepEqual(by, [verifier]);
  });

  test('a checkpoint of another origin with the same key is refused', () => {
    const note = signCheckpoint({ origin: 'gateway.example/other', size: 7, root: EMPTY_ROOT }, signer);
    assert.equal(openCheckpoint(note, origin, [verifier]), undefined);
  });

  test('extension lines, leading zeros, carriage returns and short roots are refused although they are signed', () => {
    const root = Buffer.from(EMPTY_ROOT, 'hex').toString('base64');
    for (const text of [
      `${origin}\n7\n${root}\nextension\n`,
      `${origin}\n07\n${root}\n`,
      `${origin}\n-7\n${root}\n`,
      `${origin}\n7\r\n${root}\n`,
      `${origin}\n7\n${root.slice(0, 40)}\n`,
      `${origin}\n99999999999999999\n${root}\n`,
      `${origin}\n7\n`,
    ]) {
      assert.equal(openCheckpoint(signNote(text, signer), origin, [verifier]), undefined, JSON.stringify(text));
    }
  });

  test('a key that is not the log’s opens nothing', () => {
    const note = signCheckpoint({ origin, size: 7, root: EMPTY_ROOT }, { name: origin, key: other.privateKey });
    assert.equal(openCheckpoint(note, origin, [verifier]), undefined);
    assert.ok(openCheckpoint(note, origin, [noteVerifier(origin, createPublicKey(other.privateKey))]) !== undefined);
  });
});

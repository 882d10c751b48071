import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeProof, parseProof } from './proof-text.ts';

const PROOF = {
  index: 3,
  path: ['00'.repeat(32), 'ff'.repeat(32)],
  checkpoint: 'log.example\n4\n…\n\n— a signature\n',
};

describe('the text of a proof', () => {
  test('begins as the specification says, and is read as it was written', () => {
    const text = encodeProof(PROOF);
    assert.ok(text.startsWith('c2sp.org/tlog-proof@v1\nindex 3\nAAAA'));
    assert.deepEqual(parseProof(text), PROOF);
  });

  test('carries bytes that nothing vouches for', () => {
    const proof = { ...PROOF, extra: Uint8Array.of(0x68, 0x69) };
    const text = encodeProof(proof);
    assert.ok(text.startsWith('c2sp.org/tlog-proof@v1\nextra aGk=\nindex 3\n'));
    assert.deepEqual(parseProof(text), proof);
  });

  test('with another header, a number that is none, a short hash or too many of them is none', () => {
    const text = encodeProof(PROOF);
    const step = `${Buffer.alloc(32).toString('base64')}\n`;
    for (const [from, to] of [
      ['@v1', '@v2'],
      ['@v1\n', '@v1\nextra a=k\n'],
      ['index 3', 'index 03'],
      ['index 3', 'index 9007199254740993'],
      ['index 3\n', 'index 3\nAAAA\n'],
      ['index 3\n', `index 3\n${step.repeat(62)}`],
      ['\n\n', '\n'],
    ] as const) {
      assert.equal(parseProof(text.replace(from, to)), undefined, `${from} -> ${to}`);
    }
    assert.ok(parseProof(text.replace('index 3\n', `index 3\n${step.repeat(61)}`)) !== undefined);
  });
});

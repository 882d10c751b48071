import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { cosignerKey, encodeCosignerKey } from './cosignature.ts';
import { encodeVerifierKey } from './signed-note.ts';
import { parsePolicy } from './tlog-policy.ts';

const log = generateKeyPairSync('ed25519').publicKey;
const cosigner = cosignerKey('w.example', generateKeyPairSync('ed25519').publicKey);
const witness = (url: string) => `witness W ${encodeCosignerKey(cosigner)} ${url}\n`;
const parse = (text: string) => parsePolicy(Buffer.from(text));

describe('a trust policy of the gateway', () => {
  test('has the keys that verify, and the addresses where witnesses are asked', () => {
    const text = `log ${encodeVerifierKey('gateway.example/log', log)}\n${witness('https://w.example/witness/')}quorum W\n`;
    const { logs, witnesses, quorum } = parse(text);
    assert.equal(logs[0]?.verifier.name, 'gateway.example/log');
    assert.ok(logs[0]?.verifier.key.equals(log));
    assert.equal(witnesses[0]?.name, 'W');
    assert.equal(witnesses[0]?.url, 'https://w.example/witness');
    assert.equal(witnesses[0]?.key.id, cosigner.id);
    assert.ok(witnesses[0]?.key.key.equals(cosigner.key));
    assert.deepEqual(quorum, { kind: 'witness', name: 'W' });
  });

  test('is refused with the line that is wrong, and where a witness has no web address', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /^the trust policy: it has no quorum line/],
      [`${witness('ftp://w.example')}quorum W\n`, /^the trust policy: line 1: "ftp:\/\/w.example" is no http/],
      [`${witness('https://w.example')}quorum V\n`, /^the trust policy: line 2: nothing is named "V"/],
    ];
    for (const [text, message] of cases) assert.throws(() => parse(text), { code: 'config-invalid', message }, text);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSshKeyLine, sshFingerprint } from './ssh-key.ts';

const LINE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnXNMRfr2yHyXvvxSRxQ2FU1FJ8J0GBMVD4ePnMbYQr';

describe('lines of public keys', () => {
  it('are read with or without a comment, and have the fingerprint that OpenSSH says', () => {
    const blob = readSshKeyLine(LINE) ?? assert.fail('no key');
    assert.deepEqual(readSshKeyLine(`  ${LINE} somebody@host\n`), blob);
    assert.equal(blob.length, 51);
    assert.match(sshFingerprint(blob), /^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it('are none where the type in front is another than the one inside', () => {
    assert.equal(readSshKeyLine(LINE.replace('ssh-ed25519', 'ssh-rsa')), undefined);
    assert.equal(readSshKeyLine('ssh-ed25519 AAAA'), undefined);
    assert.equal(readSshKeyLine('ssh-ed25519'), undefined);
    assert.equal(readSshKeyLine(`command="x" ${LINE}`), undefined);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedDetail } from '../../audit/log/log-note.ts';
import type { LogNote } from '../../audit/recorder.ts';
import type { VerifiedToken } from '../../identity/token-verifier.ts';
import { tellUnknownClaims } from './unknown-claims.ts';

const verified = (unknownClaims?: readonly string[], issuer = 'github'): VerifiedToken => ({
  workload: {
    issuer: 'https://ci.example',
    issuerKind: 'github',
    tokenSubject: 's',
    ...(unknownClaims ? { unknownClaims } : {}),
  },
  display: 'd',
  issuer,
  demo: false,
  replayKey: 'r',
  expiresAt: '2026-01-01T00:00:00.000Z',
  tokenDigest: 't',
  jwksDigest: 'j',
});

test('claims that nobody knows are told once and noted without their names, which somebody may have typed', async () => {
  const notes: LogNote[] = [];
  const faults: string[] = [];
  const tell = tellUnknownClaims({
    audit: {
      note: (entry) => {
        allowedDetail(entry);
        notes.push(entry);
        return Promise.resolve();
      },
    },
    onFault: (fault) => faults.push((fault as Error).message),
  });
  await tell(verified());
  assert.deepEqual([notes, faults], [[], []]);
  await tell(verified(['b', 'a']));
  await tell(verified(['a', 'b']));
  await tell(verified(['a', 'b'], 'other'));
  assert.deepEqual(faults, [
    'the issuer github sends claims that are not known here, and not read: a, b',
    'the issuer other sends claims that are not known here, and not read: a, b',
  ]);
  assert.deepEqual(notes, [
    { kind: 'operator.action', detail: { by: 'gateway', action: 'issuer.unknown-claims', name: 'github' } },
    { kind: 'operator.action', detail: { by: 'gateway', action: 'issuer.unknown-claims', name: 'other' } },
  ]);
});

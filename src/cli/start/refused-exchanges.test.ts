import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedDetail } from '../../audit/log/log-note.ts';
import type { LogNote } from '../../audit/recorder.ts';
import { type TokenReason, TokenRefused } from '../../identity/token-reason.ts';
import { TrustRefused } from '../../identity/trust-rule.ts';
import { Secret } from '../../model/secret.ts';
import { RefusedExchanges } from './refused-exchanges.ts';

const NEVER = new AbortController().signal;
const SUBJECT = {
  workload: { issuer: 'https://ci.example', issuerKind: 'github', tokenSubject: 's' },
  issuer: 'github',
} as const;

/** A verifier that fails for a reason, after the signature where that reason comes after it. */
function refusing(reason: TokenReason, isSigned: boolean) {
  const notes: unknown[] = [];
  const clock = { ms: 0 };
  const refused = new RefusedExchanges({
    audit: {
      note: (entry: LogNote) => {
        allowedDetail(entry);
        return Promise.resolve(void notes.push(entry.detail));
      },
    },
    trust: {
      verify: (_, __, onStep) => {
        if (isSigned) onStep?.('signature', 'verifies', 'github');
        return Promise.reject(new TokenRefused(reason, 'aud is "typed by somebody"'));
      },
      trust: () => {
        throw new TrustRefused({ code: 'trust-denied', message: 'No trust rule lets this job in.' }, []);
      },
    },
    nowMs: () => clock.ms,
    onFault: assert.ifError,
  });
  return { refused, notes, clock };
}

test('a token that its issuer signed and that is not let in is noted by issuer and reason, and nothing of it', async () => {
  const { refused, notes } = refusing('audience-wrong', true);
  await assert.rejects(refused.verify(new Secret('t'), NEVER), TokenRefused);
  assert.throws(() => refused.trust(SUBJECT), TrustRefused);
  refused.note('github', 'claim-replayed');
  assert.deepEqual(notes, [
    { by: 'gateway', action: 'exchange.refused', why: 'audience-wrong', name: 'github' },
    { by: 'gateway', action: 'exchange.refused', why: 'trust-denied', name: 'github' },
    { by: 'gateway', action: 'exchange.refused', why: 'claim-replayed', name: 'github' },
  ]);
});

test('what anybody can make up is not noted', async () => {
  for (const reason of ['token-malformed', 'issuer-unknown', 'key-unknown', 'signature-wrong'] as const) {
    const { refused, notes } = refusing(reason, false);
    await assert.rejects(refused.verify(new Secret('t'), NEVER), TokenRefused);
    assert.deepEqual(notes, []);
  }
});

test('so many of an issuer and a reason are noted, and others beside them', () => {
  const { refused, notes, clock } = refusing('token-expired', true);
  for (let i = 0; i < 100; i++) refused.note('github', 'trust-denied');
  assert.equal(notes.length, 20);
  refused.note('gitlab', 'trust-denied');
  assert.equal(notes.length, 21);
  clock.ms += 60_000;
  refused.note('github', 'trust-denied');
  refused.note('github', 'trust-denied');
  assert.equal(notes.length, 22);
});

import assert from 'node:assert/strict';
import { adapterFor } from '../../src/identity/adapters/adapter-for.ts';
import type { Issuer } from '../../src/identity/issuer.ts';
import { IssuerKeys, type KeySet } from '../../src/identity/issuer-keys.ts';
import { type TokenReason, TokenRefused } from '../../src/identity/token-reason.ts';
import { makeTokenVerifier } from '../../src/identity/token-verifier.ts';
import type { IssuerKind } from '../../src/model/principal.ts';
import { Secret } from '../../src/model/secret.ts';

export const AUDIENCE = 'https://gateway.example';
/** What the verifiers' clock says, until a test moves it. */
export const NOW_SECONDS = 1_790_000_000;

const NEVER = new AbortController().signal;

export function makeIssuer(url: string, kind: IssuerKind, more: Partial<Issuer> = {}): Issuer {
  const { algorithms, maxAgeSeconds } = adapterFor(kind);
  return {
    name: kind,
    kind,
    url,
    algorithms,
    maxAgeSeconds,
    maxLifetimeSeconds: 3600,
    keys: { from: 'discovery', hosts: [] },
    claims: { vocabulary: {}, extra: {} },
    demo: false,
    ...more,
  };
}

/** A verifier with a clock that the test moves, and the list of key sets that it archived. */
export function makeVerifier(...issuers: readonly Issuer[]) {
  const clock = { seconds: NOW_SECONDS };
  const archived: KeySet[] = [];
  const now = () => clock.seconds * 1000;
  const keys = new IssuerKeys({ now, archive: (_, seen) => Promise.resolve(void archived.push(seen)) });
  const verifier = makeTokenVerifier({ issuers: () => issuers, audience: AUDIENCE, keys, now });
  return { verify: (token: string) => verifier.verify(new Secret(token), NEVER), archived, clock };
}

/** For `assert.rejects`: a token refused for this reason, in words that do not repeat it. */
export function tokenRefused(reason: TokenReason, token = '') {
  return (error: unknown) => {
    assert.ok(error instanceof TokenRefused, String(error));
    assert.equal(error.reason, reason, error.detail);
    if (token.length > 20) assert.equal(`${error.message}${error.detail}`.includes(token), false);
    return true;
  };
}

import { createHash } from 'node:crypto';
import { compactVerify, createLocalJWKSet, errors } from 'jose';
import type { Workload } from '../model/principal.ts';
import type { Secret } from '../model/secret.ts';
import { displayOf, readWorkload } from './adapters/read-workload.ts';
import { trustDomainOf } from './adapters/spiffe.ts';
import { checkAudience, checkTimes } from './check-claims.ts';
import { type CompactToken, parseCompactToken } from './compact-token.ts';
import type { Issuer } from './issuer.ts';
import type { IssuerKeys, KeySet } from './issuer-keys.ts';
import { TokenRefused, type TokenStep } from './token-reason.ts';

/** Turns a CI system's token into the identity of the job. Throws `TokenRefused`. */
export interface TokenVerifier {
  verify(token: Secret, signal: AbortSignal, onStep?: OnStep): Promise<VerifiedToken>;
}

/**
 * Told of each step that a token passed, with what was found, for the operator; never the token. From the signature on the
 * issuer is known, and given by its name in the configuration.
 */
export type OnStep = (step: TokenStep, found: string, issuer?: string) => void;

export interface VerifiedToken {
  readonly workload: Workload;
  /** For people: `acme/shop@refs/heads/main`. */
  readonly display: string;
  /** The issuer's name in the configuration, which trust rules use. */
  readonly issuer: string;
  readonly demo: boolean;
  /** SHA-256 over the issuer and the signed bytes, hex: what must not be seen twice. */
  readonly replayKey: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** SHA-256, hex. */
  readonly tokenDigest: string;
  readonly jwksDigest: string;
}

export interface TokenVerifierOptions {
  /** The issuers in force now. */
  readonly issuers: () => readonly Issuer[];
  /** The one audience that tokens must be for. */
  readonly audience: string;
  readonly keys: Pick<IssuerKeys, 'find'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /**
   * Asks the cluster of an issuer that declares it; `elsewhere` for a check where the gateway's credential for that is not,
   * which says so.
   */
  readonly review?: TokenReview | 'elsewhere';
}

/** Throws `TokenRefused`. Resolves to the workload with what is recorded of the answer. */
export type TokenReview = (token: string, issuer: Issuer, workload: Workload, signal: AbortSignal) => Promise<Workload>;

export function makeTokenVerifier({ issuers, audience, keys, now, review }: TokenVerifierOptions): TokenVerifier {
  return {
    async verify(secret, signal, onStep = () => undefined) {
      const token = parseCompactToken(secret.reveal());
      onStep('form', `signed with ${token.algorithm}, by the key ${token.keyId.slice(0, 100)}`);
      const issuer = selectIssuer(token, issuers());
      onStep('issuer', `${issuer.name}, of kind ${issuer.kind}`);
      const keySet = await keys.find(issuer, token.keyId, signal);
      onStep('keys', `the key set with SHA-256 ${keySet.digest}`);
      await verifySignature(token, issuer, keySet);
      onStep('signature', 'verifies', issuer.name);
      onStep('audience', checkAudience(token.claims['aud'], issuer.audience ?? audience));
      const times = checkTimes(token.claims, issuer, now() / 1000);
      onStep('times', times.found);
      const workload = await confirm(readWorkload(token.claims, issuer), { token, issuer, review, signal, onStep });
      return {
        workload,
        display: displayOf(workload),
        issuer: issuer.name,
        demo: issuer.demo,
        replayKey: createHash('sha256').update(`${issuer.url}\0${token.signingInput}`).digest('hex'),
        expiresAt: new Date(times.expiresAtSeconds * 1000).toISOString(),
        tokenDigest: token.digest,
        jwksDigest: keySet.digest,
      };
    },
  };
}

/**
 * By the exact text of `iss`, which is not believed yet: it only chooses whose keys to ask. Nothing is fetched for
 * others. JWT-SVIDs need no `iss` (JWT-SVID, section 3): those are chosen by the trust domain of their subject.
 */
function selectIssuer(token: CompactToken, issuers: readonly Issuer[]): Issuer {
  const { iss, sub } = token.claims;
  const domain = iss === undefined ? trustDomainOf(sub) : undefined;
  const wanted = domain === undefined ? iss : `spiffe://${domain}`;
  const issuer = issuers.find(({ url, kind }) => url === wanted && (iss !== undefined || kind === 'spiffe'));
  if (issuer === undefined) throw new TokenRefused('issuer-unknown', unlike(shown(wanted), issuers));
  if (!issuer.algorithms.some((algorithm) => algorithm === token.algorithm)) {
    throw new TokenRefused(
      'algorithm-refused',
      `${token.algorithm.slice(0, 16)}, and ${issuer.name} signs with ${issuer.algorithms.join(', ')}`,
    );
  }
  if (issuer.kind === 'spiffe' && token.type !== undefined && !['jwt', 'jose'].includes(token.type)) {
    throw new TokenRefused('header-refused', 'typ of a JWT-SVID is JWT or JOSE');
  }
  return issuer;
}

async function verifySignature(token: CompactToken, issuer: Issuer, keys: KeySet): Promise<void> {
  const published = keys.keys.keys.filter((key) => key.kid === token.keyId);
  try {
    await compactVerify(token.compact, createLocalJWKSet({ keys: published }), { algorithms: [...issuer.algorithms] });
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw new TokenRefused('signature-wrong', 'the key cannot be used');
    const isKeyless = cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys;
    throw isKeyless
      ? new TokenRefused('key-unknown', cause.code)
      : new TokenRefused('signature-wrong', 'it is not by this key, or the token was changed');
  }
}

interface Confirming {
  readonly token: CompactToken;
  readonly issuer: Issuer;
  readonly review: TokenVerifierOptions['review'] | undefined;
  readonly signal: AbortSignal;
  readonly onStep: OnStep;
}

async function confirm(workload: Workload, { token, issuer, review, signal, onStep }: Confirming): Promise<Workload> {
  const unknown = workload.unknownClaims ?? [];
  onStep(
    'claims',
    unknown.length === 0 ? 'all are there' : `all are there; unknown and not read: ${unknown.join(', ')}`,
  );
  if (issuer.tokenReview === undefined) return workload;
  if (review === 'elsewhere') {
    onStep('review', 'not asked here: the gateway asks the cluster');
    return workload;
  }
  if (review === undefined) throw new TokenRefused('review-unavailable', 'nobody here can ask the cluster');
  const reviewed = await review(token.compact, issuer, workload, signal);
  onStep('review', 'the cluster says that it still counts');
  return reviewed;
}

/** What `iss` says, and the issuer that was perhaps meant: they differ by a slash or by case more often than not. */
function unlike(wanted: string, issuers: readonly Issuer[]): string {
  const plain = (url: string): string => url.toLowerCase().replace(/\/+$/, '');
  const meant = issuers.find(({ url }) => plain(url) === plain(wanted));
  return meant === undefined
    ? wanted
    : `${wanted}, which is not ${meant.url} (${meant.name}): they must be the same to the letter`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

import { request } from 'node:https';
import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import type { Workload } from '../model/principal.ts';
import type { Issuer, TokenReviewSource } from './issuer.ts';
import { parseStrictObject } from './strict-json.ts';
import { TokenRefused } from './token-reason.ts';
import type { TokenReview } from './token-verifier.ts';

export interface ReviewOptions {
  /** The audience that the cluster must say the token is for. */
  readonly audience: string;
  /** Reads the credential for the cluster's API, again for each review: such tokens are rotated in place. */
  readonly readFile: (path: string) => Promise<string>;
}

/** What is read of `authentication.k8s.io/v1` TokenReview. */
const reviewSchema = z.object({
  status: z.object({
    authenticated: z.boolean().optional(),
    error: z.string().optional(),
    audiences: z.array(z.string()).optional(),
    user: z.object({ username: z.string().optional(), uid: z.string().optional() }).optional(),
  }),
});

/**
 * Asks the cluster that issued a token whether it still counts: a signature cannot tell that the pod or the account is
 * gone. An answer that is none, or about somebody else, is a no.
 */
export function makeTokenReview({ audience, readFile }: ReviewOptions): TokenReview {
  return async (token, issuer, workload, signal) => {
    const { tokenReview } = issuer;
    if (tokenReview === undefined) return workload;
    const answer = await ask(tokenReview, { token, audience, readFile, signal });
    check(answer, audience, issuer, workload);
    return {
      ...workload,
      extra: { ...workload.extra, token_review: 'authenticated' },
      derived: [...(workload.derived ?? []), 'extra.token_review'],
    };
  };
}

type Review = z.infer<typeof reviewSchema>['status'];

/** An API server that knows nothing of audiences names none, and has checked none (TokenReviewStatus.audiences). */
function check(
  { authenticated, error, audiences, user }: Review,
  audience: string,
  issuer: Issuer,
  workload: Workload,
) {
  if (authenticated !== true) throw denied(error ?? 'it is not authenticated');
  if (!(audiences ?? []).includes(audience)) throw denied('the cluster does not say that it is for this gateway');
  if (user?.username !== workload.tokenSubject || user.uid !== workload.workloadId) {
    throw denied(`${issuer.name} says that it is somebody else's`);
  }
}

function denied(detail: string): TokenRefused {
  return new TokenRefused('review-denied', detail.slice(0, 300));
}

interface Asking extends ReviewOptions {
  readonly token: string;
  readonly signal: AbortSignal;
}

async function ask(source: TokenReviewSource, asking: Asking): Promise<Review> {
  const { token, audience, readFile, signal } = asking;
  const body = JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [audience] },
  });
  try {
    const credential = (await readFile(source.tokenFile)).trim();
    const text = await post(source, { body, credential, signal });
    return reviewSchema.parse(parseStrictObject(Buffer.from(text))).status;
  } catch (cause) {
    signal.throwIfAborted();
    throw new TokenRefused('review-unavailable', cause instanceof Error ? cause.message.slice(0, 300) : '');
  }
}

interface Posting {
  readonly body: string;
  readonly credential: string;
  readonly signal: AbortSignal;
}

/** Over TLS verified by the cluster's own authority, which the platform's `fetch` cannot be given. */
function post({ server, ca }: TokenReviewSource, { body, credential, signal }: Posting): Promise<string> {
  const answered = Promise.withResolvers<string>();
  const url = new URL('/apis/authentication.k8s.io/v1/tokenreviews', server);
  const sent = request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json', accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.issuerFetchMs)]),
    ...(ca === undefined ? {} : { ca }),
  });
  sent.on('error', answered.reject);
  sent.on('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('error', answered.reject);
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LIMITS.issuerDocumentBytes) response.destroy(new Error('the answer is too large'));
    });
    response.on('end', () => {
      const isGood = response.statusCode === 200 || response.statusCode === 201;
      if (isGood) answered.resolve(Buffer.concat(chunks).toString());
      else answered.reject(new Error(`the cluster answered ${response.statusCode}`));
    });
  });
  sent.end(body);
  return answered.promise;
}

import type { IssuerKind, WorkloadField } from '../model/principal.ts';
import type { SignatureAlgorithm } from '../model/signature-algorithms.ts';

/** An issuer whose tokens are accepted, as the loader made it of a declaration. */
export interface Issuer {
  /** What trust rules call it. */
  readonly name: string;
  readonly kind: IssuerKind;
  /** The `iss` claim, to the letter; `spiffe://` and a trust domain for SVIDs that have none. */
  readonly url: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** `now - iat` at most. */
  readonly maxAgeSeconds: number;
  /** `exp - iat` at most. */
  readonly maxLifetimeSeconds: number;
  readonly keys: KeySource;
  /** Where tokens of this issuer cannot be for the gateway's own audience: the one that they are for. */
  readonly audience?: string;
  /** Of kind `spiffe`: whose workloads it vouches for. */
  readonly trustDomain?: string;
  /** Of kind `kubernetes`: asks the cluster whether the token still counts. */
  readonly tokenReview?: TokenReviewSource;
  /** For kinds `generic` and `jenkins`: where each word of the vocabulary stands in the claims. */
  readonly claims: ClaimMapping;
  /** True for the demo's own issuer, which vouches for nothing. */
  readonly demo: boolean;
}

export type KeySource =
  /** OpenID Connect Discovery 1.0; `hosts` may serve the key set besides the issuer's own host. */
  | { readonly from: 'discovery'; readonly hosts: readonly string[] }
  | { readonly from: 'url'; readonly url: string }
  | { readonly from: 'declaration'; readonly jwks: string };

/** A cluster's API server, and the file with the token of an account that may create TokenReviews there. */
export interface TokenReviewSource {
  readonly server: string;
  readonly tokenFile: string;
  /** PEM; the system's authorities where it is absent. */
  readonly ca?: string;
}

/** A claim's name, or the path to one inside objects. */
export type ClaimPath = string | readonly string[];

export interface ClaimMapping {
  readonly vocabulary: Readonly<Partial<Record<WorkloadField, ClaimPath>>>;
  readonly extra: Readonly<Record<string, ClaimPath>>;
}

/** Loopback hosts, on which alone an issuer may speak plain HTTP. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

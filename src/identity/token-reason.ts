import { type RefusalCode, Refused } from '../model/refusal.ts';

/** Each step of the verifier has its own reason; the client sees the refusal's code and sentence, the record the reason. */
export type TokenReason =
  | 'token-missing'
  | 'token-too-large'
  | 'token-malformed'
  | 'header-refused'
  | 'algorithm-refused'
  | 'issuer-unknown'
  | 'keys-unavailable'
  | 'key-unknown'
  | 'signature-wrong'
  | 'audience-wrong'
  | 'times-malformed'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'token-too-old'
  | 'token-too-long-lived'
  | 'claims-incomplete'
  | 'review-denied'
  | 'review-unavailable';

const REFUSALS: Readonly<Record<TokenReason, readonly [RefusalCode, string]>> = {
  'token-missing': ['claim-missing', 'No token was presented.'],
  'token-too-large': ['claim-invalid', 'The token is larger than any that a CI system issues.'],
  'token-malformed': ['claim-invalid', 'The token is not a signed JWT in strict compact form.'],
  'header-refused': ['claim-invalid', "The token's header asks for something that is not accepted, or names no key."],
  'algorithm-refused': ['claim-invalid', "The token's signature algorithm is not accepted from this issuer."],
  'issuer-unknown': ['issuer-unknown', 'The issuer of the token is not configured here.'],
  'keys-unavailable': ['upstream-unavailable', "The issuer's keys cannot be fetched at the moment."],
  'key-unknown': ['claim-invalid', 'The token is signed by a key that its issuer does not publish.'],
  'signature-wrong': ['claim-invalid', "The token's signature does not verify."],
  'audience-wrong': ['claim-invalid', 'The token is not for this gateway, or not for it alone.'],
  'times-malformed': ['claim-invalid', 'The token does not say when it was issued and when it expires.'],
  'token-expired': ['claim-expired', 'The token has expired.'],
  'token-not-yet-valid': ['claim-invalid', 'The token is not valid yet; compare the clocks.'],
  'token-too-old': ['claim-expired', 'The token was issued too long ago; fetch a fresh one.'],
  'token-too-long-lived': ['claim-invalid', 'The token lives longer than this issuer is allowed to make it.'],
  'claims-incomplete': [
    'claim-invalid',
    'The token lacks a claim that this issuer always sets, or it has the wrong type.',
  ],
  'review-denied': ['claim-invalid', 'The cluster that issued the token says that it no longer counts.'],
  'review-unavailable': ['upstream-unavailable', 'The cluster cannot be asked whether the token still counts.'],
};

/** What is checked of a token, in the order in which it is. */
export const TOKEN_STEPS = ['form', 'issuer', 'keys', 'signature', 'audience', 'times', 'claims', 'review'] as const;
export type TokenStep = (typeof TOKEN_STEPS)[number];

/** At which step a token fails for a reason. */
export const STEP_OF: Readonly<Record<TokenReason, TokenStep>> = {
  'token-missing': 'form',
  'token-too-large': 'form',
  'token-malformed': 'form',
  'header-refused': 'form',
  'issuer-unknown': 'issuer',
  'algorithm-refused': 'issuer',
  'keys-unavailable': 'keys',
  'key-unknown': 'keys',
  'signature-wrong': 'signature',
  'audience-wrong': 'audience',
  'times-malformed': 'times',
  'token-expired': 'times',
  'token-not-yet-valid': 'times',
  'token-too-old': 'times',
  'token-too-long-lived': 'times',
  'claims-incomplete': 'claims',
  'review-denied': 'review',
  'review-unavailable': 'review',
};

const HINTS: Partial<Readonly<Record<TokenReason, string>>> = {
  'keys-unavailable': 'Try again in a minute.',
  'audience-wrong': "Request the token with the gateway's audience, and with no other.",
  'token-expired': 'Fetch the token right before it is exchanged.',
  'review-unavailable': 'Try again in a minute.',
};

/** A token was refused: `reason` and `detail` are for the record and the operator, the refusal is for the client. */
export class TokenRefused extends Refused {
  readonly reason: TokenReason;
  /** What exactly was wrong; never the token. */
  readonly detail: string;

  constructor(reason: TokenReason, detail = '') {
    const [code, message] = REFUSALS[reason];
    const hint = HINTS[reason];
    super(hint === undefined ? { code, message } : { code, message, hint });
    this.name = 'TokenRefused';
    this.reason = reason;
    this.detail = detail;
  }
}

/** How a token may be signed (RFC 7518, section 3.1; RFC 8037). */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
/** Asymmetric ones alone: with a shared secret everybody who verifies could also sign. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

import { createHash } from 'node:crypto';
import { LIMITS } from '../model/limits.ts';
import { parseStrictObject } from './strict-json.ts';
import { TokenRefused } from './token-reason.ts';

/** A JWT taken apart and not yet believed. */
export interface CompactToken {
  readonly compact: string;
  readonly algorithm: string;
  readonly keyId: string;
  /** `typ`, in lower case. */
  readonly type: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** `header.payload`, the bytes that are signed: an ECDSA signature can be altered and still verify, these cannot. */
  readonly signingInput: string;
  /** SHA-256 of the token, hex. */
  readonly digest: string;
}

const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt', 'jose']);

/** RFC 7515, compact serialisation, read strictly. Throws `TokenRefused`; looks at no key and at no network. */
export function parseCompactToken(compact: string): CompactToken {
  if (compact === '') throw new TokenRefused('token-missing');
  if (compact.length > LIMITS.maxTokenBytes) throw new TokenRefused('token-too-large', `${compact.length} characters`);
  const [header64, payload64, signature64, ...rest] = compact.split('.');
  if (header64 === undefined || payload64 === undefined || signature64 === undefined || rest.length > 0) {
    throw new TokenRefused('token-malformed', 'not three parts');
  }
  if (signature64 === '') throw new TokenRefused('token-malformed', 'it is not signed');
  decode(signature64, 'signature');
  const header = parseObject(header64, 'header');
  const claims = parseObject(payload64, 'payload');
  return {
    compact,
    ...checkHeader(header),
    claims,
    signingInput: `${header64}.${payload64}`,
    digest: createHash('sha256').update(compact).digest('hex'),
  };
}

/** `jwk`, `jku`, `x5u` and `x5c` point at keys of the sender's choice: a token that carries one is not read further. */
function checkHeader(header: Record<string, unknown>): Pick<CompactToken, 'algorithm' | 'keyId' | 'type'> {
  const { alg, kid, typ } = header;
  const forbidden = ['crit', 'jwk', 'jku', 'x5u', 'x5c', 'b64', 'zip'].find((name) => Object.hasOwn(header, name));
  if (forbidden !== undefined) throw new TokenRefused('header-refused', `carries ${forbidden}`);
  if (typeof alg !== 'string') throw new TokenRefused('algorithm-refused', 'no alg');
  if (typeof kid !== 'string' || kid === '') throw new TokenRefused('header-refused', 'no kid');
  const type = typeof typ === 'string' ? typ.toLowerCase() : undefined;
  if (typ !== undefined && (type === undefined || !TYPES.has(type))) {
    throw new TokenRefused('header-refused', 'typ is not JWT');
  }
  return { algorithm: alg, keyId: kid, type };
}

function parseObject(part: string, name: string): Record<string, unknown> {
  const bytes = decode(part, name);
  try {
    return parseStrictObject(bytes);
  } catch (cause) {
    throw new TokenRefused('token-malformed', `${name}: ${cause instanceof Error ? cause.message : 'unreadable'}`);
  }
}

/** Base64url without padding, and only the one spelling that encoding the result would give (RFC 7515, section 2). */
function decode(part: string, name: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part) {
    throw new TokenRefused('token-malformed', `${name}: not base64url without padding`);
  }
  return bytes;
}

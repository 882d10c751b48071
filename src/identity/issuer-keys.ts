import { createHash } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { fetchDocument } from './fetch-document.ts';
import { type Issuer, isLoopback } from './issuer.ts';
import { isRecord, parseStrictObject } from './strict-json.ts';
import { TokenRefused } from './token-reason.ts';

/** A key set as its issuer published it. */
export interface KeySet {
  readonly keys: JSONWebKeySet;
  readonly document: string;
  /** SHA-256 of the document's bytes, hex. */
  readonly digest: string;
}

export interface IssuerKeysOptions {
  /** Keeps every key set seen: evidence for whoever verifies the token again. Settles before the set is used. */
  readonly archive: (issuer: Issuer, keys: KeySet) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly fetch?: (url: string) => Promise<string>;
}

interface Held {
  readonly keys: KeySet;
  readonly fetchedAtMs: number;
}

/**
 * The issuers' key sets, cached: fresh for `issuerKeysFreshMs`, fetched again for a key id that is not in it but no
 * oftener than every `issuerKeysCooldownMs`, and kept for `issuerKeysStaleMs` while the issuer cannot be reached. A set
 * without keys never replaces one that has some.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #held = new Map<string, Held>();
  readonly #attempts = new Map<string, number>();
  readonly #fetching = new Map<string, Promise<KeySet>>();

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** The key set that has the key. Throws `TokenRefused`: `keys-unavailable` or `key-unknown`. */
  async find(issuer: Issuer, keyId: string, signal: AbortSignal): Promise<KeySet> {
    const id = identityOf(issuer);
    const now = this.#options.now();
    const held = this.#held.get(id);
    const ageMs = held === undefined ? Infinity : now - held.fetchedAtMs;
    if (held !== undefined && ageMs < LIMITS.issuerKeysFreshMs && hasKey(held.keys, keyId)) return held.keys;
    const coolsDown = now - (this.#attempts.get(id) ?? -Infinity) < LIMITS.issuerKeysCooldownMs;
    const usable = held !== undefined && ageMs < LIMITS.issuerKeysStaleMs ? held.keys : undefined;
    if (coolsDown && !this.#fetching.has(id)) return withKey(usable, keyId, 'the keys were asked for a moment ago');
    try {
      return withKey(await unlessAborted(this.#refresh(issuer, id), signal), keyId);
    } catch (cause) {
      if (cause instanceof TokenRefused || cause instanceof Fault) throw cause;
      signal.throwIfAborted();
      return withKey(usable, keyId, describe(cause));
    }
  }

  /** One fetch at a time for an issuer, with its own deadline: it goes on for the others when one who waits leaves. */
  #refresh(issuer: Issuer, id: string): Promise<KeySet> {
    const running = this.#fetching.get(id);
    if (running !== undefined) return running;
    this.#attempts.set(id, this.#options.now());
    const fetching = this.#fetch(issuer, id).finally(() => this.#fetching.delete(id));
    this.#fetching.set(id, fetching);
    return fetching;
  }

  async #fetch(issuer: Issuer, id: string): Promise<KeySet> {
    const get = this.#options.fetch ?? fetchDocument;
    const { keys: source } = issuer;
    const document = source.from === 'declaration' ? source.jwks : await get(await jwksUrl(issuer, get));
    const keys = keysFor(issuer, parseKeySet(document));
    await this.#options.archive(issuer, keys);
    this.#held.set(id, { keys, fetchedAtMs: this.#options.now() });
    return keys;
  }
}

/** Another declaration under the same name shares nothing with what was fetched for this one. */
function identityOf(issuer: Issuer): string {
  return JSON.stringify([issuer.url, issuer.keys]);
}

function hasKey(keys: KeySet, keyId: string): boolean {
  return keys.keys.keys.some((key) => key.kid === keyId);
}

/** Ids of keys that an explanation lists. */
const SHOWN_KEYS = 5;

function withKey(keys: KeySet | undefined, keyId: string, why = ''): KeySet {
  if (keys === undefined) throw new TokenRefused('keys-unavailable', why);
  if (hasKey(keys, keyId)) return keys;
  const published = keys.keys.keys.slice(0, SHOWN_KEYS).map(({ kid = 'one without an id' }) => kid.slice(0, 100));
  throw new TokenRefused('key-unknown', `published are ${published.join(', ')}${why === '' ? '' : `; ${why}`}`);
}

async function jwksUrl(issuer: Issuer, get: typeof fetchDocument): Promise<string> {
  if (issuer.keys.from === 'url') return issuer.keys.url;
  const discovery = `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = parseStrictObject(Buffer.from(await get(discovery)));
  if (metadata['issuer'] !== issuer.url) throw new Error(`${discovery} speaks for another issuer`);
  const uri = metadata['jwks_uri'];
  if (typeof uri !== 'string') throw new Error(`${discovery} names no jwks_uri`);
  const own = new URL(issuer.url);
  const url = new URL(uri);
  const isPlain = own.protocol === 'http:' && isLoopback(own.hostname) && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !isPlain) throw new Error(`${uri} is not https`);
  const hosts = issuer.keys.from === 'discovery' ? issuer.keys.hosts : [];
  if (url.host !== own.host && !hosts.includes(url.host)) throw new Error(`${uri} is on a host that is not allowed`);
  return uri;
}

/** Reads a key set (RFC 7517, section 5). Throws where it holds no key, too many, or is no key set. */
export function parseKeySet(document: string): KeySet {
  const { keys } = parseStrictObject(Buffer.from(document));
  if (!Array.isArray(keys) || !keys.every(isKey)) throw new Error('not a key set');
  if (keys.length === 0) throw new Error('the key set is empty');
  if (keys.length > LIMITS.issuerKeys) throw new Error(`the key set has more than ${LIMITS.issuerKeys} keys`);
  return { keys: { keys }, document, digest: createHash('sha256').update(document).digest('hex') };
}

/** A SPIFFE bundle holds keys of several uses (SPIFFE Trust Domain and Bundle, section 4.2.2); one use signs JWT-SVIDs. */
function keysFor(issuer: Issuer, read: KeySet): KeySet {
  if (issuer.kind !== 'spiffe') return read;
  const keys = read.keys.keys.filter((key) => key.use === 'jwt-svid').map((key) => ({ ...key, use: 'sig' }));
  if (keys.length === 0) throw new Error('the bundle has no key of use jwt-svid');
  return { ...read, keys: { keys } };
}

function isKey(value: unknown): value is JWK {
  return isRecord(value) && typeof value['kty'] === 'string';
}

function unlessAborted<Value>(waited: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const left = Promise.withResolvers<never>();
  const onAbort = () => left.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([waited, left.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'the fetch failed';
}

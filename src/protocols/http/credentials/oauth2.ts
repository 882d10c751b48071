import { Fault } from '../../../model/fault.ts';
import type { HttpCredential } from '../../../model/target.ts';
import type { FetchedToken, FetchToken } from './cached-token.ts';
import { type DialTokenServer, post } from './post.ts';

type OAuth2 = Extract<HttpCredential, { readonly kind: 'oauth2' }>;

/** Of a token whose server does not say how long it is good (RFC 6749, 5.1). Seconds. */
const LIFETIME = 300;
const LONGEST = 30 * 24 * 60 * 60;

/** RFC 6749, 5.2; nothing else of what a server says of an error is told. */
const ERRORS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  // RFC 8707, 2.
  'invalid_target',
]);

/** Access tokens by the client's credentials (RFC 6749, 4.4), or by a refresh token (6) that the server may replace. */
export function oauth2Tokens(credential: OAuth2, dial: DialTokenServer, nowMs: () => number): FetchToken {
  const { tokenUrl, clientId, clientSecret, authentication, scope, audience, resource } = credential;
  let refreshToken = credential.refreshToken?.reveal();
  return async (signal): Promise<FetchedToken> => {
    const form = new URLSearchParams(
      refreshToken === undefined
        ? { grant_type: 'client_credentials' }
        : { grant_type: 'refresh_token', refresh_token: refreshToken },
    );
    if (scope !== undefined) form.set('scope', scope);
    if (audience !== undefined) form.set('audience', audience);
    // RFC 8707, 2: whom the token is for.
    if (resource !== undefined) form.set('resource', resource);
    if (authentication === 'post') {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret.reveal());
    }
    const fields = [
      ['content-type', 'application/x-www-form-urlencoded'],
      ['accept', 'application/json'],
      ...(authentication === 'basic' ? [['authorization', basic(clientId, clientSecret.reveal())] as const] : []),
    ] as const;
    const asked = nowMs();
    const url = new URL(tokenUrl);
    const { status, content } = await post(url, { fields, body: form.toString() }, dial, signal);
    const { access_token: token, token_type: type, expires_in: seconds, refresh_token: next } = content;
    if (status !== 200) {
      const error = ERRORS.has(content['error']) ? ` ${String(content['error'])}` : '';
      throw new Fault('upstream-login', `${url.host} gives no token: ${status}${error}`);
    }
    if (typeof token !== 'string' || !TOKEN.test(token) || !/^bearer$/i.test(String(type))) {
      throw new Fault('upstream-login', `${url.host} answered with something else than a bearer token`);
    }
    if (refreshToken !== undefined && typeof next === 'string' && next !== '') refreshToken = next;
    return { value: token, expiresAtMs: asked + lifetime(seconds) * 1_000 };
  };
}

/** RFC 6750, 2.1, and what else can stand in a field. */
const TOKEN = /^[\x21-\x7e]{1,65536}$/;

function lifetime(seconds: unknown): number {
  // Some servers say it as text.
  const said = Number(seconds ?? LIFETIME);
  return Number.isFinite(said) && said > 0 ? Math.min(said, LONGEST) : LIFETIME;
}

/** RFC 6749, 2.3.1: both are written as in a form first. */
function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${written(id)}:${written(secret)}`).toString('base64')}`;
}

function written(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2);
}

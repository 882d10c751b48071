import { createHmac } from 'node:crypto';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
} from 'openid-client';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import { insertLoginAttempt, takeLoginAttempt } from '../store/login-rows.ts';
import type { Store } from '../store/store.ts';
import { hashSecret } from './hash-secret.ts';
import type { LoginConfig } from './login-config.ts';
import { loginProvider } from './login-provider.ts';
import { LoginRefused } from './login-refused.ts';
import type { ClaimedIdentity } from './people.ts';
import { type Claims, hasGroups, readClaims } from './read-claims.ts';

/** Logging in by OpenID Connect: the authorization code flow with PKCE, state and nonce (Core 1.0, 3.1; RFC 7636). */
export interface Login {
  /** For the button. */
  readonly name: string;
  /**
   * Where the browser goes to log in. `browser` is the secret in the cookie of the one browser that may come back, made
   * where it has none: state, nonce and PKCE verifier are derived from it, so nothing of them is stored. Throws
   * `LoginRefused`.
   */
  begin(way: {
    readonly browser: Secret | undefined;
    readonly redirectUri: string;
    readonly returnTo: string;
  }): Promise<{ readonly url: URL; readonly browser: Secret }>;
  /** The way back, once for each attempt: who it is, and where they wanted to go. Throws `LoginRefused`. */
  finish(back: { readonly browser: Secret | undefined; readonly url: URL }): Promise<LoggedIn>;
}

export interface LoggedIn {
  readonly identity: ClaimedIdentity;
  readonly returnTo: string;
}

export interface LoginParts {
  readonly store: Store;
  readonly config: LoginConfig;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export function login({ store, config, now, random }: LoginParts): Login {
  const provider = loginProvider(config, now);
  const instant = (afterMs = 0) => new Date(now() + afterMs).toISOString();
  return {
    name: config.name,
    async begin({ browser: known, redirectUri, returnTo }) {
      const browser = known ?? new Secret(Buffer.from(random(32)).toString('base64url'));
      const metadata = await provider.configuration();
      const attempt = attemptOf(browser, Buffer.from(random(16)).toString('base64url'));
      await insertLoginAttempt(
        store,
        {
          state_hash: hashSecret(new Secret(attempt.state)),
          return_to: returnTo,
          expires_at: instant(LIMITS.loginAttemptMs),
        },
        instant(),
      );
      const url = buildAuthorizationUrl(metadata, {
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      return { url, browser };
    },
    async finish({ browser, url }) {
      const state = url.searchParams.get('state') ?? '';
      // Before the provider is asked anything: of two that come with one state, one goes on.
      const taken = await takeLoginAttempt(store, hashSecret(new Secret(state)), instant());
      const attempt = browser && attemptOf(browser, state.split('.', 1)[0] ?? '');
      if (!taken || attempt?.state !== state) {
        throw new LoginRefused('attempt-unknown', 'This login was not begun in this browser, or too long ago.');
      }
      const claims = await claimsOf(await provider.configuration(), url, attempt, config).catch((refused: unknown) => {
        if (refused instanceof LoginRefused && refused.reason === 'answer-invalid') provider.doubt();
        throw refused;
      });
      return { identity: readClaims(claims, config), returnTo: taken.return_to };
    },
  };
}

interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

function attemptOf(browser: Secret, id: string): Attempt {
  const derive = (use: string) => createHmac('sha256', browser.reveal()).update(`${use} ${id}`).digest('base64url');
  return { state: `${id}.${derive('state')}`, nonce: derive('nonce'), verifier: derive('verifier') };
}

async function claimsOf(
  provider: Configuration,
  url: URL,
  { state, nonce, verifier }: Attempt,
  config: LoginConfig,
): Promise<Claims> {
  try {
    const tokens = await authorizationCodeGrant(provider, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims: Claims = tokens.claims() ?? {};
    if (hasGroups(claims, config) || provider.serverMetadata().userinfo_endpoint === undefined) return claims;
    // Some providers put groups into userinfo alone. What the ID token says counts where both say it.
    return { ...(await fetchUserInfo(provider, tokens.access_token, String(claims['sub']))), ...claims };
  } catch (cause) {
    if (cause instanceof AuthorizationResponseError) {
      throw new LoginRefused('provider-refused', `The provider said no: ${cause.error}.`, { cause });
    }
    if (isUnreachable(cause)) {
      throw new LoginRefused('provider-unavailable', 'The login provider does not answer.', { cause });
    }
    throw new LoginRefused('answer-invalid', "The provider's answer is not one for this login.", { cause });
  }
}

/** What `fetch` throws, and what the client makes of an answer that did not come in time. */
function isUnreachable(cause: unknown): boolean {
  return cause instanceof TypeError || (cause instanceof ClientError && cause.code === 'OAUTH_TIMEOUT');
}

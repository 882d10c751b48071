import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { Fault } from '../../../model/fault.ts';
import type { HttpCredential } from '../../../model/target.ts';
import type { FetchedToken, FetchToken } from './cached-token.ts';
import { type DialTokenServer, post } from './post.ts';

type GithubApp = Extract<HttpCredential, { readonly kind: 'githubApp' }>;

/** A JWT of an app is good for ten minutes at most, and made a minute back for clocks that differ. Seconds. */
const BACK = 60;
const LIFETIME = 540;

/** Tokens of an app's installation: `POST /app/installations/{id}/access_tokens` of GitHub's REST API. */
export function githubTokens(credential: GithubApp, dial: DialTokenServer, nowMs: () => number): FetchToken {
  const { appId, installation, apiUrl, repositories, permissions } = credential;
  const key = keyOf(credential);
  const url = new URL(
    `${apiUrl.replace(/\/+$/, '')}/app/installations/${encodeURIComponent(installation)}/access_tokens`,
  );
  return async (signal): Promise<FetchedToken> => {
    const now = Math.floor(nowMs() / 1_000);
    const jwt = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(appId)
      .setIssuedAt(now - BACK)
      .setExpirationTime(now + LIFETIME)
      .sign(key);
    const fields = [
      ['authorization', `Bearer ${jwt}`],
      ['accept', 'application/vnd.github+json'],
      ['x-github-api-version', '2022-11-28'],
      ['content-type', 'application/json'],
    ] as const;
    const { status, content } = await post(
      url,
      { fields, body: JSON.stringify({ repositories, permissions }) },
      dial,
      signal,
    );
    if (status !== 201) throw new Fault('upstream-login', `${url.host} gives the app no token: ${status}`);
    const { token, expires_at: until } = content;
    const expiresAtMs = Date.parse(String(until));
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || Number.isNaN(expiresAtMs)) {
      throw new Fault('upstream-login', `${url.host} answered with something else than a token`);
    }
    return { value: token, expiresAtMs };
  };
}

function keyOf({ key }: GithubApp): KeyObject {
  try {
    const made = createPrivateKey(key.reveal());
    if (made.asymmetricKeyType === 'rsa') return made;
  } catch {
    // The complaint of OpenSSL may quote the key.
  }
  throw new Fault('config-invalid', "the key of the target's GitHub App is not an RSA key in PEM");
}

/** Git over HTTPS takes tokens as the password of a user of this name. */
const GIT_USER = 'x-access-token';

/** `Authorization` for a path: git's own are asked for with Basic, the API with Bearer. */
export function githubProof(target: string, token: string): string {
  const [path = ''] = target.split('?', 1);
  return GIT_PATH.test(path) ? `Basic ${gitPair(token)}` : `Bearer ${token}`;
}

export function gitPair(token: string): string {
  return Buffer.from(`${GIT_USER}:${token}`).toString('base64');
}

const GIT_PATH = /\/(?:info\/(?:refs|lfs(?:\/.*)?)|git-(?:upload|receive)-pack)$/;

import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';

/** `session`: who is logged in. `login`: the one browser that a login which was begun may come back to. */
export type CookieUse = 'session' | 'login';

const LIFETIME_MS: Readonly<Record<CookieUse, number>> = {
  session: LIMITS.personSessionMs,
  login: LIMITS.loginAttemptMs,
};

/** The secret of a cookie of ours; undefined where there is none. `url` is the gateway's own. */
export function readCookie(request: FastifyRequest, url: string, use: CookieUse): Secret | undefined {
  const value = request.cookies[cookieName(url, use)];
  return value !== undefined && /^[\w-]{43}$/.test(value) ? new Secret(value) : undefined;
}

export function setCookie(reply: FastifyReply, url: string, use: CookieUse, secret: Secret): void {
  const maxAge = LIFETIME_MS[use] / 1000;
  reply.setCookie(cookieName(url, use), secret.reveal(), { ...attributes(url), maxAge });
}

export function clearCookie(reply: FastifyReply, url: string, use: CookieUse): void {
  reply.clearCookie(cookieName(url, use), attributes(url));
}

/** The prefix keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2); it needs TLS, which a demo lacks. */
function cookieName(url: string, use: CookieUse): string {
  return `${isTls(url) ? '__Host-' : ''}chaperone${use === 'session' ? '' : `-${use}`}`;
}

function attributes(url: string): CookieSerializeOptions {
  return { path: '/', httpOnly: true, secure: isTls(url), sameSite: 'lax' };
}

function isTls(url: string): boolean {
  return url.startsWith('https:');
}

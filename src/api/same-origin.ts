import type { FastifyRequest } from 'fastify';

/**
 * Whether a page of ours made this request, as the browser says it: by `Sec-Fetch-Site` (which no page can set), else by
 * `Origin`. A client that says neither is no browser of today, and has no business with a cookie.
 */
export function isSameOrigin(request: FastifyRequest, url: string): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site === undefined) return origin !== undefined && isOurs(origin, request, url);
  // Under a referrer policy a page of our own may say `null`.
  return site === 'same-origin' && (origin === undefined || origin === 'null' || isOurs(origin, request, url));
}

/** By the name that clients are told, or by the one that this browser came with: the cookie is bound to the latter. */
function isOurs(origin: string, request: FastifyRequest, url: string): boolean {
  return origin === new URL(url).origin || origin === `${request.protocol}://${request.host}`;
}

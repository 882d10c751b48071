import type { FastifyInstance } from 'fastify';

/** What a page of ours may load and do: its own files and the API beside them, and nothing inline. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What every answer says, whatever it is. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=(), clipboard-write=(self)',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

const YEAR_SECONDS = 31_536_000;

/**
 * Puts the headers of a careful browser on every answer, errors and pages included; what says nothing of caching is
 * not kept. `url` is where browsers come: HSTS (RFC 6797) is said for a name of its own under TLS, never for localhost,
 * where it would speak for every other program of the machine.
 */
export function secureHeaders(app: FastifyInstance, url: () => string): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // A page that is one file has a policy of its own, which lets that file's script run and nothing else.
    const own = reply.getHeader('content-security-policy');
    reply.headers(own === undefined ? SECURITY_HEADERS : { ...SECURITY_HEADERS, 'content-security-policy': own });
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (isNamedUnderTls(url())) reply.header('strict-transport-security', `max-age=${YEAR_SECONDS}`);
    done();
  });
}

function isNamedUnderTls(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && hostname !== 'localhost' && !/^[\d.]+$|^\[/.test(hostname);
}

/** The grammar that both wires of HTTP share (RFC 9110, 5; RFC 3986, 3). Everything is latin1 text. */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
/**
 * RFC 3986's characters, and the seven more that clients by the URL Standard send as they are (`[ ] ^ \x60 { | }`); none of
 * them delimits anything in a request. `#`, `\`, `"`, `<`, `>` and what is not ASCII do not occur.
 */
const ORIGIN = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]^`{|}]*$/;

/** RFC 9110, 5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** RFC 9110, 5.5: no control characters but the tab; the white space around it taken off. */
export function isFieldValue(text: string): boolean {
  return VALUE.test(text);
}

/** `host[:port]`, RFC 9110, 4.2, without the empty, the user information and percent codes that nobody needs. */
export function isAuthority(text: string): boolean {
  return HOST.test(text);
}

/** The origin form (RFC 9112, 3.2.1). */
export function isOriginForm(text: string): boolean {
  return ORIGIN.test(text);
}

/** Lower case, without the port where it is `defaultPort`. */
export function sameAuthority(one: string, other: string, defaultPort: string): boolean {
  return plainAuthority(one, defaultPort) === plainAuthority(other, defaultPort);
}

function plainAuthority(authority: string, defaultPort: string): string {
  const suffix = `:${defaultPort}`;
  return (authority.endsWith(suffix) ? authority.slice(0, -suffix.length) : authority).toLowerCase();
}

/** The host alone, lower case; an IPv6 address keeps its brackets. */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return (colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority).toLowerCase();
}

/** Takes off the white space of RFC 9110, 5.6.3 (space, tab), and none of the other that `trim` knows. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The members of a comma-separated list, lower case, without the empty ones (RFC 9110, 5.6.1.2). */
export function listOf(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((member) => trimmed(member, 0, member.length))
    .filter((member) => member !== '');
}

/** A length of RFC 9110, 8.6, in at most 15 digits; undefined for anything else: a sign, a list, a space. */
export function contentLength(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What must not stand behind a body: it frames, routes, authenticates or describes it (RFC 9110, 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function mayTrail(name: string): boolean {
  return !NO_TRAILERS.has(name);
}

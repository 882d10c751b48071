/** Where clients reach the HTTP port. */
export interface HttpReach {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const BY_PATH = /^\/t\/([^/?%#]+)(?:\/.*)?$/s;

/**
 * The place of the HTTP port that a resource indicator (RFC 8707) names, as grants are bound to it: `/mcp`, which is all
 * MCP targets as one, or `/t/TARGET`, by whichever of its addresses. Undefined where it is no place of ours.
 */
export function namedResource(indicator: string, { host, port }: HttpReach): string | undefined {
  const url = URL.parse(indicator);
  if (url === null || url.hash !== '' || url.username !== '' || url.search !== '') return undefined;
  const isLocal = LOOPBACK.has(host);
  // In clear only to oneself: a token that was asked for a place in clear would be shown there.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return undefined;
  if (Number(url.port || (url.protocol === 'https:' ? 443 : 80)) !== port) return undefined;
  const name = url.hostname.toLowerCase();
  if (name === host.toLowerCase() || (isLocal && LOOPBACK.has(name))) return byPath(url.pathname);
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot + 1) === host.toLowerCase() ? `/t/${name.slice(0, dot)}` : undefined;
}

function byPath(path: string): string | undefined {
  if (path === '/mcp' || path === '/mcp/') return '/mcp';
  const [, target] = BY_PATH.exec(path) ?? [];
  return target === undefined ? undefined : `/t/${target}`;
}

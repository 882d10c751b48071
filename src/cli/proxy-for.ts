import { BlockList, isIP } from 'node:net';
import { CliError, EXIT } from './cli-error.ts';
import { isLoopback } from './gateway-file.ts';

/**
 * The proxy by which the environment says that an address is reached, undefined where directly: HTTPS_PROXY and NO_PROXY
 * as curl and Go read them, the lower case first. This machine itself never goes through one, nor does plain HTTP.
 * Throws a `CliError` for a value that is no proxy of HTTP.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const named = (env['https_proxy'] || env['HTTPS_PROXY'] || '').trim();
  if (named === '' || url.protocol !== 'https:' || isLoopback(url.hostname)) return undefined;
  if (isExcepted(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  const proxy = URL.parse(named.includes('://') ? named : `http://${named}`);
  if (proxy && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy;
  // What stands there may have a password in it.
  throw new CliError(EXIT.config, 'HTTPS_PROXY does not name a proxy of HTTP', {
    hint: 'It looks like http://proxy.example.com:3128. Where the gateway is reached directly, put its name into NO_PROXY.',
  });
}

/** Options of an `https.Agent` that goes through this proxy by CONNECT (RFC 9110, 9.3.6), with the login of its address. */
export function throughProxy(proxy: URL | undefined): { readonly proxyEnv?: NodeJS.ProcessEnv } {
  return proxy === undefined ? {} : { proxyEnv: { https_proxy: proxy.href } };
}

/** A name and its subdomains, an address, a network of addresses, each perhaps with a port; `*` is everything. */
function isExcepted(url: URL, exceptions: string): boolean {
  const host = bare(url.hostname);
  const port = url.port || '443';
  return exceptions
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, itsPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
      return (itsPort === undefined || itsPort === port) && covers(bare(name), host);
    });
}

function covers(name: string, host: string): boolean {
  const family = isIP(host);
  if (family === 0) {
    const domain = name.replace(/^\*?\./, '');
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
  }
  const [network = '', bits] = name.split('/');
  if (isIP(network) !== family) return false;
  const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return false;
  const addresses = new BlockList();
  addresses.addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6');
  return addresses.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** As a host is compared: lower case, without brackets and the dot of the root. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

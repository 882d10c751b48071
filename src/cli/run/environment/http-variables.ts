import { existsSync, readFileSync } from 'node:fs';
import { httpServers, mcpServersOf } from '../agents/agent-setup.ts';
import { addressOf, type LocalTarget, type RunContext, reachableTargets } from '../local-target.ts';
import { ownNames } from './own-names.ts';
import type { WriteFile } from './postgres-variables.ts';

/** Where distributions keep the authorities that everybody trusts, in one file. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
/** Variables by which clients are told of one file with all authorities. */
const BUNDLES = `SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO REQUESTS_CA_BUNDLE AWS_CA_BUNDLE PIP_CERT
  CARGO_HTTP_CAINFO DENO_CERT PERL_LWP_SSL_CA_FILE`.split(/\s+/);

/**
 * What clients of HTTP expect: a URL for each target, and, where targets have names, a forward proxy and the authorities
 * to trust through it. No name has KEY, TOKEN or SECRET in it, since some agents take such variables from their tools.
 */
export async function httpVariables(context: RunContext, write: WriteFile): Promise<Record<string, string>> {
  const targets = reachableTargets(context).filter(({ protocol }) => protocol === 'http' || protocol === 'mcp');
  const urls = Object.fromEntries(ownNames('CHAPERONE_URL', targets).map(([name, target]) => [name, url(target)]));
  const own = { ...urls, ...(await mcpVariables(context, write)) };
  return context.proxy === undefined ? own : { ...own, ...(await proxyVariables(context, write)) };
}

/** A file in the form that most clients of MCP share: they take no user from a URL, but a header. */
async function mcpVariables(context: RunContext, write: WriteFile): Promise<Record<string, string>> {
  const servers = mcpServersOf(context);
  if (servers.length === 0) return {};
  const text = JSON.stringify({ mcpServers: httpServers(servers, 'url', 'http') }, null, 2);
  return { CHAPERONE_MCP_CONFIG: await write('mcp.json', `${text}\n`) };
}

async function proxyVariables(context: RunContext, write: WriteFile): Promise<Record<string, string>> {
  const { proxy, certificateAuthority: own = '', gatewayUrl } = context;
  if (proxy === undefined) return {};
  const at = new URL(`http://127.0.0.1:${proxy.port}`);
  at.username = proxy.user;
  at.password = proxy.password.reveal();
  // The gateway itself is reached as before; so are the run's other listeners.
  const directly = [...new Set(['localhost', '127.0.0.1', '::1', new URL(gatewayUrl).hostname])].join(',');
  const names = { https_proxy: at.href, http_proxy: at.href, no_proxy: directly };
  const upper = Object.fromEntries(Object.entries(names).map(([name, value]) => [name.toUpperCase(), value]));
  const system = SYSTEM_AUTHORITIES.find((path) => existsSync(path));
  const everybodys = system === undefined ? '' : readFileSync(system, 'utf8');
  const bundle = await write('authorities.crt', `${everybodys}\n${own}`);
  return {
    ...names,
    ...upper,
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: await write('gateway-authority.crt', own),
    // wget has no variable for it, but one for its settings.
    WGETRC: await write('wgetrc', `ca_certificate = ${bundle}\n`),
    ...Object.fromEntries(BUNDLES.map((name) => [name, bundle])),
  };
}

function url(target: LocalTarget): string {
  const address = addressOf(target);
  address.username = target.user;
  address.password = target.password.reveal();
  return address.href;
}

import { CliError, EXIT } from './cli-error.ts';
import { printable } from './printable.ts';

/** Why a gateway gave no answer at all, and what to do about it. The proxy is named without its login. */
export function unreachable(url: string, proxy: URL | undefined, cause: Error): CliError {
  const code = (cause as NodeJS.ErrnoException).code;
  const said = code === 'ERR_PROXY_TUNNEL' ? proxyAnswer(cause.message) : (code ?? cause.message);
  const way = proxy === undefined ? '' : ` through the proxy ${printable(proxy.host)}`;
  return new CliError(EXIT.unavailable, `the gateway at ${url} does not answer${way} (${printable(said)})`, {
    hint: hintFor(code, said, proxy),
    cause,
  });
}

/** Node's message has the status line of the proxy's answer at its end. */
function proxyAnswer(message: string): string {
  const status = /HTTP\/1\.\d (\d{3})/.exec(message)?.[1];
  return status === undefined ? 'no answer to CONNECT' : `it answered ${status} to CONNECT`;
}

function hintFor(code: string | undefined, said: string, proxy: URL | undefined): string {
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code ?? '')) {
    return 'Its certificate is not trusted here. Put the path of its authority (PEM) into CHAPERONE_CA_FILE.';
  }
  if (proxy === undefined) return 'Is it running? `npm start` starts one here; CHAPERONE_URL names another.';
  // Some proxies say 401 where they mean 407.
  return /answered 40[17]/.test(said)
    ? 'The proxy wants a login: HTTPS_PROXY=http://user:password@proxy.example.com:3128'
    : 'HTTPS_PROXY names this proxy. Where the gateway is reached directly, put its name into NO_PROXY.';
}

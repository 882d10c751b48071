/** A gateway in this process for HTTP, as gateway.ts makes one for PostgreSQL. */
import type { SecureContext } from 'node:tls';
import { Connections } from '../../src/gateway/connections.ts';
import { Listener } from '../../src/gateway/listener.ts';
import type { TargetName } from '../../src/model/ids.ts';
import { LIMITS } from '../../src/model/limits.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Target } from '../../src/model/target.ts';
import { Tokens } from '../../src/protocols/http/credentials/tokens.ts';
import { dialHttp } from '../../src/protocols/http/dial-http.ts';
import { createHttp, type HttpOptions } from '../../src/protocols/http/http.ts';
import { createBodyInspector } from '../../src/protocols/http/inspect/body-inspector.ts';
import { openServerConnection } from '../../src/protocols/http/open-server-connection.ts';
import { startGateway, type TestGateway, type TestGatewayOptions, type TestTarget } from './gateway.ts';

export interface HttpGatewayOptions extends TestGatewayOptions {
  readonly http?: Partial<HttpOptions>;
  readonly leafFor?: (host: string) => Promise<SecureContext>;
}

export async function startHttpGateway(options: HttpGatewayOptions): Promise<TestGateway> {
  const { targets } = options;
  return startGateway({
    ...options,
    listen: (parts, tls) => {
      const protocol = createHttp({
        inspector: createBodyInspector({ asksForBody: () => parts.controlPlane.policies().asksForBody }),
        places: {
          domains: ['gateway.test', 'localhost'],
          byHost: (host) =>
            targets.find(({ name, http }) => host === `${name}.test` || http?.hosts.includes(host))?.name,
        },
        open: (stream) =>
          openServerConnection(stream, { limits: parts.limits, concurrency: parts.limits.maxHttpLanes }),
        dial: (target, { clientCertificate }, signal) => dialHttp(target, clientCertificate, signal),
        tokens: new Tokens(),
        leafFor: () => Promise.reject(new Error('this gateway has no authority')),
        ...options.http,
        ...(tls === undefined ? {} : { tls }),
      });
      return Listener.open({ host: '127.0.0.1', port: 0 }, protocol, parts, new Connections(parts));
    },
  });
}

/** A target at this place, with what a test wants to differ. */
export function httpTarget(
  address: { readonly host: string; readonly port: number; readonly ca?: string | undefined },
  settings: Partial<Omit<TestTarget, 'name'>> & { readonly name?: string } = {},
): TestTarget {
  const { name = 'api', ...others } = settings;
  const { host, port, ca } = address;
  const target: Target = {
    name: name as TargetName,
    protocol: 'http',
    address: { host, port },
    tls: ca === undefined ? { mode: 'disable' } : { mode: 'verify-full', ca },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: LIMITS.storedReplyBytes,
    http: { basePath: '', hosts: [host], version: 'auto' },
  };
  const credential = { user: '', http: { kind: 'bearer', token: new Secret('target-token') } } as const;
  return { credential, ...target, ...others };
}

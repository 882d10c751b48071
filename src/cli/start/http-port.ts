import { createSecureContext, type SecureContext } from 'node:tls';
import type { GatewayParts } from '../../gateway/admission.ts';
import { Carriers } from '../../gateway/carriers.ts';
import type { Connections } from '../../gateway/connections.ts';
import { Listener } from '../../gateway/listener.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Credential, Target } from '../../model/target.ts';
import { Tokens } from '../../protocols/http/credentials/tokens.ts';
import { dialHttp } from '../../protocols/http/dial-http.ts';
import { createHttp } from '../../protocols/http/http.ts';
import type { Inspector } from '../../protocols/http/inspector.ts';
import { type HttpLayer, layerOf } from '../../protocols/http/layer.ts';
import { openServerConnection } from '../../protocols/http/open-server-connection.ts';
import { resourceMetadata } from '../../protocols/mcp/authorization/resource-metadata.ts';
import { Federation } from '../../protocols/mcp/federation/federation.ts';
import { isLoopback } from '../gateway-file.ts';
import type { KeyPairPem } from './certificates.ts';
import type { Leaves } from './leaves.ts';
import { type Listening, listenFrom } from './listen.ts';
import type { Address } from './start-config.ts';

export interface HttpPort extends AsyncDisposable {
  readonly port: number;
  /** True while connections are taken. */
  readonly listening: boolean;
  stop(): void;
}

export interface HttpSide {
  listen(
    address: Address,
    mayMove: boolean,
    gateway: GatewayParts,
    connections: Connections,
  ): Promise<Listening<HttpPort>>;
  /** What takes its connections where they come inside a WebSocket. */
  carriers(gateway: GatewayParts, connections: Connections): Pick<Carriers<never, never>, 'checkRoom' | 'serve'>;
  /** Connects as a session would, and leaves at once. */
  check(target: Target, credential: Credential, signal: AbortSignal): Promise<void>;
}

export interface HttpSideParts {
  readonly tls: KeyPairPem;
  readonly leaves: Pick<Leaves, 'leafFor'>;
  /** The targets in force. */
  readonly targets: () => readonly Target[];
  readonly inspector: Inspector;
  readonly layers: readonly HttpLayer[];
  /** Names of the port: `TARGET.DOMAIN` is a target's own host. */
  readonly domains: readonly string[];
  /** Who gives tokens for the port: the API, as clients reach it. */
  readonly issuer: () => string;
  readonly nowMs: () => number;
}

/** Makes the protocol. Clients show a grant with each request, so none may do it without TLS but on loopback. */
export function openHttpSide({
  tls,
  leaves,
  targets,
  inspector,
  layers,
  domains,
  issuer,
  nowMs,
}: HttpSideParts): HttpSide {
  const common = {
    inspector,
    layers,
    places: {
      domains,
      own: [resourceMetadata({ issuer }), new Federation({ nowMs })],
      byHost: (host: string) => targets().find(({ http }) => http?.hosts.includes(host))?.name,
    },
    open: (stream: Parameters<typeof openServerConnection>[0]) =>
      openServerConnection(stream, { limits: LIMITS, concurrency: LIMITS.maxHttpLanes }),
    dial: (target: Target, { clientCertificate }: Credential, signal: AbortSignal) =>
      dialHttp(target, clientCertificate, signal),
    tokens: new Tokens(),
    leafFor: (host: string): Promise<SecureContext> => leaves.leafFor(host),
  };
  const context = createSecureContext({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' });
  return {
    listen: (address, mayMove, gateway, connections) => {
      const protocol = createHttp({ ...common, tls: { context, required: !isLoopback(address.host) } });
      return listenFrom(address, mayMove, 'the HTTP port', (at) => Listener.open(at, protocol, gateway, connections));
    },
    // The WebSocket around them has the TLS.
    carriers: (gateway, connections) => new Carriers(createHttp(common), gateway, connections),
    check: async (target, credential, signal) => {
      const protocol = createHttp(common);
      const { upstream } = await protocol.connect(target, credential, { parameters: {}, cancelKeyBytes: 4 }, signal);
      try {
        // Fetches a token, where the credential is one that is fetched. What signs needs a client that says for what.
        if (credential.http?.kind !== 'aws') await upstream.credentials.apply(NOTHING_ASKED, NO_CLIENT, signal);
        await layerOf(layers, target)?.check?.(upstream, signal);
      } finally {
        await upstream[Symbol.asyncDispose]();
      }
    },
  };
}

const NOTHING_ASKED = {
  method: 'GET',
  scheme: 'https',
  authority: '',
  target: '/',
  fields: [],
  length: 'none',
} as const;
const NO_CLIENT = { version: '1.1', method: 'GET', authority: '', target: '/', absolute: false, fields: [] } as const;

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { GatewayParts } from '../../gateway/admission.ts';
import { Carriers } from '../../gateway/carriers.ts';
import type { Connections } from '../../gateway/connections.ts';
import type { Admitted } from '../../gateway/control-plane.ts';
import { Listener } from '../../gateway/listener.ts';
import { type SurveyedTarget, type SurveyOptions, surveyTarget } from '../../gateway/survey-target.ts';
import type { Credential, Target } from '../../model/target.ts';
import { CatalogueCache, catalogueKey } from '../../protocols/postgres/catalogue-cache.ts';
import { serverEndPoint } from '../../protocols/postgres/channel-binding.ts';
import { createPostgres } from '../../protocols/postgres/postgres.ts';
import { Analyser } from '../../sql/postgres/analyser.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import { loadPostgresParser } from '../../sql/postgres/parser.ts';
import type { KeyPairPem } from './certificates.ts';
import { type Listening, listenFrom } from './listen.ts';
import type { Address } from './start-config.ts';

/** The PostgreSQL port: what is asked of it in a start. */
export interface PostgresPort extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
  /** True while connections are taken. */
  readonly listening: boolean;
  /** Takes no more connections. */
  stop(): void;
}

export interface PostgresSide {
  listen(
    address: Address,
    mayMove: boolean,
    gateway: GatewayParts,
    connections: Connections,
  ): Promise<Listening<PostgresPort>>;
  /** What takes its connections where they come inside a WebSocket. */
  carriers(gateway: GatewayParts, connections: Connections): Pick<Carriers<never, never>, 'checkRoom' | 'serve'>;
  /** Connects and logs in as a session would, and leaves at once. */
  check(target: Target, credential: Credential, signal: AbortSignal): Promise<void>;
  /** The catalogue of the target's own database, as a session last read it; undefined where none was there yet. */
  catalogue(target: Target): Catalogue | undefined;
  /** Looks at some rows of every table, in a session of the principal's. */
  survey(
    gateway: GatewayParts,
    admitted: Admitted,
    signal: AbortSignal,
    options: SurveyOptions,
  ): Promise<SurveyedTarget>;
}

/** Loads PostgreSQL's parser and makes the protocol. Clients log in by SCRAM over TLS, and in no other way. */
export async function openPostgresSide(tls: KeyPairPem): Promise<PostgresSide> {
  await loadPostgresParser();
  const bindingData = serverEndPoint(new X509Certificate(tls.certificate).raw);
  const catalogues = new CatalogueCache();
  const common = { analyser: new Analyser(), catalogues, authentication: 'scram' } as const;
  const protocol = createPostgres({
    ...common,
    tls: {
      context: createSecureContext({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' }),
      required: true,
      ...(bindingData ? { bindingData } : {}),
    },
  });
  return {
    listen: (address, mayMove, gateway, connections) =>
      listenFrom(address, mayMove, 'the PostgreSQL port', (at) => Listener.open(at, protocol, gateway, connections)),
    // The WebSocket around them has the TLS, and its opening the proof that channel binding would be.
    carriers: (gateway, connections) => new Carriers(createPostgres(common), gateway, connections),
    check: async (target, credential, signal) => {
      const { upstream } = await protocol.connect(target, credential, { parameters: {}, cancelKeyBytes: 4 }, signal);
      await upstream[Symbol.asyncDispose]();
    },
    catalogue: ({ name, database }) => catalogues.get(catalogueKey(name, database)),
    survey: (gateway, admitted, signal, options) => surveyTarget(protocol, gateway, admitted, signal, options),
  };
}

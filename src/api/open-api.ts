import type { AddressInfo } from 'node:net';
import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import type { AuditLog } from '../audit/recorder.ts';
import type { GrantService } from '../grants/grant-service.ts';
import type { Logins } from '../identity/logins.ts';
import type { Credential, Target } from '../model/target.ts';
import type { Store } from '../store/store.ts';
import type { ConfigurationService } from '../targets/configuration-service.ts';
import type { TargetDirectory } from '../targets/target-directory.ts';
import { grantServices } from './grant-services.ts';
import { recordingService } from './recordings.ts';
import { buildApi } from './server.ts';
import type { ApiServices, GatewayInfo, TargetView } from './services.ts';
import { checkTarget } from './target-check.ts';

/** The gateway's parts, as the API needs them. */
export interface ApiParts {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly log: OpenAuditLog;
  readonly grants: GrantService;
  readonly targets: TargetDirectory;
  readonly configuration: ConfigurationService;
  readonly logins: Logins;
  /** Makes every part decide by the configuration as it is now. */
  readonly reload: () => Promise<void>;
  readonly connect: (target: Target, credential: Credential, signal: AbortSignal) => Promise<void>;
  readonly reach: (protocol: string) => { readonly host: string; readonly port: number } | undefined;
  readonly certificateAuthority: string | undefined;
  readonly draining: AbortSignal;
  readonly nowMs: () => number;
}

export interface ApiListenOptions {
  readonly host: string;
  readonly port: number;
  /** PEM; plain HTTP where absent. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Made once the port is known. */
  readonly info: (port: number) => GatewayInfo;
  readonly onFault: (fault: unknown, client: string) => void;
  /** Where the built web UI is. */
  readonly webDirectory?: string;
}

export interface OpenApi extends AsyncDisposable {
  readonly info: GatewayInfo;
  readonly port: number;
}

/** Opens the REST API over a gateway's parts; rejects with the socket's own error where it cannot listen. */
export async function openApi(parts: ApiParts, options: ApiListenOptions): Promise<OpenApi> {
  let info = options.info(options.port);
  const services: ApiServices = {
    ...servicesOf(parts),
    get info() {
      return info;
    },
  };
  const { onFault, tls, webDirectory } = options;
  const app = await buildApi(services, { onFault, ...(tls ? { tls } : {}), ...(webDirectory ? { webDirectory } : {}) });
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  info = options.info(port);
  return { info, port, [Symbol.asyncDispose]: () => app.close() };
}

function servicesOf(parts: ApiParts): Omit<ApiServices, 'info'> {
  const { store, audit, log, grants, targets, configuration, logins, nowMs } = parts;
  return {
    ...grantServices({
      store,
      grants,
      audit,
      target: (name) => targets.get(name),
      reach: parts.reach,
      certificateAuthority: parts.certificateAuthority,
      nowMs,
    }),
    readiness: async () => [
      ...(parts.draining.aborted ? ['draining'] : []),
      ...(log.fault ? ['log'] : []),
      ...(await store
        .read((db) => db.selectFrom('deployment').select('id').execute())
        .then(
          () => [],
          () => ['store'],
        )),
    ],
    logins,
    targets: {
      list: () => Promise.resolve(targets.list().map(targetView)),
      check: async (name, signal) => {
        const target = targets.get(name);
        const credential = (of: Target) => targets.credential(of);
        return target && checkTarget(target, { credential, connect: parts.connect }, signal);
      },
    },
    configuration: {
      plan: (files) => configuration.plan(files),
      apply: async (files, digest, by) => {
        const plan = await configuration.apply(files, digest, by);
        await parts.reload();
        return plan;
      },
    },
    recordings: recordingService({ store, audit, directory: log.directory }),
    audit,
    nowMs,
  };
}

function targetView(target: Target): TargetView {
  const { name, protocol, address, database, tls, labels, classified, recordMode } = target;
  return {
    name,
    protocol,
    address: `${address.host}:${address.port}`,
    tls: tls.mode,
    labels,
    classified: classified.map(({ schema, table, column, class: of }) => ({
      column: `${schema}.${table}.${column}`,
      class: of,
    })),
    recordMode,
    ...(database === undefined ? {} : { database }),
  };
}

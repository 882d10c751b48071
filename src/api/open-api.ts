import type { AddressInfo } from 'node:net';
import type { ApprovalService } from '../approvals/approval-service.ts';
import type { ChannelService } from '../approvals/channels/channel-service.ts';
import type { SlackInteractions } from '../approvals/channels/slack-interactions.ts';
import type { EvidenceService } from '../audit/bundle/evidence-service.ts';
import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import type { AuditLog } from '../audit/recorder.ts';
import type { BudgetService } from '../budgets/budget-service.ts';
import type { DefinitionService } from '../definitions/definition-service.ts';
import type { ExportService } from '../export/export-service.ts';
import type { Carriers } from '../gateway/carriers.ts';
import type { SurveyedTarget, SurveyOptions } from '../gateway/survey-target.ts';
import type { GrantService } from '../grants/grant-service.ts';
import type { RunAttachments } from '../grants/run-attachments.ts';
import type { Logins } from '../identity/logins.ts';
import type { TrustDirectory } from '../identity/trust-directory.ts';
import type { Principal } from '../model/principal.ts';
import type { Credential, Target } from '../model/target.ts';
import type { Catalogue } from '../sql/postgres/catalogue.ts';
import type { Store } from '../store/store.ts';
import type { ConfigurationObjects } from '../targets/configuration-objects.ts';
import type { ConfigurationService } from '../targets/configuration-service.ts';
import type { InheritedClasses } from '../targets/inherited-classes.ts';
import type { TargetDirectory } from '../targets/target-directory.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ServerOffers } from './grant-views.ts';
import type { RetentionServicesParts } from './retention-services.ts';
import { buildApi } from './server.ts';
import type { ApiServices, GatewayInfo } from './services.ts';
import { servicesOf } from './services-of.ts';
import type { ReplyDecoders } from './session-events.ts';

/** The gateway's parts, as the API needs them. */
export interface ApiParts {
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly audit: AuditLog & {
    /** Calls back whenever something was recorded in a session that this gateway serves. Returns how to stop. */
    onActivity(session: string, listener: () => void): () => void;
  };
  readonly log: OpenAuditLog;
  readonly retention: Omit<RetentionServicesParts, 'store' | 'names'>;
  readonly approvals: ApprovalService;
  readonly channels: { readonly service: ChannelService; readonly slack: Pick<SlackInteractions, 'take'> };
  readonly grants: GrantService;
  readonly budgets: BudgetService;
  readonly targets: TargetDirectory;
  readonly classes: InheritedClasses;
  readonly definitions: DefinitionService;
  readonly configuration: ConfigurationService;
  readonly configurationObjects: ConfigurationObjects;
  readonly exports: ExportService;
  readonly metrics: Metrics;
  readonly trust: TrustDirectory;
  readonly logins: Logins;
  /** Makes every part decide by the configuration as it is now. */
  readonly reload: () => Promise<void>;
  readonly connect: (target: Target, credential: Credential, signal: AbortSignal) => Promise<void>;
  /** Samples a target in a session of the principal's. */
  readonly survey: (
    principal: Principal,
    target: Target,
    signal: AbortSignal,
    options: SurveyOptions,
  ) => Promise<SurveyedTarget>;
  /** What was last read of a target's database; undefined where no session was there yet. */
  readonly catalogue?: (target: Target) => Catalogue | undefined;
  readonly audience: string;
  readonly reach: (protocol: string) => { readonly host: string; readonly port: number } | undefined;
  /** The native ports that should take connections now, and do not. */
  readonly closedPorts: () => readonly string[];
  /** Where connections of a protocol go that come inside a WebSocket. */
  readonly carriers: (protocol: string) => Pick<Carriers<never, never>, 'checkRoom' | 'serve'> | undefined;
  /** By what SSH clients know the gateway, and what signs for them; a certificate is good until then, ms since 1970. */
  readonly ssh: {
    readonly hostKey: string;
    readonly userAuthority: string;
    certify(key: Buffer, grant: string, untilMs: number): string;
  };
  /** Which runs have their wrapper attached. */
  readonly attachments: Pick<RunAttachments, 'attach'>;
  /** The evidence of runs, and what of it the configuration leaves open. */
  readonly evidence: {
    readonly service: EvidenceService;
    readonly config: { readonly auditors: readonly string[]; readonly bodiesForJobs: boolean };
  };
  readonly decoders: ReplyDecoders;
  readonly certificateAuthority: string | undefined;
  /** True where there is the gateway's own MCP server. */
  readonly own: boolean;
  /** Programs that wrappers of runs would start. */
  readonly offered: ServerOffers;
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
  await using opened = new AsyncDisposableStack();
  const services: ApiServices = {
    ...servicesOf(parts, { defer: (end) => opened.defer(end), onFault: (fault) => options.onFault(fault, 'the API') }),
    get info() {
      return info;
    },
  };
  const { onFault, tls, webDirectory } = options;
  const app = await buildApi(services, { onFault, ...(tls ? { tls } : {}), ...(webDirectory ? { webDirectory } : {}) });
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  info = options.info(port);
  opened.defer(() => app.close());
  const running = opened.move();
  return { info, port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

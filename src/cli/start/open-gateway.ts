import { join } from 'node:path';
import type { EvidenceService } from '../../audit/bundle/evidence-service.ts';
import type { ExportService } from '../../export/export-service.ts';
import type { GatewayParts } from '../../gateway/admission.ts';
import type { Carriers } from '../../gateway/carriers.ts';
import { Estimates } from '../../gateway/effect-estimator.ts';
import { LiveSessions } from '../../gateway/live-sessions.ts';
import { Strays } from '../../gateway/strays.ts';
import type { SurveyedTarget, SurveyOptions } from '../../gateway/survey-target.ts';
import { RunAttachments } from '../../grants/run-attachments.ts';
import type { ReplyDecoder } from '../../model/decoded-reply.ts';
import type { RunId } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Principal } from '../../model/principal.ts';
import type { Credential, Target } from '../../model/target.ts';
import type { OfferedServers } from '../../protocols/mcp/upstream/offered-servers.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Demo } from '../demo/demo.ts';
import { runningGateway } from '../gateway-file.ts';
import type { Started } from './announce.ts';
import { type CertificateAuthority, type KeyPairPem, openCertificateAuthority } from './certificates.ts';
import { makeControlPlane } from './control-plane.ts';
import { endRevoked } from './end-revoked.ts';
import { type EvidenceConfig, NO_EVIDENCE_CONFIG } from './evidence-config.ts';
import { firstLoginLink } from './first-login-link.ts';
import { type Listening, listenFrom } from './listen.ts';
import { type Control, localAdminToken, makeDataDirectory, openControl } from './open-control.ts';
import { openEvidence } from './open-evidence.ts';
import { openGatewayExports } from './open-exports.ts';
import { openGatewayMetrics, openGatewayTelemetry } from './open-measures.ts';
import { openProtocols } from './open-protocols.ts';
import { type OpenPorts, openPorts, targetsSeen } from './open-sides.ts';
import { LateCarriers } from './own/open-own.ts';
import { apiUrl, serverNames, speaksTls } from './own-addresses.ts';
import { openPostgresSide } from './postgres-port.ts';
import { publish } from './publish.ts';
import { replyDecoder } from './reply-decoders.ts';
import { sweepRuns } from './run-sweeper.ts';
import { watchEndings } from './session-endings.ts';
import { openSshKeys, type SshOfGateway, sshOf } from './ssh-keys.ts';
import { openSshSide } from './ssh-port.ts';
import type { Address, StartConfig } from './start-config.ts';

/** Opens the REST API, which stands on the same floor as this folder: main.ts brings it. */
export type OpenApi = (
  parts: ApiParts,
  options: ApiListenOptions,
) => Promise<AsyncDisposable & { readonly port: number }>;

export interface ApiParts extends Omit<Control, 'policies' | typeof Symbol.asyncDispose> {
  readonly exports: ExportService;
  readonly metrics: Metrics;
  readonly connect: (target: Target, credential: Credential, signal: AbortSignal) => Promise<void>;
  /** Samples a target in a session of the principal's. */
  readonly survey: (
    principal: Principal,
    target: Target,
    signal: AbortSignal,
    options: SurveyOptions,
  ) => Promise<SurveyedTarget>;
  /** What was last read of a target's database; undefined where no session was there yet. */
  readonly catalogue: (target: Target) => Catalogue | undefined;
  readonly reach: (protocol: string) => Address | undefined;
  /** The native ports that should take connections now, and do not. */
  readonly closedPorts: () => readonly string[];
  /** Where connections of a protocol go that come inside a WebSocket. */
  readonly carriers: (protocol: string) => Pick<Carriers<never, never>, 'checkRoom' | 'serve'> | undefined;
  readonly attachments: RunAttachments;
  readonly evidence: { readonly service: EvidenceService; readonly config: EvidenceConfig };
  /** The decoder of a target's recorded replies, by its protocol. */
  readonly decoders: (protocol: string, target: string) => ReplyDecoder | undefined;
  readonly certificateAuthority: string | undefined;
  /** True where there is the gateway's own MCP server. */
  readonly own: boolean;
  /** Programs that wrappers of runs would start. */
  readonly offered: OfferedServers;
  readonly ssh: SshOfGateway;
  readonly draining: AbortSignal;
  readonly nowMs: () => number;
}

export interface ApiListenOptions extends Address {
  readonly tls?: KeyPairPem;
  /** What the API says of the gateway, once its port is known. */
  readonly info: (port: number) => {
    readonly version: string;
    readonly demo: boolean;
    readonly audience: string;
    readonly url: string;
  };
  readonly onFault: (fault: unknown, client: string) => void;
}

export interface OpenGateway extends AsyncDisposable {
  readonly started: Started;
  /** Lets sessions finish what they do, for `drainDeadlineMs` at most; nobody new is let in. */
  drain(): Promise<void>;
}

export interface Surroundings {
  readonly version: string;
  readonly openApi: OpenApi;
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown, where?: string) => void;
}

/** Opens everything of one gateway, in the order of need; disposing it ends all in the reverse order. */
export async function openGateway(config: StartConfig, surroundings: Surroundings): Promise<OpenGateway> {
  const { nowMs, onFault } = surroundings;
  await makeDataDirectory(config);
  refuseSecond(config.dataDirectory);
  await using parts = new AsyncDisposableStack();
  const authority = await openCertificateAuthority(join(config.dataDirectory, 'tls'), nowMs());
  const tls = config.tls ?? (await authority.issue(serverNames(config)));
  const opening = [openPostgresSide(tls), openPlane(config, authority, surroundings, parts)] as const;
  await Promise.allSettled(opening);
  const [postgres, { control, demo }] = await Promise.all(opening);
  const ssh = openSshSide({ ...control, keys: await openSshKeys(control) });
  const way = new LateCarriers();
  const sides = openProtocols(config, control, { postgres, ssh, way, authority, tls, parts, ...surroundings });
  const { dataDirectory, evidence: evidenceConfig = NO_EVIDENCE_CONFIG } = config;
  const ofEvidence = { dataDirectory, beside: config.directory ?? process.cwd(), config: evidenceConfig };
  const evidence = parts.use(await openEvidence({ ...surroundings, ...control, ...ofEvidence }));
  const exports = parts.use(await openGatewayExports(config, { ...surroundings, ...control }));
  const live = new LiveSessions();
  const draining = new AbortController();
  const telemetry = parts.use(openGatewayTelemetry(config.traces, surroundings));
  const gateway = gatewayParts(config, control, { live, draining: draining.signal, onFault, watch: telemetry.totals });
  parts.defer(watchEndings({ ...control, live, onFault }));
  parts.defer(endRevoked(control.grants, live));
  const ports = await openPorts(sides, config, gateway);
  way.open(ports);
  const metrics = parts.use(openGatewayMetrics({ ...surroundings, ...control, telemetry, exports, ...ports }));
  const listening = nativePorts(ports).map(({ server }) => parts.use(server));
  const attachments = parts.use(new RunAttachments({ ...gateway, ...control, onLost: endLost(control), onFault }));
  const api = await listenApi(
    config,
    surroundings,
    {
      ...control,
      exports,
      metrics,
      reload: () => reloadAll(control, exports),
      ...targetsSeen(sides, config, control, gateway),
      reach: ports.reach,
      carriers: ports.carriers,
      own: config.ownMcp !== false,
      closedPorts: ports.closedPorts,
      attachments,
      evidence: { service: evidence, config: evidenceConfig },
      decoders: (protocol, target) => replyDecoder(protocol, control.targets.get(target)),
      ssh: sshOf(ssh.keys, control.nowMs),
      certificateAuthority: config.tls ? config.tlsAuthority : authority.certificate,
      draining: draining.signal,
      nowMs: control.nowMs,
    },
    tls,
  );
  parts.use(api.server);
  control.web.url = config.publicUrl ?? apiUrl(config, api.server.port);
  control.channels.start();
  parts.defer(sweepRuns({ ...control, attachments, liveSessions: (run) => live.ofRun(run).length, onFault }));

  const started = await describeStart(config, control, { ...ports, api }, nowMs());
  parts.defer(await publish(started, config, demo));
  const running = parts.move();
  return {
    started,
    drain: async () => {
      draining.abort();
      for (const server of listening) server.stop();
      await live.drain(AbortSignal.timeout(LIMITS.drainDeadlineMs));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function gatewayParts(
  config: StartConfig,
  control: Control,
  around: Pick<GatewayParts, 'live' | 'draining' | 'onFault' | 'watch'>,
): GatewayParts {
  return {
    controlPlane: makeControlPlane({ ...control, recordMode: config.recordMode, own: config.ownMcp !== false }),
    audit: control.audit,
    limits: LIMITS,
    estimates: new Estimates(LIMITS),
    strays: new Strays(control.audit),
    maskKey: (run) => control.key.derive(`masks/${run}`),
    now: control.nowMs,
    ...around,
  };
}

async function reloadAll(...parts: readonly { reload(): Promise<unknown> }[]): Promise<void> {
  await Promise.all(parts.map((part) => part.reload()));
}

/** Ends a run whose wrapper went without a word. */
function endLost({ grants, audit }: Pick<Control, 'grants' | 'audit'>) {
  return async (run: RunId): Promise<void> => {
    if (await grants.closeRun(run, 'clientLost')) await audit.closeRun(run, 'clientLost');
  };
}

function nativePorts({ postgres, http, ssh }: Pick<OpenPorts, 'postgres' | 'http' | 'ssh'>) {
  return [postgres, http, ssh].filter((one) => one !== undefined);
}

interface Listeners extends Pick<OpenPorts, 'postgres' | 'http' | 'ssh'> {
  readonly api: Listening<{ readonly port: number }>;
}

/** What there is to say of a gateway that listens; makes how its first administrator gets in. */
async function describeStart(config: StartConfig, control: Control, listeners: Listeners, nowMs: number) {
  const { api, postgres, http, ssh } = listeners;
  const adminTokenFile = await localAdminToken(config, control);
  const firstLogin = await firstLoginLink(config, control, control.web.url, nowMs);
  const started: Started = {
    demo: config.kind === 'demo',
    dataDirectory: config.dataDirectory,
    url: apiUrl(config, api.server.port),
    postgres: { host: config.postgres.host, port: postgres.server.port },
    ...(http && config.http ? { http: { host: config.http.host, port: http.server.port } } : {}),
    ...(ssh && config.ssh ? { ssh: { host: config.ssh.host, port: ssh.server.port } } : {}),
    moved: [api, ...nativePorts(listeners)].flatMap(({ movedFrom }) =>
      movedFrom === undefined ? [] : [`Port ${movedFrom} was taken.`],
    ),
    targets: control.targets.list().length,
    ...(adminTokenFile === undefined ? {} : { adminTokenFile }),
    ...(firstLogin === undefined ? {} : { firstLogin }),
  };
  return started;
}

/** Says who is there already, in words; the lock of the audit log is what keeps a second one out. */
function refuseSecond(dataDirectory: string): void {
  const running = runningGateway(dataDirectory);
  if (running === undefined) return;
  throw new CliError(
    EXIT.unavailable,
    `a gateway runs on ${dataDirectory} already: ${running.url}, process ${running.pid}`,
    {
      hint: 'End that one first, or give this one a data directory of its own (CHAPERONE_DATA_DIR).',
    },
  );
}

/** The control plane and, on a demo, its world, made to know one another. */
async function openPlane(
  config: StartConfig,
  authority: CertificateAuthority,
  { env, nowMs, onFault }: Surroundings,
  parts: AsyncDisposableStack,
): Promise<{ readonly control: Control; readonly demo: Demo | undefined }> {
  // The log's lock first: a demo's PostgreSQL of a gateway that runs is not ours to take over.
  const control = parts.use(await openControl(config, { env, nowMs, onFault }));
  const demo = await openDemo(config, authority, nowMs);
  if (demo) parts.use(demo);
  if (demo) {
    const { digest } = await control.configuration.plan(demo.files);
    await control.configuration.apply(demo.files, digest, 'gateway');
    await control.reload();
  }
  return { control, demo };
}

async function openDemo(config: StartConfig, authority: CertificateAuthority, nowMs: () => number) {
  if (config.kind !== 'demo') return undefined;
  const { startDemo } = await import('../demo/demo.ts');
  return startDemo({ dataDirectory: config.dataDirectory, authority, nowMs });
}

function listenApi(config: StartConfig, { version, openApi, onFault }: Surroundings, parts: ApiParts, tls: KeyPairPem) {
  return listenFrom(config.api, config.portsMayMove, 'the API', (address) =>
    openApi(parts, {
      ...address,
      ...(speaksTls(config) ? { tls } : {}),
      info: (port) => ({
        version,
        demo: config.kind === 'demo',
        audience: parts.audience,
        url: config.publicUrl ?? apiUrl(config, port),
      }),
      onFault,
    }),
  );
}

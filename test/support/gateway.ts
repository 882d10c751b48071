/**
 * A gateway in this process for one test file, in front of real servers:
 *
 *     await using gateway = await startGateway({ targets: [{ ...shop, credential }] });
 *     const { user, password } = await gateway.grant();
 *
 * Everything is the real thing (listener, protocol, policy, masks, log on disk) but for the control plane, which is a
 * table in memory: the real one has tests of its own, and those of `test/e2e` use the whole program.
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type AuditLogOptions, type OpenAuditLog, openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { AuditLog } from '../../src/audit/recorder.ts';
import type { GatewayParts } from '../../src/gateway/admission.ts';
import type { ApprovalDesk, BudgetDesk, DefinitionDesk } from '../../src/gateway/control-plane.ts';
import { Estimates } from '../../src/gateway/effect-estimator.ts';
import { type GatewayWatch, UNWATCHED } from '../../src/gateway/exchange-watch.ts';
import { Listener } from '../../src/gateway/listener.ts';
import { LiveSessions } from '../../src/gateway/live-sessions.ts';
import { Strays } from '../../src/gateway/strays.ts';
import { type SurveyedTarget, surveyTarget } from '../../src/gateway/survey-target.ts';
import type { TargetName } from '../../src/model/ids.ts';
import { LIMITS, type Limits } from '../../src/model/limits.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Credential, Target } from '../../src/model/target.ts';
import { compilePolicies } from '../../src/policy/compile-policies.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { createPostgres } from '../../src/protocols/postgres/postgres.ts';
import { Analyser } from '../../src/sql/postgres/analyser.ts';
import { loadPostgresParser } from '../../src/sql/postgres/parser.ts';
import { makeAuthority } from './certificates.ts';
import type { PostgresServer } from './postgres-server.ts';
import { StaticControlPlane, type TestGrant } from './static-control-plane.ts';

export interface TestTarget extends Target {
  readonly credential: Credential;
}

export interface TestGatewayOptions {
  readonly targets: readonly TestTarget[];
  /** Permits everything, and masks nothing, where absent. */
  readonly policies?: readonly Policy[];
  /** The time by which policies decide, ms since 1970; rules that ask for it deny where absent. */
  readonly policyClock?: () => number;
  /** Offers TLS with a certificate for 127.0.0.1 by an authority made for this gateway. */
  readonly tls?: boolean;
  readonly authentication?: 'scram' | 'password';
  /** Opens the listener of another protocol than PostgreSQL. */
  readonly listen?: (parts: GatewayParts, tls: TestTls | undefined) => Promise<TestListener>;
  readonly limits?: Partial<Limits>;
  /** Whom held requests are put before; nobody where absent. */
  readonly watch?: GatewayWatch;
  readonly approvals?: ApprovalDesk;
  /** Where definitions are kept; all are accepted where absent. */
  readonly definitions?: DefinitionDesk;
  /** Where budgets are counted; nowhere where absent. */
  readonly budgets?: BudgetDesk;
  /** Made and removed by the gateway where absent. */
  readonly directory?: string;
  /** Settings of the log: its clock, its file operations. */
  readonly auditOptions?: Partial<AuditLogOptions>;
  /** Stands between the gateway and its log, for tests of a log that fails. */
  readonly wrapLog?: (log: OpenAuditLog) => AuditLog;
}

export interface TestListener extends AsyncDisposable {
  readonly port: number;
  stop(): void;
}

/** The certificate that the gateway shows its clients. */
export interface TestTls {
  readonly context: SecureContext;
  readonly required: boolean;
  readonly bindingData: Uint8Array;
}

export interface TestGateway extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The path of the authority's certificate, where TLS is on. */
  readonly caFile?: string;
  readonly directory: string;
  readonly log: OpenAuditLog;
  readonly live: LiveSessions;
  /** What ended a connection and was neither a refusal nor the client's leaving. */
  readonly faults: readonly unknown[];
  /** A grant of a run of its own; for every target where none is named. */
  grant(options?: {
    readonly targets?: readonly string[];
    readonly seconds?: number;
    /** Of an SSH key that proves it as well: `SHA256:…`. */
    readonly sshKey?: string;
  }): Promise<TestGrant>;
  revoke(grant: TestGrant): void;
  setPolicies(policies: readonly Policy[]): void;
  /** Samples a target in a session of the grant's, as `chaperone targets classify` has it done. */
  survey(grant: TestGrant, target: string, signal?: AbortSignal): Promise<SurveyedTarget>;
  /** Stops listening and ends sessions as a shutdown does. Safe to call twice. */
  stop(): Promise<void>;
}

/** One rule that permits everything, what cannot be known included. */
export const PERMIT_ALL: Policy = {
  name: 'tests may do anything',
  principals: 'any',
  targets: 'any',
  operations: ['any', 'unknown'],
  effect: 'permit',
};

/** A target for a throw-away server, with what a test wants to differ. */
export function targetFor(
  server: PostgresServer,
  settings: Partial<Omit<Target, 'name'>> & { name?: string } = {},
): TestTarget {
  const { name = 'shop', ...others } = settings;
  return {
    protocol: 'postgres',
    address: { host: server.host, port: server.port },
    database: server.database,
    tls: server.ca === undefined ? { mode: 'disable' } : { mode: 'verify-full', ca: server.ca },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: LIMITS.storedReplyBytes,
    ...others,
    name: name as TargetName,
    credential: { user: server.user, password: new Secret(server.password) },
  };
}

export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  await loadPostgresParser();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'gateway-')));
  const limits: Limits = { ...LIMITS, ...options.limits };
  const log = await openAuditLog({
    directory: join(directory, 'audit'),
    origin: 'gateway.test/log',
    limits,
    ...options.auditOptions,
  });
  const audit = options.wrapLog?.(log) ?? log;
  const faults: unknown[] = [];
  const draining = new AbortController();
  const live = new LiveSessions();
  const clock = options.policyClock === undefined ? {} : { nowMs: options.policyClock };
  const controlPlane = new StaticControlPlane(
    options.targets,
    compilePolicies(options.policies ?? [PERMIT_ALL], clock),
  );
  if (options.approvals !== undefined) controlPlane.approvals = options.approvals;
  if (options.definitions !== undefined) controlPlane.definitions = options.definitions;
  if (options.budgets !== undefined) controlPlane.budgets = options.budgets;
  controlPlane.onRevoked((grant) => live.endGrant(grant));
  const parts: GatewayParts = {
    controlPlane,
    audit,
    live,
    limits,
    draining: draining.signal,
    estimates: new Estimates(limits),
    strays: new Strays(audit),
    maskKey: (run) => createHash('sha256').update(`mask key of ${run}`).digest(),
    now: Date.now,
    watch: options.watch ?? UNWATCHED,
    onFault: (fault) => faults.push(fault),
  };
  const tls = options.tls === true ? await makeTls(directory) : undefined;
  const authentication = options.authentication ?? 'scram';
  const protocol = createPostgres({
    analyser: new Analyser(),
    authentication,
    ...(tls === undefined ? {} : { tls: tls.settings }),
  });
  const listener: TestListener = await (options.listen?.(parts, tls?.settings) ??
    Listener.open({ host: '127.0.0.1', port: 0 }, protocol, parts));
  const { port } = listener;

  const stop = once(async () => {
    draining.abort();
    listener.stop();
    await live.drain(AbortSignal.timeout(2_000));
    await listener[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  });
  return {
    host: '127.0.0.1',
    port,
    ...(tls === undefined ? {} : { caFile: tls.caFile }),
    directory,
    log,
    live,
    faults,
    grant: async ({ targets, seconds, sshKey } = {}) => {
      const grant = await controlPlane.issue(targets as readonly TargetName[] | undefined, seconds, sshKey);
      await log.openRun(grant.principal.run, {});
      return grant;
    },
    revoke: (grant) => controlPlane.revoke(grant.principal.grant.id),
    survey: async ({ principal }, name, signal = AbortSignal.timeout(60_000)) => {
      const found = options.targets.find((one) => one.name === name);
      if (found === undefined) throw new Error(`there is no target ${name}`);
      const { credential, ...target } = found;
      return surveyTarget(
        protocol,
        parts,
        { principal, target, credential: () => Promise.resolve(credential) },
        signal,
      );
    },
    setPolicies: (policies) => controlPlane.setPolicies(compilePolicies(policies)),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeTls(directory: string) {
  const authority = await makeAuthority('Chaperone test gateway authority');
  const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost', '127.0.0.1'] });
  const caFile = join(directory, `gateway-ca-${randomBytes(4).toString('hex')}.pem`);
  await writeFile(caFile, authority.certificate);
  // RFC 5929, section 4: the hash of the certificate by its signature's own hash function.
  const bindingData = createHash('sha256').update(new X509Certificate(certificate).raw).digest();
  const context = createSecureContext({ cert: certificate, key });
  return { caFile, settings: { context, required: true, bindingData } };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

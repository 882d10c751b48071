import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import { DefinitionService } from '../../definitions/definition-service.ts';
import { GrantService } from '../../grants/grant-service.ts';
import { KeptTokens } from '../../grants/kept-tokens.ts';
import { openTrustDirectory, type TrustDirectory } from '../../identity/trust-directory.ts';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { Secret } from '../../model/secret.ts';
import { openStore, type Store } from '../../store/store.ts';
import { openStoreClock } from '../../store/store-clock.ts';
import type { DeploymentKey } from '../../targets/deployment-key.ts';
import {
  type InheritedClasses,
  type InheritedClassesParts,
  openInheritedClasses,
} from '../../targets/inherited-classes.ts';
import { makeSealer } from '../../targets/sealing.ts';
import { systemSecrets } from '../../targets/secret-reader.ts';
import { openTargetDirectory, type TargetDirectory } from '../../targets/target-directory.ts';
import { claimDeployment, type Deployment } from './deployment.ts';
import { type OpenConfiguration, openConfiguration } from './open-configuration.ts';
import { openLog, originOf } from './open-log.ts';
import { type OpenPeople, openPeople } from './open-people.ts';
import { type OpenRetention, openRetention } from './open-retention.ts';
import { openPolicyDirectory, type PolicyDirectory } from './policy-directory.ts';
import { RefusedExchanges } from './refused-exchanges.ts';
import { closeLeftOverSessions, indexSessions, type SessionIndex } from './session-index.ts';
import type { StartConfig } from './start-config.ts';
import { tellUnknownClaims } from './unknown-claims.ts';

/** The control plane and the log, open. Disposing ends all of it, in the order that leaves the log closed. */
export interface Control extends AsyncDisposable, OpenConfiguration, Omit<OpenPeople, typeof Symbol.asyncDispose> {
  readonly deployment: Deployment;
  /** The time by which all gateways of the store agree on when something is over. */
  readonly nowMs: () => number;
  /** This gateway, by the name of its log: others may share the store. */
  readonly gateway: string;
  readonly key: DeploymentKey;
  readonly audience: string;
  readonly store: Store;
  /** The log with the index of its sessions. */
  readonly audit: SessionIndex;
  readonly log: OpenAuditLog;
  /** Erasures, holds and retention. */
  readonly retention: OpenRetention;
  readonly grants: GrantService;
  /** Opens the CI token of a run, for its evidence. */
  readonly tokens: KeptTokens;
  readonly budgets: BudgetService;
  readonly targets: TargetDirectory;
  readonly classes: InheritedClasses;
  readonly definitions: DefinitionService;
  readonly policies: PolicyDirectory;
  readonly trust: TrustDirectory;
  /** Reads the configuration again in every part, and resolves when all decide by it. */
  reload(): Promise<void>;
}

export interface Circumstances {
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

export async function openControl(config: StartConfig, circumstances: Circumstances): Promise<Control> {
  const { env, onFault } = circumstances;
  const { dataDirectory, databaseUrl } = config;
  await using parts = new AsyncDisposableStack();
  const file = join(dataDirectory, 'store.sqlite');
  const store = parts.use(await openStore({ file, ...(databaseUrl ? { databaseUrl } : {}) }));
  await chmod(file, 0o600).catch(ignoreMissing);
  const clock = parts.use(await openStoreClock(store, circumstances.nowMs, onFault));
  if (Math.abs(clock.aheadMs()) > LIMITS.clockDifferenceMs) onFault(clockDiffers(clock.aheadMs()));
  const { nowMs } = clock;
  const keyFile = env['CHAPERONE_KEY_FILE'] || join(dataDirectory, 'deployment.key');
  const deployment = await claimDeployment(store, { kind: config.kind, keyFile, nowMs: nowMs() });
  const { key } = deployment;
  const log = parts.use(await openLog(config, deployment, { store, env, nowMs, onFault }));
  const gateway = originOf(log.verifierKey) ?? deployment.id;
  await closeLeftOverSessions(store, gateway, nowMs());
  const audit = indexSessions(log, { store, gateway, nowMs, onFault });
  const audience = config.audience ?? config.publicUrl ?? `chaperone:${deployment.id}`;
  const random = (bytes: number) => randomBytes(bytes);
  const secrets = systemSecrets(env);
  const trusting = { store, audience, now: circumstances.nowMs, readFile: secrets.file, onFault };
  const trust = parts.use(await openTrustDirectory(trusting));
  const sealer = makeSealer(key);
  const targets = parts.use(await openTargetDirectory({ store, sealer, secrets, onFault }));
  const classes = parts.use(await openClasses({ store, targets, audit, random, now: nowMs, onFault }));
  const definitions = parts.use(new DefinitionService({ store, note: (note) => audit.note(note), now: nowMs }));
  const policies = parts.use(await openPolicyDirectory({ store, audit, nowMs, onFault }));
  const budgets = parts.use(new BudgetService({ store, onFault }));
  const tokens = new KeptTokens(store, makeSealer(key, 'grants/token'));
  await tokens.sealOld();
  const grants = parts.use(openGrants({ store, tokens, audience, trust, audit, key, nowMs, onFault }));
  const erasing = { store, log, audit, gateway, sealer: makeSealer(key, 'retention/note'), nowMs };
  const retention = parts.use(openRetention({ ...erasing, dataDirectory, onFault }));
  const configuring = openConfiguration({ store, sealer, deployment, audit, nowMs });
  const reload = async () => {
    await Promise.all([trust.reload(), targets.reload(), policies.reload(), people.channels.reload()]);
  };
  const people = parts.use(await openPeople(config, { store, audit, gateway, key, secrets, trust, nowMs, onFault }));
  const running = parts.move();
  const dispose = () => running.disposeAsync();
  return {
    deployment,
    nowMs,
    gateway,
    key,
    audience,
    store,
    audit,
    log,
    retention,
    grants,
    tokens,
    budgets,
    targets,
    classes,
    definitions,
    policies,
    ...configuring,
    trust,
    ...people,
    reload,
    [Symbol.asyncDispose]: dispose,
  };
}

interface GrantsParts extends Pick<Control, 'store' | 'tokens' | 'audience' | 'trust' | 'audit' | 'key' | 'nowMs'> {
  readonly onFault: (fault: unknown) => void;
}

/** Grants, by what trust says of a token; claims that nobody knows are told. */
function openGrants({ store, tokens, audience, trust, audit, key, nowMs, onFault }: GrantsParts): GrantService {
  const tellUnknown = tellUnknownClaims({ audit, onFault });
  const exchanges = new RefusedExchanges({ audit, trust, nowMs, onFault });
  return new GrantService({
    store,
    tokens,
    audience,
    verify: async (token, signal) => {
      const verified = await exchanges.verify(token, signal);
      await tellUnknown(verified);
      return verified;
    },
    trust: (identity) => exchanges.trust(identity),
    onReplay: (issuer) => exchanges.note(issuer, 'claim-replayed'),
    trustPeople: (groups) => trust.trustPeople(groups),
    decoyKey: key.derive('grants/decoy'),
    now: nowMs,
    random: (bytes) => randomBytes(bytes),
  });
}

function clockDiffers(aheadMs: number): Fault {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  return new Fault('internal', `this machine's clock is ${seconds} s ${direction} the store's, whose time counts`);
}

/** What columns inherit; the log says of each exchange that some did. */
function openClasses({ audit, ...parts }: Omit<InheritedClassesParts, 'note'> & Pick<Control, 'audit'>) {
  return openInheritedClasses({
    ...parts,
    note: ({ target, run, session, exchange, columns }) => {
      const classes = [...new Set(columns.map((column) => column.class))].join(', ');
      const detail = { target, run, session, exchange, classes, columns: columns.length };
      return audit.note({ kind: 'class.inherited', detail });
    },
  });
}

/** Makes the data directory. PostgreSQL of a demo that root started runs as somebody else and must get through it. */
export async function makeDataDirectory({ dataDirectory, kind }: StartConfig): Promise<void> {
  // Whatever writes here, a log of SQLite's included: nobody else reads it.
  process.umask(0o077);
  const mode = kind === 'demo' && process.getuid?.() === 0 ? 0o711 : 0o700;
  await mkdir(dataDirectory, { recursive: true, mode });
  await chmod(dataDirectory, mode);
}

/**
 * The local administrator's token, in a file that its owner alone can read. On a store that gateways share it is made
 * where no administrator's token is good: by the first gateway, and by whichever starts after all were revoked.
 */
export async function localAdminToken(
  { dataDirectory, databaseUrl }: StartConfig,
  { logins: { tokens }, audit }: Pick<Control, 'logins' | 'audit'>,
): Promise<string | undefined> {
  const path = join(dataDirectory, 'admin-token');
  const kept = existsSync(path) ? (await readFile(path, 'utf8')).trim() : '';
  if (kept !== '' && (await tokens.authenticate(new Secret(kept)))) return path;
  const known = databaseUrl === undefined ? [] : await tokens.list();
  if (known.some(({ role, state }) => role === 'admin' && state === 'active')) return undefined;
  const name = 'local administrator';
  const { id, token } = await tokens.create({ name, may: 'admin' });
  await audit.note({
    kind: 'operator.action',
    detail: { by: 'gateway', action: 'token.create', token: id, may: 'admin' },
  });
  await writeFile(path, `${token.reveal()}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

/** The store of a shared deployment is no file. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

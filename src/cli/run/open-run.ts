import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_NAME } from '../../model/own-target.ts';
import type { Secret } from '../../model/secret.ts';
import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import { attachRun } from './attach.ts';
import type { CiTokenSource } from './ci/find-ci-token.ts';
import { openDoor } from './dial.ts';
import { type ClosedRun, closeRun, type LentGrant, type LentTarget, requestGrant } from './grant-request.ts';
import { checkJobServers, type JobServer, offerJobServers } from './job-servers.ts';
import { openListeners } from './listeners.ts';
import type { LocalTarget, RunContext } from './local-target.ts';
import { keepRenewed } from './renewal.ts';
import { requestableTargets } from './requestable-targets.ts';
import { RunKey } from './run-key.ts';
import { localSsh } from './run-ssh.ts';
import { selfTest } from './self-test.ts';
import { makeRunKey, openRunAgent, type RunAgent } from './ssh-agent.ts';

export interface OpenRunRequest {
  readonly api: ApiClient;
  readonly targets: readonly string[];
  readonly tokenFile?: string | undefined;
  readonly tokenFrom?: string | undefined;
  /** Clients connect to the native ports themselves, with the grant's secret. */
  readonly direct: boolean;
  readonly selfTest: boolean;
  /** Programs of the job that are servers of MCP targets, and what they see of the environment. */
  readonly servers?: readonly JobServer[];
  readonly serverEnv?: Readonly<Record<string, string>>;
  /** What the wrapper says of the run; recorded as asserted. Asked for once the token is there. */
  readonly asserted: (source: CiTokenSource) => Readonly<Record<string, string>>;
  /** Told the token before it is sent anywhere. */
  readonly onToken?: (token: Secret) => void;
  readonly env: NodeJS.ProcessEnv;
  /** Tells whoever watches, on standard error. */
  readonly say: (text: string) => void;
  /** Tells what somebody should look at, a sentence. */
  readonly warn: (sentence: string) => void;
}

/** A run that is in the log, and its listeners. Disposing it ends both. */
export interface OpenRun extends AsyncDisposable {
  readonly grant: LentGrant;
  readonly context: RunContext;
  /** Ends it, with what there is to say of it then; undefined where the gateway could not be told. */
  end(asserted?: Readonly<Record<string, string>>): Promise<ClosedRun | undefined>;
}

/** Exchanges the token, attaches, opens a listener for each target and tries each. Throws a `CliError`. */
export async function openRun(request: OpenRunRequest): Promise<OpenRun> {
  const { api, direct, say, warn, env } = request;
  const key = direct ? undefined : await RunKey.generate(() => api.nowMs());
  const carrier = direct ? 'direct' : 'websocket';
  const asserted = (source: CiTokenSource) => ({ ...request.asserted(source), carrier });
  await using opened = new AsyncDisposableStack();
  // Before the token is used up: whoever has no room for it can try again with the same one.
  const directory = opened.adopt(await ownDirectory(), (path) =>
    // The command could have made something of it that cannot be removed; its own status counts all the same.
    rm(path, { recursive: true, force: true }).catch((error: Error) =>
      warn(`${path} is still there: ${error.message}`),
    ),
  );
  // At a native port the key itself is what the grant is bound to; carried, its listener's.
  const runKey = direct ? makeRunKey() : undefined;
  const sshPublicKey = runKey?.publicKey;
  const signal = AbortSignal.timeout(60_000);
  const grant = await requestGrant(api, { ...request, key, sshPublicKey, asserted, env, signal });
  let closed: ClosedRun | undefined;
  let atEnd: Readonly<Record<string, string>> = {};
  opened.defer(async () => {
    closed = await close(() => closeRun(api, grant, atEnd), say);
  });
  opened.use(keepRenewed(api, grant, warn));
  const asked = requestableTargets(grant);
  const isSsh = [...grant.targets, ...asked].some(({ protocol }) => protocol === 'ssh');
  const agent =
    runKey !== undefined && isSsh ? opened.use(await openRunAgent(runKey, join(directory, 'agent.sock'))) : undefined;
  const ways = direct
    ? {
        targets: nativePorts(grant, grant.targets, agent),
        requestable: nativePorts(grant, asked.filter(hasPort), agent),
        ...nativeMcp(grant),
      }
    : await carried(request, grant, { asked, directory, opened });
  const { run: runId, runUrl, display, certificateAuthority, demo } = grant;
  const common = { runId, runUrl, display, directory, ...ways, demo, gatewayUrl: api.url };
  const context: RunContext = {
    ...common,
    carrier: direct ? 'direct' : 'websocket',
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  };
  if (direct && request.selfTest) await selfTest(ways.targets, () => undefined);
  const running = opened.move();
  const dispose = () => running.disposeAsync();
  const end = async (labels: Readonly<Record<string, string>> = {}): Promise<ClosedRun | undefined> => {
    atEnd = labels;
    await dispose();
    return closed;
  };
  return { grant, context, end, [Symbol.asyncDispose]: dispose };
}

/** The run's own folder, 0700. Throws a `CliError` where none can be made. */
async function ownDirectory(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'chaperone-run-'));
  } catch (cause) {
    throw new CliError(EXIT.config, `the run needs a folder of its own: ${printable((cause as Error).message)}`, {
      hint: 'TMPDIR names another place for it, which must exist and be writable: a tmpfs is best.',
      cause,
    });
  }
}

interface CarriedParts {
  /** What people may give the run. */
  readonly asked: readonly LentTarget[];
  readonly directory: string;
  readonly opened: AsyncDisposableStack;
}

/** Through the gateway's one HTTPS port. The run is attached first: from then on its end is noticed. */
async function carried(
  request: OpenRunRequest,
  grant: LentGrant,
  { asked, directory, opened }: CarriedParts,
): Promise<Pick<RunContext, 'targets' | 'requestable' | 'mcp' | 'proxy'>> {
  const { say, warn } = request;
  const door = openDoor(request.api, grant);
  const onOver = (why: string): void => warn(`the gateway has ended this run: ${printable(why)}`);
  const onLost = (): void => say('chaperone: the connection to the gateway broke; trying again\n');
  opened.use(await attachRun({ door, run: grant.run, onOver, onLost }));
  const { servers = [], serverEnv: env = {} } = request;
  checkJobServers(servers, grant.targets, warn);
  opened.use(offerJobServers({ door, run: grant.run, servers, env, warn, say }));
  const troubles = new Map<string, Error>();
  const isUngiven = (target: string, trouble: Error): boolean =>
    asked.some(({ name }) => name === target) && trouble instanceof CliError && trouble.exitCode === EXIT.refused;
  let isTesting = request.selfTest;
  const onTrouble = (target: string, trouble: Error): void => {
    // Told once of each target; its clients are told each time.
    const isFirst = !isTesting && !troubles.has(target);
    if (isFirst && isUngiven(target, trouble)) say(`chaperone: ${printable(target)} ${UNGIVEN}\n`);
    else if (isFirst) warn(troubleText(target, trouble));
    troubles.set(target, trouble);
  };
  const listeners = opened.use(
    await openListeners({
      door,
      grant: grant.id,
      targets: [...grant.targets, ...asked],
      mcp: grant.mcp !== undefined,
      sshHostKey: grant.sshHostKey,
      directory,
      onTrouble,
    }),
  );
  const targets = listeners.targets.slice(0, grant.targets.length);
  if (isTesting) await selfTest(targets, (target) => troubles.get(target));
  isTesting = false;
  return { ...listeners, targets, requestable: listeners.targets.slice(targets.length) };
}

const UNGIVEN = 'lets nobody in until people give it to this run, whom request_access asks';

function troubleText(target: string, { message }: Error): string {
  return `a connection to ${printable(target)} could not be carried: ${printable(message)}`;
}

function hasPort({ host, port }: LentTarget): boolean {
  return host !== undefined && port !== undefined;
}

function nativePorts(
  grant: LentGrant,
  targets: readonly LentTarget[],
  agent: RunAgent | undefined,
): readonly LocalTarget[] {
  return targets.map((target) => {
    const { name, protocol, host, port, database } = target;
    if (host === undefined || port === undefined) {
      throw new CliError(EXIT.unavailable, `the gateway has no native port for ${printable(name)} (${protocol})`, {
        hint: 'Leave --direct out: the way through its one HTTPS port needs none.',
      });
    }
    const ssh = protocol === 'ssh' && agent !== undefined ? { ssh: localSsh(target, agent, grant.sshHostKey) } : {};
    const common = { name, protocol, host, port, database, user: grant.id, password: grant.secret };
    return { ...common, ...ssh, tls: 'verify-full' };
  });
}

/** Without an HTTP port there is none, and no target needs it. */
function nativeMcp({ id, secret, mcp }: LentGrant): Pick<RunContext, 'mcp'> {
  const { host, port } = mcp ?? {};
  if (host === undefined || port === undefined) return {};
  const login = { user: id, password: secret, tls: 'verify-full' } as const;
  return { mcp: { name: OWN_NAME, protocol: 'mcp', host, port, database: '', ...login } };
}

async function close(act: () => Promise<ClosedRun>, say: (text: string) => void): Promise<ClosedRun | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // The command's own status counts; a run that was not closed here ends with its grant.
    say(`chaperone: the run could not be closed: ${error.message}\n`);
    return undefined;
  }
}

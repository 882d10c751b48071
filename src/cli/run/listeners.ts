import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { deriveScramKeys } from '../../grants/scram-keys.ts';
import { OWN_NAME } from '../../model/own-target.ts';
import { Secret } from '../../model/secret.ts';
import { signingSecret } from '../../model/signing-key.ts';
import { errorResponse } from '../../protocols/postgres/messages.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { KeyPairPem } from '../start/certificates.ts';
import { awsPlace } from './aws-place.ts';
import { carry } from './carry.ts';
import type { Door } from './dial.ts';
import type { LentTarget } from './grant-request.ts';
import type { LocalProxy, LocalTarget } from './local-target.ts';
import { proxiedHost, readFirstLine } from './proxied-host.ts';
import { localSsh } from './run-ssh.ts';
import { makeRunKey, openRunAgent, type RunAgent } from './ssh-agent.ts';

export interface ListenersParts {
  readonly door: Door;
  /** The grant's id, which is the user that clients log in as. */
  readonly grant: string;
  readonly targets: readonly LentTarget[];
  /** True where all MCP targets are to have one address. */
  readonly mcp: boolean;
  /** By which SSH clients know the gateway. */
  readonly sshHostKey?: string | undefined;
  /** The run's own, 0700. */
  readonly directory: string;
  /** Told of connections that could not be carried. */
  readonly onTrouble: (target: string, trouble: Error) => void;
}

export interface Listeners extends AsyncDisposable {
  readonly targets: readonly LocalTarget[];
  /** Of all MCP targets together. */
  readonly mcp?: LocalTarget;
  /** Where a target has names on the forward proxy. */
  readonly proxy?: LocalProxy;
}

/** Connections of one listener; a client that opens more than these at once has lost count. */
const MAX_CONNECTIONS = 1_000;
/** Bytes of the path of a Unix socket, on the platforms that allow the fewest (unix(7): 108, macOS: 104). */
const MAX_SOCKET_PATH_BYTES = 103;

/** What is no target's has the name that no target can have. */
const ALL_MCP: LentTarget = { name: OWN_NAME, protocol: 'mcp', database: '' };

/**
 * Opens a listener for each target: TCP on loopback, and for PostgreSQL a Unix socket where the platform has them. Each
 * has a password of its own, those of HTTP one together; it stays here: the gateway gets what checks it.
 */
export async function openListeners(parts: ListenersParts): Promise<Listeners> {
  await using opened = new AsyncDisposableStack();
  const targets: LocalTarget[] = [];
  // Those of HTTP have one together: clients of AWS have one pair of keys for all that they sign.
  const login = await newLogin();
  const isSsh = parts.targets.some(({ protocol }) => protocol === 'ssh');
  const agent = isSsh ? opened.use(await openRunAgent(makeRunKey(), join(parts.directory, 'agent.sock'))) : undefined;
  for (const [index, target] of parts.targets.entries()) {
    const own = target.protocol === 'http' ? login : await newLogin();
    targets.push(await openListener(target, index, { ...own, agent }, parts, opened));
  }
  const proxy = await openProxy(login, parts, opened);
  const mcp = parts.mcp
    ? await openListener(ALL_MCP, targets.length, { ...(await newLogin()), agent }, parts, opened)
    : undefined;
  const running = opened.move();
  const both = mcp === undefined ? { targets } : { targets, mcp };
  return { ...both, ...(proxy === undefined ? {} : { proxy }), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/**
 * Opens the forward proxy of a run whose HTTP targets have names: a connection goes to the target that has the host it
 * asks for. The gateway refuses, and records, the hosts of none.
 */
async function openProxy(
  login: ListenerLogin,
  parts: ListenersParts,
  opened: AsyncDisposableStack,
): Promise<LocalProxy | undefined> {
  const { door, grant, targets, onTrouble } = parts;
  const named = targets.filter(({ protocol, hosts = [] }) => protocol !== 'ssh' && hosts.length > 0);
  const [first] = named;
  if (first === undefined) return undefined;
  const headers = { 'chaperone-login': login.keys, 'chaperone-listener': 'tcp' };
  const serve = async (socket: Socket): Promise<void> => {
    const host = proxiedHost(await readFirstLine(socket));
    const target = named.find(({ hosts = [] }) => host !== undefined && hosts.includes(host)) ?? first;
    try {
      await carry(socket, await door.dial(`/v1/carrier/${encodeURIComponent(target.name)}`, headers));
    } catch (trouble) {
      onTrouble(target.name, trouble as Error);
      refuse(socket, target, trouble as Error);
    }
  };
  const server = await listen(
    { host: '127.0.0.1', port: 0 },
    (socket) => {
      socket.on('error', () => socket.destroy());
      // A client that says nothing, or leaves before it said whom it wants, is nobody's trouble.
      void serve(socket).catch(() => socket.destroy());
    },
    opened,
  );
  const hosts = named.flatMap((target) => target.hosts ?? []);
  return { port: (server.address() as AddressInfo).port, hosts, user: grant, password: login.password };
}

async function openListener(
  target: LentTarget,
  index: number,
  { password, keys, signingKey, agent }: ListenerLogin & { readonly agent: RunAgent | undefined },
  { door, grant, directory, sshHostKey, onTrouble }: ListenersParts,
  opened: AsyncDisposableStack,
): Promise<LocalTarget> {
  const ssh = target.protocol === 'ssh' && agent !== undefined ? localSsh(target, agent, sshHostKey) : undefined;
  const shownKey = agent === undefined || ssh === undefined ? {} : { 'chaperone-ssh-key': agent.publicKey };
  const headers = { 'chaperone-login': keys, ...shownKey };
  const path = `/v1/carrier/${encodeURIComponent(target.name)}`;
  const serve = (listener: 'tcp' | 'unix') => (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    door
      .dial(path, { ...headers, 'chaperone-listener': listener })
      .then(
        (carrier) => carry(socket, carrier),
        (trouble: Error) => {
          onTrouble(target.name, trouble);
          refuse(socket, target, trouble);
        },
      )
      .catch((trouble: Error) => onTrouble(target.name, trouble));
  };
  // Clients of Kubernetes show nothing that lets them in without TLS.
  const shown = target.protocol === 'kubernetes' ? await localCertificate() : undefined;
  const server = await listen({ host: '127.0.0.1', port: 0 }, serve('tcp'), opened, shown);
  const { port } = server.address() as AddressInfo;
  const socketDirectory = join(directory, `s${index}`);
  const socketPath = join(socketDirectory, '.s.PGSQL.5432');
  const hasSocket =
    target.protocol === 'postgres' &&
    process.platform !== 'win32' &&
    Buffer.byteLength(socketPath) <= MAX_SOCKET_PATH_BYTES;
  if (hasSocket) {
    await mkdir(socketDirectory, { mode: 0o700 });
    await listen({ path: socketPath }, serve('unix'), opened);
  }
  const { name, protocol, database } = target;
  const common = { name, protocol, host: '127.0.0.1', port, database, user: grant, password, tls: 'none' } as const;
  const aws = target.aws && { secretAccessKey: signingKey, ...awsPlace(target.aws, target.hosts) };
  const certificate = shown === undefined ? {} : { certificate: shown.certificate };
  return {
    ...common,
    ...certificate,
    ...(ssh === undefined ? {} : { ssh }),
    ...(hasSocket ? { socketDirectory } : {}),
    ...(aws === undefined ? {} : { aws }),
  };
}

async function listen(
  address: { readonly host: string; readonly port: number } | { readonly path: string },
  serve: (socket: Socket) => void,
  opened: AsyncDisposableStack,
  shown?: KeyPairPem,
): Promise<Server> {
  const server =
    shown === undefined
      ? createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
      : createTlsServer({ cert: shown.certificate, key: shown.key, minVersion: 'TLSv1.2', ALPNProtocols: ALPN });
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (shown === undefined) serve(socket);
  });
  if (shown !== undefined) server.on('secureConnection', serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  opened.defer(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return server;
}

/** The gateway finds out by the first bytes which of them it is. */
const ALPN = ['h2', 'http/1.1'];

/** Of one listener of one run: nobody else trusts it. What makes it is loaded where it is needed. */
async function localCertificate(): Promise<KeyPairPem> {
  const { selfSigned } = await import('../start/self-signed.ts');
  return selfSigned('127.0.0.1', Date.now());
}

interface ListenerLogin {
  readonly password: Secret;
  /** Its verifier as PostgreSQL keeps one (manual, 52.8, pg_authid). */
  readonly keys: string;
  /** For clients that sign. */
  readonly signingKey: Secret;
}

async function newLogin(): Promise<ListenerLogin> {
  const password = new Secret(randomBytes(24).toString('base64url'));
  const { salt, iterations, storedKey, serverKey } = await deriveScramKeys(password.reveal(), randomBytes(16));
  const [salt64, stored64, server64] = [salt, storedKey, serverKey].map((bytes) =>
    Buffer.from(bytes).toString('base64'),
  );
  const keys = `SCRAM-SHA-256$${iterations}:${salt64}$${stored64}:${server64}`;
  return { password, keys, signingKey: new Secret(signingSecret(serverKey)) };
}

/** Tells a client of the target's protocol why it is turned away. */
function refuse(socket: Socket, { protocol }: LentTarget, trouble: Error): void {
  const message = `chaperone: ${trouble.message}`;
  if (protocol === 'http' || protocol === 'mcp' || protocol === 'kubernetes') {
    // What the gateway has refused is not tried again by clients; what cannot be reached may be.
    const isRefused = trouble instanceof CliError && trouble.exitCode === EXIT.refused;
    const status = isRefused ? '403 Forbidden' : '502 Bad Gateway';
    const head = `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n`;
    const text = `${message}\n`;
    const length = `content-length: ${Buffer.byteLength(text)}\r\n\r\n`;
    return void socket.end(`${head}${length}${text}`, () => socket.destroySoon());
  }
  if (protocol !== 'postgres') return void socket.destroy();
  socket.end(errorResponse({ severity: 'FATAL', code: '08006', message }), () => socket.destroySoon());
}

import { Fault } from '../../../model/fault.ts';
import type { TargetName } from '../../../model/ids.ts';
import { LIMITS } from '../../../model/limits.ts';
import { Refused } from '../../../model/refusal.ts';
import type { SshTarget } from '../../../model/ssh.ts';
import type { Credential, SshCredential, Target } from '../../../model/target.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { ReadBuffers } from '../../../wire/read-buffers.ts';
import { SocketStream } from '../../../wire/socket-stream.ts';
import type { Connected, Login } from '../../protocol.ts';
import { openSocket } from '../../upstream/open-socket.ts';
import { SshConnection } from '../channels/connection.ts';
import type { SshGreeting } from '../channels/kind.ts';
import { lineOf } from '../keys/public-key.ts';
import { logInToHost } from '../login/host-login.ts';
import { DISCONNECT } from '../transport/numbers.ts';
import { Payloads } from '../transport/payloads.ts';
import { SshTransport } from '../transport/transport.ts';
import { checkHostKey, type KnownHost } from './host-key.ts';
import { SshUpstream } from './upstream.ts';

/** Where keys of hosts are kept that are trusted from their first connection on. */
export interface KnownHosts {
  /** The line of the key that was kept; undefined where none was. */
  kept(target: TargetName): Promise<string | undefined>;
  /** Keeps the key of a first connection, durably, and tells people; the one that is kept now, which may be another's. */
  keep(target: TargetName, line: string): Promise<string>;
}

export interface HostOptions {
  readonly hosts: KnownHosts;
  readonly nowMs: () => number;
}

const BUFFERS = new ReadBuffers(LIMITS.readBufferBytes);

/** Connects to a host, checks that it is the one, and logs in. Throws a `Fault`, or `Refused` for a login that is not given. */
export async function connectHost(
  target: Target,
  credential: Credential,
  login: Login,
  signal: AbortSignal,
  { hosts, nowMs }: HostOptions,
): Promise<Connected<SshUpstream, SshGreeting>> {
  const { ssh } = target;
  const proof = proofOf(credential);
  if (ssh === undefined || proof === undefined) throw new Fault('config-invalid', 'it is no SSH target');
  const user = userAtHost(credential, login);
  const known = await knownHost(target.name, ssh, hosts);
  const socket = await openSocket(target.address, signal);
  const stream = SocketStream.over(socket, {
    maxAheadBytes: LIMITS.maxClientAheadBytes,
    bulkViews: true,
    buffers: BUFFERS,
  });
  const payloads = new Payloads();
  let shown: Buffer | undefined;
  let distrust: unknown;
  const verify = (key: Buffer): boolean => {
    // At a later exchange it is the same host, or none.
    if (shown !== undefined) return key.equals(shown);
    try {
      checkHostKey(key, known, nowMs());
      shown = key;
      return true;
    } catch (cause) {
      distrust = cause;
      return false;
    }
  };
  const side = { kind: 'client', certificates: known.kind === 'authority', verify } as const;
  const transport = new SshTransport({ stream, side, onPayload: (payload) => payloads.take(payload) });
  const abort = (): void => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const reading = transport.run().then(
    () => new PeerLeft('the host closed the connection'),
    (cause: Error) => cause,
  );
  void reading.then((cause) => payloads.over(cause));
  try {
    await transport.ready;
    if (known.kind === 'firstUse' && known.kept === undefined && shown !== undefined) {
      const kept = await hosts.keep(target.name, lineOf(shown));
      checkHostKey(shown, { kind: 'firstUse', kept }, nowMs());
    }
    const keyId = `chaperone ${login.run ?? 'no run'} ${login.grant ?? ''}`.trim();
    const next = (): Promise<Buffer> => payloads.next();
    await logInToHost({ transport, next, user, credential: proof, keyId, nowMs });
  } catch (cause) {
    stream.destroy();
    if (signal.aborted) throw signal.reason;
    throw distrust ?? faultOf(cause);
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return connected({ transport, stream, payloads, reading, user });
}

interface LoggedIn {
  readonly transport: SshTransport;
  readonly stream: SocketStream;
  readonly payloads: Payloads;
  readonly reading: Promise<Error>;
  readonly user: string;
}

function connected({ transport, stream, payloads, reading, user }: LoggedIn): Connected<SshUpstream, SshGreeting> {
  const close = async (reason: Error): Promise<void> => {
    connection.lost(reason);
    await transport.disconnect(DISCONNECT.byApplication, 'the session is over');
    await stream.end();
  };
  const connection: SshConnection = new SshConnection({
    transport,
    onOpen: (opening) => upstream.arrived(opening),
    // What a host asks of us (its other keys, whether we are there) is answered, and nothing of it taken.
    onGlobal: ({ answer }) => answer(false),
  });
  const upstream: SshUpstream = new SshUpstream(user, connection, close);
  connection.keepAlive(() => stream.destroy(new PeerLeft('the host does not answer')));
  payloads.into((payload) => connection.take(payload));
  let told: ((unasked: Fault) => Promise<void> | undefined) | undefined;
  void reading.then((cause) => {
    const wasOpen = !connection.signal.aborted;
    connection.lost(faultOf(cause));
    stream.destroy();
    if (wasOpen) void told?.(faultOf(cause));
  });
  return {
    upstream,
    greeting: { software: transport.software, user },
    listen: (listener) => {
      told = listener;
      if (connection.signal.aborted) void listener(faultOf(connection.signal.reason));
    },
  };
}

async function knownHost(name: TargetName, { hostKeys }: SshTarget, hosts: KnownHosts): Promise<KnownHost> {
  return hostKeys.kind === 'firstUse' ? { kind: 'firstUse', kept: await hosts.kept(name) } : hostKeys;
}

/** A password alone is what it is where there are other users as well. */
function proofOf({ ssh, password }: Credential): SshCredential | undefined {
  return ssh ?? (password === undefined ? undefined : { kind: 'password', password });
}

/** The credential's own login, or another that its authority signs for. */
function userAtHost({ user, ssh }: Credential, { parameters }: Login): string {
  const wanted = parameters['login'] ?? '';
  if (wanted === '' || wanted === user) return user;
  if (ssh?.kind === 'authority' && ssh.principals.includes(wanted)) return wanted;
  throw new Refused({
    code: 'target-not-granted',
    message: 'another login at the host was asked for than the one that the gateway has there',
    hint: 'Leave it out: `+TARGET@gateway`, or `User +TARGET` in a configuration.',
  });
}

function faultOf(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  if (cause instanceof PeerLeft) return new Fault('upstream-closed', 'the host closed the connection', { cause });
  return new Fault('upstream-protocol', 'the host speaks no SSH that is taken here', { cause });
}

import type { SecureContext } from 'node:tls';
import type { Estimate } from '../../model/approval.ts';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { Credential, Target } from '../../model/target.ts';
import { duplexOf } from '../../wire/byte-duplex.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { DuplexStream } from '../../wire/duplex-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Admission, Connected, EffectQuestion, Protocol } from '../protocol.ts';
import { credentialsOf } from './credentials/credentials.ts';
import type { Tokens } from './credentials/tokens.ts';
import { HEAD_INSPECTOR } from './head-inspector.ts';
import type { Inspector } from './inspector.ts';
import { Lanes } from './lanes.ts';
import { type HttpLayer, type LayerDialled, layerOf } from './layer.ts';
import { type ClientConnection, MalformedHttp, type ServerConnection } from './message.ts';
import { type Door, hostName, type Places } from './route.ts';
import { HttpConversation } from './serve.ts';
import { HttpUpstream } from './upstream.ts';

export interface HttpOptions {
  readonly places: Places;
  /** Finds what requests do; by their method alone where absent. */
  readonly inspector?: Inspector;
  /** Speaks to a client in whichever version it speaks, TLS taken off. */
  readonly open: (stream: ByteStream) => Promise<ServerConnection>;
  /** Opens a connection to a target; closes it where the signal aborts. Throws a `Fault`. */
  readonly dial: (target: Target, credential: Credential, signal: AbortSignal) => Promise<ClientConnection>;
  /** What rides on HTTP: each has the targets of its own protocol. */
  readonly layers?: readonly HttpLayer[];
  /** What was fetched for credentials, shared by all sessions. */
  readonly tokens: Tokens;
  /** For clients of the port; what carries connections has its own. */
  readonly tls?: { readonly context: SecureContext; readonly required: boolean };
  /** A certificate for exactly this host, for the inside of a tunnel. */
  readonly leafFor: (host: string) => Promise<SecureContext>;
}

/** HTTP (RFC 9110) in its versions 1.0, 1.1 and 2. A request names its target and shows its grant; docs/design/0007. */
export function createHttp(options: HttpOptions): Protocol<HttpUpstream, undefined> {
  return {
    name: 'http',
    layers: options.layers?.map(({ name }) => name) ?? [],
    serve: (client, admission) => serve(client, admission, options),
    connect: (target, credential, login, signal) =>
      connect({ target, credential, run: login.run, grant: login.grant, session: login.session }, signal, options),
    cancel: (upstream) => upstream.cancel(),
    estimates: (target) => layerOf(options.layers ?? [], target)?.estimate !== undefined,
    estimate: (question, signal) => estimate(question, signal, options),
  };
}

async function serve(
  client: ByteStream,
  admission: Admission<HttpUpstream, undefined>,
  options: HttpOptions,
): Promise<void> {
  const { target, place = false } = admission;
  const served: { connection?: ServerConnection } = {};
  const onEnded = (reason: unknown): void => {
    if (reason instanceof Refused && reason.refusal.code === 'draining') served.connection?.retire();
  };
  await using lanes = new Lanes({ admission, most: LIMITS.maxHttpLanes, onEnded });
  const { tls } = options;
  const opening = tls === undefined ? 'plain' : await openingOf(client);
  if (opening === 'nothing') return;
  if (tls?.required && opening === 'plain') {
    await client.write(Buffer.from(PLAIN_REFUSED, 'latin1'));
    return;
  }
  if (tls !== undefined && opening === 'tls') await client.startTls(tls.context, { alpn: ALPN, requireAlpn: false });
  const port: Door = place ? { kind: 'place' } : { kind: 'port', secure: opening === 'tls' };
  const door: Door = target === undefined ? port : { kind: 'carried', target };
  await converse(client, door, (connection) => (served.connection = connection), { admission, lanes, options });
}

interface Serving {
  readonly admission: Admission<HttpUpstream, undefined>;
  readonly lanes: Lanes;
  readonly options: HttpOptions;
}

async function converse(
  stream: ByteStream,
  door: Door,
  onOpen: (connection: ServerConnection) => void,
  serving: Serving,
): Promise<void> {
  const { admission, lanes, options } = serving;
  const { places, inspector = HEAD_INSPECTOR, layers = [], open, leafFor } = options;
  const { nowMs } = options.tokens;
  try {
    const connection = await open(stream);
    onOpen(connection);
    const tunnel = async (inner: ByteStream, into: Door & { readonly kind: 'tunnel' }): Promise<void> => {
      // Whatever brought its bytes, TLS is put over it: a socket, a stream of HTTP/2, a WebSocket.
      const end = new DuplexStream(duplexOf(inner), inner.peer);
      const opening = await openingOf(end);
      if (opening === 'tls') {
        await end.startTls(await leafFor(hostName(into.authority)), { alpn: ALPN, requireAlpn: false });
      }
      if (opening !== 'nothing') await converse(end, into, onOpen, serving);
      await end.end();
    };
    const parts = { connection, door, places, admission, lanes, inspector, layers, nowMs, tunnel };
    await new HttpConversation(parts).run();
  } catch (reason) {
    // The client was told by its wire, or has gone.
    if (!(reason instanceof MalformedHttp || reason instanceof PeerLeft)) throw reason;
  }
}

const HANDSHAKE = 0x16;
const ALPN = ['h2', 'http/1.1', 'http/1.0'] as const;

/** What a client begins with. */
async function openingOf(stream: ByteStream): Promise<'tls' | 'plain' | 'nothing'> {
  const first = await stream.read();
  if (first === null) return 'nothing';
  stream.unread(first);
  return first[0] === HANDSHAKE ? 'tls' : 'plain';
}

const WORDS = 'this port speaks HTTPS alone\n';
const PLAIN_REFUSED = `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${WORDS.length}\r\nconnection: close\r\n\r\n${WORDS}`;

async function estimate(question: EffectQuestion, signal: AbortSignal, options: HttpOptions): Promise<Estimate> {
  const { target, credential, login } = question;
  const layer = layerOf(options.layers ?? [], target);
  if (layer?.estimate === undefined) throw new Fault('internal', 'nothing of this target can be estimated');
  const connected = await connect({ target, credential, run: login.run, grant: login.grant }, signal, options);
  await using upstream = connected.upstream;
  return await layer.estimate(question, upstream, signal);
}

async function connect(
  dialled: LayerDialled,
  signal: AbortSignal,
  { dial, layers = [], tokens }: HttpOptions,
): Promise<Connected<HttpUpstream, undefined>> {
  const { target, credential } = dialled;
  const layer = layerOf(layers, target);
  const credentials = layer?.credentials?.(credential, tokens) ?? credentialsOf(credential, tokens);
  const dialAgain = (until: AbortSignal): Promise<ClientConnection> =>
    layer === undefined ? dial(target, credential, until) : layer.dial(dialled, until);
  const upstream = new HttpUpstream(target, credentials, dialAgain, await dialAgain(signal));
  // A server says nothing unasked, and one that closes an idle connection ends no session.
  return { upstream, greeting: undefined, listen: () => undefined };
}

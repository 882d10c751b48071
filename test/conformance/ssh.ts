import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Secret } from '../../src/model/secret.ts';
import type { Channel } from '../../src/protocols/ssh/channels/channel.ts';
import { OpenRefused, SshConnection } from '../../src/protocols/ssh/channels/connection.ts';
import { namedSignature, readPrivateKey } from '../../src/protocols/ssh/keys/private-key.ts';
import { MESSAGE } from '../../src/protocols/ssh/transport/numbers.ts';
import { PacketReader, PacketWriter } from '../../src/protocols/ssh/transport/packets.ts';
import { Payloads } from '../../src/protocols/ssh/transport/payloads.ts';
import { SshTransport } from '../../src/protocols/ssh/transport/transport.ts';
import { DuplexStream } from '../../src/wire/duplex-stream.ts';
import { startSshGateway } from '../support/ssh-gateway.ts';
import { sshTarget, startSshServer } from '../support/ssh-server.ts';
import {
  type Answer,
  type Conversation,
  type Login,
  LoginFailed,
  type ProtocolUnderTest,
  type RawRequest,
  type ServerUnderTest,
} from './protocol-under-test.ts';
import { type Asking, REQUESTS } from './ssh-requests.ts';

/**
 * SSH: a login is a connection, and each request a channel of it. Channels are compared by what they bring on either
 * stream and how they end: packets are each hop's own. Its client is made of the parts that the gateway itself reaches hosts
 * with; clients of others are in the tests beside the protocol.
 */
export function ssh(): ProtocolUnderTest {
  return {
    name: 'SSH',
    tls: false,
    startServer,
    startGateway: startSshGateway,
    logIn: async (login) => {
      const conversation = await SshConversation.open(login);
      await conversation.logIn(login);
      return conversation;
    },
    connect: (login) => SshConversation.open(login),
    requests: REQUESTS,
  };
}

async function startServer(): Promise<ServerUnderTest> {
  // The server's own log says that a command ran, and not which one.
  const executed = join(tmpdir(), `conformance-ssh-${process.pid}-${Date.now()}.log`);
  const wrapper = `printf '%s\\n' "\${SSH_ORIGINAL_COMMAND:-(a shell)}" >> ${executed}; exec sh -c "$SSH_ORIGINAL_COMMAND"`;
  const server = await startSshServer({ settings: [`ForceCommand ${wrapper}`] });
  await writeFile(executed, '');
  const keys = join(server.directory, 'authorized_keys');
  const lines = await readFile(keys, 'utf8');
  // Of the key that logs in: no text of anybody else's holds it.
  const secret = server.clientKey.pem.split('\n')[3] ?? '';
  return {
    host: server.host,
    port: server.port,
    credential: { user: `${server.user}@host`, password: secret },
    direct: { host: server.host, port: server.port, user: server.user, password: server.clientKey.pem, target: '' },
    target: (at = server, settings = {}) => {
      const { ssh: _, ...others } = settings;
      return sshTarget(server, { address: { host: at.host, port: at.port }, ...others, name: 'shop' });
    },
    executed: () => readFile(executed, 'utf8'),
    refuseCredential: (refuse) => writeFile(keys, refuse ? '' : lines),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(executed, { force: true });
    },
  };
}

/** A socket that can be read slowly, or not at all, and written byte by byte. */
class ClientSocket extends DuplexStream {
  readonly socket: Socket;
  isSlow = false;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket) {
    super(socket, 'gateway');
    this.socket = socket;
  }

  override async read(): Promise<Buffer | null> {
    await this.#held?.promise;
    return super.read();
  }

  override write(bytes: Uint8Array): Promise<void> | undefined {
    return this.isSlow ? this.#slowly(bytes) : super.write(bytes);
  }

  pause(): void {
    this.#held ??= Promise.withResolvers();
  }

  resume(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async #slowly(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await super.write(Buffer.of(byte));
      await setImmediate();
    }
  }
}

class SshConversation implements Conversation {
  readonly #stream: ClientSocket;
  readonly #transport: SshTransport;
  readonly #payloads = new Payloads();
  readonly #connection: SshConnection;
  #received: Buffer[] = [];
  /** Why it is over; undefined while it is not. */
  #over: string | undefined;
  readonly #reading: Promise<void>;
  #isStarted = false;

  static async open({ host, port }: Pick<Login, 'host' | 'port'>): Promise<SshConversation> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new SshConversation(new ClientSocket(socket));
  }

  private constructor(stream: ClientSocket) {
    this.#stream = stream;
    const onPayload = (payload: Buffer): void => this.#payloads.take(payload);
    this.#transport = new SshTransport({
      stream,
      side: { kind: 'client', certificates: false, verify: () => true },
      onPayload,
    });
    this.#connection = new SshConnection({
      transport: this.#transport,
      onOpen: ({ refuse }) => refuse(1, 'nothing is opened here'),
      onGlobal: ({ answer }) => answer(false),
    });
    const ended = Promise.withResolvers<void>();
    this.#reading = ended.promise;
    this.#start = async () => {
      const why = await this.#transport.run().then(
        () => 'the connection was closed',
        (cause: Error) => cause.message,
      );
      this.#over = why;
      this.#payloads.over(new Error(why));
      this.#connection.lost(new Error(why));
      ended.resolve();
    };
    stream.signal.addEventListener('abort', () => {
      this.#over ??= 'the connection was closed';
      ended.resolve();
    });
  }

  readonly #start: () => Promise<void>;

  async logIn({ user, password, target }: Login): Promise<void> {
    this.#isStarted = true;
    void this.#start();
    try {
      await this.#transport.ready;
      this.#transport.send(new PacketWriter(MESSAGE.serviceRequest).string('ssh-userauth').done());
      await this.#next([MESSAGE.serviceAccept]);
      const name = target === '' ? user : `+${target}`;
      const request = new PacketWriter(MESSAGE.authRequest).string(name).string('ssh-connection');
      if (target === '') this.#sendKey(request, password);
      else this.#transport.send(request.string('password').bool(false).string(`${user}.${password}`).done());
      const answer = await this.#next([MESSAGE.authSuccess, MESSAGE.authFailure]);
      if (answer[0] === MESSAGE.authFailure) throw failed('not let in', '');
      this.#payloads.into((payload) => this.#connection.take(payload));
    } catch (cause) {
      await this[Symbol.asyncDispose]();
      if (cause instanceof LoginFailed) throw cause;
      const { message } = cause as Error;
      throw failed(codeOf(message), message);
    }
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  get end(): Conversation['end'] {
    const { localPort = 0, remotePort = 0, bytesRead } = this.#stream.socket;
    return { localPort, remotePort, taken: bytesRead };
  }

  async ask({ bytes }: RawRequest, how: 'whole' | 'byte by byte' = 'whole'): Promise<Answer> {
    this.#stream.isSlow = how === 'byte by byte';
    const text = Buffer.from(bytes).toString('latin1');
    const space = text.indexOf(' ');
    const asking = text.slice(0, space) as Asking;
    try {
      return await this.#asked(asking, Buffer.from(text.slice(space + 1), 'latin1'));
    } catch (cause) {
      if (cause instanceof OpenRefused)
        return this.#answer([], [{ code: codeOf(cause.message), text: cause.message }], false);
      return this.#answer([], [{ code: codeOf(this.#over ?? ''), text: this.#over ?? String(cause) }], true);
    }
  }

  send(bytes: Uint8Array): void {
    if (!this.#isStarted) void this.#stream.write(bytes)?.catch(() => undefined);
    else void this.ask({ what: '', bytes, readies: 1 });
  }

  leave(how: 'close' | 'half-close' | 'reset'): void {
    const { socket } = this.#stream;
    if (how === 'close') socket.destroy();
    else if (how === 'half-close') socket.end();
    else socket.resetAndDestroy();
  }

  async ended(): Promise<Answer> {
    while (!this.#isStarted && !this.#stream.signal.aborted && (await this.#stream.read().catch(() => null)) !== null);
    if (this.#isStarted) await this.#reading;
    return this.#answer([], [], true);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }

  #sendKey(request: PacketWriter, pem: string): void {
    const key = readPrivateKey(new Secret(pem));
    const asked = request.string('publickey').bool(true).string(key.algorithm).string(key.blob).done();
    const signed = Buffer.concat([new PacketWriter().string(this.#transport.sessionId).done(), asked]);
    this.#transport.send(Buffer.concat([asked, new PacketWriter().string(namedSignature(key, signed)).done()]));
  }

  async #next(wanted: readonly number[]): Promise<Buffer> {
    for (;;) {
      const payload = await this.#payloads.next();
      if (wanted.includes(payload[0] ?? 0)) return payload;
    }
  }

  async #asked(asking: Asking, text: Buffer): Promise<Answer> {
    if (asking === 'raw') {
      this.#transport.send(text);
      await this.#reading;
      return this.#answer([], [{ code: 'closed', text: this.#over ?? '' }], true);
    }
    if (asking === 'open') {
      const path = new PacketWriter().string('/nowhere').string('').u32(0).done();
      await this.#connection.open(text.toString(), path);
      return this.#answer([], [], false);
    }
    const channel = await this.#connection.open('session', Buffer.alloc(0));
    if (asking === 'pty') {
      await channel.request(
        'pty-req',
        new PacketWriter().string('xterm').u32(80).u32(24).u32(0).u32(0).string('').done(),
      );
    }
    const isStarted = await channel.request(asking === 'pty' ? 'exec' : asking, new PacketWriter().string(text).done());
    if (isStarted) return this.#output(channel);
    await channel.close();
    return this.#answer([], [{ code: 'refused', text: 'the channel refused it' }], false);
  }

  async #output(channel: Channel): Promise<Answer> {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let status: number | undefined;
    for (let message = await channel.next(); message !== null; message = await channel.next()) {
      if (message.kind === 'data') {
        this.#received.push(message.bytes);
        (message.stream === 'out' ? out : err).push(message.bytes);
      } else if (message.kind === 'request' && message.name === 'exit-status') {
        status = new PacketReader(message.data, 0).u32();
      }
    }
    await channel.close();
    const text = Buffer.concat(err).toString();
    // What waited for people said so, and was not refused for that.
    const refusals = [...text.matchAll(/chaperone: ([a-z-]+): [^\n]*(?:\n[^\n]*)*/g)].filter(
      ([, code]) => code !== 'waits',
    );
    const errors = refusals.map(([all, code = '']) => ({ code: codeOf(`chaperone: ${code}:`), text: all }));
    const told = status === undefined ? [] : [Buffer.from(`\nended by ${status}`)];
    return this.#answer(errors.length > 0 ? out : [...out, ...err, ...told], errors, status === undefined);
  }

  #answer(pieces: readonly Buffer[], errors: Answer['errors'], closed: boolean): Answer {
    return { bytes: Buffer.concat(pieces), errors, closed };
  }
}

/** The suite has one code for all that was denied. */
function codeOf(text: string): string {
  const [, code = 'closed'] = /chaperone: ([a-z-]+):/.exec(text) ?? [];
  if (code === 'approval-cancelled') return 'withdrawn';
  return DENIED.has(code) ? 'denied' : code;
}

const DENIED: ReadonlySet<string> = new Set([
  'policy-denied',
  'request-unknown',
  'policy-no-match',
  'approval-denied',
  'approval-expired',
  'approval-unavailable',
]);

/** Its stack tells of folders, which are nobody's secret and have any name. */
function failed(code: string, text: string): LoginFailed {
  const failure = new LoginFailed(code, text);
  failure.stack = `LoginFailed: ${text}`;
  return failure;
}

/** A double of the half of a kubelet that streams: commands are processes of this machine, ports are its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptOf } from '../../../src/protocols/http/h1/websocket-key.ts';
import {
  type AskedStream,
  offeredProtocols,
  offerField,
  type StreamProtocol,
} from '../../../src/protocols/kubernetes/streams/agreed-protocol.ts';
import type { StreamPiece } from '../../../src/protocols/kubernetes/streams/stream-wire.ts';

const NOTHING = Buffer.alloc(0);

export interface StreamsDoubleOptions {
  /** The environment of commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told of each command that is started and each port that is connected to. */
  readonly onDone: (what: string) => void;
  /** What of its protocols the server knows; all where absent. */
  readonly takes?: (name: string) => boolean;
}

/** Takes an upgrade over; false where it is none that a kubelet has. */
export function streamDouble(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { environment, onDone, takes = () => true }: StreamsDoubleOptions,
): boolean {
  const url = new URL(request.url ?? '', 'http://cluster');
  const [, , name = '', subresource = ''] =
    /\/namespaces\/([^/]+)\/pods\/([^/]+)\/(exec|attach|portforward)$/.exec(url.pathname) ?? [];
  if (subresource === '') return false;
  const upgrade = (request.headers.upgrade ?? '').toLowerCase();
  // As the server's own reading of WebSockets has it: the first field of a name.
  const fields = Object.entries(request.headersDistinct).flatMap(([field, values = []]) =>
    (upgrade === 'websocket' ? values.slice(0, 1) : values).map((value) => [field, value] as const),
  );
  const ports = url.searchParams
    .getAll('ports')
    .flatMap((one) => one.split(','))
    .map(Number);
  const asked: AskedStream = { use: subresource === 'portforward' ? 'forward' : 'command', ports, upgrade };
  const protocol = offeredProtocols(fields, asked).find((one) => takes(one.name));
  if (protocol === undefined) {
    socket.end(
      'HTTP/1.1 403 Forbidden\r\ncontent-length: 38\r\nconnection: close\r\n\r\nunable to upgrade: no protocol is known',
    );
    return true;
  }
  const key = request.headers['sec-websocket-key'];
  const proof = key === undefined ? '' : `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n`;
  const named = upgrade === 'websocket' ? 'websocket' : 'SPDY/3.1';
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${named}\r\n${proof}${offerField(upgrade)}: ${protocol.name}\r\n\r\n`,
  );
  const stream = new ServedStream(socket, protocol);
  if (asked.use === 'forward') forward(stream, ports, onDone);
  else command(stream, url.searchParams, subresource, { environment: { ...environment, POD: name }, onDone });
  stream.begin(head);
  return true;
}

/** One client's stream: pieces in, pieces out. */
class ServedStream {
  readonly protocol: StreamProtocol;
  onPiece: (piece: StreamPiece) => void = () => undefined;
  onOver: () => void = () => undefined;
  readonly #socket: Duplex;
  readonly #wire;

  constructor(socket: Duplex, protocol: StreamProtocol) {
    this.#socket = socket;
    this.protocol = protocol;
    this.#wire = protocol.wire('client');
  }

  begin(head: Buffer): void {
    this.#socket.on('error', () => this.onOver());
    this.#socket.on('close', () => this.onOver());
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    if (head.length > 0) this.#read(head);
  }

  say(...pieces: readonly StreamPiece[]): void {
    if (this.#socket.writable) this.#socket.write(this.#wire.write(pieces));
  }

  /** False where the client is slower; `resume` is called once it is not. */
  hasRoom(resume: () => void): boolean {
    if (!this.#socket.writableNeedDrain) return true;
    this.#socket.once('drain', resume);
    return false;
  }

  end(): void {
    if (this.#socket.writable) this.#socket.end(this.#wire.bye());
  }

  #read(bytes: Buffer): void {
    try {
      const { pieces, reply, over } = this.#wire.read(bytes);
      if (reply !== undefined) this.#socket.write(reply);
      for (const piece of pieces) {
        if (piece.event === 'open') this.say({ ...piece, event: 'accept', bytes: NOTHING });
        this.onPiece(piece);
      }
      if (over) this.onOver();
    } catch {
      // What cannot be read ends the connection, as it does there.
      this.#socket.destroy();
    }
  }
}

type CommandOptions = Pick<StreamsDoubleOptions, 'environment' | 'onDone'>;

function command(stream: ServedStream, query: URLSearchParams, subresource: string, options: CommandOptions): void {
  const tty = query.get('tty') === 'true';
  const words = subresource === 'exec' ? query.getAll('command') : ['sh', '-c', 'echo attached; cat; echo over >&2'];
  const wanted = ['stdin', 'stdout', 'stderr'].filter((one) => query.get(one) === 'true' && !(tty && one === 'stderr'));
  const opened = new Set<string>();
  const early: StreamPiece[] = [];
  let child: ChildProcess | undefined;
  const start = (): void => {
    if (stream.protocol.opens && !['error', ...wanted].every((one) => opened.has(one))) return;
    options.onDone(`${subresource} ${words.join(' ')}`);
    child = run(stream, words, tty, options.environment);
    for (const piece of early) input(child, piece);
  };
  stream.onPiece = (piece) => {
    if (piece.event === 'open') {
      opened.add(piece.channel);
      if (child === undefined) start();
    } else if (child === undefined) early.push(piece);
    else input(child, piece);
  };
  stream.onOver = () => child?.kill('SIGKILL');
  if (!stream.protocol.opens) start();
}

function input({ stdin }: ChildProcess, { channel, event, bytes }: StreamPiece): void {
  if (channel !== 'stdin' || stdin?.writable !== true) return;
  if (event === 'data') stdin.write(bytes);
  else stdin.end();
}

function run(
  stream: ServedStream,
  words: readonly string[],
  tty: boolean,
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const [program = '', ...rest] = tty ? ['script', '-qefc', quoted, '/dev/null'] : words;
  const child = spawn(program, rest, { env, stdio: 'pipe' });
  child.stdin.on('error', () => undefined);
  for (const channel of ['stdout', 'stderr'] as const) {
    child[channel].on('data', (bytes: Buffer) => {
      stream.say({ channel, event: 'data', bytes });
      if (!stream.hasRoom(() => child[channel].resume())) child[channel].pause();
    });
  }
  const end = (status: object): void => {
    stream.say(
      { channel: 'stdout', event: 'end', bytes: NOTHING },
      { channel: 'stderr', event: 'end', bytes: NOTHING },
    );
    const told = stream.protocol.statuses
      ? JSON.stringify(status)
      : ((status as { readonly message?: string }).message ?? '');
    if (told !== '') stream.say({ channel: 'error', event: 'data', bytes: Buffer.from(told) });
    stream.say({ channel: 'error', event: 'end', bytes: NOTHING });
    stream.end();
  };
  child.on('error', (fault) => end(failure(`error executing command in container: ${fault.message}`, 'InternalError')));
  child.on('close', (code) => end(code === 0 ? { metadata: {}, status: 'Success' } : exited(code ?? 137)));
  return child;
}

function exited(code: number): object {
  const message = `command terminated with non-zero exit code: exit status ${code}`;
  const details = { causes: [{ reason: 'ExitCode', message: String(code) }] };
  return { ...failure(message, 'NonZeroExitCode'), details };
}

function failure(message: string, reason: string): object {
  return { metadata: {}, status: 'Failure', message, reason };
}

/** Each pair of streams is a connection to a port of this machine. */
function forward(stream: ServedStream, ports: readonly number[], onDone: (what: string) => void): void {
  const connections = new Map<string, Socket>();
  const open = (channel: string, port: number): void => {
    onDone(`portforward ${port}`);
    const socket = connect({ host: '127.0.0.1', port });
    connections.set(channel, socket);
    socket.on('data', (bytes) => stream.say({ channel, event: 'data', bytes }));
    socket.on('end', () => stream.say({ channel, event: 'end', bytes: NOTHING }));
    socket.on('error', ({ message }) => {
      const [error = ''] = [...opened].filter(([, one]) => one === port).map(([name]) => name);
      const bytes = Buffer.from(`error forwarding port ${port}: ${message}`);
      stream.say({ channel: error, event: 'data', bytes }, { channel: error, event: 'end', bytes: NOTHING });
      stream.say({ channel, event: 'end', bytes: NOTHING });
    });
  };
  const opened = new Map<string, number>();
  stream.onPiece = ({ channel, event, bytes }) => {
    if (event === 'open') {
      const port = Number(/^port: (\d+)$/m.exec(bytes.toString())?.[1]);
      if (channel.startsWith('error:')) opened.set(channel, port);
      else open(channel, port);
    } else if (event === 'data') connections.get(channel)?.write(bytes);
    else connections.get(channel)?.end();
  };
  stream.onOver = () => {
    for (const socket of connections.values()) socket.destroy();
  };
  if (stream.protocol.opens) return;
  ports.forEach((port, at) => {
    const number = Buffer.from([port & 0xff, port >> 8]);
    for (const channel of [`data:${at}`, `error:${at}`]) stream.say({ channel, event: 'data', bytes: number });
    open(`data:${at}`, port);
  });
}

import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { type RawReply, replyOf } from '../support/raw-http.ts';
import { TrickledSocket } from '../support/trickled-socket.ts';
import { errorOf, message, openTunnel } from './http.ts';
import type { Answer, Conversation, Login, RawRequest } from './protocol-under-test.ts';
import { LoginFailed } from './protocol-under-test.ts';

/** What stands before frames that no library would send. */
export const RAW_FRAMES = 'frames:';

/** Logs in by a CONNECT, and speaks HTTP/2 inside, with Node's own client. */
export async function logInByHttp2(login: Login): Promise<Conversation> {
  const { socket, plain } = (await openTunnel(login)).handOver();
  const conversation = new Http2Conversation(socket, plain);
  const { errors } = await conversation.ask(GREETING);
  const [failed] = errors;
  if (failed?.code !== '502') return conversation;
  await conversation[Symbol.asyncDispose]();
  throw new LoginFailed(failed.code, failed.text);
}

const GREETING: RawRequest = {
  what: 'GET /login',
  bytes: Buffer.from('GET /login HTTP/1.1\r\nhost: shop.test\r\n\r\n'),
  readies: 1,
};

/** Requests are given as text of HTTP/1.1, and sent as streams that say the same. */
class Http2Conversation implements Conversation {
  readonly #socket: Socket;
  readonly #plain: Socket;
  readonly #trickled: TrickledSocket;
  readonly #session: ClientHttp2Session;
  readonly #seen: Buffer[] = [];
  readonly #closed: Promise<unknown>;

  constructor(socket: Socket, plain: Socket) {
    this.#socket = socket;
    this.#plain = plain;
    this.#trickled = new TrickledSocket(socket);
    this.#session = connect('http://shop.test', { createConnection: () => this.#trickled });
    // What breaks it is seen in its replies.
    this.#session.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.#session.once('close', resolve));
  }

  /** Replies as messages: what is on the wire is coded. */
  get received(): Buffer {
    return Buffer.concat(this.#seen);
  }

  get end(): Conversation['end'] {
    const { localPort = 0, remotePort = 0, bytesRead } = this.#plain;
    return { localPort, remotePort, taken: bytesRead };
  }

  async ask({ bytes }: RawRequest, how: 'whole' | 'byte by byte' = 'whole'): Promise<Answer> {
    this.#trickled.slow = how === 'byte by byte';
    const text = Buffer.from(bytes).toString('latin1');
    if (text.startsWith(RAW_FRAMES)) {
      this.#socket.write(Buffer.from(bytes).subarray(RAW_FRAMES.length));
      return await this.ended();
    }
    const replies = await Promise.all(this.#sent(text));
    this.#trickled.slow = false;
    return this.#answer(replies);
  }

  send(bytes: Uint8Array): void {
    // What comes of it nobody asks.
    for (const reply of this.#sent(Buffer.from(bytes).toString('latin1'))) reply.catch(() => undefined);
  }

  async ended(): Promise<Answer> {
    await this.#closed;
    return { bytes: this.received, errors: [{ code: 'closed', text: '' }], closed: true };
  }

  leave(how: 'close' | 'half-close' | 'reset'): void {
    if (how === 'reset') this.#plain.resetAndDestroy();
    else if (how === 'close') this.#socket.destroy();
    else this.#socket.end();
  }

  pause(): void {
    this.#trickled.hold();
  }

  resume(): void {
    this.#trickled.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // In a turn of its own: Node may be within its reading of what came.
    await new Promise(setImmediate);
    this.#session.destroy();
    this.#socket.destroy();
    await this.#closed;
  }

  #sent(text: string): readonly Promise<RawReply>[] {
    return requestsIn(text).map(async (request) => {
      const reply = await this.#reply(request);
      this.#seen.push(message(reply));
      return reply;
    });
  }

  #answer(replies: readonly RawReply[]): Answer {
    return {
      bytes: Buffer.concat(replies.map(message)),
      errors: replies.flatMap(errorOf),
      closed: this.#session.closed,
    };
  }

  #reply({ method, path, authority, fields, body }: TextRequest): Promise<RawReply> {
    const head = { ':method': method, ':path': path, ':authority': authority, ...fields };
    const stream = this.#session.request(head, { endStream: body === undefined });
    if (fields['expect'] === undefined) stream.end(body);
    else stream.once('continue', () => stream.end(body));
    return replyOn(stream);
  }
}

/** Of a stream that breaks off, what came of it. */
function replyOn(stream: ClientHttp2Stream): Promise<RawReply> {
  return new Promise((resolve) => {
    let fields: [string, string][] = [];
    let trailers = '';
    let isWhole = false;
    const body: Buffer[] = [];
    stream.on('response', (_headers, _flags, raw: readonly string[]) => (fields = pairs(raw)));
    stream.on('trailers', (_headers, _flags, raw: readonly string[]) => {
      trailers = pairs(raw)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')
        .toLowerCase();
    });
    stream.on('data', (bytes: Buffer) => body.push(bytes));
    stream.on('end', () => (isWhole = true));
    // `close` follows.
    stream.on('error', () => (isWhole = false));
    stream.on('close', () => {
      const status = Number(fields.find(([name]) => name === ':status')?.[1] ?? 0);
      const told = fields.filter(([name]) => !name.startsWith(':'));
      const complete = isWhole && stream.rstCode === 0 && status > 0;
      resolve(replyOf({ status, fields: told, body: Buffer.concat(body), trailers, complete }));
    });
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));
}

interface TextRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** One request or several, one behind the other; of those none has a body. */
function requestsIn(text: string): readonly TextRequest[] {
  const several = text.split(/(?<=\r\n\r\n)(?=[A-Z]+ \S+ HTTP\/1\.1\r\n)/);
  return several.map((one) => {
    const end = one.indexOf('\r\n\r\n');
    const [line = '', ...lines] = one.slice(0, end).split('\r\n');
    const [method = '', target = ''] = line.split(' ');
    const all = Object.fromEntries(
      lines.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()]),
    );
    const { host = '', 'transfer-encoding': coding, ...fields } = all;
    const sent = one.slice(end + 4);
    const body =
      coding === undefined ? sent : [...sent.matchAll(/[0-9a-f]+\r\n([^\r]*)\r\n/g)].map(([, piece]) => piece).join('');
    const path = target.replace(/^http:\/\/[^/]*/, '');
    const hasBody = body !== '' || coding !== undefined;
    return { method, path, authority: host, fields, body: hasBody ? Buffer.from(body, 'latin1') : undefined };
  });
}

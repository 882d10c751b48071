import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { writeSlowly } from './relay.ts';

/** One message of the backend: its type's letter and its body (manual, 55.7). */
export interface BackendMessage {
  readonly type: string;
  readonly body: Buffer;
}

export interface RawLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly caFile?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * A PostgreSQL client that sends exactly the bytes a test gives it, and keeps every byte that came back. It knows how to
 * log in (cleartext and SCRAM-SHA-256) and how to tell messages apart, and nothing else.
 */
export class RawPostgres implements AsyncDisposable {
  readonly #socket: Socket;
  /** What is below TLS, where there is TLS. */
  readonly #plain: Socket;
  readonly #pieces: Buffer[] = [];
  #unread = Buffer.alloc(0);
  #waiting: (() => void) | undefined;
  #closed = false;
  #consumed = 0;

  static async connect({ host, port, caFile }: Pick<RawLogin, 'host' | 'port' | 'caFile'>): Promise<RawPostgres> {
    const socket = connect({ host, port, noDelay: true });
    await event(socket, 'connect');
    if (caFile === undefined) return new RawPostgres(socket, socket);
    socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    const [answer] = (await event(socket, 'data')) as [Buffer];
    if (answer.toString('latin1') !== 'S') throw new Error('the server has no TLS');
    const secure = connectTls({ socket, host, ca: readFileSync(caFile, 'utf8') });
    await event(secure, 'secureConnect');
    return new RawPostgres(secure, socket);
  }

  /** Connects and logs in. Throws with the server's message where it refuses. */
  static async login(options: RawLogin): Promise<RawPostgres> {
    const client = await RawPostgres.connect(options);
    const { user, database, password, parameters } = options;
    client.send(startup({ user, database, ...parameters }));
    await client.#authenticate(password);
    await client.untilReady();
    return client;
  }

  private constructor(socket: Socket, plain: Socket) {
    this.#socket = socket;
    this.#plain = plain;
    socket.on('data', (bytes: Buffer) => {
      this.#pieces.push(bytes);
      this.#unread = Buffer.concat([this.#unread, bytes]);
      this.#waiting?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#waiting?.();
    });
  }

  /** Every byte that ever came, as it came out of TLS. */
  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** How many of them were taken as messages. */
  get consumed(): number {
    return this.#consumed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** This end of the connection: its ports, and what was taken off the kernel, below TLS. */
  get end(): { readonly localPort: number; readonly remotePort: number; readonly taken: number } {
    const { localPort = 0, remotePort = 0, bytesRead } = this.#plain;
    return { localPort, remotePort, taken: bytesRead };
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** The same, one byte in each turn of the event loop. */
  sendSlowly(...messages: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve) => writeSlowly(this.#socket, Buffer.concat(messages), resolve));
  }

  /** Stops reading, as a client does that is busy elsewhere. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next message; undefined once the connection is closed. */
  async next(): Promise<BackendMessage | undefined> {
    for (;;) {
      const message = this.#take();
      if (message !== undefined) return message;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
    }
  }

  /** The messages up to and with so many ReadyForQuery, or to the end of the connection. */
  async untilReady(count = 1): Promise<readonly BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (let left = count; left > 0; ) {
      const message = await this.next();
      if (message === undefined) return messages;
      messages.push(message);
      if (message.type === 'Z') left--;
    }
    return messages;
  }

  /** Everything that comes until the peer closes. */
  async untilClosed(): Promise<readonly BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (let message = await this.next(); message !== undefined; message = await this.next()) messages.push(message);
    return messages;
  }

  async query(sql: string): Promise<readonly BackendMessage[]> {
    this.send(query(sql));
    return this.untilReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      const closed = event(this.#socket, 'close');
      this.#socket.resume();
      this.#socket.end(frame('X'));
      setTimeout(() => this.#socket.destroy(), 500).unref();
      await closed;
    }
  }

  destroy(): void {
    this.#plain.resetAndDestroy();
  }

  /** Ends the connection without Terminate. */
  leave(how: 'close' | 'half-close' | 'reset'): void {
    if (how === 'reset') this.destroy();
    else if (how === 'close') this.#socket.destroy();
    else this.#socket.end();
  }

  #take(): BackendMessage | undefined {
    if (this.#unread.length < 5) return undefined;
    const length = this.#unread.readInt32BE(1);
    if (this.#unread.length < length + 1) return undefined;
    const message = {
      type: String.fromCharCode(this.#unread[0] ?? 0),
      body: Buffer.from(this.#unread.subarray(5, length + 1)),
    };
    this.#unread = this.#unread.subarray(length + 1);
    this.#consumed += length + 1;
    return message;
  }

  async #authenticate(password: string): Promise<void> {
    for (;;) {
      const message = await this.next();
      if (message?.type !== 'R') throw new LoginRefused(message);
      const code = message.body.readInt32BE(0);
      if (code === 0) return;
      if (code === 3) this.send(frame('p', `${password}\0`));
      else if (code === 10) await this.#scram(password);
      else throw new Error(`authentication ${code} is not known here`);
    }
  }

  /** RFC 5802 and 7677, without channel binding. */
  async #scram(password: string): Promise<void> {
    const bare = `n=,r=${randomBytes(12).toString('base64')}`;
    const first = Buffer.from(`n,,${bare}`);
    this.send(frame('p', 'SCRAM-SHA-256\0', int32(first.length), first));
    const serverFirst = (await this.next())?.body.subarray(4).toString('utf8') ?? '';
    const [, nonce = '', salt = '', iterations = '0'] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    const withoutProof = `c=biws,r=${nonce}`;
    const signature = createHmac('sha256', createHash('sha256').update(clientKey).digest())
      .update(`${bare},${serverFirst},${withoutProof}`)
      .digest();
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)));
    this.send(frame('p', `${withoutProof},p=${proof.toString('base64')}`));
    const final = await this.next();
    if (final?.type !== 'R') throw new LoginRefused(final);
  }
}

/** The server (or the gateway) said no to a login; `fields` are those of its ErrorResponse. */
export class LoginRefused extends Error {
  readonly fields: Readonly<Record<string, string>>;

  constructor(message: BackendMessage | undefined) {
    const fields = message?.type === 'E' ? errorFields(message) : {};
    super(`the login was refused: ${fields['C'] ?? ''} ${fields['M'] ?? 'without a word'}`);
    this.fields = fields;
  }
}

export function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(parameters).flatMap(([name, value]) => [`${name}\0`, `${value}\0`]);
  const bytes = Buffer.concat([int32(196_608), ...body.map((text) => Buffer.from(text)), Buffer.from([0])]);
  return Buffer.concat([int32(bytes.length + 4), bytes]);
}

/** A frontend message: its type's letter, its length, its body. */
export function frame(type: string, ...body: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(body.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(bytes.length + 4), bytes]);
}

export function query(sql: string): Buffer {
  return frame('Q', `${sql}\0`);
}

/** Parse, Bind with text parameters, Describe, Execute: an extended query up to its Sync, which is not in it. */
export function extended(sql: string, parameters: readonly string[] = [], format: 0 | 1 = 0, rows = 0): Buffer {
  const values = parameters.flatMap((value) => [int32(Buffer.byteLength(value)), value]);
  return Buffer.concat([
    frame('P', '\0', `${sql}\0`, int16(0)),
    frame('B', '\0', '\0', int16(0), int16(parameters.length), ...values, int16(1), int16(format)),
    frame('D', 'P\0'),
    frame('E', '\0', int32(rows)),
  ]);
}

/** A Parse without types of parameters. */
export function parse(name: string, sql: string): Buffer {
  return frame('P', `${name}\0${sql}\0`, int16(0));
}

/** A Bind without parameters. */
export function bind(portal: string, statement: string): Buffer {
  return frame('B', `${portal}\0${statement}\0`, int16(0), int16(0), int16(0));
}

/** All rows where none are counted. */
export function execute(portal: string, rows = 0): Buffer {
  return frame('E', `${portal}\0`, int32(rows));
}

export const SYNC = frame('S');

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** The fields of an ErrorResponse or NoticeResponse by their letters (manual, 55.8). */
export function errorFields({ body }: BackendMessage): Readonly<Record<string, string>> {
  const fields = body
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');
  return Object.fromEntries(fields.map((field) => [field.charAt(0), field.slice(1)]));
}

/** What a conversation amounted to, for a test to compare: types, error codes, and the transaction status. */
export function summary(messages: readonly BackendMessage[]): string {
  return messages
    .map((message) => {
      if (message.type === 'E') return `E:${errorFields(message)['C']}`;
      return message.type === 'Z' ? `Z:${message.body.toString('latin1')}` : message.type;
    })
    .join(' ');
}

function event(socket: Socket, name: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    socket.once(name, (...values: unknown[]) => {
      socket.off('error', reject);
      resolve(values);
    });
    if (name !== 'close') socket.once('error', reject);
  });
}

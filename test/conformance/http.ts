import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Secret } from '../../src/model/secret.ts';
import { makeAuthority } from '../support/certificates.ts';
import { httpTarget, startHttpGateway } from '../support/http-gateway.ts';
import { RawHttp, type RawReply } from '../support/raw-http.ts';
import { CANARY, REQUESTS } from './http-requests.ts';
import {
  type Answer,
  type Conversation,
  type Login,
  LoginFailed,
  type ProtocolUnderTest,
  type RawRequest,
  type ServerUnderTest,
} from './protocol-under-test.ts';

/** What the gateway proves itself to the server with; the token is looked for wherever it must not be. */
export const CREDENTIAL = { user: 'gateway_login', password: 'cr3d-c4n4ry-5e1f0a92' };

const HTTP = { basePath: '', hosts: [], version: 'auto', cookies: true } as const;

/**
 * HTTP/1.1, through the forward proxy: a CONNECT is its login, and what follows it needs no further proof. Replies are
 * compared as messages, by their status, fields, body and trailers: how they are framed is each hop's own.
 */
export function http(tls: boolean, version: '1.1' | '2' = '1.1'): ProtocolUnderTest {
  return {
    name: `HTTP ${tls ? 'over TLS' : 'without TLS'}${version === '2' ? ', to a server of HTTP/2' : ''}`,
    tls,
    startServer: () => startServer(tls, version),
    startGateway: startHttpGateway,
    logIn: (login) => logInWith(login, GREETING),
    connect: async (login) => new HttpConversation(await RawHttp.connect(login)),
    requests: REQUESTS,
  };
}

export async function startServer(tls: boolean, version: '1.1' | '2' = '1.1'): Promise<ServerUnderTest> {
  const authority = tls ? await makeAuthority('A test authority of an HTTP server') : undefined;
  const issued = await authority?.issue({ commonName: '127.0.0.1', names: ['127.0.0.1', 'localhost'] });
  const server = fork(join(import.meta.dirname, 'http-server.ts'), { execArgv: [] });
  const ask = async (message: object): Promise<{ readonly port: number; readonly executed: string }> => {
    const answered = once(server, 'message');
    server.send(message);
    const [answer] = (await answered) as [{ readonly port: number; readonly executed: string }];
    return answer;
  };
  const settings = { ...CREDENTIAL, canary: CANARY, version, ...(issued === undefined ? {} : { tls: issued }) };
  const { port } = await ask({ kind: 'start', settings });
  const caFile = join(tmpdir(), `conformance-http-ca-${process.pid}-${port}.pem`);
  if (authority !== undefined) await writeFile(caFile, authority.certificate);
  const host = '127.0.0.1';
  return {
    host,
    port,
    credential: CREDENTIAL,
    direct: { host, port, ...CREDENTIAL, target: 'shop', ...(authority === undefined ? {} : { caFile }) },
    target: (at = { host, port }, target = {}) => ({
      ...httpTarget({ ...at, ca: authority?.certificate }, { http: HTTP, ...target, name: 'shop' }),
      credential: { user: '', http: { kind: 'bearer', token: new Secret(CREDENTIAL.password) } },
    }),
    executed: async () => (await ask({ kind: 'log' })).executed,
    refuseCredential: async (refuse) => {
      await ask({ kind: 'refuse', refuse });
    },
    [Symbol.asyncDispose]: () => ended(server),
  };
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill();
  await exited;
}

/** A grant may enter, and the target be reached, while a credential that the target refuses shows with a request alone. */
export async function logInWith(login: Login, greeting: string, errorsOf: ErrorsOf = errorOf): Promise<Conversation> {
  const client = await openTunnel(login);
  client.send(Buffer.from(greeting));
  const greeted = await client.reply();
  if (greeted?.status !== 502) return new HttpConversation(client, errorsOf);
  throw await failed(client, greeted);
}

/** A CONNECT, and what comes inside of it. */
export async function openTunnel({ target, user, password, ...place }: Login): Promise<RawHttp> {
  const client = await RawHttp.connect(place);
  const host = `${target}.test:443`;
  client.send(
    Buffer.from(`CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\nproxy-authorization: Bearer ${user}.${password}\r\n\r\n`),
  );
  const opened = await client.reply('CONNECT');
  if (opened?.status === 200) return client;
  throw await failed(client, opened);
}

async function failed(client: RawHttp, reply: RawReply | undefined): Promise<LoginFailed> {
  await client[Symbol.asyncDispose]();
  return new LoginFailed(
    String(reply?.status ?? 'closed'),
    reply === undefined ? '' : message(reply).toString('latin1'),
  );
}

const GREETING = 'GET /login HTTP/1.1\r\nhost: shop.test\r\n\r\n';

const NOTHING = Buffer.alloc(0);

export type ErrorsOf = (reply: RawReply) => Answer['errors'];

export class HttpConversation implements Conversation {
  readonly #client: RawHttp;
  readonly #errorsOf: ErrorsOf;

  constructor(client: RawHttp, errorsOf: ErrorsOf = errorOf) {
    this.#client = client;
    this.#errorsOf = errorsOf;
  }

  get received(): Buffer {
    return this.#client.received;
  }

  get end(): { readonly localPort: number; readonly remotePort: number; readonly taken: number } {
    return this.#client.end;
  }

  async ask({ bytes, readies }: RawRequest, how = 'whole'): Promise<Answer> {
    const sending = how === 'whole' ? this.#client.send(bytes) : this.#client.sendSlowly(bytes);
    const method = Buffer.from(bytes).toString('latin1', 0, 5).startsWith('HEAD ') ? 'HEAD' : 'GET';
    const replies: RawReply[] = [];
    while (replies.length < readies) {
      const reply = await this.#client.reply(method);
      if (reply === undefined) break;
      replies.push(reply);
    }
    await sending;
    return this.#answer(replies);
  }

  send(bytes: Uint8Array): void {
    this.#client.send(bytes);
  }

  async ended(): Promise<Answer> {
    const replies: RawReply[] = [];
    for (let reply = await this.#client.reply(); reply !== undefined; reply = await this.#client.reply()) {
      replies.push(reply);
      if (!reply.complete) break;
    }
    return this.#answer(replies);
  }

  leave(how: 'close' | 'half-close' | 'reset'): void {
    this.#client.leave(how);
  }

  pause(): void {
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }

  #answer(replies: readonly RawReply[]): Answer {
    return {
      bytes: Buffer.concat(replies.map(message)),
      errors: replies.flatMap(this.#errorsOf),
      closed: this.#client.closed,
    };
  }
}

/** A refusal of the gateway's, or a reply that was broken off; a target's own errors are its answers. */
export function errorOf(reply: RawReply): Answer['errors'] {
  const text = message(reply).toString('latin1');
  if (!reply.complete) return [{ code: 'broken off', text }];
  const isOfServer = reply.fields.some(([name]) => name === 'x-server');
  return reply.status >= 400 && !isOfServer ? [{ code: String(reply.status), text }] : [];
}

/** A reply as text; its body without its content coding as well, so that what is looked for is seen. */
export function message({ status, fields, body, trailers, complete }: RawReply): Buffer {
  const head = `${status}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const isCoded = fields.some(([name, value]) => name === 'content-encoding' && value === 'gzip');
  const plain = isCoded && complete && body.length > 0 ? gunzipSync(body) : NOTHING;
  return Buffer.concat([Buffer.from(head, 'latin1'), body, plain, Buffer.from(trailers, 'latin1')]);
}

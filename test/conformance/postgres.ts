import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../src/model/secret.ts';
import { startGateway, targetFor } from '../support/gateway.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { type BackendMessage, errorFields, LoginRefused, RawPostgres } from '../support/raw-postgres.ts';
import { REQUESTS, SEED } from './postgres-requests.ts';
import {
  type Answer,
  type Conversation,
  type Login,
  LoginFailed,
  type ProtocolUnderTest,
  type RawRequest,
  type ServerUnderTest,
} from './protocol-under-test.ts';

/** The gateway's own role on the server; its password is looked for wherever it must not be. */
const CREDENTIAL = { user: 'gateway_login', password: 'cr3d-c4n4ry-5e1f0a92' };

export function postgres(tls: boolean): ProtocolUnderTest {
  return {
    name: `PostgreSQL ${tls ? 'over TLS' : 'without TLS'}`,
    tls,
    startServer: () => startServer(tls),
    startGateway,
    logIn,
    connect: async (login) => new PostgresConversation(await RawPostgres.connect(login)),
    requests: REQUESTS,
  };
}

async function startServer(tls: boolean): Promise<ServerUnderTest> {
  const { user, password } = CREDENTIAL;
  const role = `create role ${user} superuser login password '${password}';`;
  const server = await startPostgres({ tls, sql: role + SEED });
  const caFile = join(tmpdir(), `conformance-ca-${process.pid}-${server.port}.pem`);
  if (server.ca !== undefined) await writeFile(caFile, server.ca);
  const { host, port } = server;
  return {
    host,
    port,
    credential: CREDENTIAL,
    direct: { host, port, user, password, target: server.database, ...(server.ca === undefined ? {} : { caFile }) },
    target: (at = { host, port }, settings = {}) => ({
      ...targetFor(server, { ...settings, address: at }),
      credential: { user, password: new Secret(password) },
    }),
    executed: () => server.log(),
    refuseCredential: async (refuse) => {
      await server.query(`alter role ${user} ${refuse ? 'nologin' : 'login'}`);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function logIn({ target, ...login }: Login): Promise<Conversation> {
  try {
    return new PostgresConversation(await RawPostgres.login({ ...login, database: target }));
  } catch (error) {
    if (error instanceof LoginRefused) throw new LoginFailed(error.fields['C'] ?? '', error.message);
    throw error;
  }
}

class PostgresConversation implements Conversation {
  readonly #client: RawPostgres;

  constructor(client: RawPostgres) {
    this.#client = client;
  }

  get received(): Buffer {
    return this.#client.received;
  }

  async ask({ bytes, readies }: RawRequest, how = 'whole'): Promise<Answer> {
    const before = this.#client.consumed;
    if (how === 'whole') this.#client.send(bytes);
    else await this.#client.sendSlowly(bytes);
    return this.#answer(before, await this.#client.untilReady(readies));
  }

  get end(): { readonly localPort: number; readonly remotePort: number; readonly taken: number } {
    return this.#client.end;
  }

  send(bytes: Uint8Array): void {
    this.#client.send(bytes);
  }

  async ended(): Promise<Answer> {
    const before = this.#client.consumed;
    return this.#answer(before, await this.#client.untilClosed());
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

  #answer(before: number, messages: readonly BackendMessage[]): Answer {
    const errors = messages.filter(({ type }) => type === 'E').map(errorFields);
    return {
      bytes: this.#client.received.subarray(before, this.#client.consumed),
      errors: errors.map((fields) => ({ code: fields['C'] ?? '', text: Object.values(fields).join(' ') })),
      closed: this.#client.closed,
    };
  }
}

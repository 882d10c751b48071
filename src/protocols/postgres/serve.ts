import { LIMITS } from '../../model/limits.ts';
import type { Refusal } from '../../model/refusal.ts';
import { Refused } from '../../model/refusal.ts';
import type { TrackedSetting } from '../../sql/postgres/analysis.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Login, Session } from '../protocol.ts';
import { BatchReader } from './batch-reader.ts';
import { ClientMessages } from './client-messages.ts';
import { ClientState } from './client-state.ts';
import { MalformedMessage, type Message, type MessageDecoder } from './codec.ts';
import { PostgresExchange } from './exchange.ts';
import type { PostgresGreeting } from './greeting.ts';
import { errorResponse, FRONTEND } from './messages.ts';
import { refusalResponse } from './refusal.ts';
import { PostgresRequest, readQuery } from './request.ts';
import { type StatementAnalyser, StatementReader } from './statement-text.ts';
import type { PostgresUpstream } from './upstream.ts';

type PostgresSession = Session<PostgresUpstream, PostgresGreeting>;

/** Reads a logged-in client's messages, and hands each request to the session as one exchange, in order. */
export class ClientConversation {
  readonly #client: ByteStream;
  readonly #session: PostgresSession;
  readonly #messages: ClientMessages;
  readonly #state: ClientState;
  readonly #statements: StatementReader;
  readonly #batch: BatchReader;
  #discarding = false;
  #unsent: Promise<void> | undefined;

  constructor(
    client: ByteStream,
    decoder: MessageDecoder,
    session: PostgresSession,
    login: Login,
    analyser: StatementAnalyser,
  ) {
    this.#client = client;
    this.#session = session;
    this.#messages = new ClientMessages(client, decoder);
    const { settings, catalogue } = session.greeting;
    this.#state = new ClientState(catalogue, {
      database: login.database ?? session.target.database,
      user: () => settings.get('session_authorization'),
      searchPath: settings.get('search_path'),
      settings: settingsAtStart(login, settings),
    });
    this.#statements = new StatementReader(analyser, this.#state, settings);
    this.#batch = new BatchReader(this.#state, this.#statements);
  }

  /** Returns when the client ends the session. Throws what ends it otherwise. */
  async run(): Promise<void> {
    while (await this.#messages.available()) {
      for (let message = this.#messages.peek(); message !== undefined; message = this.#messages.peek()) {
        this.#messages.take();
        if (message.type === FRONTEND.terminate) return;
        const handling = this.#handle(message);
        if (handling !== undefined) await handling;
      }
    }
  }

  /** What is read while another session changes what runs in the database waits until that was read, too. */
  #handle(message: Message): Promise<void> | undefined {
    const settled = this.#session.greeting.settled();
    return settled === undefined ? this.#take(message) : settled.then(() => this.#take(message));
  }

  #take(message: Message): Promise<void> | undefined {
    switch (message.type) {
      case FRONTEND.query:
        return this.#query(message);
      case FRONTEND.parse:
      case FRONTEND.bind:
      case FRONTEND.describe:
      case FRONTEND.execute:
      case FRONTEND.close:
        return this.#add(message);
      case FRONTEND.sync:
        this.#discarding = false;
        return this.#exchange(this.#batch.take(message));
      case FRONTEND.flush:
        return this.#batch.isEmpty ? undefined : this.#exchange(this.#batch.take(message));
      case FRONTEND.functionCall:
        return this.#exchange(functionCall(message));
      case FRONTEND.copyData:
      case FRONTEND.copyDone:
      case FRONTEND.copyFail:
        // A client that copies goes on sending after an error; the server ignores it too (manual, 55.2.6).
        return undefined;
      default:
        throw new MalformedMessage('malformed', 'a message of an unknown type');
    }
  }

  #query(message: Message): Promise<void> {
    if (!this.#batch.isEmpty || this.#discarding)
      throw new MalformedMessage('malformed', 'a simple query before the end of a batch');
    return this.#exchange(readQuery(message, this.#statements, this.#state));
  }

  #add(message: Message): undefined {
    if (this.#discarding) return undefined;
    this.#batch.add(message);
    if (this.#batch.bytes > LIMITS.maxRequestBytes)
      throw new MalformedMessage('too-large', 'a batch without a Sync that is too long');
    return undefined;
  }

  async #exchange(request: PostgresRequest): Promise<void> {
    const exchange = new PostgresExchange(request, this.#client, this.#messages, this.#state);
    if (this.#unsent !== undefined) await this.#unsent;
    try {
      await this.#session.run(exchange);
    } catch (fault) {
      throw exchange.isTorn ? new TornReply(fault) : fault;
    }
    this.#unsent = exchange.unsent;
    this.#discarding = exchange.discardsUntilSync;
  }
}

/** What the client set of these while connecting, and what the server reported of itself. */
function settingsAtStart(login: Login, reported: ReadonlyMap<string, string>): ReadonlyMap<TrackedSetting, string> {
  const known = new Map<TrackedSetting, string>();
  for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const) {
    const value = login.parameters[name];
    if (value !== undefined) known.set(name, value);
  }
  for (const name of ['application_name', 'default_transaction_read_only'] as const) {
    const value = reported.get(name);
    if (value !== undefined) known.set(name, value);
  }
  return known;
}

/** A reply broke off within a message, so that no further message can be told from the rest of it. */
export class TornReply extends Error {
  constructor(cause: unknown) {
    super('a reply broke off within a message', { cause });
    this.name = 'TornReply';
  }
}

/** The last words to a client, where there is a way to say them; then the connection ends. */
export async function farewell(client: ByteStream, reason: unknown): Promise<void> {
  if (client.signal.aborted || reason instanceof PeerLeft || reason instanceof TornReply) return;
  await client.write(lastWords(reason));
}

function lastWords(reason: unknown): Buffer {
  if (reason instanceof Refused) return refusalResponse(reason.refusal, 'FATAL');
  if (reason instanceof MalformedMessage) {
    return refusalResponse(
      { code: reason.code === 'too-large' ? 'too-large' : 'protocol-malformed', message: reason.message },
      'FATAL',
    );
  }
  // Nothing of the cause is told: it may name the target's address or what its server said of a credential.
  return errorResponse({
    severity: 'FATAL',
    code: '08006',
    message: 'chaperone: the connection to the target was lost',
    hint: UNKNOWN_OUTCOME,
  });
}

const UNKNOWN_OUTCOME = 'Whether the last request took effect is not known; look before you repeat it.';

const FUNCTION_CALL: Refusal = {
  code: 'protocol-unsupported',
  message: 'FunctionCall messages are not supported through the gateway',
  hint: 'Call the function in a SELECT statement, which can be decided and recorded.',
};

function functionCall(message: Message): PostgresRequest {
  const operation = {
    kind: 'function-call',
    access: 'unknown',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: [],
    reason: FUNCTION_CALL.message,
  } as const;
  return new PostgresRequest({
    operations: [operation],
    actions: [],
    wire: [message.wire],
    barrier: 'query',
    text: 'FunctionCall',
    unsupported: FUNCTION_CALL,
  });
}

import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, Part } from '../../model/reply.ts';
import type { Session } from '../protocol.ts';
import { ClientMessages } from './client-messages.ts';
import { ClientState } from './client-state.ts';
import { MessageDecoder } from './codec.ts';
import { readRow } from './command.ts';
import { PostgresExchange } from './exchange.ts';
import type { PostgresGreeting } from './greeting.ts';
import { BACKEND, cstring, FRONTEND, message } from './messages.ts';
import { type PostgresRequest, readQuery } from './request.ts';
import { type StatementAnalyser, StatementReader } from './statement-text.ts';
import type { PostgresUpstream } from './upstream.ts';

/** What came of one text: the rows as text where they were wanted, and how it ended. */
export interface OwnReply {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly result: ExchangeResult;
  readonly refusal?: Refusal;
}

/**
 * A client of a session that lives in the gateway itself: each text goes through every stage as a client's simple query
 * does, and is decided, masked and recorded so.
 */
export class OwnQueries {
  readonly #session: Session<PostgresUpstream, PostgresGreeting>;
  readonly #state: ClientState;
  readonly #statements: StatementReader;

  constructor(session: Session<PostgresUpstream, PostgresGreeting>, analyser: StatementAnalyser) {
    this.#session = session;
    const { settings, catalogue } = session.greeting;
    this.#state = new ClientState(catalogue, {
      database: session.target.database,
      user: () => settings.get('session_authorization'),
      searchPath: settings.get('search_path'),
    });
    this.#statements = new StatementReader(analyser, this.#state, settings);
  }

  /** `keepBytes` bounds the rows that are kept, as masked; a reply of more is a `Fault`. Without it none are. */
  async run(text: string, keepBytes = 0): Promise<OwnReply> {
    const reply = new KeptReply(keepBytes);
    const exchange = new OwnExchange(this.#request(text), reply, this.#state);
    await this.#session.run(exchange);
    if (exchange.refusal !== undefined) {
      return { rows: [], result: { status: 'refused', rows: 0 }, refusal: exchange.refusal };
    }
    if (exchange.result === undefined) throw new Fault('internal', 'a reply came without its end');
    return { rows: reply.rows, result: exchange.result };
  }

  #request(text: string): PostgresRequest {
    const decoder = new MessageDecoder(LIMITS.maxRequestBytes);
    decoder.push(message(FRONTEND.query, cstring(text)));
    const query = decoder.next();
    if (query === undefined) throw new Fault('internal', 'a query of the gateway is no whole message');
    return readQuery(query, this.#statements, this.#state);
  }
}

/** Keeps of an exchange what its client would have heard. */
class OwnExchange extends PostgresExchange {
  result: ExchangeResult | undefined;
  refusal: Refusal | undefined;

  constructor(request: PostgresRequest, reply: KeptReply, state: ClientState) {
    // Nothing is sent after the request: a COPY FROM STDIN would find its client gone.
    const messages = new ClientMessages({ read: () => Promise.resolve(null) }, new MessageDecoder(0));
    super(request, reply, messages, state);
  }

  override reply(part: Part): Promise<void> | undefined {
    this.result = part.result ?? this.result;
    return super.reply(part);
  }

  override refuse(refusal: Refusal, upstream: PostgresUpstream): Promise<void> {
    this.refusal = refusal;
    return super.refuse(refusal, upstream);
  }
}

/** The rows of a reply, as the masks left them. */
class KeptReply {
  readonly rows: (readonly (string | null)[])[] = [];
  readonly #decoder = new MessageDecoder(LIMITS.maxMaskedMessageBytes);
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  write(bytes: Uint8Array): undefined {
    if (this.#most === 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#most) throw new Fault('upstream-protocol', `the reply has more than ${this.#most} bytes`);
    // What is written is a view of a buffer that is used again.
    this.#decoder.push(Buffer.from(bytes));
    for (let next = this.#decoder.next(); next !== undefined; next = this.#decoder.next()) {
      if (next.type === BACKEND.dataRow) this.rows.push(readRow(next.body));
    }
  }
}

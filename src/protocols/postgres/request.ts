import type { Refusal } from '../../model/refusal.ts';
import type { Body, ForwardedStatement, Operation, Request } from '../../model/request.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import { describeBatch, describedStatements, preparedOf, statementsOf } from './batch-statements.ts';
import type { ClientState, Portal, PreparedStatement } from './client-state.ts';
import { BodyReader, type Message } from './codec.ts';
import { type ForwardedText, forwardedWire, isEdited } from './limit-request.ts';
import { FRONTEND, message } from './messages.ts';
import type { StatementReader } from './statement-text.ts';

/** What a message asks of the server, in the order in which the server will answer. */
export type Action =
  | { readonly kind: 'statement'; readonly statement: Statement | undefined }
  | { readonly kind: 'parse'; readonly name: string; readonly statement: PreparedStatement }
  | { readonly kind: 'bind'; readonly name: string; readonly portal: Portal }
  | {
      readonly kind: 'describe';
      readonly statement: PreparedStatement | undefined;
      readonly portal: Portal | undefined;
      readonly hidden: boolean;
    }
  | { readonly kind: 'execute'; readonly portal: Portal }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string };

const PREPARING: ReadonlySet<Action['kind']> = new Set(['parse', 'describe', 'close']);

/** What a client asks in one exchange: a simple query, or a batch up to Sync or Flush. */
export class PostgresRequest implements Request {
  readonly operations: readonly Operation[];
  readonly unsupported?: Refusal;
  readonly actions: readonly Action[];
  /** The messages as they are forwarded: as they came, but for the texts that a rule limits. */
  wire: readonly Buffer[];
  readonly barrier: 'query' | 'sync' | 'flush';
  /** The text of a simple query as it is forwarded, where that is another than came. */
  forwardedText: ForwardedText | undefined;
  #isLimited = false;
  readonly #text: string | undefined;
  readonly #state: ClientState | undefined;
  readonly #statements: StatementReader | undefined;

  constructor(parts: {
    readonly operations: readonly Operation[];
    readonly actions: readonly Action[];
    readonly wire: readonly Buffer[];
    readonly barrier: 'query' | 'sync' | 'flush';
    readonly text?: string;
    readonly state?: ClientState;
    readonly statements?: StatementReader;
    readonly unsupported?: Refusal;
  }) {
    this.operations = parts.operations;
    this.actions = parts.actions;
    this.wire = parts.wire;
    this.barrier = parts.barrier;
    this.#text = parts.text;
    this.#state = parts.state;
    this.#statements = parts.statements;
    if (parts.unsupported !== undefined) this.unsupported = parts.unsupported;
  }

  /** A simple query is its text; a batch is a JSON array of `{text, parameters}` for each statement parsed or run. */
  body(): Body {
    if (this.#text !== undefined) return { media: 'application/sql', bytes: Buffer.from(this.#text, 'utf8') };
    const batch = describeBatch(this.actions, (bytes) => this.#statements?.decode(bytes));
    return { media: 'application/json', bytes: Buffer.from(JSON.stringify(batch), 'utf8') };
  }

  /** Of a text of several statements each has the operations of all: which are whose is not told apart. */
  statements(): readonly (readonly Operation[])[] {
    const run = this.actions.flatMap((action) => {
      if (action.kind === 'statement') return [this.operations];
      return action.kind === 'execute' ? [action.portal.statement.analysis.operations] : [];
    });
    // A text that was not understood runs something all the same; a batch may run nothing.
    return run.length === 0 && this.barrier === 'query' ? [this.operations] : run;
  }

  /** Parse and Describe read a text and its types; Bind plans, which may call functions. */
  get preparesOnly(): boolean {
    return this.barrier !== 'query' && this.actions.length > 0 && this.actions.every(({ kind }) => PREPARING.has(kind));
  }

  /** As the session is when it is asked: it changes between requests, and not while one is under way. */
  context(): Readonly<Record<string, string>> {
    const names = statementsOf(this.actions).flatMap((statement) => statement.names ?? []);
    const also = this.#isLimited ? { 'forwarded as': this.#forwardedTexts() } : {};
    return { ...this.#state?.context(names), ...also };
  }

  /** The operations by the catalogue as it is known now; the same objects while it has not changed. */
  reread(): readonly Operation[] {
    const statements = this.#statements;
    if (statements === undefined) return this.operations;
    if (this.#text !== undefined) return statements.analyse(this.#text).operations;
    const texts = new Set(preparedOf(this.actions).map(({ text }) => text));
    return [...texts].flatMap((text) => statements.analyse(text).operations);
  }

  /** Texts that a rule limits are forwarded with their limits; from here on the request says so. */
  limited(forwardedText: ForwardedText | undefined): void {
    const encode = (text: string): Buffer => this.#statements?.encode(text) ?? Buffer.from(text, 'utf8');
    this.forwardedText = forwardedText;
    this.#isLimited = true;
    this.wire =
      forwardedText === undefined
        ? forwardedWire(this.wire, this.actions, encode)
        : [message(FRONTEND.query, encode(forwardedText.text), Buffer.from([0]))];
  }

  forwarded(): readonly ForwardedStatement[] | undefined {
    if (!this.#isLimited) return undefined;
    if (this.forwardedText !== undefined) return [{ statement: 0, edits: this.forwardedText.edits }];
    return describedStatements(this.actions).flatMap((statement, i) =>
      isEdited(statement) ? { statement: i, edits: statement.forwarded.edits } : [],
    );
  }

  /** The texts that are forwarded, where they are others than came. */
  #forwardedTexts(): string {
    const texts = new Set(
      preparedOf(this.actions)
        .filter(isEdited)
        .map(({ forwarded }) => forwarded.text),
    );
    return [this.forwardedText?.text ?? [], ...texts].flat().join(';\n');
  }

  /** The session that asks, as it is now. */
  get session(): ClientState | undefined {
    return this.#state;
  }

  /** The text of a simple query. */
  get text(): string | undefined {
    return this.#text;
  }
}

export function readQuery(asked: Message, statements: StatementReader, state: ClientState): PostgresRequest {
  const reader = BodyReader.of(asked);
  const { text, analysis } = statements.read(reader.cstring(), false);
  reader.end();
  const actions: Action[] = analysis.statements.map((statement) => ({ kind: 'statement', statement }));
  return new PostgresRequest({
    operations: analysis.operations,
    actions,
    wire: [asked.wire],
    barrier: 'query',
    text,
    state,
    statements,
  });
}

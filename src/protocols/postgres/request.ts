import type { Refusal } from '../../model/refusal.ts';
import type { Body, ForwardedStatement, Operation, Request } from '../../model/request.ts';
import type { Analysis, Statement } from '../../sql/postgres/analysis.ts';
import { describeBatch, describedStatements, preparedOf, statementsOf } from './batch-statements.ts';
import type { ClientState, Portal, PreparedStatement } from './client-state.ts';
import { BodyReader, MalformedMessage, type Message } from './codec.ts';
import { type ForwardedText, forwardedWire, isEdited } from './limit-request.ts';
import { FRONTEND, message } from './messages.ts';
import { mayChangeSettings, type StatementReader, unreadable } from './statement-text.ts';

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
    return this.actions.flatMap((action) => {
      if (action.kind === 'statement') return [this.operations];
      return action.kind === 'execute' ? [action.portal.statement.analysis.operations] : [];
    });
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

/** Gathers the messages of the extended protocol (manual, 55.2.3) until a barrier makes them one request. */
export class BatchReader {
  readonly #state: ClientState;
  readonly #statements: StatementReader;
  #wire: Buffer[] = [];
  #bytes = 0;
  #actions: Action[] = [];
  #analyses = new Set<Analysis>();
  // Made when they are needed: most connections wait, and most batches name nothing.
  #parsed: Map<string, PreparedStatement> | undefined;
  #bound: Map<string, Portal> | undefined;
  #unsettled = false;
  #unsupported: Refusal | undefined;

  constructor(state: ClientState, statements: StatementReader) {
    this.#state = state;
    this.#statements = statements;
  }

  get isEmpty(): boolean {
    return this.#wire.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(added: Message): void {
    this.#wire.push(added.wire);
    this.#bytes += added.wire.length;
    const reader = BodyReader.of(added);
    switch (added.type) {
      case FRONTEND.parse:
        this.#parse(reader);
        break;
      case FRONTEND.bind:
        this.#bind(reader);
        break;
      case FRONTEND.describe:
        this.#describe(reader);
        break;
      case FRONTEND.execute:
        this.#execute(reader);
        break;
      case FRONTEND.close:
        this.#close(reader);
        break;
      default:
        throw new MalformedMessage('malformed', 'a message that does not belong in a batch');
    }
    reader.end();
  }

  /** The batch as a request, with the message that ends it; the reader is empty afterwards. */
  take(barrier: Message | undefined): PostgresRequest {
    const wire = barrier === undefined ? this.#wire : [...this.#wire, barrier.wire];
    const request = new PostgresRequest({
      operations: operationsOf([...this.#analyses]),
      actions: this.#actions,
      wire,
      barrier: barrier?.type === FRONTEND.sync ? 'sync' : 'flush',
      state: this.#state,
      statements: this.#statements,
      ...(this.#unsupported === undefined ? {} : { unsupported: this.#unsupported }),
    });
    this.clear();
    return request;
  }

  clear(): void {
    this.#wire = [];
    this.#bytes = 0;
    this.#actions = [];
    this.#analyses = new Set();
    this.#parsed?.clear();
    this.#bound?.clear();
    this.#unsettled = false;
    this.#unsupported = undefined;
  }

  #parse(reader: BodyReader): void {
    const name = reader.name();
    const { text, analysis } = this.#statements.read(reader.cstring(), this.#unsettled);
    const parameterTypes = Array.from({ length: reader.int16() }, () => reader.uint32());
    if (!this.#state.hasRoomFor(text)) {
      this.#unsupported = {
        code: 'too-large',
        message: 'too many prepared statements in one session',
        hint: 'Close or deallocate those not in use.',
      };
    }
    const statement: PreparedStatement = { text, analysis, parameterTypes, description: undefined };
    this.#note(analysis);
    (this.#parsed ??= new Map()).set(name, statement);
    this.#actions.push({ kind: 'parse', name, statement });
  }

  #bind(reader: BodyReader): void {
    const name = reader.name();
    const statement = this.#statement(reader.name());
    const parameterFormats = Array.from({ length: reader.int16() }, () => reader.int16());
    const parameters = Array.from({ length: reader.int16() }, () => {
      const length = reader.int32();
      return length < 0 ? null : reader.bytes(length);
    });
    const resultFormats = Array.from({ length: reader.int16() }, () => reader.int16());
    const portal: Portal = { statement, parameters, parameterFormats, resultFormats };
    this.#note(statement.analysis);
    (this.#bound ??= new Map()).set(name, portal);
    this.#actions.push({ kind: 'bind', name, portal });
  }

  #describe(reader: BodyReader): void {
    const what = reader.byte();
    const name = reader.name();
    const portal = what === PORTAL ? this.#findPortal(name) : undefined;
    const statement = what === PORTAL ? portal?.statement : this.#findStatement(name);
    this.#actions.push({ kind: 'describe', statement, portal, hidden: false });
  }

  #execute(reader: BodyReader): void {
    const name = reader.name();
    reader.int32();
    const portal = this.#findPortal(name) ?? this.#cursorPortal(name);
    this.#note(portal.statement.analysis);
    this.#actions.push({ kind: 'execute', portal });
  }

  #close(reader: BodyReader): void {
    const what = reader.byte() === PORTAL ? 'portal' : 'statement';
    this.#actions.push({ kind: 'close', what, name: reader.name() });
  }

  #note(analysis: Analysis): void {
    this.#analyses.add(analysis);
    this.#unsettled ||= mayChangeSettings(analysis);
  }

  #findStatement(name: string): PreparedStatement | undefined {
    return this.#parsed?.get(name) ?? this.#state.statements.get(name);
  }

  /** SQL's PREPARE and the protocol's Parse share their names, so Bind may name either. */
  #statement(name: string): PreparedStatement {
    const text = this.#state.prepared(name);
    return (
      this.#findStatement(name) ?? this.#nameless(text, `the prepared statement "${name}" is not known to the gateway`)
    );
  }

  #findPortal(name: string): Portal | undefined {
    return this.#bound?.get(name) ?? this.#state.portals.get(name);
  }

  /** A cursor that SQL declared is a portal that Execute may name. */
  #cursorPortal(name: string): Portal {
    const statement = this.#nameless(this.#state.cursor(name), `the portal "${name}" is not known to the gateway`);
    return { statement, parameters: [], parameterFormats: [], resultFormats: [] };
  }

  #nameless(text: string | undefined, unknown: string): PreparedStatement {
    const analysis = text === undefined ? unreadable(unknown) : this.#statements.analyse(text);
    return { text: text ?? '', analysis, parameterTypes: [], description: undefined };
  }
}

const PORTAL = 'P'.charCodeAt(0);
const NO_OPERATIONS: readonly Operation[] = [];

/** One analysis keeps the identity of its operations, so that the decision on it is found again. */
function operationsOf(analyses: readonly Analysis[]): readonly Operation[] {
  const [first, ...others] = analyses;
  if (first === undefined) return NO_OPERATIONS;
  return others.length === 0 ? first.operations : analyses.flatMap((analysis) => analysis.operations);
}

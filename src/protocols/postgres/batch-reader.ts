import type { Refusal } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { Analysis } from '../../sql/postgres/analysis.ts';
import type { Stale } from '../../sql/postgres/catalogue.ts';
import { bothStale } from '../../sql/postgres/stale.ts';
import type { ClientState, Portal, PreparedStatement } from './client-state.ts';
import { BodyReader, MalformedMessage, type Message } from './codec.ts';
import { FRONTEND } from './messages.ts';
import { type Action, PostgresRequest } from './request.ts';
import { staleAfterAll } from './session-definitions.ts';
import { mayChangeSettings, type StatementReader, unreadable } from './statement-text.ts';

/** Gathers the messages of the extended protocol (manual, 55.2.3) until a barrier makes them one request. */
export class BatchReader {
  readonly #state: ClientState;
  readonly #statements: StatementReader;
  #wire: Buffer[] = [];
  #bytes = 0;
  #actions: Action[] = [];
  /** What the batch prepares or runs, and what earlier statements of it leave in doubt of it. */
  #noted = new Map<PreparedStatement, Stale | undefined>();
  #stale: Stale | undefined;
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
      operations: operationsOf(this.#read()),
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
    this.#noted = new Map();
    this.#stale = undefined;
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
    this.#note(statement);
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
    this.#note(statement);
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
    this.#note(portal.statement);
    this.#actions.push({ kind: 'execute', portal });
  }

  #close(reader: BodyReader): void {
    const what = reader.byte() === PORTAL ? 'portal' : 'statement';
    this.#actions.push({ kind: 'close', what, name: reader.name() });
  }

  #note(statement: PreparedStatement): void {
    this.#noted.set(statement, this.#stale);
    this.#unsettled ||= mayChangeSettings(statement.analysis);
    this.#stale = bothStale(this.#stale, staleAfterAll(statement.analysis.statements));
  }

  /** Statements mean what they mean when they run: by the definitions, the path and the names of now. */
  #read(): readonly Analysis[] {
    const analyses = new Set<Analysis>();
    for (const [statement, stale] of this.#noted) {
      if (statement.analysis.problem === undefined) {
        statement.analysis = this.#statements.analyse(statement.text, stale);
      }
      analyses.add(statement.analysis);
    }
    return [...analyses];
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

import { randomUUID } from 'node:crypto';
import { LIMITS } from '../../model/limits.ts';
import type {
  Analysis,
  AnalysisContext,
  Effects,
  SessionName,
  Statement,
  TrackedSetting,
} from '../../sql/postgres/analysis.ts';
import { type Catalogue, throughPath } from '../../sql/postgres/catalogue.ts';
import { BoundSettings } from './bound-settings.ts';
import type { ForwardedText } from './limit-request.ts';
import type { TransactionStatus } from './messages.ts';
import { RowLimiter } from './row-limiter.ts';
import { SessionSettings, timeoutMs } from './session-settings.ts';

/** A statement that Parse made, as the server now has it. */
export interface PreparedStatement {
  readonly text: string;
  /** As last read: what its names mean may have changed since it was made. */
  analysis: Analysis;
  readonly parameterTypes: readonly number[];
  /** What the server has in the place of `text`, where a rule limits rows; undefined where none asked. */
  forwarded?: ForwardedText;
  /** The RowDescription that Describe gave, or `none` for NoData; its formats say nothing, since Bind chooses them. */
  description: Buffer | 'none' | undefined;
}

/** A portal that Bind made. */
export interface Portal {
  readonly statement: PreparedStatement;
  readonly parameters: readonly (Buffer | null)[];
  readonly parameterFormats: readonly number[];
  readonly resultFormats: readonly number[];
  /** Of a portal with a limit: how many rows it gave before it was last suspended. */
  rowsGiven?: number;
}

/** Where a session works, as it began. */
export interface SessionPlace {
  /** What the client or its target named; the server takes the user's name where there is none. */
  readonly database?: string | undefined;
  /** Whom the server last reported as the session's user. */
  user(): string | undefined;
  /** As the server reported it at the start (PostgreSQL 18 does). */
  readonly searchPath?: string | undefined;
  /** Settings as the client asked for them while connecting, or as the server reported them then. */
  readonly settings?: ReadonlyMap<TrackedSetting, string>;
}

const NOWHERE: SessionPlace = { user: () => undefined };

type SearchPath = readonly string[] | 'default' | 'unknown';

/**
 * What one client's session holds on the server: statements, portals, cursors, its search path. It follows what the
 * server confirmed, so that what is decided and masked is what will be executed.
 */
export class ClientState implements AnalysisContext {
  readonly statements = new Map<string, PreparedStatement>();
  readonly portals = new Map<string, Portal>();
  #sqlPrepared: Map<string, string> | undefined;
  #cursors: Map<string, string> | undefined;
  readonly #base: () => Catalogue | undefined;
  readonly #place: SessionPlace;
  readonly #settings: SessionSettings;
  /** Stands in a context for what is not known, so that it equals no other session's and no other time's. */
  #unknown: string | undefined;
  #hasTemporaries = false;
  #searchPath: SearchPath = 'default';
  #seen: { readonly from: Catalogue; readonly path: SearchPath; readonly as: Catalogue } | undefined;
  #pathChangedInTransaction = false;
  #heldBytes = 0;
  #bound: BoundSettings | undefined;
  #unsaid: readonly Buffer[] = [];
  #limiter: RowLimiter | undefined;
  /** Of prepared statements and cursors of SQL that were made under a limit. */
  #limits: Map<string, number> | undefined;
  /** The most rows that reads of the request under way return. */
  rowLimit: number | undefined;

  /** `base` is the target's catalogue as last read, through the search path of a new session. */
  constructor(base: () => Catalogue | undefined, place: SessionPlace = NOWHERE) {
    this.#base = base;
    this.#place = place;
    this.#settings = new SessionSettings(place.settings ?? new Map());
  }

  /** The settings that rules bound; from here on they are followed. */
  bind(): BoundSettings {
    this.#bound ??= new BoundSettings(this.#settings);
    return this.#bound;
  }

  /** Undefined while no rule bounded a request of this session. */
  get bound(): BoundSettings | undefined {
    return this.#bound;
  }

  /** How many rows a prepared statement or cursor of SQL returns at most; undefined where nothing limits it. */
  limitOf(of: SessionName['of'], name: string): number | undefined {
    // Those of the protocol share their names with those of SQL.
    const own = of === 'prepared' ? this.statements.get(name) : this.portals.get(name)?.statement;
    return own === undefined ? this.#limits?.get(`${of} ${name}`) : own.forwarded?.most;
  }

  get limiter(): RowLimiter {
    this.#limiter ??= new RowLimiter();
    return this.#limiter;
  }

  /** How long a statement of this session may take, as its client has said; milliseconds. */
  get statementTimeoutMs(): number | undefined {
    const timeout = this.#settings.get('statement_timeout');
    return typeof timeout === 'string' ? timeoutMs(timeout) : undefined;
  }

  /** The role that was set, `none` without one; undefined where it is not known. */
  get role(): string | undefined {
    const role = this.#settings.get('role');
    return role === null ? undefined : (role ?? 'none');
  }

  /** The search path as a value for search_path; undefined where it is not known. */
  get searchPath(): string | undefined {
    if (this.#searchPath === 'unknown') return undefined;
    if (this.#searchPath === 'default') return this.#place.searchPath ?? 'default';
    return this.#searchPath.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ');
  }

  /** What the meaning of a request hangs on beside its text, where it uses these names. */
  context(names: readonly SessionName[]): Readonly<Record<string, string>> {
    const { database, user } = this.#place;
    const context: Record<string, string> = {
      database: database ?? user() ?? 'default',
      user: user() ?? 'default',
      role: this.role ?? this.#notKnown(),
      search_path: this.searchPath ?? this.#notKnown(),
    };
    if (this.#hasTemporaries) context['temporary relations'] = this.#notKnown();
    for (const { of, name } of names) {
      const text = of === 'prepared' ? this.prepared(name) : this.cursor(name);
      context[`${of === 'prepared' ? 'prepared statement' : 'cursor'} ${name}`] = text ?? this.#notKnown();
    }
    return context;
  }

  get catalogue(): Catalogue | undefined {
    const base = this.#base();
    if (base === undefined || this.#searchPath === 'default') return base;
    const seen = this.#seen;
    if (seen?.from === base && seen.path === this.#searchPath) return seen.as;
    const as = throughPath(base, this.#searchPath);
    this.#seen = { from: base, path: this.#searchPath, as };
    return as;
  }

  prepared(name: string): string | undefined {
    return this.#sqlPrepared?.get(name) ?? this.statements.get(name)?.text;
  }

  cursor(name: string): string | undefined {
    return this.#cursors?.get(name) ?? this.portals.get(name)?.statement.text;
  }

  /** True while one more statement may be prepared; its text counts towards the bound. */
  hasRoomFor(text: string): boolean {
    const { maxPreparedStatements, maxPreparedStatementBytes } = LIMITS;
    return this.statements.size < maxPreparedStatements && this.#heldBytes + text.length <= maxPreparedStatementBytes;
  }

  keepStatement(name: string, statement: PreparedStatement): void {
    this.dropStatement(name);
    this.#heldBytes += statement.text.length;
    this.statements.set(name, statement);
  }

  dropStatement(name: string): void {
    const known = this.statements.get(name);
    if (known === undefined) return;
    this.#heldBytes -= known.text.length;
    this.statements.delete(name);
  }

  /** Follows what a statement did that the server confirmed, and the command's tag. */
  follow(statement: Statement, tag: string): void {
    const { effects } = statement;
    if (this.#settings.follow(statement, tag)) this.#unknown = undefined;
    this.#bound?.follow(statement, tag);
    if (effects.temporary === true || effects.opaque === true) this.#hasTemporaries = true;
    if (effects.closes === 'all' && effects.deallocates === 'all') this.#hasTemporaries = false;
    this.#followNames(effects);
  }

  #followNames(effects: Effects): void {
    const { prepares, deallocates, declares, closes, searchPath } = effects;
    if (prepares !== undefined) {
      (this.#sqlPrepared ??= new Map()).set(prepares.name, prepares.text);
      this.#noteLimit(`prepared ${prepares.name}`);
    }
    if (deallocates === 'all') this.#forgetPrepared();
    else if (deallocates !== undefined) {
      this.#sqlPrepared?.delete(deallocates.name);
      this.dropStatement(deallocates.name);
    }
    if (declares !== undefined) {
      (this.#cursors ??= new Map()).set(declares.name, declares.text);
      this.#noteLimit(`cursor ${declares.name}`);
    }
    if (closes === 'all') this.#cursors?.clear();
    else if (closes !== undefined) this.#cursors?.delete(closes.name);
    if (searchPath !== undefined) {
      this.#searchPath = searchPath;
      this.#pathChangedInTransaction = true;
      this.#unknown = undefined;
    }
  }

  /** The server sent an error: what the transaction did is undone, once it ends. */
  failed(): void {
    this.#settings.failed();
    this.#bound?.failed();
  }

  /** What ReadyForQuery says: portals end with their transaction, and a path set within one may have been undone. */
  ready(status: TransactionStatus, wasIdle: boolean): void {
    if (status === 'T' && wasIdle) this.#bound?.began();
    if (status !== 'I') return;
    this.#settings.idle();
    this.#bound?.idle();
    this.portals.clear();
    if (this.#pathChangedInTransaction && !wasIdle) {
      this.#searchPath = 'unknown';
      this.#unknown = undefined;
    }
    this.#pathChangedInTransaction = false;
  }

  /** PostgreSQL 18 reports search_path; what it says replaces what was followed. */
  reportedSearchPath(path: string): void {
    this.#searchPath = path === this.#place.searchPath ? 'default' : parseSearchPath(path);
    this.#pathChangedInTransaction = false;
  }

  #noteLimit(name: string): void {
    if (this.rowLimit !== undefined) (this.#limits ??= new Map()).set(name, this.rowLimit);
    else this.#limits?.delete(name);
  }

  /** What the server said while its session was brought to its bounds, for the client to hear with its next reply. */
  leaveUnsaid(wire: readonly Buffer[]): void {
    if (wire.length > 0) this.#unsaid = [...this.#unsaid, ...wire];
  }

  get hasUnsaid(): boolean {
    return this.#unsaid.length > 0;
  }

  takeUnsaid(): readonly Buffer[] {
    const unsaid = this.#unsaid;
    this.#unsaid = [];
    return unsaid;
  }

  #notKnown(): string {
    this.#unknown ??= randomUUID();
    return `not known (${this.#unknown})`;
  }

  #forgetPrepared(): void {
    this.#sqlPrepared?.clear();
    for (const name of this.statements.keys()) this.dropStatement(name);
  }
}

/** A search_path as the server prints it: names, quoted where they must be. What `$user` means is the server's to know. */
function parseSearchPath(path: string): SearchPath {
  const names = [...path.matchAll(/"((?:[^"]|"")*)"|([^\s,]+)/g)].map((match) =>
    (match[1] ?? match[2] ?? '').replaceAll('""', '"'),
  );
  return names.includes('$user') ? 'unknown' : names.filter((name) => name !== '');
}

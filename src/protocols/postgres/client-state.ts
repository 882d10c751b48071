import { LIMITS } from '../../model/limits.ts';
import type { Analysis, AnalysisContext, Effects } from '../../sql/postgres/analysis.ts';
import { type Catalogue, throughPath } from '../../sql/postgres/catalogue.ts';
import type { TransactionStatus } from './messages.ts';

/** A statement that Parse made, as the server now has it. */
export interface PreparedStatement {
  readonly text: string;
  readonly analysis: Analysis;
  readonly parameterTypes: readonly number[];
  /** The RowDescription that Describe gave, or `none` for NoData; its formats say nothing, since Bind chooses them. */
  description: Buffer | 'none' | undefined;
}

/** A portal that Bind made. */
export interface Portal {
  readonly statement: PreparedStatement;
  readonly parameters: readonly (Buffer | null)[];
  readonly parameterFormats: readonly number[];
  readonly resultFormats: readonly number[];
}

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
  readonly #initialPath: string | undefined;
  #searchPath: SearchPath = 'default';
  #pathChangedInTransaction = false;
  #heldBytes = 0;

  /** `base` is the target's catalogue as last read, through the search path of a new session, `initialPath` where told. */
  constructor(base: () => Catalogue | undefined, initialPath?: string) {
    this.#base = base;
    this.#initialPath = initialPath;
  }

  get catalogue(): Catalogue | undefined {
    const base = this.#base();
    return base === undefined ? undefined : throughPath(base, this.#searchPath);
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

  /** Follows what a statement did that the server confirmed. */
  follow(effects: Effects): void {
    const { prepares, deallocates, declares, closes, searchPath } = effects;
    if (prepares !== undefined) (this.#sqlPrepared ??= new Map()).set(prepares.name, prepares.text);
    if (deallocates === 'all') this.#forgetPrepared();
    else if (deallocates !== undefined) {
      this.#sqlPrepared?.delete(deallocates.name);
      this.dropStatement(deallocates.name);
    }
    if (declares !== undefined) (this.#cursors ??= new Map()).set(declares.name, declares.text);
    if (closes === 'all') this.#cursors?.clear();
    else if (closes !== undefined) this.#cursors?.delete(closes.name);
    if (searchPath !== undefined) {
      this.#searchPath = searchPath;
      this.#pathChangedInTransaction = true;
    }
  }

  /** What ReadyForQuery says: portals end with their transaction, and a path set within one may have been undone. */
  ready(status: TransactionStatus, wasIdle: boolean): void {
    if (status !== 'I') return;
    this.portals.clear();
    if (this.#pathChangedInTransaction && !wasIdle) this.#searchPath = 'unknown';
    this.#pathChangedInTransaction = false;
  }

  /** PostgreSQL 18 reports search_path; what it says replaces what was followed. */
  reportedSearchPath(path: string): void {
    this.#searchPath = path === this.#initialPath ? 'default' : parseSearchPath(path);
    this.#pathChangedInTransaction = false;
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

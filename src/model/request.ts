import type { HttpFacts } from './http.ts';
import type { KubernetesFacts } from './kubernetes.ts';
import type { McpFacts } from './mcp.ts';
import type { Refusal } from './refusal.ts';
import type { SshFacts } from './ssh.ts';

/** What a statement, command or call does at most; the closed list that policies name in `operations`. */
export type Access = 'read' | 'write' | 'ddl' | 'admin' | 'session' | 'transaction' | 'unknown';

/** A table (or view, or other relation) that an operation touches. `schema` is empty where the text names none. */
export interface TableUse {
  readonly schema: string;
  readonly name: string;
  readonly use: 'read' | 'write';
}

/** A column of a relation, named as the catalogue does. */
export interface ColumnSource {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/**
 * A column and what the operation does with it. `output`: its value can be read in the reply. `filter`: it decides which
 * rows or values come out, without being shown (WHERE, JOIN, HAVING, CASE, ORDER BY, GROUP BY, DISTINCT). `write`: it is
 * assigned.
 */
export interface ColumnUse extends ColumnSource {
  readonly use: 'output' | 'filter' | 'write';
}

/** Values of columns that go into a stored column: CREATE TABLE AS, INSERT … SELECT, SET a = b, MERGE, a column renamed. */
export interface ColumnCopy {
  /** The column `*` is any of its table, where the table's columns are not known. */
  readonly into: ColumnSource;
  /** `unknown` counts as everything that the operation reads. */
  readonly from: readonly ColumnSource[] | 'unknown';
  /** The copy ends with the session. */
  readonly temporary?: true;
}

/** The strongest table lock of an operation, weakest first (PostgreSQL manual, 13.3.1). */
export type LockMode =
  | 'access-share'
  | 'row-share'
  | 'row-exclusive'
  | 'share-update-exclusive'
  | 'share'
  | 'share-row-exclusive'
  | 'exclusive'
  | 'access-exclusive';

/**
 * One column of a statement's result and what its value derives from. `sources` is `unknown` where that cannot be
 * established, which counts as everything that the statement reads.
 */
export interface OutputColumn {
  readonly name: string;
  readonly sources: readonly ColumnSource[] | 'unknown';
  /** True where the value is a source column as it stands, not an expression over it. */
  readonly plain: boolean;
  /** Present where the value is JSON whose keys are known before any value is. */
  readonly json?: JsonRows;
}

/** JSON made of whole rows of one relation: one as an object, or several as an array of such objects. */
export interface JsonRows {
  readonly shape: 'object' | 'array';
  /** The keys, each once, in the order of the relation's columns, with what the value of each derives from. */
  readonly leaves: readonly Pick<OutputColumn, 'name' | 'sources' | 'plain'>[];
}

/** One statement, command, method or tool call, as the protocol parsed it. Immutable, and shared between requests. */
export interface Operation {
  /** The verb: `select`, `delete`, `drop`, `copy-in`, … `unknown` where it could not be parsed. */
  readonly kind: string;
  readonly access: Access;
  readonly tables: readonly TableUse[];
  /** Functions called by name, schema-qualified where the text is so, lower case. */
  readonly functions: readonly string[];
  /** For update and delete: whether a WHERE clause restrains it. True where the question does not arise. */
  readonly hasWhere: boolean;
  /** Side doors and effects a rule may name: `copy-program`, `do-block`, `dynamic-sql`, `explain-analyze`, … */
  readonly flags: readonly string[];
  /**
   * The columns it touches, views and functions looked through; `unknown` where they cannot be told, which counts as
   * every column of its tables. Absent where the protocol has no columns.
   */
  readonly columns?: readonly ColumnUse[] | 'unknown';
  /** Where it stores what it read. */
  readonly copies?: readonly ColumnCopy[];
  readonly lock?: LockMode;
  /** Columns of the result, in order; absent where the operation returns none. */
  readonly outputs?: readonly OutputColumn[];
  /** Why the kind or the access is `unknown`. */
  readonly reason?: string;
  /** Of an HTTP request, and of a call that comes in one. */
  readonly http?: HttpFacts;
  /** Of a message of MCP. */
  readonly mcp?: McpFacts;
  /** Of what is asked of an SSH host: one of these for each program of a command. */
  readonly ssh?: SshFacts;
  /** Of a request to a cluster. */
  readonly kubernetes?: KubernetesFacts;
  /** It runs what the target's own definitions say (a function, a trigger, a view), which may say something. */
  readonly runsPrograms?: true;
}

/** What a client asks in one exchange. Its operations are decided together: the strictest decides all. */
export interface Request {
  /** The operations, as one array identity for one analysis, so that a decision can be kept beside it. */
  readonly operations: readonly Operation[];
  /** Set where the protocol itself cannot carry the request (unsupported, malformed): refused whatever policy says. */
  readonly unsupported?: Refusal;
  /** What is recorded and what a person reads: the text sent and its parameters. Built when asked for. */
  body(): Body;
  /** The operations of each statement that it runs, in order; absent where it is one. */
  statements?(): readonly (readonly Operation[])[];
  /** True where nothing of it is run or planned now: it names what a later request will run, and be judged for. */
  readonly preparesOnly?: boolean;
  /** Where another text is forwarded than was sent, because a rule limits it; undefined where none is. */
  forwarded?(): readonly ForwardedStatement[] | undefined;
  /**
   * What another request must be the same in for an approval of this one to serve it, where that is not the whole body:
   * a date or the number of a trace that changes with each sending makes no other request.
   */
  same?(): Uint8Array;
  /**
   * What else its meaning hangs on, by name (`database`, `role`, `search_path`): bound into an approval and shown to
   * the approver. Built when asked for.
   */
  context?(): Readonly<Record<string, string>>;
}

/** How a text was changed before it was forwarded; nothing here is of the client's own. */
export interface ForwardedStatement {
  /** Of the recorded body's statements, from 0; 0 for a body that is one text. */
  readonly statement: number;
  readonly edits: readonly TextEdit[];
}

/** A stretch of a text that becomes another; `at` and `removed` count UTF-16 units of the original. */
export interface TextEdit {
  readonly at: number;
  readonly removed: number;
  readonly inserted: string;
}

/** A recorded body: its media type says how a reader renders it. */
export interface Body {
  readonly media: string;
  readonly bytes: Uint8Array;
}

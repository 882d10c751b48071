import type { Operation, OutputColumn } from '../../model/request.ts';
import type { Catalogue, Stale } from './catalogue.ts';

/** What a text is, statement by statement. Immutable; the same object for the same text while it is cached. */
export interface Analysis {
  /** Of all statements, nested ones included, each after the one that it stands in. Never empty. */
  readonly operations: readonly Operation[];
  /** One for each statement of the text, in order; empty for an empty text and for one that was not understood. */
  readonly statements: readonly Statement[];
  /** A number in the text names a column (`ORDER BY 2`): another number would mean something else. */
  readonly positional?: true;
  /** Why the text was not understood; then the operations are one of kind `unknown`. */
  readonly problem?: string;
}

export interface Statement {
  readonly kind: string;
  /** Its result columns in order. Absent: it returns none, or their number is not known (`returnsRows` tells). */
  readonly outputs?: readonly OutputColumn[];
  readonly returnsRows: boolean;
  readonly copy?: CopyDetails;
  readonly effects: Effects;
  /** What it names of the session and the text does not define: its meaning hangs on what these were. */
  readonly names?: readonly SessionName[];
}

export interface SessionName {
  readonly of: 'prepared' | 'cursor';
  readonly name: string;
}

/** What a COPY's data looks like on the wire (PostgreSQL manual, COPY). Bytes are in the client's encoding. */
export interface CopyDetails {
  readonly direction: 'in' | 'out';
  /** Where the data goes or comes from; only `wire` passes the gateway. */
  readonly through: 'wire' | 'file' | 'program';
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly null: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  /** The column list of the text, where it has one. */
  readonly columns?: readonly string[];
  readonly encoding?: string;
  /** Names of options that change the data in a way that is not described here. */
  readonly unsupportedOptions: readonly string[];
}

/** What a statement changes about the session, so that whoever keeps track of it can follow. */
export interface Effects {
  /** SQL-level PREPARE: `text` is the whole PREPARE statement. */
  readonly prepares?: NamedText;
  readonly deallocates?: Name;
  /** DECLARE: `text` is the whole DECLARE statement. */
  readonly declares?: NamedText;
  readonly closes?: Name;
  /** The definition of an object changes, so that a catalogue read before may be wrong. */
  readonly ddl: boolean;
  /** What of the programs of the database may be others after it; relations may be wherever `ddl` is true. */
  readonly stale?: Stale;
  /** search_path becomes this; `default` where it is reset, `unknown` where the text does not tell. */
  readonly searchPath?: readonly string[] | 'default' | 'unknown';
  /** Settings that become others, in order. */
  readonly settings?: readonly SettingChange[];
  /** It may change settings, or make temporary relations, in ways that the text does not tell. */
  readonly opaque?: true;
  /** SAVEPOINT, RELEASE and ROLLBACK TO: the name of the savepoint. */
  readonly savepoint?: string;
  /** It makes temporary relations, which hide others of their name. */
  readonly temporary?: true;
}

/** `value` is absent where the setting goes back to what the session began with, null where the text does not tell. */
export interface SettingChange {
  readonly name: TrackedSetting;
  readonly value?: string | null;
  /** True where it holds until the end of the transaction. */
  readonly local: boolean;
}

/** The settings that a session's requests hang on, or that a rule may bound. */
export type TrackedSetting =
  | 'role'
  | 'statement_timeout'
  | 'lock_timeout'
  | 'idle_in_transaction_session_timeout'
  | 'default_transaction_read_only'
  | 'transaction_read_only'
  | 'application_name';

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export type Name = { readonly name: string } | 'all';

/** What the text means may depend on this. Pass the same `catalogue` object as long as nothing changed. */
export interface AnalysisContext {
  readonly catalogue?: Catalogue | undefined;
  /** The text of a prepared statement of this name: a whole PREPARE statement, or what Parse carried. */
  prepared(name: string): string | undefined;
  /** The text of a cursor or portal of this name: a whole DECLARE statement, or what was bound. */
  cursor(name: string): string | undefined;
}
